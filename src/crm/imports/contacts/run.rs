//! The import itself: rows become contacts and memberships with their change log, history and due marks.

use super::judge::{JudgedEntry, Judgement, judge};
use super::memberships::{self, Wish};
use super::tags::{self, GivenTag};
use crate::base::ContactId;
use crate::crm::contacts::{self, Contact, ContactDraft};
use crate::crm::groups::standings::MembershipChange;
use crate::crm::imports::brings::Hold;
use crate::crm::imports::kind::Written;
use crate::crm::imports::model::{Import, Outcome, Row};
use crate::crm::imports::rows::RowOutcome;
use crate::db::OrgTx;
use std::collections::HashMap;

/// Writes rows to the records.
pub fn write(tx: &mut OrgTx<'_>, import: &Import, rows: &[Row]) -> anyhow::Result<Written> {
    let mut judgement = judge(tx, import, rows, Hold::Make)?;
    let contacts = write_people(tx, &judgement)?;
    let changed = write_memberships(tx, &mut judgement, &contacts)?;
    let joined = changed
        .iter()
        .flatten()
        .filter(|change| change.after.is_current())
        .count();
    let given = give_tags(tx, &mut judgement, &contacts)?;
    let judged = judgement.rows.iter().zip(changed).zip(given);
    Ok(Written {
        outcomes: judged
            .map(|((row, memberships), tags)| outcome(row, &contacts, memberships, tags))
            .collect(),
        joined,
    })
}

/// Adds whom the rows bring and changes whom they mean; returns everybody's contact, in their places.
fn write_people(tx: &mut OrgTx<'_>, judgement: &Judgement) -> anyhow::Result<Vec<ContactId>> {
    let people = judgement.people.all();
    let new: Vec<ContactDraft> = people
        .iter()
        .filter(|person| person.before.is_none())
        .map(|person| person.draft.clone())
        .collect();
    let mut added = contacts::actions::add_many(tx, &new)?.into_iter();
    let known: Vec<(&Contact, &ContactDraft)> = people
        .iter()
        .filter_map(|person| Some((person.before.as_ref()?, &person.draft)))
        .collect();
    contacts::change_many(tx, &known, "")?;
    let all: Option<Vec<ContactId>> = people
        .iter()
        .map(|person| person.contact().or_else(|| added.next()))
        .collect();
    all.ok_or_else(|| anyhow::anyhow!("fewer contacts were added than the rows bring"))
}

/// Fulfils what the rows want of groups; returns what changed, row by row.
fn write_memberships(
    tx: &mut OrgTx<'_>,
    judgement: &mut Judgement,
    contacts: &[ContactId],
) -> anyhow::Result<Vec<Vec<MembershipChange>>> {
    let mut wanted: Vec<(ContactId, Wish)> = Vec::new();
    let mut of_row = Vec::new();
    for (at, row) in judgement.rows.iter().enumerate() {
        if let Ok(verdict) = &row.verdict {
            of_row.extend(row.wishes.iter().map(|_| at));
            wanted.extend(row.wishes.iter().map(|wish| (contacts[verdict.person], wish.clone())));
        }
    }
    let mut fulfilled: HashMap<usize, MembershipChange> = judgement.groups.fulfil(tx, &wanted)?;
    let mut by_row = vec![Vec::new(); judgement.rows.len()];
    for (place, at) in of_row.into_iter().enumerate() {
        by_row[at].extend(fulfilled.remove(&place));
    }
    Ok(by_row)
}

/// Gives the tags the rows name; returns what was given, row by row.
fn give_tags(
    tx: &mut OrgTx<'_>,
    judgement: &mut Judgement,
    contacts: &[ContactId],
) -> anyhow::Result<Vec<Vec<GivenTag>>> {
    let (mut wanted, mut of_row) = (Vec::new(), Vec::new());
    for (at, row) in judgement.rows.iter().enumerate() {
        if let Ok(verdict) = &row.verdict {
            of_row.extend(row.tags.iter().map(|_| at));
            wanted.extend(row.tags.iter().map(|name| (contacts[verdict.person], name.clone())));
        }
    }
    let mut given = judgement.tags.give(tx, &wanted)?;
    let mut by_row = vec![Vec::new(); judgement.rows.len()];
    for (place, at) in of_row.into_iter().enumerate() {
        by_row[at].extend(given.remove(&place));
    }
    Ok(by_row)
}

fn outcome(
    row: &JudgedEntry,
    contacts: &[ContactId],
    memberships: Vec<MembershipChange>,
    given: Vec<GivenTag>,
) -> RowOutcome {
    let mut record = row.record.clone();
    record.shown.extend(
        memberships
            .iter()
            .map(|change| memberships::shown(&change.title, change.after.is_current())),
    );
    record.memberships = memberships;
    record.shown.extend(given.iter().map(|given| tags::shown(&given.name)));
    record.tags = given;
    let (outcome, contact) = match &row.verdict {
        Err(_) => (Outcome::Rejected, None),
        Ok(verdict) if verdict.is_new => (Outcome::Added, Some(contacts[verdict.person])),
        Ok(verdict) if record.is_empty() => (Outcome::Unchanged, Some(contacts[verdict.person])),
        Ok(verdict) => (Outcome::Changed, Some(contacts[verdict.person])),
    };
    RowOutcome {
        number: row.number,
        outcome,
        problem: row.verdict.as_ref().err().map(|problems| problems.join(" ")),
        contact,
        others: Vec::new(),
        record: record.stored(),
        external_identifier: None,
        address_key: None,
    }
}
