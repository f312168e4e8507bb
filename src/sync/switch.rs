//! Switching a link between a group and an audience on and off.

use super::decide::{Agreed, Policy, Removal, Standing, There};
use super::facts::{self, Mapping};
use super::preview;
use super::view::PEOPLE_AT_ONCE;
use super::{mirror, plan, standing};
use crate::base::{ContactId, GroupId, MappingId};
use crate::changelog::{self, NewChange};
use crate::db::schema::{
    audience_members, audience_snapshots, audiences, contacts, group_contacts, groups, mappings, planned_calls,
    review_members, sync_standings, webhook_doors,
};
use crate::db::{OrgTx, Unavailable};
use crate::incidents::{self, Kind};
use crate::mailchimp::Status;
use crate::work;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

/// How long a preview holds: people who subscribe later than it was read would be neither counted nor saved.
const PREVIEW_HOLDS: TimeDelta = TimeDelta::minutes(15);

/// What staff chose.
#[derive(Clone, Debug)]
pub struct Choice {
    pub group: GroupId,
    pub audience: String,
    pub policy: Policy,
    /// Include the people who are in the group already.
    pub include_group: bool,
    /// Include the people who are in the audience already.
    pub include_audience: bool,
}

/// Why a link was not switched on; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum SwitchError {
    #[error("This group is linked to an audience already. One group has one link.")]
    GroupTaken,
    #[error("This audience is linked to another group already. One audience has one group.")]
    AudienceTaken,
    #[error("The audience was not read a moment ago. Please look at what would happen once more.")]
    NotRead,
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    #[error(transparent)]
    Unexpected(#[from] anyhow::Error),
}

/// Switches a link on. From now on only, unless the choice includes who is there already; the audience is saved first.
pub fn on(tx: &mut OrgTx<'_>, choice: &Choice) -> Result<MappingId, SwitchError> {
    refuse_second_link(tx, choice)?;
    let read: Option<DateTime<Utc>> = audiences::table
        .find((tx.organization().0, &choice.audience))
        .select(audiences::read_done_at)
        .first(&mut **tx)?;
    if read.is_none_or(|read| tx.now() - read > PREVIEW_HOLDS) {
        return Err(SwitchError::NotRead);
    }
    save_snapshot(tx, &choice.audience)?;
    let id = insert(tx, choice)?;
    let mapping = Mapping {
        id,
        group: choice.group,
        audience: choice.audience.clone(),
        policy: choice.policy,
        is_on: true,
    };
    if choice.include_audience {
        set_here_before(tx, &choice.audience, false)?;
        mark_newcomers(tx, &mapping)?;
    } else {
        set_here_before(tx, &choice.audience, true)?;
    }
    let people = preview::group_contact_ids(tx, choice.group)?;
    if !choice.include_group {
        for chunk in people.chunks(PEOPLE_AT_ONCE) {
            leave_as_they_are(tx, &mapping, chunk)?;
        }
    }
    work::contacts_are_due(tx, &people)?;
    // A look at once: it installs the webhook as well.
    diesel::update(audiences::table.find((tx.organization().0, &choice.audience)))
        .set((
            audiences::polled_at.eq(None::<DateTime<Utc>>),
            audiences::webhook_checked_at.eq(None::<DateTime<Utc>>),
        ))
        .execute(&mut **tx)?;
    let (organization, now) = (tx.organization(), tx.now());
    work::wake(tx, organization, work::Kind::Sync, now)?;
    say(tx, "Group linked to Mailchimp", &mapping)?;
    Ok(id)
}

/// Somebody who opted out here and whom Mailchimp still has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptedOut {
    pub contact: ContactId,
    pub name: String,
}

/// Why a link was not switched off; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum OffError {
    /// These people's opt-outs have not reached Mailchimp, and never would.
    #[error("opt-outs given here have not reached Mailchimp yet")]
    OptOutsWait(Vec<OptedOut>),
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Whoever opted out here and is to be unsubscribed at Mailchimp, which has not happened yet. An audience that is gone mails
/// nobody.
pub fn opt_outs_that_wait(tx: &mut OrgTx<'_>, mapping: &Mapping) -> QueryResult<Vec<OptedOut>> {
    if !mapping.is_on {
        return Ok(Vec::new());
    }
    let of_mapping = group_contacts::table
        .filter(group_contacts::organization_id.eq(tx.organization()))
        .filter(group_contacts::group_id.eq(mapping.group))
        .select(group_contacts::contact_id);
    let decided = sync_standings::table
        .filter(sync_standings::organization_id.eq(tx.organization()))
        .filter(sync_standings::mapping_id.eq(mapping.id))
        .select(sync_standings::contact_id);
    let opted_out: Vec<ContactId> = contacts::table
        .filter(contacts::organization_id.eq(tx.organization()))
        .filter(contacts::do_not_email.or(contacts::is_opt_out))
        .filter(contacts::id.eq_any(of_mapping).or(contacts::id.eq_any(decided)))
        .order((contacts::sort_name, contacts::id))
        .select(contacts::id)
        .load(&mut **tx)?;
    let mut waiting = Vec::new();
    for chunk in opted_out.chunks(PEOPLE_AT_ONCE) {
        let people = facts::gather(tx, mapping, chunk)?.into_iter();
        let still_there = people.filter(|person| person.decide(mapping.policy).there == Some(There::Unsubscribe));
        waiting.extend(still_there.map(|person| OptedOut {
            contact: person.contact.id,
            name: person.contact.display_name,
        }));
    }
    Ok(waiting)
}

