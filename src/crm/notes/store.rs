//! What can be read of notes: those of a contact or of everybody, all or those with certain words.

use super::model::{Note, NoteDraft, wanted_words};
use crate::base::{ContactId, NoteId};
use crate::crm::contacts::WORDS_MAX;
use crate::db::OrgTx;
use crate::db::schema::{contacts, notes};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

/// Which notes are wanted.
#[derive(Clone, Debug, Default)]
pub struct NoteFilter {
    /// Those of one contact; otherwise those of everybody who is not in the trash.
    pub contact: Option<ContactId>,
    /// Words the notes contain, whole or as a beginning; empty for all.
    pub query: String,
}

/// The notes that fit, with the contacts they are about. `$found`: those with the words, if words are wanted.
macro_rules! fitting {
    ($tx:expr, $filter:expr, $found:expr) => {{
        let mut query = notes::table
            .inner_join(
                contacts::table.on(contacts::organization_id
                    .eq(notes::organization_id)
                    .and(contacts::id.eq(notes::contact_id))),
            )
            .filter(notes::organization_id.eq($tx.organization()))
            .into_boxed::<Pg>();
        query = match $filter.contact {
            Some(contact) => query.filter(notes::contact_id.eq(contact)),
            None => query.filter(contacts::deleted_at.is_null()),
        };
        if let Some(found) = $found {
            query = query.filter(notes::id.eq_any(found));
        }
        query
    }};
}

/// The note with this id, unless its contact is in the trash.
pub fn find(tx: &mut OrgTx<'_>, id: NoteId) -> QueryResult<Option<Note>> {
    let any = NoteFilter::default();
    fitting!(tx, any, Some(vec![id]))
        .select(columns())
        .first(&mut **tx)
        .optional()
}

/// Every note of these contacts.
pub fn all_of(tx: &mut OrgTx<'_>, of: &[ContactId]) -> QueryResult<Vec<(NoteId, ContactId, NoteDraft)>> {
    notes::table
        .filter(notes::organization_id.eq(tx.organization()))
        .filter(notes::contact_id.eq_any(of))
        .order(notes::id)
        .select((notes::id, notes::contact_id, NoteDraft::as_select()))
        .load(&mut **tx)
}

/// The notes that fit, the latest first.
pub fn list(tx: &mut OrgTx<'_>, filter: &NoteFilter, offset: i64, limit: i64) -> QueryResult<Vec<Note>> {
    let found = with_the_words(tx, &filter.query)?;
    fitting!(tx, filter, found)
        .order((notes::noted_at.desc(), notes::id.desc()))
        .offset(offset)
        .limit(limit)
        .select(columns())
        .load(&mut **tx)
}

/// How many notes fit.
pub fn count(tx: &mut OrgTx<'_>, filter: &NoteFilter) -> QueryResult<i64> {
    let found = with_the_words(tx, &filter.query)?;
    fitting!(tx, filter, found).count().get_result(&mut **tx)
}

type Columns = (
    notes::id,
    notes::contact_id,
    contacts::display_name,
    notes::subject,
    notes::body,
    notes::noted_at,
    notes::created_by,
);

fn columns() -> Columns {
    (
        notes::id,
        notes::contact_id,
        contacts::display_name,
        notes::subject,
        notes::body,
        notes::noted_at,
        notes::created_by,
    )
}

/// The notes that have all words of a search; `None`: no words are asked for. Looked up by themselves, as in the search for
/// contacts.
fn with_the_words(tx: &mut OrgTx<'_>, query: &str) -> QueryResult<Option<Vec<NoteId>>> {
    let mut words = wanted_words(query);
    words.truncate(WORDS_MAX);
    if words.is_empty() {
        return Ok(None);
    }
    let parts: Vec<String> = (2..words.len() + 2)
        .map(|at| format!("SELECT note_id FROM note_search_terms WHERE organization_id = $1 AND term ^@ ${at}"))
        .collect();
    let mut query = diesel::sql_query(parts.join(" INTERSECT "))
        .into_boxed::<Pg>()
        .bind::<BigInt, _>(tx.organization());
    for word in words {
        query = query.bind::<Text, _>(word);
    }
    let found: Vec<Found> = query.load(&mut **tx)?;
    Ok(Some(found.into_iter().map(|row| row.note_id).collect()))
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = BigInt)]
    note_id: NoteId,
}
