//! One task an organization, woken by Postgres and by its own timetable, under a lease. It repeats its round until nothing
//! is left to do: hear, read, look, decide, send. Several processes share the organizations.

use super::engine::{Engine, Stop, Worker};
use super::plan::{self, Run};
use super::{connection, facts, receive, send, webhooks};
use crate::db::schema::{audiences, mailchimp_connections, sync_runs};
use crate::mailchimp::{Class, Problem};
use crate::work::{self, Kind, Lease, Wakes};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Organizations one process works for at the same time.
const ORGANIZATIONS_AT_ONCE: usize = 16;
/// How long the dispatcher waits for a wake-up before it looks by itself.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long after a passing problem an organization is tried again.
const TRY_AGAIN_AFTER: TimeDelta = TimeDelta::seconds(5);

/// Runs until `stop` resolves: claims organizations with work and runs a task for each.
pub async fn dispatch(engine: Engine, wakes: Wakes, stop: impl Future<Output = ()>) {
    let room = Arc::new(Semaphore::new(ORGANIZATIONS_AT_ONCE));
    let mut tasks = JoinSet::new();
    tokio::pin!(stop);
    loop {
        // Registered before looking, so that a wake-up during the look is not missed.
        let woken = wakes.next();
        tokio::pin!(woken);
        woken.as_mut().enable();
        let free = i64::try_from(room.available_permits()).unwrap_or(0);
        let claimed: Result<Vec<Lease>, anyhow::Error> =
            engine.db.shared(move |tx| Ok(work::claim(tx, Kind::Sync, free)?)).await;
        match claimed {
            Ok(leases) => {
                for lease in leases {
                    let (engine, permit) = (engine.clone(), room.clone().try_acquire_owned());
                    tasks.spawn(async move {
                        tend(engine, lease).await;
                        drop(permit);
                    });
                }
            }
            Err(error) => tracing::warn!(error = format!("{error:#}"), "looking for work failed; trying again"),
        }
        while tasks.try_join_next().is_some() {}
        tokio::select! {
            () = &mut stop => break,
            () = &mut woken => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
    tasks.shutdown().await;
}

/// Works for one organization until nothing is left or something stops it, and gives the lease back.
async fn tend(engine: Engine, lease: Lease) {
    let work = run(&engine, lease);
    let ended = tokio::select! {
        ended = work => ended,
        () = work::lost(&engine.db, lease) => Err(Stop::LeaseLost),
    };
    let next = match ended {
        Ok(next) => next,
        Err(Stop::LeaseLost) => return,
        Err(stop) => {
            tracing::warn!(organization = lease.organization.0, error = %stop, "a run of the sync stopped");
            Some(engine.clock().now() + TRY_AGAIN_AFTER)
        }
    };
    let released: Result<(), anyhow::Error> = engine.db.shared(move |tx| Ok(work::release(tx, &lease, next)?)).await;
    if let Err(error) = released {
        tracing::warn!(
            error = format!("{error:#}"),
            "a lease could not be given back; it expires by itself"
        );
    }
}

/// One run: rounds until a round finds nothing. Answers when the timetable wants the organization again.
async fn run(engine: &Engine, lease: Lease) -> Result<Option<DateTime<Utc>>, Stop> {
    let Some(worker) = Worker::enter(engine.clone(), lease).await? else {
        return Ok(None);
    };
    worker.write(|tx| Ok(send::recover(tx)?)).await?;
    let mut run = Run {
        cause: "A change, or the timetable",
        started_at: engine.clock().now(),
        id: None,
    };
    let ended = rounds(&worker, &mut run).await;
    finish(&worker, &run, &ended).await?;
    match ended {
        Ok(()) => Ok(Some(next_look(&worker).await?)),
        Err(Stop::Mailchimp(problem)) if problem.class() == Class::Connection => {
            let link = engine.connection_link(&worker.slug);
            let (since, words) = (worker.connected_at, problem.words());
            worker
                .write(move |tx| Ok(connection::refused(tx, since, &words, &link)?))
                .await?;
            Ok(None)
        }
        Err(stop) => Err(stop),
    }
}

async fn rounds(worker: &Worker, run: &mut Run) -> Result<(), Stop> {
    // An audience that cannot be read now must not hold up the others, nor what is planned: the problem is told at the end.
    let mut problem: Option<Problem> = None;
    while worker.is_still_connected().await? {
        let heard = receive::hear(worker).await?;
        let mut read = 0;
        if problem.is_none() {
            read = put_off(receive::read_due(worker).await, &mut problem)?;
            put_off(look(worker).await, &mut problem)?;
        }
        let decided = decide(worker, run).await?;
        let sent = send::send(worker).await?;
        if heard + read + decided + sent == 0 {
            break;
        }
    }
    problem.map_or(Ok(()), |problem| Err(Stop::Mailchimp(problem)))
}

/// Keeps a problem that does not concern the whole connection for later.
fn put_off<T: Default>(done: Result<T, Stop>, problem: &mut Option<Problem>) -> Result<T, Stop> {
    match done {
        Err(Stop::Mailchimp(passing)) if passing.class() != Class::Connection => {
            problem.get_or_insert(passing);
            Ok(T::default())
        }
        done => done,
    }
}

/// Reads in full what the preview asked for, and polls what is due.
async fn look(worker: &Worker) -> Result<(), Stop> {
    let interval = TimeDelta::from_std(worker.engine.config.mailchimp_poll_interval).unwrap_or(TimeDelta::minutes(15));
    let now = worker.engine.clock().now();
    let (wanted, due) = worker
        .read(move |tx| {
            let wanted: Vec<String> = audiences::table
                .filter(audiences::organization_id.eq(tx.organization()))
                .filter(audiences::read_wanted_at.is_not_null())
                .filter(audiences::gone_at.is_null())
                .select(audiences::id)
                .load(&mut **tx)?;
            let mapped: Vec<String> = facts::mappings_of(tx)?
                .into_iter()
                .filter(|mapping| mapping.is_on)
                .map(|m| m.audience)
                .collect();
            let due: Vec<String> = audiences::table
                .filter(audiences::organization_id.eq(tx.organization()))
                .filter(audiences::id.eq_any(mapped))
                .filter(audiences::gone_at.is_null())
                .filter(
                    audiences::polled_at
                        .is_null()
                        .or(audiences::polled_at.le(now - interval)),
                )
                .select(audiences::id)
                .load(&mut **tx)?;
            Ok((wanted, due))
        })
        .await?;
    let mut problem = None;
    for audience in &wanted {
        put_off(receive::read_fully(worker, audience).await, &mut problem)?;
    }
    for audience in &due {
        put_off(webhooks::tend(worker, audience).await, &mut problem)?;
        put_off(receive::poll(worker, audience).await, &mut problem)?;
    }
    problem.map_or(Ok(()), |problem| Err(Stop::Mailchimp(problem)))
}

/// Decides everybody who is due, batch by batch; opt-outs that come in meanwhile wait for one batch at most.
async fn decide(worker: &Worker, run: &mut Run) -> Result<usize, Stop> {
    let mut before = run.clone();
    let (batch, after) = worker
        .write(move |tx| Ok((plan::plan(tx, &mut before)?, before)))
        .await?;
    *run = after;
    Ok(batch.looked_at)
}

/// Notes the end of the run: on its row if it planned anything, and on the connection.
async fn finish(worker: &Worker, run: &Run, ended: &Result<(), Stop>) -> Result<(), Stop> {
    let (id, succeeded) = (run.id, ended.is_ok());
    let problem = match ended {
        Err(Stop::Mailchimp(problem)) => Some(problem.words()),
        Err(Stop::LeaseLost) => return Err(Stop::LeaseLost),
        Err(_) => Some("The run was interrupted and goes on by itself.".to_owned()),
        Ok(()) => None,
    };
    worker
        .write(move |tx| {
            let now = tx.now();
            if let Some(id) = id {
                diesel::update(sync_runs::table.find((tx.organization().0, id)))
                    .set((sync_runs::finished_at.eq(now), sync_runs::problem.eq(problem)))
                    .execute(&mut **tx)?;
            }
            let connection = mailchimp_connections::table.find(tx.organization().0);
            diesel::update(connection)
                .set(mailchimp_connections::last_run_at.eq(now))
                .execute(&mut **tx)?;
            if succeeded {
                diesel::update(connection)
                    .set(mailchimp_connections::last_success_at.eq(now))
                    .execute(&mut **tx)?;
            }
            Ok(())
        })
        .await
}

/// The next poll, or the next waiting call if that is sooner.
async fn next_look(worker: &Worker) -> Result<DateTime<Utc>, Stop> {
    let interval = TimeDelta::from_std(worker.engine.config.mailchimp_poll_interval).unwrap_or(TimeDelta::minutes(15));
    worker
        .read(move |tx| {
            let call = send::next_at(tx)?;
            let poll = tx.now() + interval;
            Ok(call.map_or(poll, |call| call.min(poll)))
        })
        .await
}
