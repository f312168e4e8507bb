//! How an audience comes about and fills: a new audience, one person added by the charity, or a crowd of invented people.

use actix_web::HttpResponse;
use actix_web::web::{self, Data, Form, Path, ServiceConfig};
use askama::Template;
use serde::Deserialize;

use super::{html, message, see};
use crate::sandbox::address;
use crate::sandbox::member::{Actor, Status};
use crate::sandbox::membership::Profile;
use crate::sandbox::merge::MergeValue;
use crate::sandbox::seed::{self, Crowd};
use crate::sandbox::shared::Shared;

/// Invented people that can be added at once.
const LARGEST_CROWD: u32 = 500_000;

pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/accounts/{account}/audiences", web::post().to(add_audience))
        .route("/audiences/{list}/add", web::get().to(form))
        .route("/audiences/{list}/add/person", web::post().to(add_person))
        .route("/audiences/{list}/add/crowd", web::post().to(add_crowd));
}

#[derive(Deserialize)]
struct NewAudience {
    name: String,
    /// Present when ticked.
    double_optin: Option<String>,
}

async fn add_audience(shared: Data<Shared>, account: Path<String>, new: Form<NewAudience>) -> HttpResponse {
    let name = new.name.trim();
    let added = shared.write(|world| {
        world.account(&account)?;
        (!name.is_empty()).then(|| world.add_audience(&account, name, new.double_optin.is_some()))
    });
    match added {
        Some(list) => see(&format!("/audiences/{list}")),
        None => message(
            400,
            "No audience was made",
            "It needs a name. Nothing was changed.",
            "/",
        ),
    }
}

#[derive(Template)]
#[template(path = "sandbox/add.html")]
struct AddPage {
    list: String,
    name: String,
    double_optin: bool,
    largest_crowd: u32,
}

async fn form(shared: Data<Shared>, list: Path<String>) -> HttpResponse {
    let page = shared.read(|world| {
        let head = &world.audience(&list)?.head;
        Some(AddPage {
            list: head.id.clone(),
            name: head.name.clone(),
            double_optin: head.double_optin,
            largest_crowd: LARGEST_CROWD,
        })
    });
    match page {
        Some(page) => html(200, &page),
        None => no_such_audience(),
    }
}

#[derive(Deserialize)]
struct Person {
    email_address: String,
    #[serde(default)]
    first_name: String,
    #[serde(default)]
    last_name: String,
    status: String,
}

async fn add_person(shared: Data<Shared>, list: Path<String>, person: Form<Person>) -> HttpResponse {
    let email = person.email_address.trim();
    let back = format!("/audiences/{list}/add");
    let added = shared.write(|world| {
        address::check(email, world.settings()).map_err(|problem| problem.detail)?;
        let by = world.by(Actor::Admin);
        let (audience, ids) = world.audience_and_ids(&list).ok_or("There is no such audience.")?;
        let status = Status::named(&person.status).ok_or("Choose a state.")?;
        if audience.by_email(email).is_some() {
            return Err(format!("{email} is in this audience already."));
        }
        if audience.is_forgotten(email) {
            return Err(format!(
                "{email} was deleted for good and can only come back by the sign-up form."
            ));
        }
        let value = |tag: &str, text: &str| {
            let id = audience.head.merge_field(tag)?.id;
            (!text.trim().is_empty()).then(|| (id, Some(MergeValue::text(text.trim()))))
        };
        let merges = [value("FNAME", &person.first_name), value("LNAME", &person.last_name)];
        let profile = Profile {
            merges: merges.into_iter().flatten().collect(),
            ..Profile::default()
        };
        let slot = audience.add(&by, ids, email, status, &profile);
        Ok(audience.member(slot).map(|member| member.contact()).unwrap_or_default())
    });
    match added {
        Ok(contact) => see(&format!("/audiences/{list}/members/{contact}")),
        Err(why) => refuse(&why, &back),
    }
}

#[derive(Deserialize)]
struct NewCrowd {
    count: String,
    status: String,
}

async fn add_crowd(shared: Data<Shared>, list: Path<String>, new: Form<NewCrowd>) -> HttpResponse {
    let back = format!("/audiences/{list}/add");
    let status = Status::named(&new.status);
    let count = new.count.trim().parse().ok();
    let (Some(status), Some(count)) = (status, count.filter(|count| (1..=LARGEST_CROWD).contains(count))) else {
        return refuse(&format!("Say how many people, from 1 to {LARGEST_CROWD}."), &back);
    };
    let added = shared.write(|world| {
        let last_changed = world.now();
        let (audience, ids) = world.audience_and_ids(&list)?;
        let crowd = Crowd {
            count,
            status,
            last_changed,
            prefix: "member".to_owned(),
        };
        seed::crowd(audience, ids, &crowd);
        Some(())
    });
    match added {
        Some(()) => see(&format!("/audiences/{list}")),
        None => no_such_audience(),
    }
}

fn refuse(why: &str, back: &str) -> HttpResponse {
    message(400, "Nobody was added", &format!("{why} Nothing was changed."), back)
}

fn no_such_audience() -> HttpResponse {
    message(
        404,
        "There is no such audience",
        "It may have been deleted. Nothing was changed.",
        "/",
    )
}
