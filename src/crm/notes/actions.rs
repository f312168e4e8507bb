//! What staff do with notes. Each action writes the note, its words, a line in the contact's Change Log and the due mark.

use super::model::{NoteDraft, differences};
use super::store;
use crate::accounts;
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
    let id: NoteId = diesel::insert_into(notes::table)
        .values((
            notes::contact_id.eq(contact),
            notes::subject.eq(&draft.subject),
            notes::body.eq(&draft.text),
            notes::noted_at.eq(draft.noted_at),
            notes::created_by.eq(tx.actor().name().to_owned()),
            notes::created_at.eq(tx.now()),
        ))
        .returning(notes::id)
        .get_result(&mut **tx)?;
    insert_words(tx, id, draft)?;
    log(tx, contact, "Note added", None, Some(draft))?;
    Ok(id)
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
    insert_words(tx, id, draft)?;
    log(tx, note.contact, "Note changed", Some(&before), Some(draft))?;
    Ok(true)
}

/// Deletes a note; what it said stays in the Change Log.
pub fn delete(tx: &mut OrgTx<'_>, id: NoteId) -> QueryResult<()> {
    let note = locked(tx, id)?;
    diesel::delete(notes::table.find((tx.organization(), id))).execute(&mut **tx)?;
    log(tx, note.contact, "Note deleted", Some(&note.draft()), None)
}

fn locked(tx: &mut OrgTx<'_>, id: NoteId) -> QueryResult<super::model::Note> {
    notes::table
        .find((tx.organization(), id))
        .select(notes::id)
        .for_update()
        .first::<NoteId>(&mut **tx)?;
    store::find(tx, id)?.ok_or(QueryError::NotFound)
}

fn insert_words(tx: &mut OrgTx<'_>, id: NoteId, draft: &NoteDraft) -> QueryResult<()> {
    let words: Vec<String> = draft.words().into_iter().collect();
    diesel::sql_query("INSERT INTO note_search_terms (note_id, term) SELECT $1, word FROM unnest($2) AS word")
        .bind::<BigInt, _>(id)
        .bind::<Array<Text>, _>(words)
        .execute(&mut **tx)?;
    Ok(())
}

fn log(
    tx: &mut OrgTx<'_>,
    contact: ContactId,
    what: &str,
    old: Option<&NoteDraft>,
    new: Option<&NoteDraft>,
) -> QueryResult<()> {
    let organization = tx.organization();
    let here = accounts::organization(tx, organization)?;
    changelog::record(
        tx,
        NewChange {
            contact: Some(contact),
            what,
            fields: differences(old, new, &here),
            why: "",
        },
    )?;
    work::contacts_are_due(tx, &[contact])
}
