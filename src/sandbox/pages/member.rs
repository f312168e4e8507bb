//! The charity's view of one member: where it stands, what happened to it and through whom, and what an admin may do.

use actix_web::HttpResponse;
use actix_web::web::{self, Data, Form, Path, ServiceConfig};
use askama::Template;
use serde::Deserialize;

use super::{html, message, see};
use crate::sandbox::api::json::full_name;
use crate::sandbox::audience::Audience;
use crate::sandbox::campaign;
use crate::sandbox::clock::{When, plain};
use crate::sandbox::member::{Actor, Change, Member, OptOut, Status, What};
use crate::sandbox::membership::Profile;
use crate::sandbox::shared::Shared;
use crate::sandbox::world::World;

pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/audiences/{list}/members/{contact}", web::get().to(member))
        .route("/audiences/{list}/members/{contact}/{action}", web::post().to(act));
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
    groups: Vec<String>,
    tags: Vec<String>,
    history: Vec<HistoryRow>,
    can_archive: bool,
    can_subscribe: bool,
    is_subscribed: bool,
    is_pending: bool,
}

/// One line of what happened.
struct HistoryRow {
    when: When,
    at: String,
    what: String,
    /// The mail it was about: id and subject of the campaign.
    mail: Option<(String, String)>,
    /// The state afterwards, where it is about that.
    status: &'static str,
}

async fn member(shared: Data<Shared>, path: Path<(String, String)>) -> HttpResponse {
    let (list, contact) = path.into_inner();
    let page = shared.read(|world| {
        let audience = world.audience(&list)?;
        let member = audience.member(audience.find(&contact)?)?;
        Some(member_page(world, audience, member))
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

fn member_page(world: &World, audience: &Audience, member: &Member) -> MemberPage {
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
    let groups = audience
        .head
        .interests()
        .filter(|interest| member.interests.contains(&interest.number));
    MemberPage {
        list: audience.head.id.clone(),
        list_name: audience.head.name.clone(),
        contact: member.contact(),
        email: member.email.to_string(),
        name: full_name(audience, member),
        status: member.status.name(),
        standing: standing(member),
        details: details.collect(),
        groups: groups.map(|group| group.name.clone()).collect(),
        tags: tags.map(|tag| tag.name.clone()).collect(),
        history: history(world, audience, member),
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

/// Everything that happened to a member, the mails it got among it, newest first.
fn history(world: &World, audience: &Audience, member: &Member) -> Vec<HistoryRow> {
    let changes = member.history.iter().map(change_row);
    let mails = world
        .campaigns
        .iter()
        .filter(|campaign| campaign.head.list_id == audience.head.id && !campaign.head.deleted);
    let mut rows: Vec<HistoryRow> = mails
        .flat_map(|campaign| mail_rows(campaign, member, world.now()))
        .chain(changes)
        .collect();
    rows.sort_by_key(|row| row.when);
    rows.reverse();
    rows
}

/// What a member did with a campaign's mail; what changed the member stands among the changes.
fn mail_rows(campaign: &campaign::Campaign, member: &Member, now: When) -> Vec<HistoryRow> {
    let Some(recipient) = campaign.recipient_by_contact(&member.contact_id) else {
        return Vec::new();
    };
    let row = |when, what: &str| HistoryRow {
        when,
        at: plain(when),
        what: what.to_owned(),
        mail: Some((campaign.head.id.clone(), campaign.head.subject.clone())),
        status: "",
    };
    let happenings = recipient.until(now).filter_map(|happening| {
        let what = match happening.what {
            campaign::What::Open => "opened the mail",
            campaign::What::ProxyOpen => "the mail program loaded the pictures of the mail",
            campaign::What::Click(_) => "followed a link in the mail",
            campaign::What::SoftBounce => "could not be reached for now by the mail",
            campaign::What::HardBounce | campaign::What::Unsubscribe(_) | campaign::What::Complaint => return None,
        };
        Some(row(happening.at, what))
    });
    let mut rows = vec![row(campaign.head.sent_at, "was sent the mail")];
    rows.extend(happenings);
    rows
}

fn change_row(change: &Change) -> HistoryRow {
    let who = match change.actor {
        Actor::Contact => "the person",
        Actor::Admin => "an admin",
        Actor::Api => "a program",
        Actor::Mailchimp => "Mailchimp",
    };
    let former = change
        .note
        .as_ref()
        .map(|former| format!(", before: {former}"))
        .unwrap_or_default();
    HistoryRow {
        when: change.at,
        at: plain(change.at),
        what: format!("{}{former}, through {who}", sentence(change)),
        mail: None,
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
