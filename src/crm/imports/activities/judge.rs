//! Rows, the activities they mean, and what they make of them: the same for the check and for the import.

use super::meaning::Meaning;
use crate::accounts;
use crate::accounts::model::{Colleague, Organization};
use crate::base::{ActivityId, ActivityTypeId, ContactId, StaffId};
use crate::changelog::FieldChange;
use crate::crm::activities::model::{Activity, ActivityDraft, Status};
use crate::crm::activities::{store, types};
use crate::crm::imports::alike::{self, Met};
use crate::crm::imports::brings::{self, Hold, ReadRow, Verdict};
use crate::crm::imports::model::Import;
use crate::crm::imports::names::{self, Names};
use crate::crm::imports::whom::{Known, Whom, name_key};
use crate::db::OrgTx;
use chrono::{DateTime, Utc};
use std::collections::{BTreeSet, HashMap};

type Judged = brings::Judged<ActivityId, ActivityDraft>;

/// What is made where somebody ticks it.
pub const MADE: &str = "activity types";

/// Who has part in a row's activity.
struct Part {
    with: Vec<ContactId>,
    added_by: Option<ContactId>,
    assigned_to: Option<StaffId>,
}

/// Judges rows of an import. Where types may be made, `Hold::Make` makes those that the rows need.
pub fn judge(
    tx: &mut OrgTx<'_>,
    import: &Import,
    rows: &[ReadRow<Meaning>],
    hold: Hold,
) -> anyhow::Result<Vec<Judged>> {
    let (organization, now) = (tx.organization(), tx.now());
    let place = accounts::organization(tx, organization)?;
    let parts = parts(tx, import, rows)?;
    let mut types = Names::here(
        "activity type",
        MADE,
        types::all(tx)?.into_iter().map(|of_type| (of_type.id, of_type.name)),
    );
    if import.matching.makes_missing {
        let fit = rows.iter().zip(&parts).filter(|(_, part)| part.is_ok());
        let named = fit.filter_map(|(row, _)| row.said.get(Meaning::Type));
        types.make_missing(tx, named, hold, ActivityTypeId, |tx, name| {
            Ok(types::add(tx, name, true)?)
        })?;
    }
    let identifiers: Vec<String> = rows.iter().filter_map(identifier).collect();
    let here = store::by_external_identifiers(tx, &identifiers)?;
    let mut wanted: Vec<Result<Wanted, String>> = Vec::new();
    for (row, part) in rows.iter().zip(parts) {
        let before = identifier(row).and_then(|identifier| here.get(&identifier));
        wanted.push(part.and_then(|part| want(row, part, before, &types, &place, now)));
    }
    let alike = nameless(tx, rows, &wanted)?;
    let keys: Vec<Option<String>> = rows.iter().zip(&wanted).map(|(row, wanted)| key(row, wanted)).collect();
    let identified = alike
        .values()
        .flatten()
        .filter_map(|(_, draft)| draft.external_identifier.clone());
    let known: Vec<String> = keys.iter().flatten().cloned().chain(identified).collect();
    let mut met = Met::before(tx, import, &known)?;
    let judged = rows.iter().zip(wanted).zip(keys).map(|((row, wanted), key)| {
        let is_known = identifier(row).is_some();
        // A second row with an id was left out before.
        let earlier = key.as_ref().and_then(|key| met.meet(key, row.number));
        let at = earlier.filter(|_| !is_known).map_or(0, |earlier| earlier.count);
        let is_free = |(_, draft): &&(ActivityId, ActivityDraft)| {
            draft.external_identifier.as_ref().is_none_or(|id| !met.has(id))
        };
        let same = key
            .as_ref()
            .and_then(|key| alike.get(key)?.iter().filter(is_free).nth(at));
        let verdict = wanted.map(|wanted| match (wanted.before, same) {
            (Some(before), _) => Verdict {
                shown: wanted.shown,
                record: wanted.draft,
                before: Some(before),
            },
            (None, Some(same)) => Verdict::unchanged(same.0, same.1.clone()),
            (None, None) => Verdict::new(wanted.draft),
        });
        Judged {
            number: row.number,
            key,
            verdict,
        }
    });
    Ok(judged.collect())
}

