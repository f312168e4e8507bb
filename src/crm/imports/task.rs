//! The work in the background: checks, imports and undoes, a step at a time; and forgetting in time what files said.

use super::model::{Import, State};
use super::{actions, step, store};
use crate::base::Actor;
use crate::db::schema::imports;
use crate::db::{Db, OrgTx};
use crate::work::{self, Job, Kind, Wakes};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tokio::task::JoinHandle;

/// Starts working on imports, until `stop` says so.
pub fn start(db: Db, wakes: Wakes, stop: Arc<AtomicBool>) -> JoinHandle<()> {
    work::start::<Import>(db, wakes, stop)
}

impl Job for Import {
    const KIND: Kind = Kind::Import;

    fn next(tx: &mut OrgTx<'_>) -> QueryResult<Option<Self>> {
        if let Some(at_work) = store::next_at_work(tx)? {
            return Ok(Some(at_work));
        }
        let now = tx.now();
        Ok(store::first_kept(tx)?.filter(|import| import.kept_until() <= now))
    }

    fn next_at(tx: &mut OrgTx<'_>) -> QueryResult<Option<DateTime<Utc>>> {
        Ok(store::first_kept(tx)?.map(|import| import.kept_until()))
    }

    fn actor(&self) -> Actor {
        Import::actor(self)
    }

    fn step(&self, tx: &mut OrgTx<'_>) -> anyhow::Result<()> {
        let import = store::locked(tx, self.id)?;
        match import.state {
            State::Checking => step::check(tx, &import),
            State::Running => step::run(tx, &import),
            State::Undoing => step::undo(tx, &import),
            _ => Ok(actions::forget(tx, &import)?),
        }
    }

    fn failed(&self, tx: &mut OrgTx<'_>) -> QueryResult<()> {
        diesel::update(imports::table.find((tx.organization(), self.id)))
            .set(imports::failures.eq(imports::failures + 1))
            .execute(&mut **tx)?;
        Ok(())
    }
}
