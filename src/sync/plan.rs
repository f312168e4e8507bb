//! Due contacts → decisions → planned calls. One transaction takes a batch of due marks, changes here what is to be changed
//! here, writes down every call that is to be made, and forgets the marks.

use super::decide::{Decision, Here, There};
use super::facts::{self, Mapping, Person};
use super::mirror::{self, MirrorMember};
use super::{breaker, newcomers};
use crate::accounts;
use crate::base::{ContactId, MappingId};
use crate::crm::{contacts, groups};
use crate::db::OrgTx;
use crate::db::schema::{due_contacts, due_members, planned_calls, sync_runs, sync_standings};
use crate::mailchimp::Status;
use crate::work;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::upsert::excluded;
use std::collections::{HashMap, HashSet};

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
    /// How many people it removed so far, by link.
    pub removed: HashMap<MappingId, usize>,
}

/// What one batch came to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Batch {
    /// Due marks that were taken; zero when nothing is due.
    pub looked_at: usize,
    /// Calls that were planned anew.
    pub planned: usize,
}

/// Decides whoever is due, up to a batch of them.
pub fn plan(tx: &mut OrgTx<'_>, run: &mut Run) -> QueryResult<Batch> {
    let mappings: Vec<Mapping> = facts::mappings_of(tx)?
        .into_iter()
        .filter(|mapping| mapping.is_on)
        .collect();
    let due = due_contact_ids(tx)?;
    let members = due_member_keys(tx)?;
    let mut batch = Batch {
        looked_at: due.len() + members.len(),
        planned: 0,
    };
    for mapping in &mappings {
        let keys: Vec<String> = members
            .iter()
            .filter(|(audience, _, _)| *audience == mapping.audience)
            .map(|(_, key, _)| key.clone())
            .collect();
        let told = mirror::members(tx, &mapping.audience, &keys)?;
        hold_cleaned_addresses(tx, &told)?;
        let arrived = newcomers::resolve(tx, mapping, &keys, &told)?;
        let known = arrived.contacts.iter().copied();
        let ids: HashSet<ContactId> = due.iter().map(|(id, _)| *id).chain(known).collect();
        let ids = concerned(tx, mapping, ids, &arrived.by_address)?;
        let people = facts::gather(tx, mapping, &ids, &arrived.by_address)?;
        mirror::leave_alone(tx, &mapping.audience, &arrived.spare(&people))?;
        let decided = people.into_iter().map(|person| {
            let decision = person.decide(mapping.policy);
            (person, decision)
        });
        for (person, decision) in breaker::hold_back(tx, run, mapping, decided.collect())? {
            batch.planned += usize::from(carry_out(tx, run, mapping, &person, decision)?);
        }
    }
    forget_marks(tx, &due, &members)?;
    Ok(batch)
}

