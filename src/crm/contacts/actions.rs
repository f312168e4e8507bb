//! What happens to contacts. Each action writes the rows, the Change Log, the search terms and the due marks together, in
//! the caller's transaction and in the name of its actor.

use super::model::{Contact, ContactDraft};
use super::rules::Problem;
use super::{differences, many, rows, store};
use crate::base::{ContactId, EmailAddress};
use crate::changelog::{self, FieldChange, NewChange};
use crate::crm::custom_fields::{self, CustomFields, Record};
use crate::db::schema::{contacts, emails};
use crate::db::{OrgTx, Unavailable};
use crate::web::PageError;
use crate::work;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt};

/// Why a contact could not be written down; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ContactError {
    /// It breaks the rules, in words.
    #[error("the contact is not complete")]
    Invalid(Vec<Problem>),
    /// Another contact bears this external identifier.
    #[error("another contact has this External Identifier already")]
    IdentifierTaken(ContactId),
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl From<ContactError> for PageError {
    fn from(error: ContactError) -> Self {
        match error {
            ContactError::Invalid(problems) => {
                let words: Vec<String> = problems.into_iter().map(|problem| problem.words).collect();
                Self::Refused(format!("Nothing was changed. {}", words.join(" ")))
            }
            ContactError::IdentifierTaken(_) => Self::Refused(
                "Nothing was changed: another contact has the same External Identifier. Change it there first.".into(),
            ),
            ContactError::Database(error) => error.into(),
            ContactError::Unavailable(error) => error.into(),
        }
    }
}

/// Adds one contact.
pub fn add(tx: &mut OrgTx<'_>, draft: &ContactDraft) -> Result<ContactId, ContactError> {
    let ids = add_many(tx, std::slice::from_ref(draft))?;
    ids.first()
        .copied()
        .ok_or_else(|| diesel::result::Error::NotFound.into())
}

/// Adds many contacts at once, for imports; the ids are in the order of the drafts. One that breaks the rules refuses all:
/// ask `ContactDraft::problems` and `store::by_external_identifiers` before.
pub fn add_many(tx: &mut OrgTx<'_>, drafts: &[ContactDraft]) -> Result<Vec<ContactId>, ContactError> {
    let custom = custom_fields(tx, drafts.iter())?;
    let problems = |draft| [ContactDraft::problems(draft), unfit(draft, &custom)].concat();
    let problems: Vec<Problem> = drafts.iter().flat_map(problems).collect();
    if !problems.is_empty() {
        return Err(ContactError::Invalid(problems));
    }
    let identifiers = drafts
        .iter()
        .filter_map(|draft| draft.details.external_identifier.clone());
    refuse_taken(tx, identifiers.collect(), None)?;

    let ids = rows::reserve_ids(tx, drafts.len())?;
    let new: Vec<(ContactId, &ContactDraft)> = ids.iter().copied().zip(drafts).collect();
    rows::insert_contacts(tx, &new)?;
    rows::insert_emails(tx, &new, &[])?;
    rows::insert_phones(tx, &new)?;
    rows::insert_addresses(tx, &new)?;
    rows::insert_search_terms(tx, &new)?;
    let log: Vec<NewChange> = new
        .iter()
        .map(|(id, draft)| line(*id, "Contact added", differences::of_new(draft, &custom), ""))
        .collect();
    changelog::record_all(tx, &log)?;
    work::contacts_are_due(tx, &ids)?;
    Ok(ids)
}

/// Makes the contact what the draft says. Only differences are written; `false`: there were none, and nothing was.
pub fn change(tx: &mut OrgTx<'_>, id: ContactId, draft: &ContactDraft, why: &str) -> Result<bool, ContactError> {
    let before = locked(tx, id)?;
    let old = before.draft();
    let custom = custom_fields(tx, [&old, draft].into_iter())?;
    let fields = differences::between(&old, draft, &custom);
    if fields.is_empty() {
        return Ok(false);
    }
    let problems = [draft.problems(), unfit(draft, &custom)].concat();
    if !problems.is_empty() {
        return Err(ContactError::Invalid(problems));
    }
    if old.details.external_identifier != draft.details.external_identifier {
        refuse_taken(
            tx,
            draft.details.external_identifier.iter().cloned().collect(),
            Some(id),
        )?;
    }
    write_differences(tx, &before, draft)?;
    changelog::record(tx, line(id, "Contact changed", fields, why))?;
    work::contacts_are_due(tx, &[id])?;
    if before.display_name != draft.display_name() {
        related_are_due(tx, &[id])?;
    }
    Ok(true)
}

