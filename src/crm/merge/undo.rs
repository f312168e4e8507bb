//! Taking a merge back from the values before: both contacts are two again. What somebody has changed since stays with the
//! survivor, and is told. Who of the two asked since not to be written to nobody knows, so that it holds for both.

use super::actions::refuse_unanswered;
use super::model::Pair;
use super::rows;
use super::store::{self, Merge};
use crate::changelog::{self, NewChange};
use crate::crm::contacts::{self, Contact};
use crate::crm::custom_fields;
use crate::crm::groups::mailchimp::MailchimpView;
use crate::crm::groups::standings::{self, PutBack, put_back};
use crate::crm::groups::{actions as group_actions, store as groups};
use crate::db::OrgTx;
use crate::db::schema::{contacts as contact_rows, merges};
use crate::web::PageError;
use crate::work;
use diesel::prelude::*;

/// Takes a merge back; returns what stays as it is since, in sentences.
pub fn undo(tx: &mut OrgTx<'_>, mailchimp: &dyn MailchimpView, id: i64) -> Result<Vec<String>, PageError> {
    // The contacts first, as whoever erases them does.
    let merge = store::find(tx, id)?.ok_or(PageError::NotFound)?;
    let found = contacts::locked(tx, &[merge.pair.survivor, merge.pair.loser])?;
    let merge = store::locked(tx, id)?;
    let (survivor, loser) = both(&merge, found)?;
    refuse_unanswered(tx, mailchimp, [&survivor, &loser])?;
    let why = format!("The merge with {} was undone", loser.display_name);
    part(tx, &merge)?;
    let mut stays = put_fields_back(tx, &merge, &survivor, &why)?;
    stays.extend(share_wishes(tx, &merge, &survivor, &loser)?);
    stays.extend(share_farewells(tx, &merge, [&survivor, &loser])?);
    let Some(loser) = contacts::locked(tx, &[merge.pair.loser])?.pop() else {
        return Err(PageError::NotFound);
    };
    if !contacts::restore_many(tx, &[&loser], "The merge was undone")?
        .taken
        .is_empty()
    {
        return Err(PageError::Refused(format!(
            "Another contact has the External Identifier of {} by now, so nothing was changed. Change it there first.",
            loser.display_name
        )));
    }
    for change in &merge.record.memberships {
        let wanted = PutBack {
            contact: merge.pair.survivor,
            now: change.after.clone(),
            before: change.before.clone(),
        };
        if put_back(tx, change.group, &[wanted], &why)?.is_empty() {
            stays.push(format!(
                "The membership in {} was changed since, so it was left as it is.",
                change.title
            ));
        }
    }
    rows::take_back(tx, id, merge.pair)?;
    mailchimp.take_merge_back(tx, merge.pair.survivor, merge.pair.loser, &merge.record.mailchimp)?;
    settle(tx, &merge, &why)?;
    Ok(stays)
}

/// The two, as they must stand for the merge to be taken back.
fn both(merge: &Merge, mut found: Vec<Contact>) -> Result<(Contact, Contact), PageError> {
    found.sort_by_key(|contact| contact.id != merge.pair.survivor);
    let [survivor, loser]: [Contact; 2] = found.try_into().map_err(|_| PageError::NotFound)?;
    let sentence = if merge.undone_at.is_some() {
        "This merge was undone already.".to_owned()
    } else if survivor.merged_into.is_some() {
        format!(
            "{} was merged with somebody else since: undo that merge first.",
            survivor.display_name
        )
    } else if loser.merged_into != Some(survivor.id) {
        format!("{} was merged with somebody else since.", loser.display_name)
    } else {
        return Ok((survivor, loser));
    };
    Err(PageError::Refused(format!("{sentence} Nothing was changed.")))
}

/// The loser, and whoever had been merged into it, no longer lead to the survivor.
fn part(tx: &mut OrgTx<'_>, merge: &Merge) -> QueryResult<()> {
    let Pair { survivor, loser } = merge.pair;
    diesel::update(contact_rows::table.find((tx.organization().0, loser.0)))
        .set(contact_rows::merged_into.eq(None::<i64>))
        .execute(&mut **tx)?;
    diesel::update(contact_rows::table)
        .filter(contact_rows::organization_id.eq(tx.organization()))
        .filter(contact_rows::id.eq_any(&merge.record.adopted))
        .filter(contact_rows::merged_into.eq(survivor))
        .set(contact_rows::merged_into.eq(loser))
        .execute(&mut **tx)?;
    Ok(())
}