/// Does here what is to be done here, stores the standing, and plans the call. `true`: a call was planned anew.
fn carry_out(
    tx: &mut OrgTx<'_>,
    run: &mut Run,
    mapping: &Mapping,
    person: &Person,
    decision: Decision,
) -> QueryResult<bool> {
    match decision.here {
        Some(Here::Remove) => remove(tx, mapping, person)?,
        Some(Here::Join) => {
            groups::actions::add_contacts(tx, mapping.group, &[person.contact.id], "Subscribed at Mailchimp")?;
        }
        Some(Here::LeaveThere) => {
            mirror::leave_alone(tx, &mapping.audience, &person.address.iter().collect::<Vec<_>>())?;
        }
        None => {}
    }
    store_standing(tx, mapping, person, decision)?;
    work::contacts_are_due(tx, person.due_after(decision))?;
    settle_call(tx, run, mapping, person, decision.there)
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

fn settle_call(
    tx: &mut OrgTx<'_>,
    run: &mut Run,
    mapping: &Mapping,
    person: &Person,
    there: Option<There>,
) -> QueryResult<bool> {
    let wanted = there
        .zip(person.address.clone())
        .map(|(call, key)| (call.verb().to_owned(), body(person, call), key));
    let open = open_call(tx, mapping, person.contact.id)?;
    let (id, call) = open.map_or((None, None), |(id, call)| (Some(id), Some(call)));
    let change = compare_calls(call.as_ref(), wanted.as_ref());
    if let (CallChange::Drop | CallChange::Plan, Some(id)) = (change, id) {
        supersede(tx, &[id], "A newer decision took its place.")?;
    }
    let (CallChange::Plan, Some((verb, body, key))) = (change, wanted) else {
        return Ok(false);
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
    Ok(true)
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

fn open_call(tx: &mut OrgTx<'_>, mapping: &Mapping, contact: ContactId) -> QueryResult<Option<(i64, Call)>> {
    let found: Option<(i64, String, serde_json::Value, String)> = planned_calls::table
        .filter(planned_calls::organization_id.eq(tx.organization()))
        .filter(planned_calls::mapping_id.eq(mapping.id))
        .filter(planned_calls::contact_id.eq(contact))
        .filter(planned_calls::settled_at.is_null())
        // Staff asked for that one, not a decision.
        .filter(planned_calls::verb.ne("confirm"))
        .select((
            planned_calls::id,
            planned_calls::verb,
            planned_calls::body,
            planned_calls::address_key,
        ))
        .first(&mut **tx)
        .optional()?;
    Ok(found.map(|(id, verb, body, key)| (id, (verb, body, key))))
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

/// Whoever of these is in the group, was decided before, or just came in; the others do not concern the mapping.
fn concerned(
    tx: &mut OrgTx<'_>,
    mapping: &Mapping,
    ids: HashSet<ContactId>,
    arrived: &HashMap<ContactId, String>,
) -> QueryResult<Vec<ContactId>> {
    use crate::db::schema::group_contacts;
    let asked: Vec<ContactId> = ids.iter().copied().collect();
    let in_group: Vec<ContactId> = group_contacts::table
        .filter(group_contacts::organization_id.eq(tx.organization()))
        .filter(group_contacts::group_id.eq(mapping.group))
        .filter(group_contacts::contact_id.eq_any(&asked))
        .filter(group_contacts::status.ne("Removed"))
        .select(group_contacts::contact_id)
        .load(&mut **tx)?;
    let decided: Vec<ContactId> = sync_standings::table
        .filter(sync_standings::organization_id.eq(tx.organization()))
        .filter(sync_standings::mapping_id.eq(mapping.id))
        .filter(sync_standings::contact_id.eq_any(&asked))
        .select(sync_standings::contact_id)
        .load(&mut **tx)?;
    let unheard = unheard(tx, mapping)?;
    let mut concerned: Vec<ContactId> = in_group
        .into_iter()
        .chain(decided)
        .chain(arrived.keys().copied())
        .filter(|contact| !unheard.contains(contact))
        .collect::<HashSet<_>>()
        .into_iter()
        .collect();
    concerned.sort();
    Ok(concerned)
}

/// Whoever has a call whose outcome we did not hear: the member is to be read first, and is due again then.
fn unheard(tx: &mut OrgTx<'_>, mapping: &Mapping) -> QueryResult<HashSet<ContactId>> {
    let contacts: Vec<ContactId> = planned_calls::table
        .inner_join(
            due_members::table.on(due_members::organization_id
                .eq(planned_calls::organization_id)
                .and(due_members::audience_id.eq(planned_calls::audience_id))
                .and(due_members::address_key.eq(planned_calls::address_key))),
        )
        .filter(planned_calls::organization_id.eq(tx.organization()))
        .filter(planned_calls::mapping_id.eq(mapping.id))
        .filter(planned_calls::settled_at.is_null())
        .filter(planned_calls::asked_at.is_not_null())
        .filter(due_members::read_first)
        .select(planned_calls::contact_id)
        .load(&mut **tx)?;
    Ok(contacts.into_iter().collect())
}

/// Mail to these addresses bounced for good: on hold wherever they stand, with date and reason.
fn hold_cleaned_addresses(tx: &mut OrgTx<'_>, told: &HashMap<String, MirrorMember>) -> QueryResult<()> {
    for member in told.values() {
        let reason = match member.status.as_str() {
            "cleaned" => "Mailchimp: mail to this address bounced",
            "cleaned_for_abuse" => "Mailchimp: reported as spam",
            _ => continue,
        };
        contacts::actions::hold_address(tx, &member.address_key, reason)?;
    }
    Ok(())
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