/// Puts contacts into the trash; they leave lists and searches, and Mailchimp archives them. Those already there stay as
/// they are. Returns how many went.
pub fn trash(tx: &mut OrgTx<'_>, ids: &[ContactId], why: &str) -> QueryResult<usize> {
    let now = tx.now();
    let gone: Vec<ContactId> = diesel::update(contacts::table)
        .filter(contacts::organization_id.eq(tx.organization()))
        .filter(contacts::id.eq_any(ids))
        .filter(contacts::deleted_at.is_null())
        .set((contacts::deleted_at.eq(now), contacts::modified_at.eq(now)))
        .returning(contacts::id)
        .get_results(&mut **tx)?;
    rows::search_terms_in_trash(tx, &gone, true)?;
    let lines: Vec<NewChange> = gone
        .iter()
        .map(|id| line(*id, "Contact moved to the trash", Vec::new(), why))
        .collect();
    changelog::record_all(tx, &lines)?;
    work::contacts_are_due(tx, &gone)?;
    related_are_due(tx, &gone)?;
    Ok(gone.len())
}

/// Searches ask by name for whom somebody is related to, and count those who are not in the trash: who is renamed, goes there
/// or comes back changes the others.
pub fn related_are_due(tx: &mut OrgTx<'_>, to: &[ContactId]) -> QueryResult<()> {
    #[derive(QueryableByName)]
    struct Other {
        #[diesel(sql_type = BigInt)]
        id: ContactId,
    }
    let others: Vec<Other> = diesel::sql_query(
        "SELECT contact_b AS id FROM relationships WHERE organization_id = $1 AND contact_a = ANY($2) \
         UNION SELECT contact_a FROM relationships WHERE organization_id = $1 AND contact_b = ANY($2) ORDER BY id",
    )
    .bind::<BigInt, _>(tx.organization())
    .bind::<Array<BigInt>, _>(to)
    .load(&mut **tx)?;
    let others: Vec<ContactId> = others.into_iter().map(|other| other.id).collect();
    work::contacts_are_due(tx, &others)
}

/// Takes a contact back out of the trash; one that is not in it stays as it is.
pub fn restore(tx: &mut OrgTx<'_>, id: ContactId) -> Result<(), ContactError> {
    let contact = locked(tx, id)?;
    if contact.merged_into.is_some() {
        let words = "This contact was merged with another. Undo the merge instead.";
        return Err(ContactError::Invalid(vec![Problem::new("merged_into", words)]));
    }
    if contact.erased_at.is_some() {
        let words = "This person was erased for good: there is nothing to restore.";
        return Err(ContactError::Invalid(vec![Problem::new("erased_at", words)]));
    }
    if contact.deleted_at.is_some() {
        let identifier = contact.details.external_identifier.clone();
        refuse_taken(tx, identifier.into_iter().collect(), Some(id))?;
        many::restore_many(tx, &[&contact], "")?;
    }
    Ok(())
}

/// Puts every email with this address (in lower case) on hold, whoever has it: nothing is sent there any more. Those
/// already on hold keep their date and reason. Returns the contacts it happened to.
pub fn hold_address(tx: &mut OrgTx<'_>, address_key: &str, reason: &str) -> QueryResult<Vec<ContactId>> {
    let having: Vec<ContactId> = emails::table
        .filter(emails::organization_id.eq(tx.organization()))
        .filter(emails::address_key.eq(address_key))
        .select(emails::contact_id)
        .load(&mut **tx)?;
    // Whoever is being saved deletes the emails and writes them anew: a row that is waited for would be gone.
    many::locked(tx, &having)?;
    let held: Vec<(ContactId, String)> = diesel::update(emails::table)
        .filter(emails::organization_id.eq(tx.organization()))
        .filter(emails::address_key.eq(address_key))
        .filter(emails::on_hold_since.is_null())
        .set((emails::on_hold_since.eq(tx.now()), emails::on_hold_reason.eq(reason)))
        .returning((emails::contact_id, emails::address))
        .get_results(&mut **tx)?;
    let lines: Vec<NewChange> = held
        .iter()
        .map(|(id, address)| {
            let field = FieldChange {
                field: "Email".into(),
                old: address.clone(),
                new: format!("{address} (on hold)"),
            };
            line(*id, "Email put on hold", vec![field], reason)
        })
        .collect();
    changelog::record_all(tx, &lines)?;
    let ids: Vec<ContactId> = held.into_iter().map(|(id, _)| id).collect();
    touch(tx, &ids)?;
    Ok(ids)
}

