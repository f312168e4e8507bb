//! Taking a step back: the rows, what they add up to, the Change Log and the due marks.

use crate::base::{CampaignId, ContactId, ContributionId, CustomFieldId, GroupId, StepId, TagId};
use crate::changelog::steps::{self, Record, Step, StepError, Told};
use crate::changelog::{self, FieldChange, NewChange};
use crate::crm::contacts::actions as contact_actions;
use crate::crm::custom_fields::{self, CustomValues};
use crate::crm::{campaigns, contributions, groups, tags, undoable};
use crate::db::OrgTx;
use crate::db::schema::{contacts, contributions as contribution_rows};
use crate::web::PageError;
use crate::work;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use std::collections::BTreeSet;

/// Brings a record back to how it stood before the step. That is a step itself, and can be taken back as well.
pub fn take_back(tx: &mut OrgTx<'_>, record: &Record, step: &Step) -> Result<(), PageError> {
    let told = steps::told(tx, step)?;
    let concerned: BTreeSet<ContactId> = told.iter().filter_map(|line| line.contact).collect();
    contributions::lock_contacts(tx, &concerned)?;
    // After the contacts, as whoever erases them does.
    let step = &existing(tx, step.id)?;
    let concerned: Vec<ContactId> = concerned.into_iter().collect();
    if !record.is_shared {
        refuse_gone(tx, &concerned)?;
    }
    let of_contribution = record.word == undoable::CONTRIBUTION.word;
    let contribution = [ContributionId(step.record_id)];
    if of_contribution {
        // Who is credited now; after the rows are back, who is credited then.
        contributions::soft_credits::credited_are_due(tx, &contribution)?;
    }
    put_back(tx, record, step)?;
    refuse_circle(tx, record, step.record_id)?;
    refuse_unfit(tx, record, step.record_id)?;
    if of_contribution {
        contributions::totals::refresh(tx, &concerned)?;
        contributions::soft_credits::credited_are_due(tx, &contribution)?;
    }
    if record.word == undoable::CONTACT.word {
        // Lists, exports and the search for duplicates ask when it was changed last: now.
        diesel::update(contacts::table.find((tx.organization().0, step.record_id)))
            .set(contacts::modified_at.eq(tx.now()))
            .execute(&mut **tx)?;
        contact_actions::related_are_due(tx, &concerned)?;
    }
    let became = follow_merges(tx, record, step.record_id)?;
    log(tx, &told)?;
    work::contacts_are_due(tx, &[concerned, became].concat())?;
    if record.is_shared {
        work::smart_groups_are_due(tx)?;
    }
    Ok(())
}

/// The rows; of a contact's groups the history tells that they were put back.
fn put_back(tx: &mut OrgTx<'_>, record: &Record, step: &Step) -> Result<(), PageError> {
    if record.word != undoable::GROUPS_OF_CONTACT.word {
        return Ok(steps::put_back(tx, record, step)?);
    }
    let contact = ContactId(step.record_id);
    let before = groups::standings::of_contact(tx, contact)?;
    steps::put_back(tx, record, step)?;
    Ok(groups::standings::tell(tx, contact, &before, "Undone")?)
}

fn existing(tx: &mut OrgTx<'_>, id: StepId) -> Result<Step, PageError> {
    let step = steps::locked(tx, id)?.ok_or(PageError::NotFound)?;
    match step.undone_at {
        Some(_) => Err(PageError::Refused(
            "This was undone already. Nothing was changed.".into(),
        )),
        None => Ok(step),
    }
}

/// Whoever had a tag or was in a group and was merged since has it as the one they became, unless that one has it already.
fn follow_merges(tx: &mut OrgTx<'_>, record: &Record, id: i64) -> QueryResult<Vec<ContactId>> {
    #[derive(QueryableByName)]
    struct Became {
        #[diesel(sql_type = BigInt)]
        contact_id: ContactId,
    }
    let mut became = Vec::new();
    let of_many = ["contact_tags", "group_contacts"];
    for rows in record
        .rows
        .iter()
        .filter(|rows| record.is_shared && of_many.contains(&rows.table))
    {
        let (table, which) = (rows.table, rows.which);
        // Who left a group comes before who is in it.
        let given: Vec<Became> = diesel::sql_query(format!(
            "INSERT INTO {table} SELECT (jsonb_populate_record(t, jsonb_build_object('contact_id', who.merged_into))).* \
             FROM {table} t JOIN contacts who ON who.organization_id = t.organization_id AND who.id = t.contact_id \
             WHERE t.organization_id = $2 AND {which} AND who.merged_into IS NOT NULL \
             ORDER BY to_jsonb(t) ->> 'status' = 'Removed' DESC, t.contact_id \
             ON CONFLICT DO NOTHING RETURNING contact_id"
        ))
        .bind::<BigInt, _>(id)
        .bind::<BigInt, _>(tx.organization())
        .bind::<BigInt, _>(id)
        .load(&mut **tx)?;
        became.extend(given.into_iter().map(|one| one.contact_id));
    }
    Ok(became)
}

