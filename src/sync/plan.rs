//! Due contacts → decisions → planned calls. One transaction takes a batch of due marks, changes here what is to be changed
//! here, writes down every call that is to be made, and forgets the marks.

use super::decide::{Decision, Here, There};
use super::facts::{self, Mapping};
use super::person::Person;
use super::{breaker, consent, mirror, newcomers};
use crate::accounts;
use crate::base::ContactId;
use crate::crm::{contacts, groups};
use crate::db::OrgTx;
use crate::db::schema::{due_contacts, due_members, planned_calls, sync_runs, sync_standings};
use crate::mailchimp::Status;
use crate::work;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::upsert::excluded;

/// Contacts decided in one transaction: short enough that staff working at the same time do not wait.
pub const BATCH: i64 = 500;

/// A run: what one wake-up of the sync did. Its row is written with its first planned call.
#[derive(Clone, Debug)]
pub struct Run {
    pub cause: &'static str,
    pub started_at: DateTime<Utc>,
    pub id: Option<i64>,
    /// The full address of the organization's Mailchimp page, for letters.
    pub link: String,
    /// Something was done, whatever went wrong besides.
    pub got_on: bool,
}

/// Decides whoever is due, up to a batch of them. Returns how many marks were taken; zero when nothing is due.
pub fn plan(tx: &mut OrgTx<'_>, run: &mut Run) -> QueryResult<usize> {
    let mappings: Vec<Mapping> = facts::mappings_of(tx)?
        .into_iter()
        .filter(|mapping| mapping.is_on)
        .collect();
    let due = due_contact_ids(tx)?;
    let members = due_member_keys(tx)?;
    for mapping in &mappings {
        let keys: Vec<String> = members
            .iter()
            .filter(|(audience, _, _)| *audience == mapping.audience)
            .map(|(_, key, _)| key.clone())
            .collect();
        let ids: Vec<ContactId> = due.iter().map(|(id, _)| *id).collect();
        let asked = newcomers::reviewed(tx, mapping, &ids)?;
        let (look, looked_at) = facts::look(tx, mapping, &ids, &[keys, asked].concat())?;
        newcomers::review(tx, mapping, &looked_at, &look.unclear)?;
        for stranger in &look.strangers {
            newcomers::add_contact(tx, stranger)?;
        }
        mirror::leave_alone(tx, &mapping.audience, &look.spare)?;
        drop_calls_of_nobody(tx, mapping, &ids)?;
        let decided = look.people.into_iter().map(|person| {
            let decision = person.decide(mapping.policy);
            (person, decision)
        });
        for (person, decision) in breaker::hold_back(tx, run, mapping, decided.collect())? {
            carry_out(tx, run, mapping, &person, decision)?;
        }
    }
    forget_marks(tx, &due, &members)?;
    Ok(due.len() + members.len())
}

/// Does here what is to be done here, stores the standing, and plans the call.
fn carry_out(
    tx: &mut OrgTx<'_>,
    run: &mut Run,
    mapping: &Mapping,
    person: &Person,
    decision: Decision,
) -> QueryResult<()> {
    match decision.here {
        Some(Here::Remove) => remove(tx, mapping, person)?,
        Some(Here::Join) => {
            groups::actions::add_contacts(tx, mapping.group, &[person.contact.id], "Subscribed at Mailchimp")?;
        }
        Some(Here::LeaveThere) => {
            mirror::leave_alone(tx, &mapping.audience, person.address.as_slice())?;
        }
        None => {}
    }
    store_standing(tx, mapping, person, decision)?;
    if person.concerns_others(decision) {
        work::contacts_are_due_for_sync(tx, &[person.contact.id])?;
    }
    settle_calls(tx, run, mapping, person, decision)
}

