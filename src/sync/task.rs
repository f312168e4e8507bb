//! One task an organization, woken by Postgres and by its own timetable, under a lease. It repeats its round until nothing
//! is left to do: hear, read, look, decide, send, delete. Several processes share the organizations.

use super::engine::{Engine, Stop, Worker};
use super::plan::{self, Run};
use super::{audiences, care, connection, deleting, facts, gone, poll, receive, send, webhooks};
use crate::base::Actor;
use crate::db::schema::{audiences as rows, mailchimp_connections, sync_runs, webhook_events};
use crate::mailchimp::{Class, Problem};
use crate::work::{self, Kind, Lease, Wakes};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::dsl::{exists, select};
use diesel::prelude::*;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Organizations one process works for at the same time.
const ORGANIZATIONS_AT_ONCE: usize = 16;
/// How long the dispatcher waits for a wake-up before it looks by itself.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long after trouble of our own an organization is tried again.
const TRY_AGAIN_AFTER: TimeDelta = TimeDelta::seconds(5);
/// How long after Mailchimp refused something that does not concern the whole connection.
const REFUSED_WAIT: Duration = Duration::from_secs(15 * 60);

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
            Next::at(engine.clock().now() + TRY_AGAIN_AFTER)
        }
    };
    let released: Result<(), anyhow::Error> = engine
        .db
        .shared(move |tx| Ok(work::release_undone(tx, &lease, next.at, next.undone_since)?))
        .await;
    if let Err(error) = released {
        tracing::warn!(
            error = format!("{error:#}"),
            "a lease could not be given back; it expires by itself"
        );
    }
}

/// What the timetable wants after a run.
#[derive(Clone, Copy, Default)]
struct Next {
    at: Option<DateTime<Utc>>,
    /// Something stays due that nobody can do before the connection is made anew.
    undone_since: Option<DateTime<Utc>>,
}

impl Next {
    fn at(at: DateTime<Utc>) -> Self {
        Self {
            at: Some(at),
            undone_since: None,
        }
    }
}

/// One run: rounds until a round finds nothing.
async fn run(engine: &Engine, lease: Lease) -> Result<Next, Stop> {
    let link = engine.connection_link(&engine.slug(lease.organization).await?);
    let to_tend = link.clone();
    let was_ever_connected = engine
        .write_under(lease, Actor::System, move |tx| Ok(care::tend(tx, &to_tend)?))
        .await?;
    if !was_ever_connected {
        return Ok(Next::default());
    }
    let Some(worker) = Worker::enter(engine.clone(), lease).await? else {
        return without_connection(engine, lease).await;
    };
    worker.write(|tx| Ok(send::recover(tx)?)).await?;
    let mut run = Run {
        cause: cause(&worker).await?,
        started_at: engine.clock().now(),
        id: None,
        link: link.clone(),
        got_on: false,
    };
    let ended = rounds(&worker, &mut run).await;
    let failed_runs = finish(&worker, &run, &ended, &link).await?;
    match ended {
        Ok(()) => Ok(Next::at(next_look(&worker).await?)),
        Err(Stop::Mailchimp(problem)) if problem.class() == Class::Connection => {
            let (since, words) = (worker.connected_at, problem.words());
            worker
                .write(move |tx| Ok(connection::refused(tx, since, &words, &link)?))
                .await?;
            without_connection(engine, lease).await
        }
        Err(Stop::Mailchimp(problem)) => {
            let wait = problem.retry_after(failed_runs).unwrap_or(REFUSED_WAIT);
            let again = engine.clock().now() + TimeDelta::from_std(wait).unwrap_or(TRY_AGAIN_AFTER);
            Ok(Next::at(again.min(next_look(&worker).await?)))
        }
        Err(stop) => Err(stop),
    }
}

/// Nothing can be done until somebody connects; the organization is looked after nevertheless.
async fn without_connection(engine: &Engine, lease: Lease) -> Result<Next, Stop> {
    let undone_since = engine
        .db
        .read(lease.organization, |tx| {
            let is_refused = connection::find(tx)?.is_some_and(|now| !now.is_connected() && !now.is_disconnected());
            Ok::<_, Stop>(if is_refused { work::oldest_due(tx)? } else { None })
        })
        .await?;
    Ok(Next {
        at: Some(engine.clock().now() + care::CARE_EVERY),
        undone_since,
    })
}

