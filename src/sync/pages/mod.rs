//! The pages of Mailchimp: the connection, linking a group with its preview, the link, why somebody stands as they do, and
//! the door at which webhooks knock.

mod connect;
mod connection;
mod hook;
mod link;
mod link_new;
mod people;
mod removals;
mod review;
mod runs;
mod why;

use super::audiences::{self, Audience};
use super::facts::{self, Mapping};
use crate::base::{MappingId, Role};
use crate::crm::groups;
use crate::db::OrgTx;
use crate::web::{Needs, PageError, Route, get, post};

/// Where people come back to from Mailchimp's sign-in; registered there, so there is one for every purpose.
pub const CALLBACK: &str = "/mailchimp/callback";

/// Every route of the sync.
pub fn routes() -> Vec<Route> {
    const SEE: Needs = Needs::Role(Role::Reader);
    const CHANGE: Needs = Needs::Role(Role::Staff);
    const MANAGE: Needs = Needs::Role(Role::Administrator);
    vec![
        get("/o/{organization}/mailchimp", SEE, connection::show),
        get("/o/{organization}/mailchimp/connect", MANAGE, connect::leave),
        get("/o/{organization}/mailchimp/finish", MANAGE, connect::finish),
        post(
            "/o/{organization}/mailchimp/audiences",
            MANAGE,
            connection::read_audiences,
        ),
        get(
            "/o/{organization}/mailchimp/disconnect",
            MANAGE,
            connection::ask_disconnect,
        ),
        post("/o/{organization}/mailchimp/disconnect", MANAGE, connection::disconnect),
        get("/o/{organization}/mailchimp/links/new", MANAGE, link_new::choose),
        post("/o/{organization}/mailchimp/links/preview", MANAGE, link_new::read),
        get("/o/{organization}/mailchimp/links/preview", MANAGE, link_new::preview),
        get(
            "/o/{organization}/mailchimp/links/preview/progress",
            MANAGE,
            link_new::progress,
        ),
        get(
            "/o/{organization}/mailchimp/links/preview/people",
            MANAGE,
            people::of_preview,
        ),
        post("/o/{organization}/mailchimp/links/new", MANAGE, link_new::switch_on),
        get("/o/{organization}/mailchimp/links/{link}", SEE, link::show),
        get("/o/{organization}/mailchimp/links/{link}/state", SEE, link::state),
        get("/o/{organization}/mailchimp/links/{link}/people", SEE, people::of_link),
        get(
            "/o/{organization}/mailchimp/links/{link}/snapshot",
            MANAGE,
            people::snapshot,
        ),
        post(
            "/o/{organization}/mailchimp/links/{link}/include-group",
            MANAGE,
            link::include_group,
        ),
        post(
            "/o/{organization}/mailchimp/links/{link}/include-audience",
            MANAGE,
            link::include_audience,
        ),
        get("/o/{organization}/mailchimp/links/{link}/removals", SEE, removals::show),
        post(
            "/o/{organization}/mailchimp/links/{link}/removals",
            CHANGE,
            removals::answer,
        ),
        get("/o/{organization}/mailchimp/links/{link}/off", MANAGE, link::ask_off),
        post("/o/{organization}/mailchimp/links/{link}/off", MANAGE, link::off),
        get(
            "/o/{organization}/mailchimp/links/{link}/contacts/{contact}",
            SEE,
            why::show,
        ),
        post(
            "/o/{organization}/mailchimp/links/{link}/contacts/{contact}/confirmation",
            CHANGE,
            why::ask_to_confirm,
        ),
        post(
            "/o/{organization}/mailchimp/links/{link}/webhook",
            MANAGE,
            link::check_webhook,
        ),
        get("/o/{organization}/mailchimp/runs", SEE, runs::list),
        get("/o/{organization}/mailchimp/runs/{run}", SEE, runs::show),
        get("/o/{organization}/mailchimp/review", CHANGE, review::show),
        post("/o/{organization}/mailchimp/review", CHANGE, review::choose),
        get("/sign-up/mailchimp", Needs::Nothing, connect::sign_up),
        get("/sign-up/mailchimp/finish", Needs::Nothing, connect::finish_sign_up),
        get("/sign-up/mailchimp/organization", Needs::Nothing, connect::organization),
        post(
            "/sign-up/mailchimp/organization",
            Needs::Nothing,
            connect::create_organization,
        ),
        get(CALLBACK, Needs::Nothing, connect::callback),
        get("/hooks/mailchimp/{secret}", Needs::Secret, hook::answer),
        post("/hooks/mailchimp/{secret}", Needs::Secret, hook::receive),
    ]
}

/// A link with the names of its two sides.
#[derive(Clone, Debug)]
pub struct Link {
    pub mapping: Mapping,
    pub group: String,
    pub audience: Audience,
}

fn link(tx: &mut OrgTx<'_>, id: MappingId) -> Result<Link, PageError> {
    links(tx)?
        .into_iter()
        .find(|link| link.mapping.id == id)
        .ok_or(PageError::NotFound)
}

fn links(tx: &mut OrgTx<'_>) -> Result<Vec<Link>, PageError> {
    let mut links = Vec::new();
    for mapping in facts::mappings_of(tx)? {
        let group = groups::store::find(tx, mapping.group)?
            .map(|group| group.title)
            .unwrap_or_default();
        let audience = audiences::find(tx, &mapping.audience)?.ok_or(PageError::NotFound)?;
        links.push(Link {
            mapping,
            group,
            audience,
        });
    }
    Ok(links)
}