/// Calls for people about whom nothing is agreed or decided any more: in a merge, or its undo, that went over to somebody else. One
/// that may have been carried out waits for its member to be read.
fn drop_calls_of_nobody(tx: &mut OrgTx<'_>, mapping: &Mapping, due: &[ContactId]) -> QueryResult<usize> {
    let decided = sync_standings::table
        .filter(sync_standings::organization_id.eq(tx.organization()))
        .filter(sync_standings::mapping_id.eq(mapping.id))
        .select(sync_standings::contact_id);
    let open: Vec<(i64, ContactId)> = planned_calls::table
        .filter(planned_calls::organization_id.eq(tx.organization()))
        .filter(planned_calls::mapping_id.eq(mapping.id))
        .filter(planned_calls::contact_id.eq_any(due))
        .filter(planned_calls::contact_id.ne_all(decided))
        .filter(planned_calls::settled_at.is_null())
        .select((planned_calls::id, planned_calls::contact_id))
        .load(&mut **tx)?;
    if open.is_empty() {
        return Ok(0);
    }
    let unheard = facts::unheard(tx, mapping)?;
    let over: Vec<i64> = open
        .into_iter()
        .filter(|(_, contact)| !unheard.contains(contact))
        .map(|(id, _)| id)
        .collect();
    supersede(tx, &over, "A newer decision took its place.")
}

/// The person left at Mailchimp: out of the group, and why; NO BULK EMAILS as well where the organization wants that.
fn remove(tx: &mut OrgTx<'_>, mapping: &Mapping, person: &Person) -> QueryResult<()> {
    let id = tx.organization();
    let organization = accounts::organization(tx, id)?;
    let why = person.member.as_ref().map_or_else(String::new, |member| {
        let when = member.last_changed.unwrap_or(member.read_at);
        let verb = if member.status == "cleaned_for_abuse" {
            "Reported as spam"
        } else {
            "Unsubscribed"
        };
        let mut why = format!("{verb} at Mailchimp on {}", organization.local(when));
        for (label, detail) in [
            ("reason", &member.unsubscribe_reason),
            ("campaign", &member.unsubscribe_campaign),
        ] {
            if !detail.is_empty() {
                why.push_str(&format!("; {label}: {detail}"));
            }
        }
        why
    });
    groups::actions::remove_contacts(tx, mapping.group, &[person.contact.id], &why)?;
    if organization.unsubscribe_sets_no_bulk_emails {
        contacts::actions::set_no_bulk_emails(tx, person.contact.id, &why)?;
    }
    Ok(())
}

