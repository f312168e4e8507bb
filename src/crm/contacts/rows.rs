//! Writing the rows that hang on contacts: emails, phones, addresses and search terms. Set-based, because an import
//! brings a hundred thousand of them.

use super::model::{ContactDraft, Email, EmailDraft};
use super::terms;
use crate::base::ContactId;
use crate::db::OrgTx;
use crate::db::schema::{addresses, contact_search_terms, contacts, emails, phones};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text};

/// Rows of one insert: Postgres takes 65,535 parameters a statement, and a contact has 28.
const ROWS_PER_INSERT: usize = 2_000;

#[derive(QueryableByName)]
struct Reserved {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// Ids for new contacts, taken beforehand so that the rows hanging on them can name them.
pub(super) fn reserve_ids(tx: &mut OrgTx<'_>, count: usize) -> QueryResult<Vec<ContactId>> {
    let rows: Vec<Reserved> = diesel::sql_query("SELECT nextval('contacts_id_seq') AS id FROM generate_series(1, $1)")
        .bind::<BigInt, _>(i64::try_from(count).unwrap_or(i64::MAX))
        .load(&mut **tx)?;
    Ok(rows.into_iter().map(|row| ContactId(row.id)).collect())
}

/// Inserts the contacts themselves.
pub(super) fn insert_contacts(tx: &mut OrgTx<'_>, new: &[(ContactId, &ContactDraft)]) -> QueryResult<()> {
    for chunk in new.chunks(ROWS_PER_INSERT) {
        let rows: Vec<_> = chunk
            .iter()
            .map(|(id, draft)| {
                (
                    contacts::id.eq(*id),
                    contacts::display_name.eq(draft.display_name()),
                    contacts::sort_name.eq(draft.sort_name()),
                    contacts::created_at.eq(tx.now()),
                    contacts::modified_at.eq(tx.now()),
                    &draft.details,
                )
            })
            .collect();
        diesel::insert_into(contacts::table).values(rows).execute(&mut **tx)?;
    }
    Ok(())
}

/// Inserts emails; `before` tells since when those are on hold that already were.
pub(super) fn insert_emails(
    tx: &mut OrgTx<'_>,
    new: &[(ContactId, &ContactDraft)],
    before: &[Email],
) -> QueryResult<()> {
    let now = tx.now();
    let all: Vec<_> = new
        .iter()
        .flat_map(|(id, draft)| draft.emails.iter().map(move |email| (*id, email)))
        .collect();
    for chunk in all.chunks(ROWS_PER_INSERT) {
        let rows: Vec<_> = chunk
            .iter()
            .map(|(id, email)| {
                (
                    emails::contact_id.eq(*id),
                    emails::address.eq(email.address.as_typed()),
                    emails::address_key.eq(email.address.key()),
                    emails::location_type.eq(&email.location_type),
                    emails::is_primary.eq(email.is_primary),
                    emails::is_bulk_mail.eq(email.is_bulk_mail),
                    emails::on_hold_since.eq(on_hold_since(email, before, now)),
                    emails::on_hold_reason.eq(email.on_hold.as_deref()),
                )
            })
            .collect();
        diesel::insert_into(emails::table).values(rows).execute(&mut **tx)?;
    }
    Ok(())
}

fn on_hold_since(email: &EmailDraft, before: &[Email], now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    email.on_hold.as_ref()?;
    let known = before.iter().find(|known| known.address.key() == email.address.key());
    let hold = known.and_then(|known| known.on_hold.as_ref());
    Some(hold.map_or(now, |hold| hold.since))
}

/// Inserts phones.
pub(super) fn insert_phones(tx: &mut OrgTx<'_>, new: &[(ContactId, &ContactDraft)]) -> QueryResult<()> {
    let all: Vec<_> = new
        .iter()
        .flat_map(|(id, draft)| draft.phones.iter().map(|phone| (phones::contact_id.eq(*id), phone)))
        .collect();
    for chunk in all.chunks(ROWS_PER_INSERT) {
        diesel::insert_into(phones::table)
            .values(chunk.to_vec())
            .execute(&mut **tx)?;
    }
    Ok(())
}

/// Inserts addresses.
pub(super) fn insert_addresses(tx: &mut OrgTx<'_>, new: &[(ContactId, &ContactDraft)]) -> QueryResult<()> {
    let all: Vec<_> = new
        .iter()
        .flat_map(|(id, draft)| {
            draft
                .addresses
                .iter()
                .map(|address| (addresses::contact_id.eq(*id), address))
        })
        .collect();
    for chunk in all.chunks(ROWS_PER_INSERT) {
        diesel::insert_into(addresses::table)
            .values(chunk.to_vec())
            .execute(&mut **tx)?;
    }
    Ok(())
}

/// Inserts the words the contacts are found by.
pub(super) fn insert_search_terms(tx: &mut OrgTx<'_>, new: &[(ContactId, &ContactDraft)]) -> QueryResult<()> {
    let (mut ids, mut words, mut kinds) = (Vec::new(), Vec::new(), Vec::new());
    for (id, draft) in new {
        for (word, kind) in terms::of(draft) {
            ids.push(id.0);
            words.push(word);
            kinds.push(kind.as_str());
        }
    }
    diesel::sql_query("INSERT INTO contact_search_terms (contact_id, term, kind) SELECT * FROM unnest($1, $2, $3)")
        .bind::<Array<BigInt>, _>(ids)
        .bind::<Array<Text>, _>(words)
        .bind::<Array<Text>, _>(kinds)
        .execute(&mut **tx)?;
    Ok(())
}

/// Deletes a contact's emails, to be written anew.
pub(super) fn delete_emails(tx: &mut OrgTx<'_>, id: ContactId) -> QueryResult<usize> {
    let mine = emails::organization_id
        .eq(tx.organization())
        .and(emails::contact_id.eq(id));
    diesel::delete(emails::table.filter(mine)).execute(&mut **tx)
}

/// Deletes a contact's phones.
pub(super) fn delete_phones(tx: &mut OrgTx<'_>, id: ContactId) -> QueryResult<usize> {
    let mine = phones::organization_id
        .eq(tx.organization())
        .and(phones::contact_id.eq(id));
    diesel::delete(phones::table.filter(mine)).execute(&mut **tx)
}

/// Deletes a contact's addresses.
pub(super) fn delete_addresses(tx: &mut OrgTx<'_>, id: ContactId) -> QueryResult<usize> {
    let mine = addresses::organization_id
        .eq(tx.organization())
        .and(addresses::contact_id.eq(id));
    diesel::delete(addresses::table.filter(mine)).execute(&mut **tx)
}

/// Deletes the words a contact was found by.
pub(super) fn delete_search_terms(tx: &mut OrgTx<'_>, id: ContactId) -> QueryResult<usize> {
    use contact_search_terms::{contact_id, organization_id};
    let mine = organization_id.eq(tx.organization()).and(contact_id.eq(id));
    diesel::delete(contact_search_terms::table.filter(mine)).execute(&mut **tx)
}
