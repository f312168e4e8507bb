//! The search for duplicates in the background: a batch of changed contacts at a time, compared with whoever has a key in
//! common. It is asked for by staff and by imports, and each night looks at whoever was changed since.

use super::store::{self, Pair, Scan};
use super::{actions, keys, score};
use crate::base::{Actor, ContactId};
use crate::crm::contacts::criteria::Calendar;
use crate::crm::contacts::{self, Contact};
use crate::db::schema::duplicate_scans;
use crate::db::{Db, OrgTx};
use crate::work::{self, Job, Kind, Wakes};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tokio::task::JoinHandle;

/// Contacts of one step: about a second's work.
const BATCH: i64 = 1_000;
/// How often in a row the same step may fail before the search waits for people.
pub(super) const FAILURES_MAX: i32 = 5;

/// After midnight, when nobody waits for anything else.
const NIGHT: TimeDelta = TimeDelta::hours(3);
/// How long a search that has just ended is enough.
const CURRENT_FOR: TimeDelta = TimeDelta::hours(3);

/// Starts searching where a search was asked for and at night, until `stop` says so.
pub fn start(db: Db, wakes: Wakes, stop: Arc<AtomicBool>) -> JoinHandle<()> {
    work::start::<Scan>(db, wakes, stop)
}

impl Job for Scan {
    const KIND: Kind = Kind::Duplicates;

    fn next(tx: &mut OrgTx<'_>) -> QueryResult<Option<Self>> {
        let (scan, now) = (store::scan(tx)?, tx.now());
        match scan {
            Some(scan) if scan.is_running() => Ok(Some(scan).filter(|scan| scan.failures < FAILURES_MAX)),
            Some(scan) if scan.finished_at.is_some_and(|at| at + CURRENT_FOR > now) => Ok(None),
            scan => {
                let last = scan.unwrap_or_else(Scan::never);
                let changed = store::changed_between(tx, last.until, now)?;
                Ok((changed > 0).then_some(last))
            }
        }
    }

    fn next_at(tx: &mut OrgTx<'_>) -> QueryResult<Option<DateTime<Utc>>> {
        Ok(Some(Calendar::of(tx)?.next_day() + NIGHT))
    }

    fn actor(&self) -> Actor {
        Actor::System
    }

    fn step(&self, tx: &mut OrgTx<'_>) -> anyhow::Result<()> {
        match store::locked_scan(tx)?.filter(Scan::is_running) {
            Some(scan) => batch(tx, &scan),
            None => Ok(actions::search(tx)?),
        }
    }

    fn failed(&self, tx: &mut OrgTx<'_>) -> QueryResult<()> {
        diesel::update(duplicate_scans::table.find(tx.organization().0))
            .set(duplicate_scans::failures.eq(duplicate_scans::failures + 1))
            .execute(&mut **tx)?;
        Ok(())
    }
}

fn batch(tx: &mut OrgTx<'_>, scan: &Scan) -> anyhow::Result<()> {
    let changed = store::next_contacts(tx, scan, BATCH)?;
    let ids: Vec<ContactId> = changed.iter().map(|(id, _)| *id).collect();
    compare(tx, &ids)?;
    let is_done = (changed.len() as i64) < BATCH;
    let (id, at) = changed
        .last()
        .map_or((scan.position_id, scan.position_at), |(id, at)| (id.0, *at));
    diesel::update(duplicate_scans::table.find(tx.organization().0))
        .set((
            duplicate_scans::state.eq(if is_done { "done" } else { "running" }),
            duplicate_scans::finished_at.eq(is_done.then_some(tx.now())),
            duplicate_scans::position_at.eq(at),
            duplicate_scans::position_id.eq(id),
            duplicate_scans::contacts_done.eq(scan.contacts_done + changed.len() as i32),
            duplicate_scans::failures.eq(0),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

fn compare(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<()> {
    let mine: Vec<(ContactId, BTreeSet<String>)> = living(tx, ids)?
        .iter()
        .map(|contact| (contact.id, keys::of(contact)))
        .collect();
    store::write_keys(tx, ids, &mine)?;
    let candidates = store::with_a_common_key(tx, ids)?;
    let concerned: BTreeSet<ContactId> = candidates.iter().flat_map(|(one, other)| [*one, *other]).collect();
    let concerned: Vec<ContactId> = concerned.into_iter().collect();
    let found: HashMap<ContactId, Contact> = living(tx, &concerned)?
        .into_iter()
        .map(|contact| (contact.id, contact))
        .collect();
    let pairs: Vec<Pair> = candidates
        .into_iter()
        .filter_map(|(first, second)| {
            let (score, reasons) = score::of(found.get(&first)?, found.get(&second)?)?;
            Some(Pair {
                first,
                second,
                score,
                reasons,
            })
        })
        .collect();
    store::write_pairs(tx, ids, &pairs)
}

fn living(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<Vec<Contact>> {
    let mut found = contacts::store::find_all(tx, ids)?;
    found.retain(|contact| contact.deleted_at.is_none());
    Ok(found)
}
