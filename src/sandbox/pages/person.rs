//! The subscribers' side: the sign-up form of an audience and the links that stand in every mail.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{self, Data, Form, Path, Query, ServiceConfig};
use askama::Template;
use serde::Deserialize;

use super::groups::{self, Category};
use super::{html, message};
use crate::sandbox::address;
use crate::sandbox::audience::Audience;
use crate::sandbox::campaign::What;
use crate::sandbox::member::{Actor, Status};
use crate::sandbox::membership::Profile;
use crate::sandbox::merge::MergeValue;
use crate::sandbox::shared::Shared;

pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/s/{list}", web::get().to(short_link))
        .route("/subscribe", web::get().to(sign_up_form))
        .route("/subscribe", web::post().to(sign_up))
        .route("/unsubscribe/{list}/{contact}", web::get().to(leave_form))
        .route("/unsubscribe/{list}/{contact}", web::post().to(leave))
        .route("/profile/{list}/{contact}", web::get().to(profile_form))
        .route("/profile/{list}/{contact}", web::post().to(change_profile))
        .route("/confirm/{list}/{contact}", web::get().to(confirm_form))
        .route("/confirm/{list}/{contact}", web::post().to(confirm))
        .route("/complain/{list}/{contact}", web::post().to(complain));
}

#[derive(Deserialize)]
struct Asked {
    /// The audience.
    id: String,
}

#[derive(Template)]
#[template(path = "sandbox/sign_up.html")]
struct SignUpPage {
    list: String,
    charity: String,
    name: String,
    double_optin: bool,
    problem: String,
    filled: Filled,
    categories: Vec<Category>,
}

/// The fields of a form, as the browser sends them: those of one name may come several times.
type Fields = Form<Vec<(String, String)>>;

/// What a person says of themselves.
#[derive(Clone, Default)]
struct Filled {
    email_address: String,
    first_name: String,
    last_name: String,
    /// Ids of the groups chosen.
    groups: Vec<String>,
}

impl Filled {
    fn read(fields: Fields) -> Filled {
        let mut filled = Filled::default();
        for (name, value) in fields.into_inner() {
            match name.as_str() {
                "email_address" => value.trim().clone_into(&mut filled.email_address),
                "first_name" => value.trim().clone_into(&mut filled.first_name),
                "last_name" => value.trim().clone_into(&mut filled.last_name),
                name if name.starts_with("group-") => filled.groups.push(value),
                _ => {}
            }
        }
        filled
    }

    fn profile(&self, audience: &Audience) -> Profile {
        let value = |tag: &str, text: &str| {
            let id = audience.head.merge_field(tag)?.id;
            Some((id, (!text.is_empty()).then(|| MergeValue::text(text))))
        };
        let merges = [value("FNAME", &self.first_name), value("LNAME", &self.last_name)];
        Profile {
            merges: merges.into_iter().flatten().collect(),
            interests: groups::chosen(audience, &self.groups),
            ..Profile::default()
        }
    }
}

async fn short_link(list: Path<String>) -> HttpResponse {
    HttpResponse::Found()
        .insert_header((header::LOCATION, format!("/subscribe?id={list}")))
        .finish()
}

fn no_such_audience() -> HttpResponse {
    message(
        404,
        "This form is closed",
        "The audience it belongs to does not exist any more. Nothing was changed.",
        "/",
    )
}

fn sign_up_page(shared: &Shared, list: &str, problem: &str, filled: Filled) -> Option<SignUpPage> {
    shared.read(|world| {
        let audience = world.audience(list)?;
        let head = &audience.head;
        Some(SignUpPage {
            list: head.id.clone(),
            charity: head.from_name.clone(),
            name: head.name.clone(),
            double_optin: head.double_optin,
            problem: problem.to_owned(),
            categories: groups::offered(audience, |interest| filled.groups.contains(&interest.id)),
            filled,
        })
    })
}

async fn sign_up_form(shared: Data<Shared>, asked: Query<Asked>) -> HttpResponse {
    match sign_up_page(&shared, &asked.id, "", Filled::default()) {
        Some(page) => html(200, &page),
        None => no_such_audience(),
    }
}

