//! The charity's side: its audiences, their members, and what happened to each and through whom.

use actix_web::HttpResponse;
use actix_web::web::{self, Data, Form, Path, Query, ServiceConfig};
use askama::Template;
use serde::Deserialize;

use super::{html, message, see};
use crate::sandbox::api::json::full_name;
use crate::sandbox::audience::Audience;
use crate::sandbox::clock::plain;
use crate::sandbox::member::{Actor, Change, Member, OptOut, Status, What};
use crate::sandbox::membership::Profile;
use crate::sandbox::shared::Shared;
use crate::sandbox::world::World;

/// Members on a page.
const PER_PAGE: usize = 50;

pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/", web::get().to(home))
        .route("/audiences/{list}", web::get().to(audience))
        .route("/audiences/{list}/members/{contact}", web::get().to(member))
        .route("/audiences/{list}/members/{contact}/{action}", web::post().to(act));
}

#[derive(Template)]
#[template(path = "sandbox/home.html")]
struct Home {
    accounts: Vec<HomeAccount>,
    now: String,
}

struct HomeAccount {
    name: String,
    owner: String,
    disabled: bool,
    /// Applications that hold a valid token.
    connected: usize,
    audiences: Vec<HomeAudience>,
}

struct HomeAudience {
    id: String,
    name: String,
    double_optin: bool,
    subscribed: usize,
    unsubscribed: usize,
    other: usize,
}

async fn home(shared: Data<Shared>) -> HttpResponse {
    let page = shared.read(|world| Home {
        accounts: world
            .ground
            .accounts
            .iter()
            .map(|account| HomeAccount {
                name: account.name.clone(),
                owner: account.email.clone(),
                disabled: account.disabled,
                connected: world
                    .ground
                    .tokens
                    .iter()
                    .filter(|token| token.account_id == account.id && !token.revoked)
                    .count(),
                audiences: world.audiences_of(&account.id).map(home_audience).collect(),
            })
            .collect(),
        now: plain(world.now()),
    });
    html(200, &page)
}

fn home_audience(audience: &Audience) -> HomeAudience {
    let (subscribed, unsubscribed) = (audience.count(Status::Subscribed), audience.count(Status::Unsubscribed));
    HomeAudience {
        id: audience.head.id.clone(),
        name: audience.head.name.clone(),
        double_optin: audience.head.double_optin,
        subscribed,
        unsubscribed,
        other: audience.members().count() - subscribed - unsubscribed,
    }
}

#[derive(Deserialize)]
#[serde(default)]
struct AudienceAsked {
    status: String,
    search: String,
    page: usize,
}

impl Default for AudienceAsked {
    fn default() -> AudienceAsked {
        AudienceAsked {
            status: String::new(),
            search: String::new(),
            page: 1,
        }
    }
}

#[derive(Template)]
#[template(path = "sandbox/audience.html")]
struct AudiencePage {
    list: String,
    account: String,
    name: String,
    double_optin: bool,
    webhooks: usize,
    statuses: Vec<StatusCount>,
    status: String,
    search: String,
    members: Vec<MemberRow>,
    total: usize,
    page: usize,
    pages: usize,
}

struct StatusCount {
    name: &'static str,
    count: usize,
    chosen: bool,
}

struct MemberRow {
    contact: String,
    email: String,
    name: String,
    status: &'static str,
    last_changed: String,
}

async fn audience(shared: Data<Shared>, list: Path<String>, asked: Query<AudienceAsked>) -> HttpResponse {
    match shared.read(|world| world.audience(&list).map(|audience| audience_page(audience, &asked))) {
        Some(page) => html(200, &page),
        None => message(
            404,
            "There is no such audience",
            "It may have been deleted. Nothing was changed.",
            "/",
        ),
    }
}