/// The person has another address in place of this one (in lower case), which is kept beside it. `false`: they do not have it
/// (any more), or are in the trash.
pub fn change_address(
    tx: &mut OrgTx<'_>,
    id: ContactId,
    former: &str,
    new: &EmailAddress,
    why: &str,
) -> Result<bool, ContactError> {
    let contact = locked(tx, id)?;
    let mut draft = contact.draft();
    if contact.deleted_at.is_some() || !draft.change_address(former, new) {
        return Ok(false);
    }
    change(tx, id, &draft, why)
}

/// Sets "NO BULK EMAILS (User Opt Out)" and says why; one who has it keeps it. Returns whether it was set now.
pub fn set_no_bulk_emails(tx: &mut OrgTx<'_>, id: ContactId, why: &str) -> QueryResult<bool> {
    let set = diesel::update(contacts::table)
        .filter(contacts::organization_id.eq(tx.organization()))
        .filter(contacts::id.eq(id))
        .filter(contacts::is_opt_out.eq(false))
        .set(contacts::is_opt_out.eq(true))
        .execute(&mut **tx)?;
    if set == 0 {
        return Ok(false);
    }
    let field = FieldChange::between("NO BULK EMAILS (User Opt Out)", "No", "Yes");
    changelog::record(tx, line(id, "NO BULK EMAILS set", field.into_iter().collect(), why))?;
    touch(tx, &[id])?;
    Ok(true)
}

/// The definitions of the custom fields these drafts speak of.
pub(super) fn custom_fields<'d>(
    tx: &mut OrgTx<'_>,
    drafts: impl Iterator<Item = &'d ContactDraft>,
) -> QueryResult<CustomFields> {
    custom_fields::store::for_writing(tx, Record::Contact, drafts.map(|draft| &draft.details.custom))
}

/// Values of custom fields that cannot be: somebody changed the field since, or it was never here.
pub(super) fn unfit(draft: &ContactDraft, custom: &CustomFields) -> Vec<Problem> {
    let unfit = custom.unfit(&draft.details.custom).into_iter();
    unfit.map(|(field, words)| Problem::new(field, words)).collect()
}

fn locked(tx: &mut OrgTx<'_>, id: ContactId) -> QueryResult<Contact> {
    contacts::table
        .find((tx.organization().0, id.0))
        .select(contacts::id)
        .for_no_key_update()
        .first::<i64>(&mut **tx)?;
    store::find(tx, id)?.ok_or(diesel::result::Error::NotFound)
}

pub(super) fn refuse_taken(
    tx: &mut OrgTx<'_>,
    identifiers: Vec<String>,
    own: Option<ContactId>,
) -> Result<(), ContactError> {
    if identifiers.is_empty() {
        return Ok(());
    }
    let taken = store::by_external_identifiers(tx, &identifiers)?;
    match taken.into_values().find(|other| Some(*other) != own) {
        Some(other) => Err(ContactError::IdentifierTaken(other)),
        None => Ok(()),
    }
}

fn write_differences(tx: &mut OrgTx<'_>, before: &Contact, draft: &ContactDraft) -> QueryResult<()> {
    let (id, old) = (before.id, before.draft());
    let new = [(id, draft)];
    diesel::update(contacts::table.find((tx.organization().0, id.0)))
        .set((
            &draft.details,
            contacts::display_name.eq(draft.display_name()),
            contacts::sort_name.eq(draft.sort_name()),
            contacts::modified_at.eq(tx.now()),
        ))
        .execute(&mut **tx)?;
    if old.emails != draft.emails {
        rows::delete_emails(tx, id)?;
        rows::insert_emails(tx, &new, &before.emails)?;
    }
    if old.phones != draft.phones {
        rows::delete_phones(tx, id)?;
        rows::insert_phones(tx, &new)?;
    }
    if old.addresses != draft.addresses {
        rows::delete_addresses(tx, id)?;
        rows::insert_addresses(tx, &new)?;
    }
    rows::delete_search_terms(tx, id)?;
    rows::insert_search_terms(tx, &new)?;
    match before.deleted_at {
        Some(_) => rows::search_terms_in_trash(tx, &[id], true),
        None => Ok(()),
    }
}

/// What changed without the draft: the date of the change and the sync's due mark.
fn touch(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<()> {
    diesel::update(contacts::table)
        .filter(contacts::organization_id.eq(tx.organization()))
        .filter(contacts::id.eq_any(ids))
        .set(contacts::modified_at.eq(tx.now()))
        .execute(&mut **tx)?;
    work::contacts_are_due(tx, ids)
}

fn line<'a>(id: ContactId, what: &'a str, fields: Vec<FieldChange>, why: &'a str) -> NewChange<'a> {
    NewChange {
        contact: Some(id),
        what,
        fields,
        why,
    }
}