fn put_fields_back(tx: &mut OrgTx<'_>, merge: &Merge, survivor: &Contact, why: &str) -> Result<Vec<String>, PageError> {
    let custom = custom_fields::store::of(tx, custom_fields::Record::Contact)?;
    let (before, left) = merge.record.parts.taken_back(&survivor.draft(), &custom);
    if !before.problems().is_empty() {
        return Ok(vec![format!(
            "Other changes since then rest on what came with the merge, so {} was left as it is.",
            survivor.display_name
        )]);
    }
    contacts::actions::change(tx, survivor.id, &before, why)?;
    let stays = format!(
        "Changed since, so left as it is with {}: {}.",
        survivor.display_name,
        left.join(", ")
    );
    Ok(if left.is_empty() { Vec::new() } else { vec![stays] })
}

/// What the one contact has asked not to have done since, and addresses on hold since, both have.
fn share_wishes(
    tx: &mut OrgTx<'_>,
    merge: &Merge,
    survivor: &Contact,
    loser: &Contact,
) -> Result<Vec<String>, PageError> {
    let (ours, before) = (survivor.draft(), loser.draft());
    let mut draft = before.clone();
    let since = ours.details.privacy.since(merge.record.privacy);
    draft.details.privacy = before.details.privacy.with(since);
    for email in draft.emails.iter_mut().filter(|email| email.on_hold.is_none()) {
        let key = email.address.key();
        let same = ours.emails.iter().find(|one| one.address.key() == key);
        email.on_hold = same.and_then(|same| same.on_hold.clone());
    }
    contacts::actions::change(tx, loser.id, &draft, "Asked for while the two were merged")?;
    let new = draft.details.privacy.since(before.details.privacy);
    let flags = new.flags().into_iter().filter(|(_, _, is_set)| *is_set);
    let flags: Vec<&str> = flags.map(|(_, label, _)| label).collect();
    let said = format!(
        "Set while they were one contact, so both have it: {}. Whoever did not ask for it can have it taken off.",
        flags.join(", ")
    );
    Ok(if flags.is_empty() { Vec::new() } else { vec![said] })
}

/// A group that the one contact has left since, both have left. From a smart group the other is kept out like one who left it.
fn share_farewells(tx: &mut OrgTx<'_>, merge: &Merge, both: [&Contact; 2]) -> Result<Vec<String>, PageError> {
    let [survivor, loser] = both.map(|one| one.id);
    let theirs = standings::of_contact(tx, loser)?;
    let mut said = Vec::new();
    for (id, standing) in standings::of_contact(tx, survivor)? {
        let Some(group) = groups::find(tx, id)? else { continue };
        if standing.removed_at.is_none_or(|at| at <= merge.merged_at) {
            continue;
        }
        let why = format!("Left while merged with {}", both[0].display_name);
        match theirs.get(&id) {
            Some(their) if their.is_current() => {
                group_actions::remove_contacts(tx, id, &[loser], &why)?;
            }
            None if group.is_smart() => standings::take_over(tx, id, loser, &standing, &why)?,
            _ => continue,
        }
        said.push(format!(
            "{} was left while they were one contact, so both are out of it. Add whoever did not ask for it again.",
            group.title
        ));
    }
    Ok(said)
}

fn settle(tx: &mut OrgTx<'_>, merge: &Merge, why: &str) -> QueryResult<()> {
    let (now, by) = (tx.now(), tx.actor().name().to_owned());
    diesel::update(merges::table.find((tx.organization().0, merge.id)))
        .set((merges::undone_by_name.eq(by), merges::undone_at.eq(now)))
        .execute(&mut **tx)?;
    changelog::record(
        tx,
        NewChange {
            contact: Some(merge.pair.survivor),
            what: why,
            fields: Vec::new(),
            why: "",
        },
    )?;
    work::contacts_are_due(tx, &[merge.pair.survivor, merge.pair.loser])?;
    contacts::actions::related_are_due(tx, &[merge.pair.survivor, merge.pair.loser])
}