async fn sign_up(shared: Data<Shared>, asked: Query<Asked>, fields: Fields) -> HttpResponse {
    let filled = Filled::read(fields);
    let email = filled.email_address.clone();
    if let Err(problem) = shared.read(|world| address::check(&email, world.settings())) {
        return match sign_up_page(&shared, &asked.id, &problem.detail, filled) {
            Some(page) => html(400, &page),
            None => no_such_audience(),
        };
    }
    let signed_up = shared.write(|world| {
        let by = world.by(Actor::Contact);
        let (audience, ids) = world.audience_and_ids(&asked.id)?;
        let profile = filled.profile(audience);
        let (slot, unconfirmed) = audience.sign_up(&by, ids, &email, &profile);
        Some((audience.member(slot)?.contact(), unconfirmed))
    });
    match signed_up {
        None => no_such_audience(),
        Some((contact, true)) => {
            let text = "Mailchimp would now send a mail with a link to confirm the subscription. No mail is sent here: follow the link below instead.";
            message(200, "Almost there", text, &format!("/confirm/{}/{contact}", asked.id))
        }
        Some(_) => message(
            200,
            "Thank you",
            "You are subscribed.",
            &format!("/subscribe?id={}", asked.id),
        ),
    }
}

/// A page about one person in one audience.
#[derive(Template)]
#[template(path = "sandbox/person.html")]
struct PersonPage {
    what: &'static str,
    list: String,
    contact: String,
    charity: String,
    email: String,
    first_name: String,
    last_name: String,
    /// The mail whose link led here; empty without one.
    campaign: String,
    problem: String,
    categories: Vec<Category>,
}

fn person_page(shared: &Shared, what: &'static str, path: &(String, String), problem: &str) -> Option<PersonPage> {
    shared.read(|world| {
        let audience = world.audience(&path.0)?;
        let member = audience.member(audience.find(&path.1)?)?;
        let text = |tag| {
            audience
                .head
                .merge_field(tag)
                .and_then(|field| member.merge(field.id))
                .map(MergeValue::plain)
                .unwrap_or_default()
        };
        Some(PersonPage {
            what,
            list: path.0.clone(),
            contact: path.1.clone(),
            charity: audience.head.from_name.clone(),
            email: member.email.to_string(),
            first_name: text("FNAME"),
            last_name: text("LNAME"),
            campaign: String::new(),
            problem: problem.to_owned(),
            categories: groups::offered(audience, |interest| member.interests.contains(&interest.number)),
        })
    })
}

fn show(shared: &Shared, what: &'static str, path: &(String, String), problem: &str) -> HttpResponse {
    match person_page(shared, what, path, problem) {
        Some(page) => html(if problem.is_empty() { 200 } else { 400 }, &page),
        None => message(
            404,
            "This link is no longer good",
            "You are not in this audience any more. Nothing was changed.",
            "/",
        ),
    }
}

/// The mail whose link was followed.
#[derive(Deserialize, Default)]
#[serde(default)]
struct FromMail {
    campaign: String,
}

async fn leave_form(shared: Data<Shared>, path: Path<(String, String)>, mail: Query<FromMail>) -> HttpResponse {
    match person_page(&shared, "unsubscribe", &path, "") {
        Some(page) => html(
            200,
            &PersonPage {
                campaign: mail.into_inner().campaign,
                ..page
            },
        ),
        None => show(&shared, "unsubscribe", &path, ""),
    }
}

async fn profile_form(shared: Data<Shared>, path: Path<(String, String)>) -> HttpResponse {
    show(&shared, "profile", &path, "")
}

