//! Writing the rows that hang on contacts: emails, phones, addresses and search terms. Set-based, because an import
//! brings a hundred thousand of them.

use super::model::{Address, ContactDraft, Details, Email, EmailDraft, Phone};
use super::terms;
use crate::base::ContactId;
use crate::db::schema::{addresses, contact_search_terms, emails, phones};
use crate::db::{OrgTx, Rows};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Date, Jsonb, Nullable, Text, Timestamptz};

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
    let now = vec![tx.now(); new.len()];
    let details = || new.iter().map(|(_, draft)| &draft.details);
    let texts = |of: fn(&Details) -> &str| details().map(of).collect::<Vec<_>>();
    let flags = |of: fn(&Details) -> bool| details().map(of).collect::<Vec<_>>();
    let names = |of: fn(&ContactDraft) -> String| new.iter().map(|(_, draft)| of(draft)).collect::<Vec<_>>();
    Rows::of("contacts")
        .column::<BigInt, _>("id", new.iter().map(|(id, _)| id.0).collect())
        .column::<Text, _>("display_name", names(ContactDraft::display_name))
        .column::<Text, _>("sort_name", names(ContactDraft::sort_name))
        .column::<Timestamptz, _>("created_at", now.clone())
        .column::<Timestamptz, _>("modified_at", now)
        .column::<Text, _>("contact_type", texts(|of| of.contact_type.as_str()))
        .column::<Text, _>("contact_subtype", texts(|of| &of.contact_subtype))
        .column::<Text, _>("prefix", texts(|of| &of.prefix))
        .column::<Text, _>("first_name", texts(|of| &of.first_name))
        .column::<Text, _>("middle_name", texts(|of| &of.middle_name))
        .column::<Text, _>("last_name", texts(|of| &of.last_name))
        .column::<Text, _>("suffix", texts(|of| &of.suffix))
        .column::<Text, _>("organization_name", texts(|of| &of.organization_name))
        .column::<Text, _>("household_name", texts(|of| &of.household_name))
        .column::<Text, _>("job_title", texts(|of| &of.job_title))
        .column::<Text, _>("gender", texts(|of| &of.gender))
        .column::<Nullable<Date>, _>("birth_date", details().map(|of| of.birth_date).collect())
        .column::<Bool, _>("is_deceased", flags(|of| of.is_deceased))
        .column::<Text, _>("preferred_language", texts(|of| &of.preferred_language))
        .column::<Text, _>("source", texts(|of| &of.source))
        .column::<Nullable<Text>, _>(
            "external_identifier",
            details().map(|of| of.external_identifier.as_deref()).collect(),
        )
        .column::<Jsonb, _>("custom", details().map(|of| of.custom.clone()).collect())
        .column::<Bool, _>("do_not_email", flags(|of| of.privacy.do_not_email))
        .column::<Bool, _>("do_not_phone", flags(|of| of.privacy.do_not_phone))
        .column::<Bool, _>("do_not_mail", flags(|of| of.privacy.do_not_mail))
        .column::<Bool, _>("do_not_sms", flags(|of| of.privacy.do_not_sms))
        .column::<Bool, _>("do_not_trade", flags(|of| of.privacy.do_not_trade))
        .column::<Bool, _>("is_opt_out", flags(|of| of.privacy.is_opt_out))
        .insert(tx)?;
    Ok(())
}

/// Inserts emails; `before` tells since when those are on hold that already were.
pub(super) fn insert_emails(
    tx: &mut OrgTx<'_>,
    new: &[(ContactId, &ContactDraft)],
    before: &[Email],
) -> QueryResult<()> {
    let now = tx.now();
    let (contacts, emails) = hanging(new, |draft| &draft.emails);
    let all = || emails.iter();
    Rows::of("emails")
        .column::<BigInt, _>("contact_id", contacts)
        .column::<Text, _>("address", all().map(|email| email.address.as_typed()).collect())
        .column::<Text, _>("address_key", all().map(|email| email.address.key()).collect())
        .column::<Text, _>(
            "location_type",
            all().map(|email| email.location_type.as_str()).collect(),
        )
        .column::<Bool, _>("is_primary", all().map(|email| email.is_primary).collect())
        .column::<Bool, _>("is_bulk_mail", all().map(|email| email.is_bulk_mail).collect())
        .column::<Nullable<Timestamptz>, _>(
            "on_hold_since",
            all().map(|email| on_hold_since(email, before, now)).collect(),
        )
        .column::<Nullable<Text>, _>("on_hold_reason", all().map(|email| email.on_hold.as_deref()).collect())
        .insert(tx)?;
    Ok(())
}

