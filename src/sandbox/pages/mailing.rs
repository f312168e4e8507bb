//! The charity's campaigns: writing one, sending it, and the numbers that come back.

use actix_web::HttpResponse;
use actix_web::web::{self, Data, Form, Path, ServiceConfig};
use askama::Template;
use serde::Deserialize;

use super::{html, message, see};
use crate::sandbox::campaign::{Campaign, What};
use crate::sandbox::clock::{When, plain};
use crate::sandbox::member::Status;
use crate::sandbox::sending::Outcome;
use crate::sandbox::shared::Shared;
use crate::sandbox::world::World;

/// Recipients on a page.
const SHOWN: usize = 200;
const DAY: u32 = 86_400;

pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/campaigns", web::get().to(all))
        .route("/campaigns/{id}", web::get().to(one))
        .route("/audiences/{list}/send", web::get().to(form))
        .route("/audiences/{list}/send", web::post().to(send));
}

#[derive(Template)]
#[template(path = "sandbox/campaigns.html")]
struct CampaignsPage {
    campaigns: Vec<CampaignRow>,
}

struct CampaignRow {
    id: String,
    subject: String,
    audience: String,
    sent_at: String,
    recipients: usize,
}

async fn all(shared: Data<Shared>) -> HttpResponse {
    let campaigns = shared.read(|world| {
        let shown = world.campaigns.iter().rev().filter(|campaign| !campaign.head.deleted);
        shown.map(|campaign| row(world, campaign)).collect()
    });
    html(200, &CampaignsPage { campaigns })
}

fn row(world: &World, campaign: &Campaign) -> CampaignRow {
    let audience = world.audience(&campaign.head.list_id);
    CampaignRow {
        id: campaign.head.id.clone(),
        subject: campaign.head.subject.clone(),
        audience: audience.map_or("deleted", |audience| &audience.head.name).to_owned(),
        sent_at: plain(campaign.head.sent_at),
        recipients: campaign.recipients().len(),
    }
}

#[derive(Template)]
#[template(path = "sandbox/campaign.html")]
struct CampaignPage {
    row: CampaignRow,
    list: String,
    still_to_come: bool,
    people: Vec<Person>,
    hidden: usize,
}

struct Person {
    contact: String,
    email: String,
    did: String,
}

async fn one(shared: Data<Shared>, id: Path<String>) -> HttpResponse {
    let page = shared.read(|world| {
        let campaign = &world.campaigns[world.campaign_place(&id)?];
        let now = world.now();
        let people = campaign.recipients().iter().take(SHOWN);
        Some(CampaignPage {
            row: row(world, campaign),
            list: campaign.head.list_id.clone(),
            still_to_come: !campaign.head.planned.is_empty()
                || campaign
                    .recipients()
                    .iter()
                    .any(|recipient| recipient.until(now).count() < recipient.happenings.len()),
            people: people
                .map(|recipient| Person {
                    contact: hex::encode(recipient.contact_id),
                    email: recipient.email.to_string(),
                    did: in_words(recipient.until(now).map(|happening| (&happening.what, happening.at))),
                })
                .collect(),
            hidden: campaign.recipients().len().saturating_sub(SHOWN),
        })
    });
    match page {
        Some(page) => html(200, &page),
        None => message(
            404,
            "There is no such campaign",
            "It may have been deleted. Nothing was changed.",
            "/campaigns",
        ),
    }
}

fn in_words<'a>(happenings: impl Iterator<Item = (&'a What, When)>) -> String {
    let word = |what: &What| match what {
        What::Open => "opened",
        What::ProxyOpen => "opened by the mail program",
        What::Click(_) => "clicked",
        What::SoftBounce => "bounced for now",
        What::HardBounce => "bounced for good",
        What::Unsubscribe(_) => "unsubscribed",
        What::Complaint => "reported it as spam",
    };
    let mut words: Vec<&str> = Vec::new();
    for (what, _) in happenings {
        if !words.contains(&word(what)) {
            words.push(word(what));
        }
    }
    if words.is_empty() {
        "nothing yet".to_owned()
    } else {
        words.join(", ")
    }
}

#[derive(Template)]
#[template(path = "sandbox/send.html")]
struct SendPage {
    list: String,
    name: String,
    charity: String,
    subscribed: usize,
}

async fn form(shared: Data<Shared>, list: Path<String>) -> HttpResponse {
    let page = shared.read(|world| {
        let audience = world.audience(&list)?;
        Some(SendPage {
            list: list.clone(),
            name: audience.head.name.clone(),
            charity: audience.head.from_name.clone(),
            subscribed: audience.count(Status::Subscribed),
        })
    });
    match page {
        Some(page) => html(200, &page),
        None => message(
            404,
            "There is no such audience",
            "It may have been deleted. Nothing was changed.",
            "/",
        ),
    }
}

#[derive(Deserialize)]
struct Draft {
    subject: String,
    text: String,
    /// `usual`, `quiet` or `lively`.
    reaction: String,
    /// `at_once` or `days`.
    pace: String,
}

async fn send(shared: Data<Shared>, list: Path<String>, draft: Form<Draft>) -> HttpResponse {
    let outcome = outcome(&draft);
    let sent = shared.write(|world| {
        let account = world
            .audience(&list)
            .ok_or("There is no such audience.")?
            .head
            .account_id
            .clone();
        if draft.subject.trim().is_empty() {
            return Err("A mail needs a subject.".to_owned());
        }
        let place = world.add_campaign(&account, &list);
        let head = world.campaigns[place].head_mut();
        draft.subject.trim().clone_into(&mut head.subject);
        head.title.clone_from(&head.subject);
        head.plain_text.clone_from(&draft.text);
        world.send(place, &outcome).map_err(|problem| problem.detail)?;
        Ok(world.campaigns[place].head.id.clone())
    });
    match sent {
        Ok(id) => see(&format!("/campaigns/{id}")),
        Err(why) => message(400, "The mail was not sent", &why, &format!("/audiences/{list}/send")),
    }
}

fn outcome(draft: &Draft) -> Outcome {
    let reaction = match draft.reaction.as_str() {
        "quiet" => Outcome::default(),
        "lively" => Outcome {
            opens: 0.9,
            clicks: 0.6,
            unsubscribes: 0.15,
            complaints: 0.05,
            hard_bounces: 0.1,
            ..Outcome::usual()
        },
        _ => Outcome::usual(),
    };
    Outcome {
        spread_seconds: if draft.pace == "days" { 3 * DAY } else { 0 },
        ..reaction
    }
}
