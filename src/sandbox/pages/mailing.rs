//! The charity's campaigns: writing one, sending it, and the numbers that come back.

use actix_web::HttpResponse;
use actix_web::web::{self, Data, Form, Path, Query, ServiceConfig};
use askama::Template;
use serde::Deserialize;

use super::{html, message, see};
use crate::sandbox::campaign::{Campaign, Recipient, What};
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
    numbers: Vec<Number>,
    people: Vec<Person>,
    hidden: usize,
}

struct Person {
    contact: String,
    email: String,
    did: String,
}

/// How many recipients a campaign meant something for; leads to them.
struct Number {
    key: &'static str,
    label: &'static str,
    count: usize,
    chosen: bool,
}

/// What can come of a mail, as the page tells it.
const OUTCOMES: [(&str, &str); 7] = [
    ("", "recipients"),
    ("opened", "opened it"),
    ("proxy", "opened by the mail program only"),
    ("clicked", "followed a link"),
    ("bounced", "bounced"),
    ("left", "unsubscribed"),
    ("spam", "reported it as spam"),
];

/// Whether an outcome of `OUTCOMES` came to pass for a recipient.
fn came_of_it(recipient: &Recipient, outcome: &str, now: When) -> bool {
    let any = |fits: fn(&What) -> bool| recipient.until(now).any(|happening| fits(&happening.what));
    let opened = || any(|what| matches!(what, What::Open));
    match outcome {
        "opened" => opened(),
        "proxy" => !opened() && any(|what| matches!(what, What::ProxyOpen)),
        "clicked" => any(|what| matches!(what, What::Click(_))),
        "bounced" => recipient.bounced(now),
        "left" => any(|what| matches!(what, What::Unsubscribe(_))),
        "spam" => any(|what| matches!(what, What::Complaint)),
        _ => true,
    }
}

#[derive(Deserialize)]
struct CampaignAsked {
    /// Only recipients with this outcome.
    #[serde(default)]
    outcome: String,
}

async fn one(shared: Data<Shared>, id: Path<String>, asked: Query<CampaignAsked>) -> HttpResponse {
    let page = shared.read(|world| {
        let campaign = &world.campaigns[world.campaign_place(&id)?];
        Some(campaign_page(world, campaign, &asked.outcome))
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

fn campaign_page(world: &World, campaign: &Campaign, outcome: &str) -> CampaignPage {
    let now = world.now();
    let recipients = campaign.recipients();
    let with = |outcome| {
        recipients
            .iter()
            .filter(move |recipient| came_of_it(recipient, outcome, now))
    };
    let people = with(outcome).take(SHOWN).map(|recipient| Person {
        contact: hex::encode(recipient.contact_id),
        email: recipient.email.to_string(),
        did: in_words(recipient.until(now).map(|happening| (&happening.what, happening.at))),
    });
    let is_to_come = |recipient: &Recipient| recipient.until(now).count() < recipient.happenings.len();
    CampaignPage {
        row: row(world, campaign),
        list: campaign.head.list_id.clone(),
        still_to_come: !campaign.head.planned.is_empty() || recipients.iter().any(is_to_come),
        numbers: OUTCOMES
            .map(|(key, label)| Number {
                key,
                label,
                count: with(key).count(),
                chosen: key == outcome,
            })
            .into(),
        people: people.collect(),
        hidden: with(outcome).count().saturating_sub(SHOWN),
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
    /// `usual`, `lively`, `bad` or `quiet`.
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
        "bad" => Outcome {
            hard_bounces: 0.35,
            complaints: 0.25,
            unsubscribes: 0.35,
            ..Outcome::usual()
        },
        _ => Outcome::usual(),
    };
    Outcome {
        spread_seconds: if draft.pace == "days" { 3 * DAY } else { 0 },
        ..reaction
    }
}
