//! The circuit breaker: more removals within a day than anybody plausibly meant wait until staff have looked at them, however
//! many runs they came in. Only removals wait; additions go on, and an opt-out that was given here is never held back.

use super::decide::{self, Agreed, Decision, Here, Seen, Standing, There, Wanted};
use super::facts::Mapping;
use super::person::Person;
use super::plan::Run;
use super::switch;
use crate::base::{ContactId, MappingId};
use crate::db::OrgTx;
use crate::db::schema::{contacts, held_removals, made_removals, sync_standings};
use crate::incidents::{self, Kind};
use crate::work;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use std::collections::{HashMap, HashSet};

/// Removals add up over this time, or since staff last approved some.
const WINDOW: TimeDelta = TimeDelta::hours(24);
/// Within it, up to this share of a group is removed without asking …
pub const SHARE_MAX_PERCENT: usize = 10;
/// … and always as many people as this.
pub const PEOPLE_MAX: usize = 20;

/// On which side a decision would remove somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// Out of the group here.
    Here,
    /// Archived or unsubscribed there.
    There,
}

impl Removal {
    /// What a decision would remove; `None` where it removes nobody, or carries to Mailchimp an opt-out that was given here.
    pub fn of(wanted: &Wanted, decision: &Decision) -> Option<Self> {
        match (decision.here, decision.there) {
            (Some(Here::Remove), _) => Some(Self::Here),
            (_, Some(There::Archive)) => Some(Self::There),
            (_, Some(There::Unsubscribe)) if !wanted.opted_out_here() => Some(Self::There),
            _ => None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Here => "here",
            Self::There => "there",
        }
    }
}

/// How many people of a group of this size are removed without asking.
fn limit(group_size: usize) -> usize {
    (group_size * SHARE_MAX_PERCENT / 100).max(PEOPLE_MAX)
}

/// Whether new removals wait for staff: too many with those made lately, or others of the link wait already.
fn holds(new: usize, made_lately: usize, group_size: usize, others_wait: bool) -> bool {
    // Whoever was removed lately counts as of the group: a slow loss does not lower its own limit.
    others_wait || made_lately + new > limit(group_size + made_lately)
}

/// The decision while its removal waits: everything stays as it is, and is said as it is.
pub fn without_removal(decision: Decision, seen: &Seen) -> Decision {
    match decision.here {
        Some(Here::Remove) => Decision {
            here: None,
            standing: Standing::Refused(decide::refusal(seen)),
            agreed: Agreed::In,
            ..decision
        },
        _ => Decision {
            there: None,
            ..decision
        },
    }
}

/// Takes out of a batch of decisions the removals that staff have to look at first, or have said no to.
pub fn hold_back(
    tx: &mut OrgTx<'_>,
    run: &Run,
    mapping: &Mapping,
    mut decided: Vec<(Person, Decision)>,
) -> QueryResult<Vec<(Person, Decision)>> {
    let ids: Vec<ContactId> = decided.iter().map(|(person, _)| person.contact.id).collect();
    let answers = answers(tx, mapping.id, &ids)?;
    let made = made_lately(tx, mapping.id)?;
    let (mut new, mut over) = (Vec::new(), Vec::new());
    for (person, decision) in &decided {
        let id = person.contact.id;
        match (Removal::of(&person.wanted, decision), answers.contains_key(&id)) {
            (Some(removal), false) if !made.contains(&id) => new.push((id, removal)),
            (None, true) => over.push(id),
            _ => {}
        }
    }
    forget(tx, mapping.id, &over)?;
    let new_ones_wait = !new.is_empty() && counted(tx, run, mapping, &new, made.len())?;
    for (person, decision) in &mut decided {
        let id = person.contact.id;
        let waits = match answers.get(&id) {
            Some(state) => state != "approved",
            None => new_ones_wait && !made.contains(&id),
        };
        if waits && Removal::of(&person.wanted, decision).is_some() {
            *decision = without_removal(*decision, &person.seen());
        }
    }
    Ok(decided)
}

