//! The charity's side: its accounts and audiences with their members.

use actix_web::HttpResponse;
use actix_web::web::{self, Data, Path, Query, ServiceConfig};
use askama::Template;
use serde::Deserialize;

use super::{html, message};
use crate::sandbox::api::json::full_name;
use crate::sandbox::audience::Audience;
use crate::sandbox::clock::plain;
use crate::sandbox::member::{Member, Status};
use crate::sandbox::shared::Shared;

/// Members on a page.
const PER_PAGE: usize = 50;

pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/", web::get().to(home))
        .route("/audiences/{list}", web::get().to(audience));
}

#[derive(Template)]
#[template(path = "sandbox/home.html")]
struct Home {
    accounts: Vec<HomeAccount>,
    now: String,
}

struct HomeAccount {
    id: String,
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
                id: account.id.clone(),
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
