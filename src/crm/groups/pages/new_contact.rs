//! Adding somebody who is not in the records yet straight into a group.

use super::super::actions;
use super::{GroupPath, Mailchimp, existing};
use crate::accounts::Member;
use crate::base::GroupId;
use crate::crm::contacts::{self, Place};
use crate::web::{Answer, Flash, PageError};
use actix_web::web::{Form, Query};

/// What a query string or a form sends, in the order it was sent.
type Pairs = Vec<(String, String)>;

/// `GET /o/{organization}/groups/{group}/new-contact?type=individual`
pub async fn show(member: Member, path: GroupPath, query: Query<Pairs>) -> Answer {
    let place = place(&member, path.1).await?;
    contacts::new_in(member, &query, Some(place)).await
}

/// `POST /o/{organization}/groups/{group}/new-contact`
pub async fn create(member: Member, path: GroupPath, sent: Form<Pairs>, mailchimp: Mailchimp) -> Answer {
    let group = path.1;
    let place = place(&member, group).await?;
    contacts::create_in(member, &sent, Some(place), move |tx, contact| {
        let added = actions::add_contacts(tx, group, &[contact], "")?.added;
        let refused = mailchimp.refusals_on_adding(tx, group, &added, 1)?;
        Ok(refused
            .first
            .iter()
            .map(|refusal| Flash::warning(&refusal.words))
            .collect())
    })
    .await
}

async fn place(member: &Member, id: GroupId) -> Result<Place, PageError> {
    let group = member.read(move |tx| existing(tx, id)).await?;
    Ok(Place {
        path: format!("groups/{id}"),
        title: group.title,
    })
}