/// What a row makes of the activity with its id, or of a new one.
struct Wanted {
    before: Option<(ActivityId, ActivityDraft)>,
    draft: ActivityDraft,
    shown: Vec<FieldChange>,
}

fn want(
    row: &ReadRow<Meaning>,
    part: Part,
    before: Option<&Activity>,
    types: &Names<ActivityTypeId>,
    place: &Organization,
    now: DateTime<Utc>,
) -> Result<Wanted, String> {
    let type_id = types.find(row.said.get(Meaning::Type))?;
    let begun = match before {
        Some(before) => in_order(before.is.clone()),
        None => {
            let moment = row.said.moment(place).ok_or("The row has no date.")?;
            let mut new = ActivityDraft::new(type_id.ok_or("The row has no activity type.")?, moment);
            if moment <= now {
                new.status = Status::Completed;
            }
            new
        }
    };
    let mut draft = row.said.onto(begun.clone(), place);
    draft.type_id = type_id.unwrap_or(draft.type_id);
    draft.with = [draft.with, part.with].concat();
    draft.added_by = part.added_by.or(draft.added_by);
    draft.assigned_to = part.assigned_to.or(draft.assigned_to);
    let draft = in_order(draft);
    let shown = match before {
        Some(before) => shown(row, before, &draft, place),
        None => Vec::new(),
    };
    Ok(Wanted {
        before: before.map(|before| (before.id, begun)),
        draft,
        shown,
    })
}