/// Switches a link off: nothing is sent any more, nobody is changed on either side, our calls that wait are dropped. Not while
/// opt-outs wait to be told to Mailchimp, unless staff say so: nobody would ever carry them there.
pub fn off(tx: &mut OrgTx<'_>, mapping: &Mapping, whoever_waits: bool) -> Result<(), OffError> {
    let organization = tx.organization();
    let waiting = opt_outs_that_wait(tx, mapping)?;
    if !waiting.is_empty() && !whoever_waits {
        return Err(OffError::OptOutsWait(waiting));
    }
    let open: Vec<i64> = planned_calls::table
        .filter(planned_calls::organization_id.eq(organization))
        .filter(planned_calls::mapping_id.eq(mapping.id))
        .filter(planned_calls::settled_at.is_null())
        .select(planned_calls::id)
        .load(&mut **tx)?;
    plan::supersede(tx, &open, "The link was switched off.")?;
    diesel::delete(review_members::table)
        .filter(review_members::organization_id.eq(organization))
        .filter(review_members::audience_id.eq(&mapping.audience))
        .execute(&mut **tx)?;
    diesel::delete(webhook_doors::table)
        .filter(webhook_doors::organization_id.eq(organization))
        .filter(webhook_doors::audience_id.eq(&mapping.audience))
        .execute(&mut **tx)?;
    diesel::update(audiences::table.find((organization.0, &mapping.audience)))
        .set((
            audiences::webhook_id.eq(None::<String>),
            audiences::webhook_state.eq("none"),
            audiences::webhook_signing_secret.eq(None::<Vec<u8>>),
        ))
        .execute(&mut **tx)?;
    diesel::delete(mappings::table.find((organization.0, mapping.id.0))).execute(&mut **tx)?;
    incidents::close(
        tx,
        Kind::MappingBroken,
        &mapping.id.to_string(),
        "The broken link was switched off.",
    )?;
    incidents::close(
        tx,
        Kind::RemovalsHeld,
        &mapping.id.to_string(),
        "The link was switched off; nobody is removed.",
    )?;
    incidents::close(tx, Kind::WebhookWrong, &mapping.audience, "The link was switched off.")?;
    Ok(say(tx, "Link to Mailchimp switched off", mapping)?)
}

/// Includes the contacts that were in the group before the link was switched on.
pub fn include_group(tx: &mut OrgTx<'_>, mapping: &Mapping) -> QueryResult<usize> {
    let included: Vec<ContactId> = diesel::update(sync_standings::table)
        .filter(sync_standings::organization_id.eq(tx.organization()))
        .filter(sync_standings::mapping_id.eq(mapping.id))
        .filter(sync_standings::agreed.eq("here_before"))
        .set(sync_standings::agreed.eq("nothing"))
        .returning(sync_standings::contact_id)
        .get_results(&mut **tx)?;
    diesel::update(mappings::table.find((tx.organization().0, mapping.id.0)))
        .set(mappings::included_group.eq(true))
        .execute(&mut **tx)?;
    work::contacts_are_due(tx, &included)?;
    say(tx, "Contacts from before the Mailchimp link included", mapping)?;
    Ok(included.len())
}

/// Includes the members that were in the audience before the link was switched on.
pub fn include_audience(tx: &mut OrgTx<'_>, mapping: &Mapping) -> QueryResult<()> {
    set_here_before(tx, &mapping.audience, false)?;
    diesel::update(mappings::table.find((tx.organization().0, mapping.id.0)))
        .set(mappings::included_audience.eq(true))
        .execute(&mut **tx)?;
    mark_newcomers(tx, mapping)?;
    let (organization, now) = (tx.organization(), tx.now());
    work::wake(tx, organization, work::Kind::Sync, now)?;
    say(tx, "Members from before the Mailchimp link included", mapping)
}