/// Why the run began, for staff who read about it.
async fn cause(worker: &Worker) -> Result<&'static str, Stop> {
    worker
        .read(|tx| {
            let is_told: bool = select(exists(
                webhook_events::table
                    .filter(webhook_events::organization_id.eq(tx.organization()))
                    .filter(webhook_events::applied_at.is_null()),
            ))
            .get_result(&mut **tx)?;
            Ok(match (is_told, work::oldest_due(tx)?) {
                (true, _) => "A message from Mailchimp",
                (false, Some(_)) => "A change here",
                (false, None) => "A look at Mailchimp by the timetable",
            })
        })
        .await
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
        let deleted = put_off(deleting::delete(worker).await, &mut problem)?;
        if heard + read + decided + sent + deleted == 0 {
            break;
        }
        run.got_on = true;
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

/// Reads in full what the preview asked for, and looks at the linked audiences that are due; at those that are gone, too,
/// for they may be back.
async fn look(worker: &Worker) -> Result<(), Stop> {
    let interval = TimeDelta::from_std(worker.engine.config.mailchimp_poll_interval).unwrap_or(TimeDelta::minutes(15));
    let now = worker.engine.clock().now();
    let (wanted, due) = worker
        .read(move |tx| {
            let wanted: Vec<String> = rows::table
                .filter(rows::organization_id.eq(tx.organization()))
                .filter(rows::read_wanted_at.is_not_null())
                .filter(rows::gone_at.is_null())
                .select(rows::id)
                .load(&mut **tx)?;
            let linked: Vec<String> = facts::mappings_of(tx)?.into_iter().map(|link| link.audience).collect();
            let due: Vec<String> = rows::table
                .filter(rows::organization_id.eq(tx.organization()))
                .filter(rows::id.eq_any(linked))
                .filter(rows::polled_at.is_null().or(rows::polled_at.le(now - interval)))
                .select(rows::id)
                .load(&mut **tx)?;
            Ok((wanted, due))
        })
        .await?;
    let mut problem = None;
    put_off(audiences::read_list_if_new(worker).await, &mut problem)?;
    for audience in &wanted {
        put_off(poll::read_fully(worker, audience).await, &mut problem)?;
    }
    for audience in &due {
        if put_off(gone::look(worker, audience).await, &mut problem)? {
            put_off(webhooks::tend(worker, audience).await, &mut problem)?;
            put_off(poll::poll(worker, audience).await, &mut problem)?;
        }
    }
    problem.map_or(Ok(()), |problem| Err(Stop::Mailchimp(problem)))
}

/// Decides everybody who is due, batch by batch; opt-outs that come in meanwhile wait for one batch at most.
async fn decide(worker: &Worker, run: &mut Run) -> Result<usize, Stop> {
    let mut before = run.clone();
    let (looked_at, after) = worker
        .write(move |tx| Ok((plan::plan(tx, &mut before)?, before)))
        .await?;
    *run = after;
    Ok(looked_at)
}

/// Notes the end of the run: on its row if it planned anything, and on the connection. Returns how many runs have failed one
/// after the other without getting on at all.
async fn finish(worker: &Worker, run: &Run, ended: &Result<(), Stop>, link: &str) -> Result<u32, Stop> {
    let (id, got_on, link) = (run.id, run.got_on, link.to_owned());
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
                    .set((sync_runs::finished_at.eq(now), sync_runs::problem.eq(&problem)))
                    .execute(&mut **tx)?;
            }
            let connection = mailchimp_connections::table.find(tx.organization().0);
            if got_on || problem.is_none() {
                diesel::update(connection)
                    .set(mailchimp_connections::failed_runs.eq(0))
                    .execute(&mut **tx)?;
            }
            let Some(words) = problem else {
                diesel::update(connection)
                    .set((
                        mailchimp_connections::last_run_at.eq(now),
                        mailchimp_connections::last_success_at.eq(now),
                    ))
                    .execute(&mut **tx)?;
                care::after_success(tx)?;
                return Ok(0);
            };
            let failed: i32 = diesel::update(connection)
                .set((
                    mailchimp_connections::last_run_at.eq(now),
                    mailchimp_connections::failed_runs.eq(mailchimp_connections::failed_runs + 1),
                ))
                .returning(mailchimp_connections::failed_runs)
                .get_result(&mut **tx)?;
            care::after_failure(tx, &words, &link)?;
            Ok(u32::try_from(failed).unwrap_or(u32::MAX))
        })
        .await
}

/// The next poll, or the next waiting call, read or deletion if that is sooner.
async fn next_look(worker: &Worker) -> Result<DateTime<Utc>, Stop> {
    let interval = TimeDelta::from_std(worker.engine.config.mailchimp_poll_interval).unwrap_or(TimeDelta::minutes(15));
    worker
        .read(move |tx| {
            let waiting = [send::next_at(tx)?, receive::next_at(tx)?, deleting::next_at(tx)?];
            let poll = tx.now() + interval;
            Ok(waiting.into_iter().flatten().fold(poll, DateTime::min))
        })
        .await
}