/// Counts new removals with those made lately. `true`: they are held, and the organization is told.
fn counted(
    tx: &mut OrgTx<'_>,
    run: &Run,
    mapping: &Mapping,
    new: &[(ContactId, Removal)],
    made: usize,
) -> QueryResult<bool> {
    let waiting = waiting_count(tx, mapping.id)?;
    if !holds(new.len(), made, group_size(tx, mapping.id)?, waiting > 0) {
        note_made(tx, mapping.id, new)?;
        return Ok(false);
    }
    let now = tx.now();
    let rows: Vec<_> = new
        .iter()
        .map(|(contact, removal)| {
            (
                held_removals::mapping_id.eq(mapping.id),
                held_removals::contact_id.eq(*contact),
                held_removals::side.eq(removal.word()),
                held_removals::held_at.eq(now),
            )
        })
        .collect();
    diesel::insert_into(held_removals::table)
        .values(rows)
        .execute(&mut **tx)?;
    let words = "Far more people than usual are to be removed from a linked group or at Mailchimp. \
        Nobody is removed until somebody has looked at them; everything else goes on.";
    let link = format!("{}/links/{}/removals", run.link, mapping.id);
    incidents::open(tx, Kind::RemovalsHeld, &mapping.id.to_string(), words, &link)?;
    Ok(true)
}

/// Who was removed lately without asking.
fn made_lately(tx: &mut OrgTx<'_>, mapping: MappingId) -> QueryResult<HashSet<ContactId>> {
    let made: Vec<ContactId> = made_removals::table
        .filter(made_removals::organization_id.eq(tx.organization()))
        .filter(made_removals::mapping_id.eq(mapping))
        .filter(made_removals::made_at.gt(tx.now() - WINDOW))
        .select(made_removals::contact_id)
        .load(&mut **tx)?;
    Ok(made.into_iter().collect())
}

/// Notes removals that are made now, each person once, and forgets those of long ago.
fn note_made(tx: &mut OrgTx<'_>, mapping: MappingId, new: &[(ContactId, Removal)]) -> QueryResult<()> {
    let now = tx.now();
    diesel::delete(made_removals::table)
        .filter(made_removals::organization_id.eq(tx.organization()))
        .filter(made_removals::made_at.le(now - WINDOW))
        .execute(&mut **tx)?;
    let rows: Vec<_> = new
        .iter()
        .map(|(contact, _)| {
            (
                made_removals::mapping_id.eq(mapping),
                made_removals::contact_id.eq(*contact),
                made_removals::made_at.eq(now),
            )
        })
        .collect();
    diesel::insert_into(made_removals::table)
        .values(rows)
        .on_conflict_do_nothing()
        .execute(&mut **tx)?;
    Ok(())
}

/// What staff said of the removals of some contacts: "waiting", "approved" or "kept".
fn answers(tx: &mut OrgTx<'_>, mapping: MappingId, ids: &[ContactId]) -> QueryResult<HashMap<ContactId, String>> {
    let rows: Vec<(ContactId, String)> = held_removals::table
        .filter(held_removals::organization_id.eq(tx.organization()))
        .filter(held_removals::mapping_id.eq(mapping))
        .filter(held_removals::contact_id.eq_any(ids))
        .select((held_removals::contact_id, held_removals::state))
        .load(&mut **tx)?;
    Ok(rows.into_iter().collect())
}

/// Forgets removals that were made, or that nothing calls for any more; the last one that waited ends the incident.
fn forget(tx: &mut OrgTx<'_>, mapping: MappingId, ids: &[ContactId]) -> QueryResult<()> {
    if ids.is_empty() {
        return Ok(());
    }
    diesel::delete(held_removals::table)
        .filter(held_removals::organization_id.eq(tx.organization()))
        .filter(held_removals::mapping_id.eq(mapping))
        .filter(held_removals::contact_id.eq_any(ids))
        .execute(&mut **tx)?;
    close_when_none_waits(tx, mapping)
}

/// The size of the group as it was last decided: who leaves it now still counts.
fn group_size(tx: &mut OrgTx<'_>, mapping: MappingId) -> QueryResult<usize> {
    let count: i64 = sync_standings::table
        .filter(sync_standings::organization_id.eq(tx.organization()))
        .filter(sync_standings::mapping_id.eq(mapping))
        .filter(sync_standings::standing.ne("out"))
        .count()
        .get_result(&mut **tx)?;
    Ok(usize::try_from(count).unwrap_or_default())
}