fn audience_page(audience: &Audience, asked: &AudienceAsked) -> AudiencePage {
    let search = asked.search.trim().to_lowercase();
    let fits = |member: &Member| {
        (asked.status.is_empty() || member.status.name() == asked.status)
            && (search.is_empty()
                || member.email.to_lowercase().contains(&search)
                || full_name(audience, member).to_lowercase().contains(&search))
    };
    let found: Vec<&Member> = audience
        .members()
        .map(|(_, member)| member)
        .filter(|member| fits(member))
        .collect();
    let pages = found.len().div_ceil(PER_PAGE).max(1);
    let page = asked.page.clamp(1, pages);
    let shown = found.iter().skip((page - 1) * PER_PAGE).take(PER_PAGE);
    AudiencePage {
        list: audience.head.id.clone(),
        account: audience.head.account_id.clone(),
        name: audience.head.name.clone(),
        double_optin: audience.head.double_optin,
        webhooks: audience
            .head
            .webhooks
            .iter()
            .filter(|webhook| !webhook.disabled)
            .count(),
        statuses: Status::ALL
            .map(|status| StatusCount {
                name: status.name(),
                count: audience.count(status),
                chosen: status.name() == asked.status,
            })
            .into(),
        status: asked.status.clone(),
        search: asked.search.clone(),
        members: shown
            .map(|member| MemberRow {
                contact: member.contact(),
                email: member.email.to_string(),
                name: full_name(audience, member),
                status: member.status.name(),
                last_changed: plain(member.last_changed),
            })
            .collect(),
        total: found.len(),
        page,
        pages,
    }
}

#[derive(Template)]
#[template(path = "sandbox/member.html")]
struct MemberPage {
    list: String,
    list_name: String,
    contact: String,
    email: String,
    name: String,
    status: &'static str,
    standing: &'static str,
    details: Vec<(String, String)>,
    tags: Vec<String>,
    history: Vec<HistoryRow>,
    can_archive: bool,
    can_subscribe: bool,
    is_subscribed: bool,
    is_pending: bool,
}

struct HistoryRow {
    at: String,
    who: &'static str,
    what: String,
    status: &'static str,
}

async fn member(shared: Data<Shared>, path: Path<(String, String)>) -> HttpResponse {
    let (list, contact) = path.into_inner();
    let page = shared.read(|world| {
        let audience = world.audience(&list)?;
        let member = audience.member(audience.find(&contact)?)?;
        Some(member_page(audience, member))
    });
    match page {
        Some(page) => html(200, &page),
        None => message(
            404,
            "There is no such member",
            "The member may have been deleted for good. Nothing was changed.",
            "/",
        ),
    }
}

fn member_page(audience: &Audience, member: &Member) -> MemberPage {
    let details = audience
        .head
        .merge_fields
        .iter()
        .filter_map(|field| Some((field.name.clone(), member.merge(field.id)?.plain())));
    let tags = audience
        .head
        .tags
        .iter()
        .filter(|tag| member.tags.iter().any(|(number, _)| *number == tag.number));
    MemberPage {
        list: audience.head.id.clone(),
        list_name: audience.head.name.clone(),
        contact: member.contact(),
        email: member.email.to_string(),
        name: full_name(audience, member),
        status: member.status.name(),
        standing: standing(member),
        details: details.collect(),
        tags: tags.map(|tag| tag.name.clone()).collect(),
        history: member.history.iter().rev().map(history_row).collect(),
        can_archive: !matches!(member.status, Status::Cleaned | Status::Pending | Status::Archived),
        can_subscribe: member.status != Status::Subscribed && !member.opt_out.binds_the_api(),
        is_subscribed: member.status == Status::Subscribed,
        is_pending: member.status == Status::Pending,
    }
}