async fn confirm_form(shared: Data<Shared>, path: Path<(String, String)>) -> HttpResponse {
    show(&shared, "confirm", &path, "")
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Leaving {
    reason: String,
}

async fn leave(
    shared: Data<Shared>,
    path: Path<(String, String)>,
    mail: Query<FromMail>,
    leaving: Form<Leaving>,
) -> HttpResponse {
    let reason = leaving.reason.trim();
    if through_mail(&shared, &mail.campaign, &path.1, What::Unsubscribe(reason.to_owned())) {
        return message(
            200,
            "You are unsubscribed",
            "The charity will not write to this address again.",
            "/",
        );
    }
    as_the_person(
        &shared,
        &path,
        "You are unsubscribed",
        "The charity will not write to this address again.",
        |audience, slot, by| {
            audience.unsubscribe_self(by, slot, reason);
        },
    )
}

async fn confirm(shared: Data<Shared>, path: Path<(String, String)>) -> HttpResponse {
    as_the_person(
        &shared,
        &path,
        "Subscription confirmed",
        "Thank you. You will get the charity's mail.",
        |audience, slot, by| {
            audience.confirm(by, slot);
        },
    )
}

async fn complain(shared: Data<Shared>, path: Path<(String, String)>, mail: Query<FromMail>) -> HttpResponse {
    if through_mail(&shared, &mail.campaign, &path.1, What::Complaint) {
        return message(
            200,
            "Reported as spam",
            "The charity will not write to this address again.",
            "/",
        );
    }
    as_the_person(
        &shared,
        &path,
        "Reported as spam",
        "The charity will not write to this address again.",
        |audience, slot, by| {
            audience.complain(by, slot);
        },
    )
}

/// Lets a recipient do something by a link in a campaign's mail; false if the mail did not go to this person.
pub fn through_mail(shared: &Shared, campaign: &str, contact: &str, what: What) -> bool {
    shared.write(|world| {
        let now = world.now();
        let found = world
            .campaign_place(campaign)
            .and_then(|place| Some((place, world.campaigns[place].find(contact)?)));
        if let Some((place, recipient)) = found {
            world.happen(place, recipient, what, now);
        }
        found.is_some()
    })
}

fn as_the_person(
    shared: &Shared,
    path: &(String, String),
    title: &str,
    text: &str,
    act: impl FnOnce(&mut Audience, u32, &crate::sandbox::membership::By),
) -> HttpResponse {
    let acted = shared.write(|world| {
        let by = world.by(Actor::Contact);
        let audience = world.audience_mut(&path.0)?;
        let slot = audience.find(&path.1)?;
        act(audience, slot, &by);
        Some(())
    });
    match acted {
        Some(()) => message(200, title, text, &format!("/audiences/{}/members/{}", path.0, path.1)),
        None => message(
            404,
            "This link is no longer good",
            "You are not in this audience any more. Nothing was changed.",
            "/",
        ),
    }
}

async fn change_profile(shared: Data<Shared>, path: Path<(String, String)>, fields: Fields) -> HttpResponse {
    let filled = Filled::read(fields);
    let email = filled.email_address.clone();
    let changed = shared.write(|world| {
        let by = world.by(Actor::Contact);
        let settings = world.settings().clone();
        let gone = || "You are not in this audience any more.".to_owned();
        let audience = world.audience_mut(&path.0).ok_or_else(gone)?;
        let slot = audience.find(&path.1).ok_or_else(gone)?;
        let (status, former) = audience
            .member(slot)
            .map(|member| (member.status, member.email.to_lowercase()))
            .ok_or_else(gone)?;
        let new_address = email.to_lowercase() != former;
        if new_address {
            address::check(&email, &settings).map_err(|problem| problem.detail)?;
            if status != Status::Subscribed {
                return Err("Only somebody who is subscribed can change the address.".to_owned());
            }
            audience
                .allow_address(slot, &email, status)
                .map_err(|_| "That address cannot be used here.".to_owned())?;
        }
        let profile = filled.profile(audience);
        audience
            .update(&by, slot, None, &profile)
            .map_err(|problem| problem.detail)?;
        if new_address {
            audience.change_address(&by, slot, &email);
        }
        Ok(())
    });
    match changed {
        Ok(()) => message(
            200,
            "Saved",
            "Your details were changed.",
            &format!("/profile/{}/{}", path.0, path.1),
        ),
        Err(problem) => show(&shared, "profile", &path, &problem),
    }
}