/// How many removals of a link wait for staff.
pub fn waiting_count(tx: &mut OrgTx<'_>, mapping: MappingId) -> QueryResult<i64> {
    held_removals::table
        .filter(held_removals::organization_id.eq(tx.organization()))
        .filter(held_removals::mapping_id.eq(mapping))
        .filter(held_removals::state.eq("waiting"))
        .count()
        .get_result(&mut **tx)
}

/// Somebody whose removal waits.
#[derive(Clone, Debug, Queryable)]
pub struct Waiting {
    pub contact: ContactId,
    pub name: String,
    side: String,
    pub held_at: DateTime<Utc>,
}

impl Waiting {
    /// Would leave the group here; otherwise they would be removed at Mailchimp.
    pub fn leaves_here(&self) -> bool {
        self.side == Removal::Here.word()
    }
}

/// Everybody whose removal waits, by name.
pub fn waiting(tx: &mut OrgTx<'_>, mapping: MappingId) -> QueryResult<Vec<Waiting>> {
    held_removals::table
        .inner_join(
            contacts::table.on(contacts::organization_id
                .eq(held_removals::organization_id)
                .and(contacts::id.eq(held_removals::contact_id))),
        )
        .filter(held_removals::organization_id.eq(tx.organization()))
        .filter(held_removals::mapping_id.eq(mapping))
        .filter(held_removals::state.eq("waiting"))
        .order((contacts::sort_name, contacts::id))
        .select((
            contacts::id,
            contacts::sort_name,
            held_removals::side,
            held_removals::held_at,
        ))
        .load(&mut **tx)
}

/// What staff say after they have looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Remove them.
    Approve,
    /// Remove nobody.
    Keep,
}

/// Answers for everybody whose removal had been held by then: for those whom staff have seen. Returns how many they are.
pub fn answer(tx: &mut OrgTx<'_>, mapping: &Mapping, answer: Answer, seen_until: DateTime<Utc>) -> QueryResult<usize> {
    let (state, what) = match answer {
        Answer::Approve => ("approved", "Many removals by the Mailchimp link approved"),
        Answer::Keep => ("kept", "Many removals by the Mailchimp link cancelled"),
    };
    let answered: Vec<ContactId> = diesel::update(held_removals::table)
        .filter(held_removals::organization_id.eq(tx.organization()))
        .filter(held_removals::mapping_id.eq(mapping.id))
        .filter(held_removals::state.eq("waiting"))
        .filter(held_removals::held_at.le(seen_until))
        .set(held_removals::state.eq(state))
        .returning(held_removals::contact_id)
        .get_results(&mut **tx)?;
    if !answered.is_empty() {
        if answer == Answer::Approve {
            count_anew(tx, mapping.id)?;
        }
        work::contacts_are_due(tx, &answered)?;
        switch::say(tx, what, mapping)?;
        close_when_none_waits(tx, mapping.id)?;
    }
    Ok(answered.len())
}

/// Staff have looked at how people go: what was removed before is theirs to judge now.
fn count_anew(tx: &mut OrgTx<'_>, mapping: MappingId) -> QueryResult<usize> {
    diesel::delete(made_removals::table)
        .filter(made_removals::organization_id.eq(tx.organization()))
        .filter(made_removals::mapping_id.eq(mapping))
        .execute(&mut **tx)
}

fn close_when_none_waits(tx: &mut OrgTx<'_>, mapping: MappingId) -> QueryResult<()> {
    if waiting_count(tx, mapping)? == 0 {
        let words = "The removals that waited were looked at. Nothing waits any more.";
        incidents::close(tx, Kind::RemovalsHeld, &mapping.to_string(), words)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{holds, limit};

    #[test]
    fn a_tenth_of_a_group_or_twenty_people_are_removed_without_asking() {
        assert_eq!(limit(0), 20);
        assert_eq!(limit(200), 20);
        assert_eq!(limit(1_000), 100);
        assert!(!holds(20, 0, 30, false));
        assert!(holds(21, 0, 30, false));
        assert!(!holds(100, 0, 1_000, false));
        assert!(holds(101, 0, 1_000, false));
    }

    #[test]
    fn removals_add_up() {
        assert!(!holds(5, 15, 15, false));
        assert!(holds(6, 15, 15, false));
        // A group of 1,000 of whom 100 have left, one by one.
        assert!(holds(1, 100, 900, false));
    }

    #[test]
    fn while_removals_wait_further_ones_join_them() {
        assert!(holds(1, 0, 1_000, true));
    }
}
