//! Changing many contacts at once, as imports do: what hangs on them is deleted and written in a handful of statements.

use super::model::{Contact, ContactDraft};
use super::{ContactError, actions, differences, rows, store, terms};
use crate::base::ContactId;
use crate::changelog::{self, NewChange};
use crate::db::OrgTx;
use crate::db::schema::{addresses, contact_search_terms, contacts, emails, phones};
use crate::work;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use std::collections::HashSet;

/// The contacts with these ids, kept from being changed by others until the transaction ends; in the order of their ids, so
/// that two who lock the same ones cannot lock each other out. Rows that name a contact can be written meanwhile: what they name it
/// by never changes.
pub fn locked(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<Vec<Contact>> {
    contacts::table
        .filter(contacts::organization_id.eq(tx.organization()))
        .filter(contacts::id.eq_any(ids))
        .order(contacts::id)
        .select(contacts::id)
        .for_no_key_update()
        .load::<i64>(&mut **tx)?;
    store::find_all(tx, ids)
}

/// Makes each contact, as `locked` gave it, what its draft says. Only differences are written; returns whom they concerned.
/// One draft that breaks the rules refuses all: ask `ContactDraft::problems` before.
pub fn change_many(
    tx: &mut OrgTx<'_>,
    wanted: &[(&Contact, &ContactDraft)],
    why: &str,
) -> Result<Vec<ContactId>, ContactError> {
    let before: Vec<ContactDraft> = wanted.iter().map(|(contact, _)| contact.draft()).collect();
    let custom = actions::custom_fields(tx, before.iter().chain(wanted.iter().map(|(_, draft)| *draft)))?;
    let mut changed = Vec::new();
    let mut log = Vec::new();
    for ((contact, draft), before) in wanted.iter().zip(&before) {
        let fields = differences::between(before, draft, &custom);
        if fields.is_empty() {
            continue;
        }
        let problems = [draft.problems(), actions::unfit(draft, &custom)].concat();
        if !problems.is_empty() {
            return Err(ContactError::Invalid(problems));
        }
        changed.push((*contact, *draft));
        log.push(NewChange {
            contact: Some(contact.id),
            what: "Contact changed",
            fields,
            why,
        });
    }
    let newly_identified = changed.iter().filter_map(|(contact, draft)| {
        let identifier = &draft.details.external_identifier;
        identifier
            .clone()
            .filter(|_| *identifier != contact.details.external_identifier)
    });
    actions::refuse_taken(tx, newly_identified.collect(), None)?;
    write(tx, &changed)?;
    changelog::record_all(tx, &log)?;
    let ids: Vec<ContactId> = changed.iter().map(|(contact, _)| contact.id).collect();
    work::contacts_are_due(tx, &ids)?;
    let is_renamed = |(contact, draft): &&(&Contact, &ContactDraft)| contact.display_name != draft.display_name();
    let renamed: Vec<ContactId> = changed
        .iter()
        .filter(is_renamed)
        .map(|(contact, _)| contact.id)
        .collect();
    if !renamed.is_empty() {
        actions::related_are_due(tx, &renamed)?;
    }
    Ok(ids)
}

/// What became of those who were to come out of the trash.
#[derive(Clone, Debug, Default)]
pub struct Restored {
    pub back: Vec<ContactId>,
    /// Another contact bears their External Identifier by now, so they stay in the trash.
    pub taken: Vec<ContactId>,
}

/// Takes contacts, as `locked` gave them, out of the trash. Those who are not in it, became part of another or were erased
/// are passed over.
pub fn restore_many(tx: &mut OrgTx<'_>, contacts: &[&Contact], why: &str) -> QueryResult<Restored> {
    let is_gone = |contact: &Contact| contact.merged_into.is_some() || contact.erased_at.is_some();
    let in_trash = |contact: &Contact| contact.deleted_at.is_some() && !is_gone(contact);
    let trashed = || contacts.iter().filter(|contact| in_trash(contact));
    let identifier = |contact: &Contact| contact.details.external_identifier.clone();
    let identifiers: Vec<String> = trashed().filter_map(|contact| identifier(contact)).collect();
    let mut borne: HashSet<String> = store::by_external_identifiers(tx, &identifiers)?.into_keys().collect();
    let mut restored = Restored::default();
    for contact in trashed() {
        // Two in the trash may have had the same one after the other: the first comes back.
        let is_free = identifier(contact).is_none_or(|identifier| borne.insert(identifier));
        let into = if is_free {
            &mut restored.back
        } else {
            &mut restored.taken
        };
        into.push(contact.id);
    }
    diesel::update(contacts::table)
        .filter(contacts::organization_id.eq(tx.organization()))
        .filter(contacts::id.eq_any(&restored.back))
        .set((
            contacts::deleted_at.eq(None::<DateTime<Utc>>),
            contacts::modified_at.eq(tx.now()),
        ))
        .execute(&mut **tx)?;
    rows::search_terms_in_trash(tx, &restored.back, false)?;
    changelog::record_for_each(tx, &restored.back, "Contact taken out of the trash", why)?;
    work::contacts_are_due(tx, &restored.back)?;
    actions::related_are_due(tx, &restored.back)?;
    Ok(restored)
}

fn write(tx: &mut OrgTx<'_>, changed: &[(&Contact, &ContactDraft)]) -> QueryResult<()> {
    for (contact, draft) in changed {
        diesel::update(contacts::table.find((tx.organization().0, contact.id.0)))
            .set((
                &draft.details,
                contacts::display_name.eq(draft.display_name()),
                contacts::sort_name.eq(draft.sort_name()),
                contacts::modified_at.eq(tx.now()),
            ))
            .execute(&mut **tx)?;
    }
    let concerned = |differs: fn(&Contact, &ContactDraft) -> bool| -> Vec<(ContactId, &ContactDraft)> {
        let concerned = changed.iter().filter(|(contact, draft)| differs(contact, draft));
        concerned.map(|(contact, draft)| (contact.id, *draft)).collect()
    };
    write_emails(tx, changed)?;

    let of = concerned(|contact, draft| contact.phones != draft.phones);
    let theirs = phones::organization_id
        .eq(tx.organization())
        .and(phones::contact_id.eq_any(ids(&of)));
    diesel::delete(phones::table.filter(theirs)).execute(&mut **tx)?;
    rows::insert_phones(tx, &of)?;

    let of = concerned(|contact, draft| contact.addresses != draft.addresses);
    let theirs = addresses::organization_id
        .eq(tx.organization())
        .and(addresses::contact_id.eq_any(ids(&of)));
    diesel::delete(addresses::table.filter(theirs)).execute(&mut **tx)?;
    rows::insert_addresses(tx, &of)?;

    let of = concerned(|contact, draft| {
        let before = contact.draft();
        (terms::of(&before), before.sort_name()) != (terms::of(draft), draft.sort_name())
    });
    let theirs = contact_search_terms::organization_id
        .eq(tx.organization())
        .and(contact_search_terms::contact_id.eq_any(ids(&of)));
    diesel::delete(contact_search_terms::table.filter(theirs)).execute(&mut **tx)?;
    rows::insert_search_terms(tx, &of)?;
    let trashed = changed.iter().filter(|(contact, _)| contact.deleted_at.is_some());
    let trashed: Vec<ContactId> = trashed.map(|(contact, _)| contact.id).collect();
    rows::search_terms_in_trash(tx, &trashed, true)
}

/// Those on hold are written one contact after the other: since when is told by their own emails, not by another's with
/// the same address.
fn write_emails(tx: &mut OrgTx<'_>, changed: &[(&Contact, &ContactDraft)]) -> QueryResult<()> {
    let of: Vec<_> = changed
        .iter()
        .filter(|(contact, draft)| contact.draft().emails != draft.emails)
        .map(|(contact, draft)| (contact.id, *draft))
        .collect();
    let theirs = emails::organization_id
        .eq(tx.organization())
        .and(emails::contact_id.eq_any(ids(&of)));
    diesel::delete(emails::table.filter(theirs)).execute(&mut **tx)?;
    let (held, free): (Vec<_>, Vec<_>) = of
        .into_iter()
        .partition(|(_, draft)| draft.emails.iter().any(|email| email.on_hold.is_some()));
    rows::insert_emails(tx, &free, &[])?;
    for (id, draft) in held {
        let before = changed.iter().find(|(contact, _)| contact.id == id);
        rows::insert_emails(tx, &[(id, draft)], before.map_or(&[], |(contact, _)| &contact.emails))?;
    }
    Ok(())
}

fn ids(of: &[(ContactId, &ContactDraft)]) -> Vec<ContactId> {
    of.iter().map(|(id, _)| *id).collect()
}