/// Stores how the person stands now.
fn store_standing(tx: &mut OrgTx<'_>, mapping: &Mapping, person: &Person, decision: Decision) -> QueryResult<()> {
    use sync_standings::dsl;
    let after = person.stored_after(decision);
    if after == person.stored {
        return Ok(());
    }
    let Some(after) = after else {
        diesel::delete(dsl::sync_standings.find((tx.organization().0, mapping.id.0, person.contact.id.0)))
            .execute(&mut **tx)?;
        return Ok(());
    };
    let changed = (
        dsl::address_key.eq(after.address_key),
        dsl::agreed.eq(after.agreed),
        dsl::standing.eq(after.standing),
        dsl::reason.eq(after.reason),
        dsl::words.eq(after.words),
        dsl::refused_row.eq(after.refused_row),
        dsl::decided_at.eq(tx.now()),
    );
    diesel::insert_into(dsl::sync_standings)
        .values((
            dsl::mapping_id.eq(mapping.id),
            dsl::contact_id.eq(person.contact.id),
            changed,
        ))
        .on_conflict((dsl::organization_id, dsl::mapping_id, dsl::contact_id))
        .do_update()
        .set((
            dsl::address_key.eq(excluded(dsl::address_key)),
            dsl::agreed.eq(excluded(dsl::agreed)),
            dsl::standing.eq(excluded(dsl::standing)),
            dsl::reason.eq(excluded(dsl::reason)),
            dsl::words.eq(excluded(dsl::words)),
            dsl::refused_row.eq(excluded(dsl::refused_row)),
            dsl::decided_at.eq(excluded(dsl::decided_at)),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// What becomes of the open call of a person when a decision is made anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallChange {
    /// Nothing was planned and nothing is to be.
    Nothing,
    /// What was planned still holds.
    Keep,
    /// What was planned is no longer wanted; its outcome is "superseded".
    Drop,
    /// Plan the new call, dropping the former one, if any.
    Plan,
}

/// Compares the open call (its verb, body and address) with the one that is wanted now. Pure.
pub fn compare_calls<T: PartialEq>(open: Option<&T>, wanted: Option<&T>) -> CallChange {
    match (open, wanted) {
        (None, None) => CallChange::Nothing,
        (Some(open), Some(wanted)) if open == wanted => CallChange::Keep,
        (Some(_), None) => CallChange::Drop,
        (_, Some(_)) => CallChange::Plan,
    }
}

fn settle_calls(
    tx: &mut OrgTx<'_>,
    run: &mut Run,
    mapping: &Mapping,
    person: &Person,
    decision: Decision,
) -> QueryResult<()> {
    let wanted = decision
        .there
        .zip(person.address.clone())
        .map(|(call, key)| (call.verb().to_owned(), body(person, call), key));
    let open = open_calls(tx, mapping, person.contact.id)?;
    // Staff asked for confirmations, not a decision.
    let (confirmations, open): (Vec<_>, Vec<_>) = open.into_iter().partition(|(_, (verb, ..))| verb == "confirm");
    drop_confirmations(tx, person, decision, &confirmations)?;
    let (id, call) = open.into_iter().next().unzip();
    let change = compare_calls(call.as_ref(), wanted.as_ref());
    if let (CallChange::Drop | CallChange::Plan, Some(id)) = (change, id) {
        supersede(tx, &[id], "A newer decision took its place.")?;
    }
    let (CallChange::Plan, Some((verb, body, key))) = (change, wanted) else {
        return Ok(());
    };
    let now = tx.now();
    let run = run_row(tx, run)?;
    // The mark is forgotten at the end of the batch.
    let due_since = due_contacts::table
        .find((tx.organization().0, person.contact.id.0))
        .select(due_contacts::due_since);
    diesel::insert_into(planned_calls::table)
        .values((
            planned_calls::run_id.eq(run),
            planned_calls::mapping_id.eq(mapping.id),
            planned_calls::contact_id.eq(person.contact.id),
            planned_calls::audience_id.eq(&mapping.audience),
            planned_calls::address_key.eq(key),
            planned_calls::verb.eq(verb),
            planned_calls::body.eq(body),
            planned_calls::state.eq("planned"),
            planned_calls::not_before.eq(now),
            planned_calls::planned_at.eq(now),
            planned_calls::due_since.eq(due_since.single_value()),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// What the call needs beyond the address: for an addition the status and the fields that are sent. An empty value here
/// never blanks one there, so empty ones are left out.
pub fn body(person: &Person, call: There) -> serde_json::Value {
    let There::Add(consent) = call else {
        return serde_json::json!({});
    };
    let details = &person.contact.details;
    let email = person
        .contact
        .emails
        .iter()
        .find(|email| Some(email.address.key()) == person.address);
    let fields: serde_json::Map<_, _> = [("FNAME", &details.first_name), ("LNAME", &details.last_name)]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(tag, value)| (tag.to_owned(), serde_json::Value::from(value.as_str())))
        .collect();
    let comes_back = person.member.is_some();
    serde_json::json!({
        "address": email.map(|email| email.address.as_typed()).or(person.address.as_deref()),
        "status": match consent {
            super::decide::Consent::Subscribed => Status::Subscribed,
            super::decide::Consent::Pending => Status::Pending,
        }.as_str(),
        "fields": fields,
        "language": language(&details.preferred_language),
        "comes_back": comes_back,
    })
}

/// Mailchimp's language code for ours: "fr_CA" and "fr" are both "fr" there; nothing where we know nothing.
fn language(preferred: &str) -> Option<&'static str> {
    match preferred.get(..2).map(str::to_lowercase).as_deref() {
        Some("fr") => Some("fr"),
        Some("en") => Some("en"),
        _ => None,
    }
}

type Call = (String, serde_json::Value, String);

/// A confirmation that staff asked for is sent only as long as it could be asked for, to the same address.
fn drop_confirmations(
    tx: &mut OrgTx<'_>,
    person: &Person,
    decision: Decision,
    open: &[(i64, Call)],
) -> QueryResult<usize> {
    let may_be_asked = consent::may_be_asked(decision.standing);
    let holds = |key: &String| may_be_asked && person.address.as_ref() == Some(key);
    let over: Vec<i64> = open
        .iter()
        .filter(|(_, (_, _, key))| !holds(key))
        .map(|(id, _)| *id)
        .collect();
    match over.as_slice() {
        [] => Ok(0),
        over => supersede(tx, over, "Things have changed since, so nobody was asked."),
    }
}

fn open_calls(tx: &mut OrgTx<'_>, mapping: &Mapping, contact: ContactId) -> QueryResult<Vec<(i64, Call)>> {
    let found: Vec<(i64, String, serde_json::Value, String)> = planned_calls::table
        .filter(planned_calls::organization_id.eq(tx.organization()))
        .filter(planned_calls::mapping_id.eq(mapping.id))
        .filter(planned_calls::contact_id.eq(contact))
        .filter(planned_calls::settled_at.is_null())
        .select((
            planned_calls::id,
            planned_calls::verb,
            planned_calls::body,
            planned_calls::address_key,
        ))
        .load(&mut **tx)?;
    let open = found.into_iter();
    Ok(open.map(|(id, verb, body, key)| (id, (verb, body, key))).collect())
}

/// Gives open calls the outcome "superseded".
pub fn supersede(tx: &mut OrgTx<'_>, ids: &[i64], words: &str) -> QueryResult<usize> {
    diesel::update(planned_calls::table)
        .filter(planned_calls::organization_id.eq(tx.organization()))
        .filter(planned_calls::id.eq_any(ids))
        .filter(planned_calls::settled_at.is_null())
        .set((
            planned_calls::state.eq("superseded"),
            planned_calls::words.eq(words),
            planned_calls::settled_at.eq(tx.now()),
        ))
        .execute(&mut **tx)
}

fn run_row(tx: &mut OrgTx<'_>, run: &mut Run) -> QueryResult<i64> {
    if let Some(id) = run.id {
        return Ok(id);
    }
    let id = diesel::insert_into(sync_runs::table)
        .values((sync_runs::cause.eq(run.cause), sync_runs::started_at.eq(run.started_at)))
        .returning(sync_runs::id)
        .get_result(&mut **tx)?;
    run.id = Some(id);
    Ok(id)
}

type DueContact = (ContactId, i64);
type DueMember = (String, String, i64);

fn due_contact_ids(tx: &mut OrgTx<'_>) -> QueryResult<Vec<DueContact>> {
    due_contacts::table
        .filter(due_contacts::organization_id.eq(tx.organization()))
        .order((due_contacts::due_since, due_contacts::contact_id))
        .limit(BATCH)
        .select((due_contacts::contact_id, due_contacts::mark))
        .load(&mut **tx)
}

fn due_member_keys(tx: &mut OrgTx<'_>) -> QueryResult<Vec<DueMember>> {
    due_members::table
        .filter(due_members::organization_id.eq(tx.organization()))
        .filter(due_members::read_first.eq(false))
        .order((due_members::due_since, due_members::address_key))
        .limit(BATCH)
        .select((due_members::audience_id, due_members::address_key, due_members::mark))
        .load(&mut **tx)
}

/// Deletes the marks that were seen. Whoever was marked anew meanwhile, also by this batch itself, has another number and
/// is looked at once more.
fn forget_marks(tx: &mut OrgTx<'_>, due: &[DueContact], members: &[DueMember]) -> QueryResult<()> {
    let organization = tx.organization();
    let seen: Vec<i64> = due.iter().map(|(_, mark)| *mark).collect();
    diesel::delete(due_contacts::table)
        .filter(due_contacts::organization_id.eq(organization))
        .filter(due_contacts::contact_id.eq_any(due.iter().map(|(id, _)| *id)))
        .filter(due_contacts::mark.eq_any(seen))
        .execute(&mut **tx)?;
    let seen: Vec<i64> = members.iter().map(|(_, _, mark)| *mark).collect();
    diesel::delete(due_members::table)
        .filter(due_members::organization_id.eq(organization))
        .filter(due_members::mark.eq_any(seen))
        .execute(&mut **tx)?;
    Ok(())
}