fn refuse_second_link(tx: &mut OrgTx<'_>, choice: &Choice) -> Result<(), SwitchError> {
    for mapping in facts::mappings_of(tx)? {
        if mapping.group == choice.group {
            return Err(SwitchError::GroupTaken);
        }
        if mapping.audience == choice.audience {
            return Err(SwitchError::AudienceTaken);
        }
    }
    Ok(())
}

fn save_snapshot(tx: &mut OrgTx<'_>, audience: &str) -> Result<(), SwitchError> {
    let (count, csv) = preview::snapshot_csv(tx, audience)?;
    let now = tx.now();
    diesel::insert_into(audience_snapshots::table)
        .values((
            audience_snapshots::audience_id.eq(audience),
            audience_snapshots::taken_at.eq(now),
            audience_snapshots::member_count.eq(i32::try_from(count).unwrap_or(i32::MAX)),
            audience_snapshots::csv.eq(csv),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

fn insert(tx: &mut OrgTx<'_>, choice: &Choice) -> QueryResult<MappingId> {
    let removal = match choice.policy.removal {
        Removal::Archive => "archive",
        Removal::Unsubscribe => "unsubscribe",
        Removal::Leave => "leave",
    };
    diesel::insert_into(mappings::table)
        .values((
            mappings::group_id.eq(choice.group),
            mappings::audience_id.eq(&choice.audience),
            mappings::state.eq("on"),
            mappings::removal.eq(removal),
            mappings::double_optin.eq(choice.policy.double_optin),
            mappings::included_group.eq(choice.include_group),
            mappings::included_audience.eq(choice.include_audience),
            mappings::switched_on_by.eq(tx.actor().name().to_owned()),
            mappings::switched_on_at.eq(tx.now()),
        ))
        .returning(mappings::id)
        .get_result(&mut **tx)
}

/// "From now on": whoever would be added now is left as they are. Whoever is on both sides counts as in step.
fn leave_as_they_are(tx: &mut OrgTx<'_>, mapping: &Mapping, ids: &[ContactId]) -> QueryResult<()> {
    let now = tx.now();
    let people = facts::gather(tx, mapping, ids)?;
    let rows: Vec<_> = people
        .iter()
        .filter(|person| person.decide(mapping.policy).agreed == Agreed::Nothing)
        .map(|person| {
            let agreed = standing::stored_agreement(Agreed::HereBefore);
            let (standing, reason) = standing::stored(Standing::HereBefore);
            (
                sync_standings::mapping_id.eq(mapping.id),
                sync_standings::contact_id.eq(person.contact.id),
                sync_standings::address_key.eq(person.address.clone()),
                sync_standings::agreed.eq(agreed),
                sync_standings::standing.eq(standing),
                sync_standings::reason.eq(reason),
                sync_standings::decided_at.eq(now),
            )
        })
        .collect();
    diesel::insert_into(sync_standings::table)
        .values(rows)
        .execute(&mut **tx)?;
    Ok(())
}

/// Marks the subscribed members, so that each is matched with a contact or becomes one.
fn mark_newcomers(tx: &mut OrgTx<'_>, mapping: &Mapping) -> QueryResult<()> {
    let keys: Vec<String> = audience_members::table
        .filter(audience_members::organization_id.eq(tx.organization()))
        .filter(audience_members::audience_id.eq(&mapping.audience))
        .filter(audience_members::status.eq(Status::Subscribed.as_str()))
        .select(audience_members::address_key)
        .load(&mut **tx)?;
    mirror::mark_due(tx, &mapping.audience, &keys, false)
}

/// Members of the audience were here before the link was switched on, or no longer count as such.
fn set_here_before(tx: &mut OrgTx<'_>, audience: &str, here_before: bool) -> QueryResult<()> {
    diesel::update(audience_members::table)
        .filter(audience_members::organization_id.eq(tx.organization()))
        .filter(audience_members::audience_id.eq(audience))
        .set(audience_members::here_before.eq(here_before))
        .execute(&mut **tx)?;
    Ok(())
}

pub(super) fn say(tx: &mut OrgTx<'_>, what: &str, mapping: &Mapping) -> QueryResult<()> {
    let organization = tx.organization().0;
    let group: String = groups::table
        .find((organization, mapping.group.0))
        .select(groups::title)
        .first(&mut **tx)?;
    let audience: String = audiences::table
        .find((organization, &mapping.audience))
        .select(audiences::name)
        .first(&mut **tx)?;
    let why = format!("Group {group}, audience {audience}");
    changelog::record(
        tx,
        NewChange {
            contact: None,
            what,
            fields: Vec::new(),
            why: &why,
        },
    )
}
