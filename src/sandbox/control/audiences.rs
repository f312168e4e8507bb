//! Accounts and audiences made, changed and filled on demand.

use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Path};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer;
use crate::sandbox::audience::Audience;
use crate::sandbox::clock::{self, iso};
use crate::sandbox::member::{Actor, Status};
use crate::sandbox::membership::Profile;
use crate::sandbox::merge::Read;
use crate::sandbox::seed::{self, Crowd, OWNER};
use crate::sandbox::shared::Shared;

pub async fn overview(shared: Data<Shared>) -> HttpResponse {
    HttpResponse::Ok().json(shared.read(|world| {
        let accounts: Vec<Value> = world.ground.accounts.iter().map(|account| {
            json!({
                "id": account.id,
                "name": account.name,
                "email": account.email,
                "login_id": account.login_id,
                "disabled": account.disabled,
                "audiences": world.audiences_of(&account.id).map(audience_json).collect::<Vec<_>>(),
            })
        }).collect();
        json!({"accounts": accounts, "client_id": shared.options.client_id, "clock": iso(world.now()), "tokens": world.ground.tokens.len()})
    }))
}

fn audience_json(audience: &Audience) -> Value {
    let counts = Status::ALL.map(|status| (status.name().to_owned(), json!(audience.count(status))));
    json!({
        "id": audience.head.id,
        "name": audience.head.name,
        "double_optin": audience.head.double_optin,
        "interests": audience.head.interests().map(|interest| json!({"id": interest.id, "name": interest.name})).collect::<Vec<_>>(),
        "members": counts.into_iter().collect::<serde_json::Map<_, _>>(),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    name: String,
    #[serde(default)]
    email: Option<String>,
    /// The account whose login owns this one too; absent: a login of its own.
    #[serde(default)]
    same_login_as: Option<String>,
}

pub async fn add_account(shared: Data<Shared>, new: Json<NewAccount>) -> HttpResponse {
    HttpResponse::Ok().json(shared.write(|world| {
        let login = new
            .same_login_as
            .as_deref()
            .and_then(|id| world.account(id))
            .map(|account| account.login_id);
        let id = world.add_account(
            &new.name,
            new.email.as_deref().unwrap_or(OWNER),
            ("Robin", "Calder"),
            login,
        );
        json!({"id": id, "name": new.name})
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountChange {
    disabled: bool,
}

pub async fn change_account(shared: Data<Shared>, id: Path<String>, change: Json<AccountChange>) -> HttpResponse {
    let changed = shared.write(|world| {
        let account = world
            .ground_mut()
            .accounts
            .iter_mut()
            .find(|account| account.id == *id)?;
        account.disabled = change.disabled;
        Some(json!({"id": account.id, "disabled": account.disabled}))
    });
    answer(changed, "account")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewAudience {
    name: String,
    #[serde(default)]
    double_optin: bool,
}

pub async fn add_audience(shared: Data<Shared>, account: Path<String>, new: Json<NewAudience>) -> HttpResponse {
    let added = shared.write(|world| {
        world.account(&account)?;
        let id = world.add_audience(&account, &new.name, new.double_optin);
        world.audience(&id).map(audience_json)
    });
    answer(added, "account")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AudienceChange {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    double_optin: Option<bool>,
    /// Texts of the marketing permissions members may give; an empty list switches them off.
    #[serde(default)]
    marketing_permissions: Option<Vec<String>>,
}

pub async fn change_audience(shared: Data<Shared>, id: Path<String>, change: Json<AudienceChange>) -> HttpResponse {
    let changed = shared.write(|world| {
        let (audience, ids) = world.audience_and_ids(&id)?;
        let head = audience.head_mut();
        head.name = change.name.clone().unwrap_or_else(|| head.name.clone());
        head.double_optin = change.double_optin.unwrap_or(head.double_optin);
        if let Some(texts) = &change.marketing_permissions {
            head.offer_permissions(ids, texts);
        }
        Some(audience_json(audience))
    });
    answer(changed, "audience")
}

pub async fn delete_audience(shared: Data<Shared>, id: Path<String>) -> HttpResponse {
    let deleted = shared.write(|world| {
        world.audience_mut(&id)?.head_mut().deleted = true;
        Some(json!({"id": *id, "deleted": true}))
    });
    answer(deleted, "audience")
}

pub async fn delete_interest(shared: Data<Shared>, path: Path<(String, String)>) -> HttpResponse {
    let (list, interest) = path.into_inner();
    let deleted = shared.write(|world| {
        let deleted = world.audience_mut(&list)?.delete_interest(&interest);
        deleted.then(|| json!({"id": interest, "deleted": true}))
    });
    answer(deleted, "interest")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seeds {
    /// So many invented members …
    #[serde(default)]
    count: u32,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    last_changed: Option<String>,
    #[serde(default)]
    prefix: Option<String>,
    /// … and these.
    #[serde(default)]
    members: Vec<SeedMember>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedMember {
    pub email_address: String,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    pub merge_fields: serde_json::Map<String, Value>,
    #[serde(default)]
    tags: Vec<String>,
}

pub async fn seed_members(shared: Data<Shared>, list: Path<String>, seeds: Json<Seeds>) -> HttpResponse {
    let seeded = shared.write(|world| {
        let by = world.by(Actor::Admin);
        let (audience, ids) = world.audience_and_ids(&list)?;
        if seeds.count > 0 {
            let crowd = Crowd {
                count: seeds.count,
                status: seeds
                    .status
                    .as_deref()
                    .and_then(Status::named)
                    .unwrap_or(Status::Subscribed),
                last_changed: seeds.last_changed.as_deref().and_then(clock::parse).unwrap_or(by.at),
                prefix: seeds.prefix.clone().unwrap_or_else(|| "member".to_owned()),
            };
            seed::crowd(audience, ids, &crowd);
        }
        for member in &seeds.members {
            let status = member
                .status
                .as_deref()
                .and_then(Status::named)
                .unwrap_or(Status::Subscribed);
            if audience.by_email(&member.email_address).is_some() {
                continue;
            }
            let profile = profile(audience, &member.merge_fields);
            let slot = audience.add(&by, ids, &member.email_address, status, &profile);
            let tags: Vec<u32> = member
                .tags
                .iter()
                .map(|name| audience.head_mut().tag_number(name, by.at))
                .collect();
            audience.tag(&by, slot, &tags, |_| false);
        }
        Some(audience_json(audience))
    });
    answer(seeded, "audience")
}

/// Merge values by tag; what does not fit is left out.
pub fn profile(audience: &Audience, merges: &serde_json::Map<String, Value>) -> Profile {
    let read = |(tag, value): (&String, &Value)| {
        let field = audience.head.merge_field(tag)?;
        match field.read(value, false) {
            Ok(Read::Set(value)) => Some((field.id, Some(value))),
            _ => None,
        }
    };
    Profile {
        merges: merges.iter().filter_map(read).collect(),
        ..Profile::default()
    }
}
