//! The door at which Mailchimp's webhooks knock: an unguessable path, signed where Mailchimp signs. A delivery is stored and
//! acknowledged at once; everything else happens afterwards.

use crate::base::{Actor, OrganizationId};
use crate::db::Db;
use crate::db::schema::webhook_doors;
use crate::mailchimp::webhook::{SIGNATURE_HEADER, verify_signature};
use crate::sync::engine::Engine;
use crate::sync::{audiences, receive, webhooks};
use crate::web::{Answer, PageError};
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use diesel::prelude::*;
use sha2::{Digest, Sha256};

/// The largest delivery taken: one member's merge fields, with room.
const DELIVERY_BYTES_MAX: usize = 64 * 1024;

/// `GET /hooks/mailchimp/{secret}`: Mailchimp looks whether somebody answers before it agrees to a webhook.
pub async fn answer(db: Data<Db>, secret: Path<String>) -> Answer {
    door(&db, &secret).await?;
    Ok(HttpResponse::Ok().finish())
}

/// `POST /hooks/mailchimp/{secret}`
pub async fn receive(
    request: HttpRequest,
    db: Data<Db>,
    engine: Data<Engine>,
    secret: Path<String>,
    body: Bytes,
) -> Answer {
    let (organization, audience) = door(&db, &secret).await?;
    if body.len() > DELIVERY_BYTES_MAX {
        return Ok(HttpResponse::PayloadTooLarge().finish());
    }
    let of = audience.clone();
    let known = db
        .read(organization, move |tx| Ok::<_, PageError>(audiences::find(tx, &of)?))
        .await?;
    if let Some(sealed) = known.and_then(|audience| audience.webhook_signing_secret) {
        let signing = engine.seal.open(organization, &sealed)?;
        let header = request
            .headers()
            .get(SIGNATURE_HEADER)
            .and_then(|value| value.to_str().ok());
        if let Err(error) = verify_signature(&signing, header, &body, engine.clock().now()) {
            tracing::warn!(organization = organization.0, %error, "a webhook was refused");
            return Err(PageError::NotFound);
        }
    }
    let hash = Sha256::digest(&body).to_vec();
    let text = String::from_utf8_lossy(&body).into_owned();
    db.write(organization, Actor::Mailchimp, move |tx| {
        Ok::<_, PageError>(receive::store_event(tx, &audience, &text, &hash)?)
    })
    .await?;
    Ok(HttpResponse::Ok().finish())
}

/// The organization and audience behind a secret path; nothing is told to whoever guesses.
async fn door(db: &Db, secret: &str) -> Result<(OrganizationId, String), PageError> {
    let hash = webhooks::door_hash(secret);
    let found: Option<(OrganizationId, String)> = db
        .shared(move |tx| {
            Ok::<_, PageError>(
                webhook_doors::table
                    .find(hash)
                    .select((webhook_doors::organization_id, webhook_doors::audience_id))
                    .first(&mut **tx)
                    .optional()?,
            )
        })
        .await?;
    found.ok_or(PageError::NotFound)
}