/// What hangs on contacts, each beside whose it is.
fn hanging<'d, T>(
    new: &[(ContactId, &'d ContactDraft)],
    of: impl Fn(&'d ContactDraft) -> &'d Vec<T>,
) -> (Vec<i64>, Vec<&'d T>) {
    new.iter()
        .flat_map(|(id, draft)| of(draft).iter().map(move |one| (id.0, one)))
        .unzip()
}

fn on_hold_since(email: &EmailDraft, before: &[Email], now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    email.on_hold.as_ref()?;
    let known = before.iter().find(|known| known.address.key() == email.address.key());
    let hold = known.and_then(|known| known.on_hold.as_ref());
    Some(hold.map_or(now, |hold| hold.since))
}

/// Inserts phones.
pub(super) fn insert_phones(tx: &mut OrgTx<'_>, new: &[(ContactId, &ContactDraft)]) -> QueryResult<()> {
    let (contacts, phones) = hanging(new, |draft| &draft.phones);
    let texts = |of: fn(&Phone) -> &str| phones.iter().map(|phone| of(phone)).collect::<Vec<_>>();
    Rows::of("phones")
        .column::<BigInt, _>("contact_id", contacts)
        .column::<Text, _>("number", texts(|phone| &phone.number))
        .column::<Text, _>("extension", texts(|phone| &phone.extension))
        .column::<Text, _>("phone_type", texts(|phone| &phone.phone_type))
        .column::<Text, _>("location_type", texts(|phone| &phone.location_type))
        .column::<Bool, _>("is_primary", phones.iter().map(|phone| phone.is_primary).collect())
        .insert(tx)?;
    Ok(())
}

/// Inserts addresses.
pub(super) fn insert_addresses(tx: &mut OrgTx<'_>, new: &[(ContactId, &ContactDraft)]) -> QueryResult<()> {
    let (contacts, addresses) = hanging(new, |draft| &draft.addresses);
    let texts = |of: fn(&Address) -> &str| addresses.iter().map(|address| of(address)).collect::<Vec<_>>();
    Rows::of("addresses")
        .column::<BigInt, _>("contact_id", contacts)
        .column::<Text, _>("location_type", texts(|address| &address.location_type))
        .column::<Text, _>("street_address", texts(|address| &address.street_address))
        .column::<Text, _>(
            "supplemental_address_1",
            texts(|address| &address.supplemental_address_1),
        )
        .column::<Text, _>(
            "supplemental_address_2",
            texts(|address| &address.supplemental_address_2),
        )
        .column::<Text, _>("city", texts(|address| &address.city))
        .column::<Text, _>("province", texts(|address| &address.province))
        .column::<Text, _>("postal_code", texts(|address| &address.postal_code))
        .column::<Text, _>("country", texts(|address| &address.country))
        .column::<Bool, _>(
            "is_primary",
            addresses.iter().map(|address| address.is_primary).collect(),
        )
        .insert(tx)?;
    Ok(())
}

/// Inserts the words the contacts are found by; nobody is in the trash.
pub(super) fn insert_search_terms(tx: &mut OrgTx<'_>, new: &[(ContactId, &ContactDraft)]) -> QueryResult<()> {
    let of = |(id, draft): &(ContactId, &ContactDraft)| {
        let (id, name) = (id.0, draft.sort_name());
        terms::of(draft)
            .into_iter()
            .map(move |(word, kind)| (word, id, kind.as_str(), name.clone()))
    };
    // In the order of the index: neighbours come into the same page of it.
    let mut all: Vec<(String, i64, &str, String)> = new.iter().flat_map(of).collect();
    all.sort_unstable();
    let (mut words, mut ids, mut kinds, mut names) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (word, id, kind, name) in all {
        words.push(word);
        ids.push(id);
        kinds.push(kind);
        names.push(name);
    }
    Rows::of("contact_search_terms")
        .column::<BigInt, _>("contact_id", ids)
        .column::<Text, _>("term", words)
        .column::<Text, _>("kind", kinds)
        .column::<Text, _>("sort_name", names)
        .insert(tx)?;
    Ok(())
}

/// The words tell of whoever goes into the trash, and of whoever comes out of it.
pub(super) fn search_terms_in_trash(tx: &mut OrgTx<'_>, ids: &[ContactId], in_trash: bool) -> QueryResult<()> {
    let theirs = contact_search_terms::organization_id
        .eq(tx.organization())
        .and(contact_search_terms::contact_id.eq_any(ids));
    diesel::update(contact_search_terms::table.filter(theirs))
        .set(contact_search_terms::in_trash.eq(in_trash))
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
