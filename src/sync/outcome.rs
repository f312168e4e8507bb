//! What came of the calls: each gets exactly one outcome, with Mailchimp's words, and the mirror learns from it.

use super::decide::{Refusal, Standing, There};
use super::engine::{Stop, Worker};
use super::mirror::{self, Told};
use super::send::Call;
use super::{additions, facts, gone, standing};
use crate::db::OrgTx;
use crate::db::schema::{planned_calls, sync_standings};
use crate::mailchimp::{Class, Kind, Member, Problem};
use crate::work;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use rand::RngExt;

/// An unsubscribe or archive that Mailchimp refuses is tried again after this: an opt-out is never given up.
const REFUSED_END_WAIT: TimeDelta = TimeDelta::days(1);
/// How long we wait while Mailchimp says that somebody is there and does not show them: its own pages lag by minutes.
/// After the last wait an addition counts as refused.
const NOT_SHOWN_WAITS: [TimeDelta; 4] = [
    TimeDelta::minutes(1),
    TimeDelta::minutes(10),
    TimeDelta::hours(1),
    TimeDelta::hours(6),
];
/// What staff read of somebody whom Mailchimp never showed.
const NOT_SHOWN: &str =
    "Mailchimp says that this address is a member already, but does not show it. Please look for it in Mailchimp.";
/// Waits are lengthened by up to this share, so that many waiting calls do not come back at the same moment.
const JITTER: f64 = 0.25;

/// What came of a call.
pub(super) enum Outcome {
    /// Carried out; Mailchimp showed the member.
    Done(Box<Member>),
    /// Carried out, and the member is known to be in this state now.
    Ended(There),
    /// Mailchimp has the address already, or no longer, in whatever state: read it and decide anew.
    ThereAlready,
    Problem(Problem),
}

/// Records outcomes. Returns the problem that stops all further work, if one came up.
pub(super) async fn record(worker: &Worker, outcomes: Vec<(Call, Outcome)>) -> Result<Option<Problem>, Stop> {
    let link = worker.engine.connection_link(&worker.slug);
    worker
        .write(move |tx| {
            let mut stop = None;
            let is_taken = |(call, outcome): &(Call, Outcome)| call.adds() && matches!(outcome, Outcome::Done(_));
            if outcomes.iter().any(is_taken) {
                additions::accepted(tx)?;
            }
            for (call, outcome) in outcomes {
                match outcome {
                    Outcome::Done(member) => done(tx, &call, *member)?,
                    Outcome::Ended(how) => ended(tx, &call, how)?,
                    Outcome::ThereAlready => there_already(tx, &call)?,
                    Outcome::Problem(problem) => {
                        if failed(tx, &call, &problem, &link)? {
                            stop = Some(problem);
                        }
                    }
                }
            }
            Ok(stop)
        })
        .await
}

/// The member is read next. Where that explains the answer, the decision made then takes the call's place; where it does
/// not, the call is made again after a while, and in the end counts as refused.
fn there_already(tx: &mut OrgTx<'_>, call: &Call) -> QueryResult<()> {
    let number = usize::try_from(call.attempts).unwrap_or(1).saturating_sub(1);
    let wait = NOT_SHOWN_WAITS.get(number).copied();
    let wait = wait.or((call.verb != "add").then_some(REFUSED_END_WAIT));
    let Some(wait) = wait else {
        remember_row(tx, call, NOT_SHOWN)?;
        settle(tx, call, "refused", NOT_SHOWN)?;
        return work::contacts_are_due(tx, &[call.contact_id]);
    };
    plan_again(tx, call, tx.now() + wait)?;
    work::contacts_are_due(tx, &[call.contact_id])
}

fn done(tx: &mut OrgTx<'_>, call: &Call, member: Member) -> QueryResult<()> {
    mirror::take_in(tx, &call.audience_id, &[Told::Member(Box::new(member))])?;
    settle(tx, call, "accepted", "")?;
    work::contacts_are_due(tx, &[call.contact_id])
}

/// Our unsubscribe or archive was carried out: the mirror knows that it was ours, and what the member was before.
fn ended(tx: &mut OrgTx<'_>, call: &Call, how: There) -> QueryResult<()> {
    let known = mirror::members(tx, &call.audience_id, std::slice::from_ref(&call.address_key))?;
    if let Some(before) = known.into_values().next() {
        let after = before.ended(how, tx.now());
        mirror::put(tx, &[after])?;
        mirror::mark_due(tx, &call.audience_id, std::slice::from_ref(&call.address_key), false)?;
    }
    settle(tx, call, "accepted", "")?;
    work::contacts_are_due(tx, &[call.contact_id])
}

