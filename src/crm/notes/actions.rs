//! What staff and imports do with notes. Each action writes the note, its words, a line in the contact's Change Log and the
//! due mark.

use super::model::{NoteDraft, differences};
use super::store;
use crate::accounts::{self, model::Organization};
use crate::base::{ContactId, NoteId};
use crate::changelog::{self, NewChange};
use crate::db::OrgTx;
use crate::db::schema::{note_search_terms, notes};
use crate::work;
use diesel::prelude::*;
use diesel::result::Error as QueryError;
use diesel::sql_types::{Array, BigInt, Text};

/// Writes a note down about a contact.
pub fn add(tx: &mut OrgTx<'_>, contact: ContactId, draft: &NoteDraft) -> QueryResult<NoteId> {
    let ids = add_many(tx, &[(contact, draft.clone())])?;
    ids.first().copied().ok_or(QueryError::NotFound)
}

/// Writes many notes down; the ids are in the order of the notes.
pub fn add_many(tx: &mut OrgTx<'_>, new: &[(ContactId, NoteDraft)]) -> QueryResult<Vec<NoteId>> {
    let ids: Vec<NoteId> = tx.reserve_ids("notes", new.len())?;
    let (created_by, now) = (tx.actor().name().to_owned(), tx.now());
    let rows: Vec<_> = ids
        .iter()
        .zip(new)
        .map(|(id, (contact, draft))| {
            (
                notes::id.eq(*id),
                notes::contact_id.eq(*contact),
                notes::subject.eq(&draft.subject),
                notes::body.eq(&draft.text),
                notes::noted_at.eq(draft.noted_at),
                notes::created_by.eq(&created_by),
                notes::created_at.eq(now),
            )
        })
        .collect();
    diesel::insert_into(notes::table).values(rows).execute(&mut **tx)?;
    insert_words(tx, ids.iter().copied().zip(new.iter().map(|(_, draft)| draft)))?;
    let here = here(tx)?;
    let added: Vec<Line<'_>> = new
        .iter()
        .map(|(contact, draft)| (*contact, None, Some(draft)))
        .collect();
    log(tx, &here, "Note added", "", &added)?;
    Ok(ids)
}

/// Makes a note what the draft says; `false`: it was that already.
pub fn change(tx: &mut OrgTx<'_>, id: NoteId, draft: &NoteDraft) -> QueryResult<bool> {
    let note = locked(tx, id)?;
    let before = note.draft();
    if before == *draft {
        return Ok(false);
    }
    diesel::update(notes::table.find((tx.organization(), id)))
        .set((
            notes::subject.eq(&draft.subject),
            notes::body.eq(&draft.text),
            notes::noted_at.eq(draft.noted_at),
        ))
        .execute(&mut **tx)?;
    let its_words = note_search_terms::organization_id
        .eq(tx.organization())
        .and(note_search_terms::note_id.eq(id));
    diesel::delete(note_search_terms::table.filter(its_words)).execute(&mut **tx)?;
    insert_words(tx, std::iter::once((id, draft)))?;
    let here = here(tx)?;
    log(
        tx,
        &here,
        "Note changed",
        "",
        &[(note.contact, Some(&before), Some(draft))],
    )?;
    Ok(true)
}

/// Deletes notes; what they said stays in the Change Log.
pub fn delete(tx: &mut OrgTx<'_>, ids: &[NoteId], why: &str) -> QueryResult<()> {
    let gone = all_locked(tx, ids)?;
    let theirs = notes::organization_id.eq(tx.organization()).and(notes::id.eq_any(ids));
    diesel::delete(notes::table.filter(theirs)).execute(&mut **tx)?;
    let here = here(tx)?;
    let deleted: Vec<Line<'_>> = gone
        .iter()
        .map(|(_, contact, draft)| (*contact, Some(draft), None))
        .collect();
    log(tx, &here, "Note deleted", why, &deleted)
}

/// The notes with these ids, kept from being changed by others until the transaction ends.
pub fn all_locked(tx: &mut OrgTx<'_>, ids: &[NoteId]) -> QueryResult<Vec<(NoteId, ContactId, NoteDraft)>> {
    notes::table
        .filter(notes::organization_id.eq(tx.organization()))
        .filter(notes::id.eq_any(ids))
        .order(notes::id)
        .select((notes::id, notes::contact_id, NoteDraft::as_select()))
        .for_update()
        .load(&mut **tx)
}

fn locked(tx: &mut OrgTx<'_>, id: NoteId) -> QueryResult<super::model::Note> {
    all_locked(tx, &[id])?;
    store::find(tx, id)?.ok_or(QueryError::NotFound)
}

fn here(tx: &mut OrgTx<'_>) -> QueryResult<Organization> {
    let organization = tx.organization();
    accounts::organization(tx, organization)
}

fn insert_words<'d>(tx: &mut OrgTx<'_>, of: impl Iterator<Item = (NoteId, &'d NoteDraft)>) -> QueryResult<()> {
    let words = of.flat_map(|(id, draft)| draft.words().into_iter().map(move |word| (id, word)));
    let (ids, words): (Vec<NoteId>, Vec<String>) = words.unzip();
    diesel::sql_query("INSERT INTO note_search_terms (note_id, term) SELECT * FROM unnest($1, $2)")
        .bind::<Array<BigInt>, _>(ids)
        .bind::<Array<Text>, _>(words)
        .execute(&mut **tx)?;
    Ok(())
}

/// Whose note it is, and what it was and is.
type Line<'d> = (ContactId, Option<&'d NoteDraft>, Option<&'d NoteDraft>);

fn log(tx: &mut OrgTx<'_>, here: &Organization, what: &str, why: &str, lines: &[Line<'_>]) -> QueryResult<()> {
    let changes: Vec<NewChange<'_>> = lines
        .iter()
        .map(|(contact, old, new)| NewChange {
            contact: Some(*contact),
            what,
            fields: differences(*old, *new, here),
            why,
        })
        .collect();
    changelog::record_all(tx, &changes)?;
    let concerned: Vec<ContactId> = lines.iter().map(|(contact, ..)| *contact).collect();
    work::contacts_are_due(tx, &concerned)
}
