//! Members as they really are, and acting on them as the person, the admin, or the mail that bounces.

use actix_web::HttpResponse;
use actix_web::error::Error;
use actix_web::web::{Bytes, Data, Json, Path, Query};
use serde::Deserialize;
use serde_json::{Value, json};

use super::audiences::{SeedMember, profile};
use super::{answer, missing, read_body, refused};
use crate::sandbox::ids::subscriber_hash;
use crate::sandbox::member::{Actor, Status};
use crate::sandbox::membership::Profile;
use crate::sandbox::problem::Problem;
use crate::sandbox::shared::Shared;
use crate::sandbox::violations::{self, whole_truth};
use crate::sandbox::world::World;

pub async fn sign_up(shared: Data<Shared>, list: Path<String>, person: Json<SeedMember>) -> HttpResponse {
    let signed_up = shared.write(|world| {
        let by = world.by(Actor::Contact);
        let (audience, ids) = world.audience_and_ids(&list)?;
        let profile = profile(audience, &person.merge_fields);
        let (slot, _) = audience.sign_up(&by, ids, &person.email_address, &profile);
        audience.member(slot).map(|member| whole_truth(audience, member))
    });
    answer(signed_up, "audience")
}

#[derive(Deserialize)]
pub struct MembersAsked {
    list: Option<String>,
    email: Option<String>,
    status: Option<String>,
}

pub async fn members(shared: Data<Shared>, asked: Query<MembersAsked>) -> HttpResponse {
    HttpResponse::Ok().json(shared.read(|world| {
        let hash = asked.email.as_deref().map(subscriber_hash);
        let lists = world
            .audiences
            .iter()
            .filter(|audience| asked.list.as_ref().is_none_or(|list| *list == audience.head.id));
        let all = lists.flat_map(|audience| audience.members().map(move |(_, member)| (audience, member)));
        let fitting = all.filter(|(_, member)| {
            hash.is_none_or(|hash| hash == member.hash())
                && asked
                    .status
                    .as_ref()
                    .is_none_or(|status| *status == member.status.name())
        });
        let members: Vec<Value> = fitting
            .map(|(audience, member)| whole_truth(audience, member))
            .collect();
        json!({"total_items": members.len(), "members": members})
    }))
}

/// What an action on a member may say besides.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub struct Details {
    /// `contact` or `admin`; each action has its usual one.
    #[serde(rename = "as")]
    actor: Option<String>,
    /// Why somebody leaves.
    reason: String,
    email_address: String,
    merge_fields: serde_json::Map<String, Value>,
}

pub async fn act(
    shared: Data<Shared>,
    path: Path<(String, String, String)>,
    body: Bytes,
) -> Result<HttpResponse, Error> {
    let (list, who, action) = path.into_inner();
    let details: Details = read_body(&body)?;
    let acted = shared.write(|world| perform(world, (&list, &who), &action, &details));
    Ok(match acted {
        Ok(Some(member)) => HttpResponse::Ok().json(member),
        Ok(None) => missing("member"),
        Err(problem) => refused(&problem),
    })
}

/// Does something to a member as the person, as the admin, or as the mail that bounces.
fn perform(
    world: &mut World,
    (list, who): (&str, &str),
    action: &str,
    details: &Details,
) -> Result<Option<Value>, Problem> {
    let actor = match (details.actor.as_deref(), action) {
        (Some("admin"), _) | (None, "archive" | "resubscribe" | "erase" | "change-profile") => Actor::Admin,
        (None, "clean") => Actor::Mailchimp,
        _ => Actor::Contact,
    };
    let by = world.by(actor);
    let Some(audience) = world.audience_mut(list) else {
        return Ok(None);
    };
    let Some(slot) = audience.find(who) else {
        return Ok(None);
    };
    match action {
        "unsubscribe" if actor == Actor::Admin => {
            audience.update(&by, slot, Some(Status::Unsubscribed), &Profile::default())?
        }
        "unsubscribe" => audience.unsubscribe_self(&by, slot, &details.reason),
        "resubscribe" => audience.update(&by, slot, Some(Status::Subscribed), &Profile::default())?,
        "confirm" => drop(audience.confirm(&by, slot)),
        "clean" => audience.clean(&by, slot),
        "abuse" => audience.complain(&by, slot),
        "archive" => audience.archive(&by, slot)?,
        "erase" => {
            audience.erase(&by, slot);
            return Ok(Some(json!({"erased": true})));
        }
        "change-profile" => {
            let profile = profile(audience, &details.merge_fields);
            audience.update(&by, slot, None, &profile)?;
        }
        "change-address" => {
            let status = audience.member(slot).map_or(Status::Archived, |member| member.status);
            audience.allow_address(slot, &details.email_address, status)?;
            audience.change_address(&by, slot, &details.email_address);
        }
        _ => return Err(Problem::bad_request(format!("there is no action {action}"))),
    }
    Ok(audience.member(slot).map(|member| whole_truth(audience, member)))
}

pub async fn violations(shared: Data<Shared>) -> HttpResponse {
    HttpResponse::Ok().json(shared.read(violations::report))
}