/// Records a problem. `true`: it stops all calls, not only this one.
fn failed(tx: &mut OrgTx<'_>, call: &Call, problem: &Problem, link: &str) -> QueryResult<bool> {
    let attempt = u32::try_from(call.attempts).unwrap_or(1);
    match problem.class() {
        // Only new people are refused; should it be the whole connection, the next other call will tell.
        _ if problem.kind() == Kind::NotPermitted && call.adds() => {
            additions::refused(tx, &problem.words(), link)?;
            plan_again(tx, call, tx.now())?;
            Ok(false)
        }
        Class::Connection => {
            plan_again(tx, call, tx.now())?;
            Ok(true)
        }
        Class::Audience => {
            gone::gone(tx, &call.audience_id, &problem.words(), link)?;
            Ok(false)
        }
        _ => match problem.retry_after(attempt) {
            Some(wait) => {
                let lengthened = wait.mul_f64(1.0 + rand::rng().random::<f64>() * JITTER);
                let wait = TimeDelta::from_std(lengthened).unwrap_or(TimeDelta::minutes(15));
                if problem.effect_unknown() {
                    wait_for_read(tx, call, tx.now() + wait)?;
                } else {
                    plan_again(tx, call, tx.now() + wait)?;
                }
                Ok(false)
            }
            None => refuse(tx, call, problem).map(|()| false),
        },
    }
}

/// The answer was heard: nothing was done. The call waits as if it had not been made.
fn plan_again(tx: &mut OrgTx<'_>, call: &Call, not_before: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(planned_calls::table.find((tx.organization().0, call.id)))
        .filter(planned_calls::state.eq("asking"))
        .set((
            planned_calls::state.eq("planned"),
            planned_calls::not_before.eq(not_before),
            planned_calls::asked_at.eq(None::<DateTime<Utc>>),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// No answer was heard: the call may have been carried out, which is found out by reading the member.
fn wait_for_read(tx: &mut OrgTx<'_>, call: &Call, not_before: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(planned_calls::table.find((tx.organization().0, call.id)))
        .filter(planned_calls::state.eq("asking"))
        .set((
            planned_calls::state.eq("planned"),
            planned_calls::not_before.eq(not_before),
        ))
        .execute(&mut **tx)?;
    mirror::mark_due(tx, &call.audience_id, std::slice::from_ref(&call.address_key), true)
}

/// The word for a call that is not made again: what never left was not refused by Mailchimp.
fn outcome_of(problem: &Problem) -> &'static str {
    match problem.kind() {
        Kind::NotSent => "invalid",
        _ => "refused",
    }
}

/// Mailchimp refused this one for good: its words are kept and shown, and nothing is tried again until something differs.
fn refuse(tx: &mut OrgTx<'_>, call: &Call, problem: &Problem) -> QueryResult<()> {
    match problem.kind() {
        Kind::InCompliance => {
            remember(tx, call, |member| member.in_compliance = true)?;
            mirror::mark_due(tx, &call.audience_id, std::slice::from_ref(&call.address_key), true)?;
        }
        Kind::Forgotten => remember(tx, call, |member| member.status = "forgotten".into())?,
        _ if matches!(call.verb.as_str(), "unsubscribe" | "archive") => {
            return plan_again(tx, call, tx.now() + REFUSED_END_WAIT);
        }
        // Somebody who was to confirm stands as before.
        _ if call.verb == "confirm" => {}
        _ => remember_row(tx, call, &problem.words())?,
    }
    settle(tx, call, outcome_of(problem), &problem.words())?;
    work::contacts_are_due(tx, &[call.contact_id])
}

/// Writes what a refusal told about the address into the mirror, also where it had no row yet.
fn remember(tx: &mut OrgTx<'_>, call: &Call, change: impl FnOnce(&mut mirror::MirrorMember)) -> QueryResult<()> {
    let known = mirror::members(tx, &call.audience_id, std::slice::from_ref(&call.address_key))?;
    let unknown = || mirror::MirrorMember::unknown(&call.audience_id, &call.address_key, tx.now());
    let mut member = known.into_values().next().unwrap_or_else(unknown);
    change(&mut member);
    mirror::put(tx, &[member])
}

/// Keeps the words and the row as it was, so that the same row is not sent again.
fn remember_row(tx: &mut OrgTx<'_>, call: &Call, words: &str) -> QueryResult<()> {
    let Some(mapping) = facts::mappings_of(tx)?
        .into_iter()
        .find(|mapping| mapping.id == call.mapping_id)
    else {
        return Ok(());
    };
    let person = facts::gather(tx, &mapping, &[call.contact_id])?.pop();
    let Some(person) = person else { return Ok(()) };
    let (standing, reason) = standing::stored(Standing::Refused(Refusal::Row));
    diesel::update(sync_standings::table.find((tx.organization().0, call.mapping_id.0, call.contact_id.0)))
        .set((
            sync_standings::refused_row.eq(person.row),
            sync_standings::words.eq(words),
            sync_standings::standing.eq(standing),
            sync_standings::reason.eq(reason),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

fn settle(tx: &mut OrgTx<'_>, call: &Call, state: &str, words: &str) -> QueryResult<()> {
    diesel::update(planned_calls::table.find((tx.organization().0, call.id)))
        .filter(planned_calls::settled_at.is_null())
        .set((
            planned_calls::state.eq(state),
            planned_calls::words.eq(words),
            planned_calls::settled_at.eq(tx.now()),
        ))
        .execute(&mut **tx)?;
    Ok(())
}
