//! A contact's Groups tab: current and past groups with where each stands at Mailchimp, and every change that led there.
//! The part below the form keeps itself current, so that an unsubscribe shows while somebody looks.

use super::super::mailchimp::{GroupStanding, MailchimpView};
use super::super::model::{HistoryLine, Membership};
use super::super::{actions, standings, store};
use super::{Mailchimp, Told, existing, said_removed};
use crate::accounts::Member;
use crate::accounts::model::Organization;
use crate::base::{ContactId, GroupId, StepId};
use crate::changelog::steps;
use crate::crm::contacts;
use crate::crm::profile::{Frame, Tab};
use crate::crm::undoable;
use crate::db::OrgTx;
use crate::web::{self, Answer, Choice, Flash, Page, PageError};
use actix_web::HttpResponse;
use actix_web::web::{Form, Path, Query};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;

/// What handlers below `/o/{organization}/contacts/{contact}/groups` take.
type ContactPath = Path<(String, ContactId)>;
/// What handlers of one membership take.
type MembershipPath = Path<(String, ContactId, GroupId)>;

#[derive(Template)]
#[template(path = "groups/of_contact.html")]
struct GroupsPage {
    page: Page,
    frame: Frame,
    /// The groups the contact does not belong to.
    others: Vec<Choice>,
    part: GroupsPart,
}

/// What keeps itself current.
#[derive(Template)]
#[template(path = "groups/of_contact_part.html")]
struct PartPage {
    page: Page,
    part: GroupsPart,
}

struct GroupsPart {
    version: String,
    contact: ContactId,
    name: String,
    organization: Organization,
    /// Neither a reader's page nor one of a contact in the trash.
    may_change: bool,
    current: Vec<Row>,
    past: Vec<Row>,
    history: Vec<HistoryLine>,
}

struct Row {
    membership: Membership,
    standing: Option<GroupStanding>,
}

impl GroupsPart {
    /// A moment in the organization's time zone.
    fn local(&self, moment: &DateTime<Utc>) -> String {
        self.organization.local(*moment)
    }
}

/// `GET /o/{organization}/contacts/{contact}/groups`
pub async fn show(member: Member, path: ContactPath, mailchimp: Mailchimp) -> Answer {
    let (contact, reader) = (path.1, Reader::of(&member));
    let (frame, part, groups) = member
        .read(move |tx| {
            let (frame, part) = read_part(tx, mailchimp.as_ref(), contact, reader)?;
            Ok::<_, PageError>((frame, part, store::titles(tx)?))
        })
        .await?;
    let others = groups
        .into_iter()
        .filter(|(id, _)| !part.current.iter().any(|row| row.membership.group == *id));
    web::show(GroupsPage {
        page: member.page("contacts"),
        frame,
        others: Choice::list(others, ""),
        part,
    })
}

/// What a page that shows the part has already.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Known {
    version: String,
}

/// `GET /o/{organization}/contacts/{contact}/groups/live`: 204 while nothing changed.
pub async fn live(member: Member, path: ContactPath, known: Query<Known>, mailchimp: Mailchimp) -> Answer {
    let (contact, reader) = (path.1, Reader::of(&member));
    let known = known.into_inner().version;
    let part = member
        .read(move |tx| match version(tx, mailchimp.as_ref(), contact)? == known {
            true => Ok::<_, PageError>(None),
            false => Ok(Some(read_part(tx, mailchimp.as_ref(), contact, reader)?.1)),
        })
        .await?;
    match part {
        None => Ok(HttpResponse::NoContent().finish()),
        Some(part) => web::show(PartPage {
            page: member.part(),
            part,
        }),
    }
}

fn version(tx: &mut OrgTx<'_>, mailchimp: &dyn MailchimpView, contact: ContactId) -> Result<String, PageError> {
    let change = store::last_change(tx, contact)?;
    Ok(format!("{change}-{}", mailchimp.standings_version(tx, contact)?))
}

/// For whom the part is made.
struct Reader {
    organization: Organization,
    may_write: bool,
}

impl Reader {
    fn of(member: &Member) -> Self {
        Self {
            organization: member.organization.clone(),
            may_write: member.may_write(),
        }
    }
}