/// What a member's state means, in words.
fn standing(member: &Member) -> &'static str {
    match (member.status, member.opt_out) {
        (Status::Subscribed, _) => "Gets the charity's mail.",
        (Status::Pending, _) => "Has signed up but not yet confirmed by the link in the confirmation mail.",
        (_, OptOut::ByContact) => "Left by their own wish. Only the person can come back, by the sign-up form.",
        (_, OptOut::Complaint) => "Reported a mail as spam. Only the person can come back, by the sign-up form.",
        (_, OptOut::Bounced) => "Mail to this address bounced. No program can subscribe it again.",
        (_, OptOut::Review) => "Held back by Mailchimp's compliance review.",
        (Status::Unsubscribed, OptOut::ByAdmin) => {
            "Was unsubscribed by the charity's admin. A program may subscribe the member again."
        }
        (Status::Unsubscribed, _) => "Was unsubscribed by a program. A program may subscribe the member again.",
        (Status::Archived, _) => "Is in the archive and gets no mail.",
        (Status::Transactional, _) => "Gets receipts and the like, but no newsletters.",
        (Status::Cleaned, _) => "Mail to this address bounced.",
    }
}

fn history_row(change: &Change) -> HistoryRow {
    let former = change
        .note
        .as_ref()
        .map(|former| format!(", before: {former}"))
        .unwrap_or_default();
    HistoryRow {
        at: plain(change.at),
        who: match change.actor {
            Actor::Contact => "the person",
            Actor::Admin => "an admin",
            Actor::Api => "a program",
            Actor::Mailchimp => "Mailchimp",
        },
        what: format!("{}{former}", sentence(change)),
        status: change.status.name(),
    }
}

fn sentence(change: &Change) -> &'static str {
    match (change.what, change.status) {
        (What::Joined, _) => "joined the audience",
        (What::Revived, _) => "came back from the archive",
        (What::StatusSet, Status::Subscribed) => "was subscribed",
        (What::StatusSet, Status::Unsubscribed) => "was unsubscribed",
        (What::StatusSet, Status::Pending) => "was asked to confirm",
        (What::StatusSet, _) => "was set to another state",
        (What::Confirmed, _) => "confirmed the subscription",
        (What::ProfileChanged, _) => "details were changed",
        (What::AddressChanged, _) => "address was changed",
        (What::Archived, _) => "was archived",
        (What::Complained, _) => "reported a mail as spam",
        (What::Bounced, _) => "mail bounced",
        (What::SubscribeRefused, _) => "was to be subscribed, which was refused",
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Details {
    email_address: String,
}

async fn act(shared: Data<Shared>, path: Path<(String, String, String)>, details: Form<Details>) -> HttpResponse {
    let (list, contact, action) = path.into_inner();
    let back = format!("/audiences/{list}/members/{contact}");
    let gone = action == "erase";
    match shared.write(|world| perform(world, &list, &contact, &action, details.email_address.trim())) {
        Ok(()) if gone => see(&format!("/audiences/{list}")),
        Ok(()) => see(&back),
        Err(why) => message(409, "That was not done", &format!("{why} Nothing was changed."), &back),
    }
}

/// What an admin may do in Mailchimp's own pages.
fn perform(world: &mut World, list: &str, contact: &str, action: &str, email: &str) -> Result<(), String> {
    let by = world.by(Actor::Admin);
    let audience = world.audience_mut(list).ok_or("There is no such audience.")?;
    let slot = audience.find(contact).ok_or("There is no such member.")?;
    let status = audience.member(slot).map_or(Status::Archived, |member| member.status);
    let nothing = Profile::default();
    let done = match action {
        "unsubscribe" => audience.update(&by, slot, Some(Status::Unsubscribed), &nothing),
        "resubscribe" => audience.update(&by, slot, Some(Status::Subscribed), &nothing),
        "archive" => audience.archive(&by, slot),
        "change-address" => audience
            .allow_address(slot, email, status)
            .map(|()| audience.change_address(&by, slot, email)),
        "clean" => {
            audience.clean(&by, slot);
            Ok(())
        }
        "erase" => {
            audience.erase(&by, slot);
            Ok(())
        }
        _ => return Err("There is no such action.".to_owned()),
    };
    done.map_err(|problem| problem.detail)
}
