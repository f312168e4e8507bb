//! The work in the background: bulk actions and their undoes, a batch at a time; and forgetting in time what was before.

use super::model::{BulkAction, State};
use super::{actions, run, store, undo};
use crate::base::Actor;
use crate::db::schema::bulk_actions;
use crate::db::{Db, OrgTx};
use crate::work::{self, Job, Kind, Wakes};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tokio::task::JoinHandle;

/// Starts working on bulk actions, until `stop` says so.
pub fn start(db: Db, wakes: Wakes, stop: Arc<AtomicBool>) -> JoinHandle<()> {
    work::start::<BulkAction>(db, wakes, stop)
}

impl Job for BulkAction {
    const KIND: Kind = Kind::Bulk;

    fn next(tx: &mut OrgTx<'_>) -> QueryResult<Option<Self>> {
        if let Some(at_work) = store::next_at_work(tx)? {
            return Ok(Some(at_work));
        }
        let now = tx.now();
        Ok(store::first_kept(tx)?.filter(|action| action.kept_until() <= now))
    }

    fn next_at(tx: &mut OrgTx<'_>) -> QueryResult<Option<DateTime<Utc>>> {
        Ok(store::first_kept(tx)?.map(|action| action.kept_until()))
    }

    fn actor(&self) -> Actor {
        BulkAction::actor(self)
    }

    fn step(&self, tx: &mut OrgTx<'_>) -> anyhow::Result<()> {
        let action = store::locked(tx, self.id)?;
        match action.state {
            State::Running => run::batch(tx, &action),
            State::Undoing => undo::batch(tx, &action),
            State::Done | State::Undone => Ok(actions::forget(tx, &action)?),
        }
    }

    fn failed(&self, tx: &mut OrgTx<'_>) -> QueryResult<()> {
        diesel::update(bulk_actions::table.find((tx.organization(), self.id)))
            .set(bulk_actions::failures.eq(bulk_actions::failures + 1))
            .execute(&mut **tx)?;
        Ok(())
    }
}