fn read_part(
    tx: &mut OrgTx<'_>,
    mailchimp: &dyn MailchimpView,
    id: ContactId,
    reader: Reader,
) -> Result<(Frame, GroupsPart), PageError> {
    // Before all else: what changes while we read is fetched at the next look.
    let version = version(tx, mailchimp, id)?;
    let frame = Frame::load(tx, id, Tab::Groups)?;
    let mut standings = mailchimp.standings(tx, id)?;
    let rows = store::memberships(tx, id)?.into_iter().map(|membership| {
        let at = standings.iter().position(|standing| standing.group == membership.group);
        Row {
            standing: at.map(|at| standings.swap_remove(at)),
            membership,
        }
    });
    let (current, past) = rows.partition(|row| row.membership.is_current());
    let part = GroupsPart {
        version,
        contact: id,
        name: frame.name.clone(),
        organization: reader.organization,
        may_change: reader.may_write && !frame.is_in_the_trash,
        current,
        past,
        history: store::history(tx, id)?,
    };
    Ok((frame, part))
}

/// The group somebody chose; empty when they pressed "Add" without choosing.
#[derive(Deserialize)]
pub struct Chosen {
    group: String,
}

/// `POST /o/{organization}/contacts/{contact}/groups`: joins a group, for the first time or again.
pub async fn add(member: Member, path: ContactPath, mailchimp: Mailchimp, chosen: Form<Chosen>) -> Answer {
    let contact = path.1;
    let Ok(group) = chosen.group.parse() else {
        member.say(Flash::error("Choose a group first. Nothing was changed."));
        return Ok(back(&member, contact));
    };
    let (told, step) = step(&member, contact, move |tx| {
        Told::adding(tx, mailchimp.as_ref(), group, &[contact])
    })
    .await?;
    told.say(&member, step);
    Ok(back(&member, contact))
}

/// `POST /o/{organization}/contacts/{contact}/groups/{group}/removal`
pub async fn remove(member: Member, path: MembershipPath) -> Answer {
    let (_, contact, group) = path.into_inner();
    let ((title, removed), step) = step(&member, contact, move |tx| {
        let title = existing(tx, group)?.title;
        Ok((title, actions::remove_contacts(tx, group, &[contact], "")?.len()))
    })
    .await?;
    member.say_done(said_removed(&title, removed), step);
    Ok(back(&member, contact))
}

/// Does something to the groups of a contact that can be taken back. Nobody else changes them meanwhile: what a step finds
/// before and leaves behind is its own.
async fn step<T: Send + 'static>(
    member: &Member,
    contact: ContactId,
    deed: impl FnOnce(&mut OrgTx<'_>) -> Result<T, PageError> + Send + 'static,
) -> Result<(T, Option<StepId>), PageError> {
    member
        .write(move |tx| {
            standings::lock_all(tx, contact)?;
            steps::remember(tx, &undoable::GROUPS_OF_CONTACT, contact.0, deed)
        })
        .await
}

#[derive(Template)]
#[template(path = "groups/delete_membership.html")]
struct DeletePage {
    page: Page,
    contact: ContactId,
    name: String,
    membership: Membership,
}

/// `GET /o/{organization}/contacts/{contact}/groups/{group}/delete`
pub async fn show_delete(member: Member, path: MembershipPath) -> Answer {
    let (_, contact, group) = path.into_inner();
    let (row, memberships) = member
        .read(move |tx| {
            let row = contacts::list_rows(tx, &[contact])?.pop();
            Ok::<_, PageError>((row.ok_or(PageError::NotFound)?, store::memberships(tx, contact)?))
        })
        .await?;
    let membership = memberships.into_iter().find(|membership| membership.group == group);
    web::show(DeletePage {
        page: member.page("contacts"),
        contact,
        name: row.display_name,
        membership: membership.ok_or(PageError::NotFound)?,
    })
}

/// `POST /o/{organization}/contacts/{contact}/groups/{group}/delete`
pub async fn delete(member: Member, path: MembershipPath) -> Answer {
    let (_, contact, group) = path.into_inner();
    let (title, step) = step(&member, contact, move |tx| {
        let title = existing(tx, group)?.title;
        actions::delete_membership(tx, group, contact, "")?
            .then_some(title)
            .ok_or(PageError::NotFound)
    })
    .await?;
    let said = Flash::success(format!("The record of having been in {title} has been deleted."));
    member.say_done(said, step);
    Ok(back(&member, contact))
}

fn back(member: &Member, contact: ContactId) -> HttpResponse {
    member.redirect(&format!("contacts/{contact}/groups"))
}
