//! Reading contacts: one, several, and those that a file or Mailchimp speaks of.

use super::model::{Address, Contact, Details, Email, OnHold, Phone};
use crate::base::{ContactId, EmailAddress};
use crate::db::OrgTx;
use crate::db::schema::{addresses, contacts, emails, phones};
use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool};
use std::collections::HashMap;

/// That a contact is one of these. A single one is asked for as such: Postgres then keeps its plan instead of making a new one
/// each time, which takes longer than the answer.
macro_rules! is_among {
    ($table:ident, $contact:ident, $ids:expr) => {{
        let condition: Box<dyn BoxableExpression<$table::table, Pg, SqlType = Bool> + '_> = match $ids {
            [only] => Box::new($table::$contact.eq(*only)),
            ids => Box::new($table::$contact.eq_any(ids)),
        };
        condition
    }};
}

/// The contact with this id, also from the trash.
pub fn find(tx: &mut OrgTx<'_>, id: ContactId) -> QueryResult<Option<Contact>> {
    Ok(find_all(tx, &[id])?.pop())
}

/// The names of these contacts as lists are sorted by them, also of who is in the trash.
pub fn sort_names(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<HashMap<ContactId, String>> {
    let names: Vec<(ContactId, String)> = contacts::table
        .filter(contacts::organization_id.eq(tx.organization()))
        .filter(contacts::id.eq_any(ids))
        .select((contacts::id, contacts::sort_name))
        .load(&mut **tx)?;
    Ok(names.into_iter().collect())
}

/// The contacts with these ids, also from the trash, in the order of their ids.
pub fn find_all(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<Vec<Contact>> {
    let rows: Vec<Row> = contacts::table
        .filter(contacts::organization_id.eq(tx.organization()))
        .filter(is_among!(contacts, id, ids))
        .order(contacts::id)
        .select(Row::as_select())
        .load(&mut **tx)?;
    let mut emails = emails_of(tx, ids)?;
    let mut phones = phones_of(tx, ids)?;
    let mut addresses = addresses_of(tx, ids)?;
    Ok(rows
        .into_iter()
        .map(|row| Contact {
            emails: emails.remove(&row.id).unwrap_or_default(),
            phones: phones.remove(&row.id).unwrap_or_default(),
            addresses: addresses.remove(&row.id).unwrap_or_default(),
            id: row.id,
            display_name: row.display_name,
            sort_name: row.sort_name,
            created_at: row.created_at,
            modified_at: row.modified_at,
            deleted_at: row.deleted_at,
            merged_into: row.merged_into,
            erased_at: row.erased_at,
            details: row.details,
        })
        .collect())
}

/// "Anne Lem": the name of a contact; `None` for one that does not exist or is in the trash.
pub fn name_of(tx: &mut OrgTx<'_>, id: ContactId) -> QueryResult<Option<String>> {
    contacts::table
        .filter(contacts::organization_id.eq(tx.organization()))
        .filter(contacts::id.eq(id))
        .filter(contacts::deleted_at.is_null())
        .select(contacts::display_name)
        .first(&mut **tx)
        .optional()
}

/// The same contacts, each who was merged into another as that other one: an open form may still speak of them.
pub fn survivors(tx: &mut OrgTx<'_>, of: &[ContactId]) -> QueryResult<Vec<ContactId>> {
    if of.is_empty() {
        return Ok(Vec::new());
    }
    let merged: HashMap<ContactId, Option<ContactId>> = contacts::table
        .filter(contacts::organization_id.eq(tx.organization()))
        .filter(is_among!(contacts, id, of))
        .filter(contacts::merged_into.is_not_null())
        .select((contacts::id, contacts::merged_into))
        .load::<(ContactId, Option<ContactId>)>(&mut **tx)?
        .into_iter()
        .collect();
    let mut survivors: Vec<ContactId> = Vec::new();
    for id in of {
        let survivor = merged.get(id).copied().flatten().unwrap_or(*id);
        if !survivors.contains(&survivor) {
            survivors.push(survivor);
        }
    }
    Ok(survivors)
}

/// Those of these contacts that exist and are not in the trash, in the order of their ids.
pub fn living(tx: &mut OrgTx<'_>, among: &[ContactId]) -> QueryResult<Vec<ContactId>> {
    contacts::table
        .filter(contacts::organization_id.eq(tx.organization()))
        .filter(contacts::id.eq_any(among))
        .filter(contacts::deleted_at.is_null())
        .order(contacts::id)
        .select(contacts::id)
        .load(&mut **tx)
}

/// Which contact bears each of these external identifiers, or has become part of which; others in the trash are left out.
pub fn by_external_identifiers(tx: &mut OrgTx<'_>, identifiers: &[String]) -> QueryResult<HashMap<String, ContactId>> {
    let organization = tx.organization();
    let bearing = || {
        contacts::table
            .filter(contacts::organization_id.eq(organization))
            .filter(contacts::external_identifier.eq_any(identifiers))
    };
    // Two questions, because each has its own index. Whoever bears it now comes last and counts.
    let merged: Vec<(Option<String>, Option<ContactId>)> = bearing()
        .filter(contacts::merged_into.is_not_null())
        .select((contacts::external_identifier, contacts::merged_into))
        .load(&mut **tx)?;
    let living: Vec<(Option<String>, Option<ContactId>)> = bearing()
        .filter(contacts::deleted_at.is_null())
        .select((contacts::external_identifier, contacts::id.nullable()))
        .load(&mut **tx)?;
    Ok(merged
        .into_iter()
        .chain(living)
        .filter_map(|(identifier, id)| Some((identifier?, id?)))
        .collect())
}

/// A contact that has a certain email address, with the names to tell apart those who share it.
#[derive(Clone, Debug, Queryable)]
pub struct AddressHolder {
    /// The address in lower case.
    pub address_key: String,
    pub contact: ContactId,
    pub first_name: String,
    pub last_name: String,
    pub display_name: String,
    pub external_identifier: Option<String>,
}

/// Everybody who has one of these addresses (in lower case), whichever of theirs it is; those in the trash are left out.
pub fn by_addresses(tx: &mut OrgTx<'_>, address_keys: &[String]) -> QueryResult<Vec<AddressHolder>> {
    emails::table
        .inner_join(
            contacts::table.on(contacts::organization_id
                .eq(emails::organization_id)
                .and(contacts::id.eq(emails::contact_id))),
        )
        .filter(emails::organization_id.eq(tx.organization()))
        .filter(emails::address_key.eq_any(address_keys))
        .filter(contacts::deleted_at.is_null())
        .order((emails::address_key, contacts::id))
        .select((
            emails::address_key,
            contacts::id,
            contacts::first_name,
            contacts::last_name,
            contacts::display_name,
            contacts::external_identifier,
        ))
        .load(&mut **tx)
}

/// A contact with what tells it from others of the same number elsewhere.
#[derive(Clone, Debug, Queryable)]
pub struct Numbered {
    pub contact: ContactId,
    pub first_name: String,
    pub last_name: String,
    pub display_name: String,
    pub sort_name: String,
    pub external_identifier: Option<String>,
}

/// The contacts with these DMS Numbers; those in the trash are left out.
pub fn by_numbers(tx: &mut OrgTx<'_>, numbers: &[ContactId]) -> QueryResult<Vec<Numbered>> {
    contacts::table
        .filter(contacts::organization_id.eq(tx.organization()))
        .filter(contacts::id.eq_any(numbers))
        .filter(contacts::deleted_at.is_null())
        .select((
            contacts::id,
            contacts::first_name,
            contacts::last_name,
            contacts::display_name,
            contacts::sort_name,
            contacts::external_identifier,
        ))
        .load(&mut **tx)
}

/// What belongs to each contact, in the order of the rows.
pub(super) fn lists<T>(rows: Vec<(ContactId, T)>) -> HashMap<ContactId, Vec<T>> {
    let mut found: HashMap<ContactId, Vec<T>> = HashMap::new();
    for (contact, one) in rows {
        found.entry(contact).or_default().push(one);
    }
    found
}

/// How many emails, phones and addresses the one of these contacts has that has most of each.
pub fn most_entries(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<(usize, usize, usize)> {
    let mut most = |table: &str| -> QueryResult<usize> {
        let row: Most = diesel::sql_query(format!(
            "SELECT coalesce(max(entries), 0) AS most FROM ( \
                SELECT count(*) AS entries FROM {table} WHERE organization_id = $1 AND contact_id = ANY($2) \
                GROUP BY contact_id) AS each"
        ))
        .bind::<BigInt, _>(tx.organization())
        .bind::<Array<BigInt>, _>(ids.iter().map(|id| id.0).collect::<Vec<_>>())
        .get_result(&mut **tx)?;
        Ok(usize::try_from(row.most).unwrap_or_default())
    };
    Ok((most("emails")?, most("phones")?, most("addresses")?))
}

#[derive(QueryableByName)]
struct Most {
    #[diesel(sql_type = BigInt)]
    most: i64,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = contacts)]
struct Row {
    id: ContactId,
    display_name: String,
    sort_name: String,
    created_at: DateTime<Utc>,
    modified_at: DateTime<Utc>,
    deleted_at: Option<DateTime<Utc>>,
    merged_into: Option<ContactId>,
    erased_at: Option<DateTime<Utc>>,
    #[diesel(embed)]
    details: Details,
}

type EmailRow = (
    ContactId,
    String,
    String,
    bool,
    bool,
    Option<DateTime<Utc>>,
    Option<String>,
);

fn emails_of(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<HashMap<ContactId, Vec<Email>>> {
    let rows: Vec<EmailRow> = emails::table
        .filter(emails::organization_id.eq(tx.organization()))
        .filter(is_among!(emails, contact_id, ids))
        .order((emails::is_primary.desc(), emails::id))
        .select((
            emails::contact_id,
            emails::address,
            emails::location_type,
            emails::is_primary,
            emails::is_bulk_mail,
            emails::on_hold_since,
            emails::on_hold_reason,
        ))
        .load(&mut **tx)?;
    let mut found: HashMap<ContactId, Vec<Email>> = HashMap::new();
    for (contact, address, location_type, is_primary, is_bulk_mail, since, reason) in rows {
        let address = EmailAddress::parse(&address).map_err(|sentence| {
            diesel::result::Error::DeserializationError(format!("a stored email: {sentence}").into())
        })?;
        found.entry(contact).or_default().push(Email {
            address,
            location_type,
            is_primary,
            is_bulk_mail,
            on_hold: since.zip(reason).map(|(since, reason)| OnHold { since, reason }),
        });
    }
    Ok(found)
}

fn phones_of(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<HashMap<ContactId, Vec<Phone>>> {
    let rows: Vec<(ContactId, Phone)> = phones::table
        .filter(phones::organization_id.eq(tx.organization()))
        .filter(is_among!(phones, contact_id, ids))
        .order((phones::is_primary.desc(), phones::id))
        .select((phones::contact_id, Phone::as_select()))
        .load(&mut **tx)?;
    Ok(by_contact(rows))
}

fn addresses_of(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<HashMap<ContactId, Vec<Address>>> {
    let rows: Vec<(ContactId, Address)> = addresses::table
        .filter(addresses::organization_id.eq(tx.organization()))
        .filter(is_among!(addresses, contact_id, ids))
        .order((addresses::is_primary.desc(), addresses::id))
        .select((addresses::contact_id, Address::as_select()))
        .load(&mut **tx)?;
    Ok(by_contact(rows))
}

fn by_contact<T>(rows: Vec<(ContactId, T)>) -> HashMap<ContactId, Vec<T>> {
    let mut found: HashMap<ContactId, Vec<T>> = HashMap::new();
    for (contact, row) in rows {
        found.entry(contact).or_default().push(row);
    }
    found
}