/// What was of somebody who is not there any more cannot be theirs again.
fn refuse_gone(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> Result<(), PageError> {
    let gone: Option<String> = contacts::table
        .filter(contacts::organization_id.eq(tx.organization()))
        .filter(contacts::id.eq_any(ids))
        .filter(
            contacts::merged_into
                .is_not_null()
                .or(contacts::erased_at.is_not_null()),
        )
        .select(contacts::display_name)
        .first(&mut **tx)
        .optional()?;
    match gone {
        Some(name) => Err(PageError::Refused(format!(
            "Nothing was undone: {name} was merged into another contact or erased since."
        ))),
        None => Ok(()),
    }
}

/// What stands below another may have been put above it since.
fn refuse_circle(tx: &mut OrgTx<'_>, record: &Record, id: i64) -> Result<(), PageError> {
    let is_in_a_circle = match record.rows.first().map(|own| own.table) {
        Some("campaigns") => campaigns::actions::is_in_a_circle(tx, CampaignId(id))?,
        Some("tags") => tags::actions::is_in_a_circle(tx, TagId(id))?,
        Some("groups") => groups::smart::asks_about_itself(tx, GroupId(id))?,
        _ => false,
    };
    match is_in_a_circle {
        true => Err(PageError::Refused(
            "Nothing was undone: after what was changed since it would belong to itself.".into(),
        )),
        false => Ok(()),
    }
}

/// A value whose custom field or choice is gone could never be saved again, and a field that has values by now is not taken
/// away from under them.
fn refuse_unfit(tx: &mut OrgTx<'_>, record: &Record, id: i64) -> Result<(), PageError> {
    let organization = tx.organization().0;
    let (values, of): (Option<CustomValues>, _) = match record.rows.first().map(|own| own.table) {
        Some("contacts") => {
            let row = contacts::table.find((organization, id)).select(contacts::custom);
            (row.first(&mut **tx).optional()?, custom_fields::Record::Contact)
        }
        Some("contributions") => {
            let row = contribution_rows::table
                .find((organization, id))
                .select(contribution_rows::custom);
            (row.first(&mut **tx).optional()?, custom_fields::Record::Contribution)
        }
        Some("custom_fields") if !steps::is_there(tx, record, id)? => {
            let used = custom_fields::store::use_counts(tx)?;
            return match used.contains_key(&CustomFieldId(id)) {
                true => Err(PageError::Refused(
                    "Nothing was undone: some records have a value of this field by now.".into(),
                )),
                false => Ok(()),
            };
        }
        _ => return Ok(()),
    };
    let values = values.unwrap_or_default();
    let fields = custom_fields::store::for_writing(tx, of, std::iter::once(&values))?;
    match fields.unfit(&values).is_empty() {
        true => Ok(()),
        false => Err(PageError::Refused(
            "Nothing was undone: a custom field or a choice it had is gone by now.".into(),
        )),
    }
}

/// The same lines backwards.
fn log(tx: &mut OrgTx<'_>, told: &[Told]) -> QueryResult<()> {
    let words: Vec<String> = told.iter().map(|line| what(&line.what)).collect();
    let lines: Vec<NewChange<'_>> = told
        .iter()
        .zip(&words)
        .map(|(line, what)| NewChange {
            contact: line.contact,
            what,
            fields: line.fields.iter().map(backwards).collect(),
            why: "",
        })
        .collect();
    changelog::record_all(tx, &lines)
}

/// "Undone: Note deleted"; what undid an undo did it again.
pub fn what(done: &str) -> String {
    const UNDONE: &str = "Undone: ";
    const AGAIN: &str = "Again: ";
    match (done.strip_prefix(UNDONE), done.strip_prefix(AGAIN)) {
        (Some(first), _) => format!("{AGAIN}{first}"),
        (_, Some(first)) => format!("{UNDONE}{first}"),
        _ => format!("{UNDONE}{done}"),
    }
}

/// From the new value to the old one.
pub fn backwards(change: &FieldChange) -> FieldChange {
    FieldChange {
        field: change.field.clone(),
        old: change.new.clone(),
        new: change.old.clone(),
    }
}

impl From<StepError> for PageError {
    fn from(error: StepError) -> Self {
        match error {
            StepError::ChangedSince => Self::Refused(
                "Nothing was undone: it was changed again since, and that would be lost. Its Change Log says what was \
                 changed; change it back by hand."
                    .into(),
            ),
            StepError::NoRoom => Self::Refused(
                "Nothing was undone: something it needs was deleted since, or its name now belongs to another.".into(),
            ),
            StepError::Query(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_undone_and_done_again_keeps_one_word_about_it() {
        assert_eq!(what("Note deleted"), "Undone: Note deleted");
        assert_eq!(what("Undone: Note deleted"), "Again: Note deleted");
        assert_eq!(what("Again: Note deleted"), "Undone: Note deleted");
    }
}