/// What a row changes, in words.
fn shown(row: &ReadRow<Meaning>, before: &Activity, after: &ActivityDraft, place: &Organization) -> Vec<FieldChange> {
    let is = &before.is;
    let minutes = |draft: &ActivityDraft| {
        draft
            .duration_minutes
            .map(|minutes| minutes.to_string())
            .unwrap_or_default()
    };
    let due = |draft: &ActivityDraft| draft.due_on.map(|day| day.to_string()).unwrap_or_default();
    let type_name = match is.type_id == after.type_id {
        true => before.type_name.as_str(),
        false => row.said.get(Meaning::Type).unwrap_or_default(),
    };
    let joins = after.with.iter().filter(|contact| !is.with.contains(contact)).count();
    let joining = Some(format!("{joins} more")).filter(|_| joins > 0).unwrap_or_default();
    let added_by = row.said.get(Meaning::AddedBy).filter(|_| is.added_by != after.added_by);
    let assigned_before = before.assigned_name.as_deref().unwrap_or_default();
    let assigned_to = match is.assigned_to == after.assigned_to {
        true => assigned_before,
        false => row.said.get(Meaning::AssignedTo).unwrap_or_default(),
    };
    [
        FieldChange::between("Activity Type", &before.type_name, type_name),
        FieldChange::between("Subject", &is.subject, &after.subject),
        FieldChange::between("Date", &place.local(is.activity_at), &place.local(after.activity_at)),
        FieldChange::between("Duration", &minutes(is), &minutes(after)),
        FieldChange::between("Status", is.status.as_str(), after.status.as_str()),
        FieldChange::between("Priority", is.priority.as_str(), after.priority.as_str()),
        FieldChange::between("Assigned To", assigned_before, assigned_to),
        FieldChange::between("Due Date", &due(is), &due(after)),
        FieldChange::between("Details", &is.details, &after.details),
        FieldChange::between("With", "", &joining),
        FieldChange::between("Added By", "", added_by.unwrap_or_default()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Who has part in each row's activity, unless something is wrong with the row.
fn parts(tx: &mut OrgTx<'_>, import: &Import, rows: &[ReadRow<Meaning>]) -> anyhow::Result<Vec<Result<Part, String>>> {
    let identifiers: Vec<String> = rows.iter().filter_map(identifier).collect();
    let mut met = Met::before(tx, import, &identifiers)?;
    let whoms: Vec<(Vec<Whom>, Option<Whom>)> = rows.iter().map(|row| (row.said.with(), row.said.added_by())).collect();
    let known = Known::find(
        tx,
        whoms.iter().flat_map(|(with, added_by)| with.iter().chain(added_by)),
    )?;
    let colleagues = accounts::colleagues(tx)?;
    let mut parts = Vec::new();
    for (row, (with, added_by)) in rows.iter().zip(&whoms) {
        let identifier = identifier(row);
        let earlier = identifier
            .as_ref()
            .and_then(|identifier| met.meet(identifier, row.number));
        let part = match (earlier, identifier) {
            (Some(earlier), Some(identifier)) => Err(format!(
                "Row {} of the file has the Activity ID “{identifier}” already.",
                earlier.first
            )),
            _ => part(&known, with, added_by.as_ref()).and_then(|part| {
                Ok(Part {
                    assigned_to: assignee(&colleagues, row)?,
                    ..part
                })
            }),
        };
        parts.push(row.fit(part));
    }
    Ok(parts)
}

fn part(known: &Known, with: &[Whom], added_by: Option<&Whom>) -> Result<Part, String> {
    let with: Result<BTreeSet<ContactId>, String> = with.iter().map(|whom| known.meant(whom)).collect();
    let added_by = added_by.map(|whom| known.meant(whom)).transpose();
    Ok(Part {
        with: with?.into_iter().collect(),
        added_by: added_by.map_err(|words| format!("Who added it: {words}"))?,
        assigned_to: None,
    })
}

/// The colleague a row assigns it to, by email or by name.
fn assignee(colleagues: &[Colleague], row: &ReadRow<Meaning>) -> Result<Option<StaffId>, String> {
    let Some(said) = row.said.get(Meaning::AssignedTo) else {
        return Ok(None);
    };
    let is_meant = |one: &&Colleague| one.email.eq_ignore_ascii_case(said) || name_key(&one.name) == name_key(said);
    let meant: Vec<&Colleague> = colleagues.iter().filter(is_meant).collect();
    match meant.as_slice() {
        [one] => Ok(Some(one.id)),
        [] => Err(format!(
            "Assigned To: nobody who works here is called “{said}” or has that email. Invite them under Settings, Staff first, \
             or leave the column out."
        )),
        _ => Err(format!(
            "Assigned To: several who work here are called “{said}”. Write the email instead."
        )),
    }
}

/// The activities that are here and look like those of rows without an id of their own, the first one first.
#[allow(clippy::type_complexity)]
fn nameless(
    tx: &mut OrgTx<'_>,
    rows: &[ReadRow<Meaning>],
    wanted: &[Result<Wanted, String>],
) -> anyhow::Result<HashMap<String, Vec<(ActivityId, ActivityDraft)>>> {
    let without = rows.iter().zip(wanted).filter(|(row, _)| identifier(row).is_none());
    let moments = without.filter_map(|(_, wanted)| Some(wanted.as_ref().ok()?.draft.activity_at));
    let moments: BTreeSet<DateTime<Utc>> = moments.collect();
    let mut found = store::at(tx, &moments.into_iter().collect::<Vec<_>>())?;
    found.sort_by_key(|one| (one.is.external_identifier.is_some(), one.id));
    let mut alike: HashMap<String, Vec<(ActivityId, ActivityDraft)>> = HashMap::new();
    for one in found {
        let is = in_order(one.is);
        alike
            .entry(likeness(&one.type_name, &is))
            .or_default()
            .push((one.id, is));
    }
    Ok(alike)
}

/// A row's own id, or else everything by which two activities are taken for the same one.
fn key(row: &ReadRow<Meaning>, wanted: &Result<Wanted, String>) -> Option<String> {
    let wanted = wanted.as_ref().ok()?;
    let of_type = row.said.get(Meaning::Type).unwrap_or_default();
    Some(identifier(row).unwrap_or_else(|| likeness(of_type, &wanted.draft)))
}

/// A type that is only going to be made has no id yet, so its name counts.
fn likeness(type_name: &str, activity: &ActivityDraft) -> String {
    let with: Vec<String> = activity.with.iter().map(ContactId::to_string).collect();
    alike::key(&[
        &names::key(type_name),
        &activity.subject,
        &activity.activity_at.to_rfc3339(),
        &with.join(","),
    ])
}

/// The same with everybody it is with in one order, so that two can be compared.
pub fn in_order(mut draft: ActivityDraft) -> ActivityDraft {
    draft.with.sort_unstable();
    draft.with.dedup();
    draft
}

fn identifier(row: &ReadRow<Meaning>) -> Option<String> {
    row.said.get(Meaning::ExternalIdentifier).map(str::to_owned)
}
