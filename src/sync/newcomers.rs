//! Who subscribes and is nobody we know becomes a new contact; who may be one of several waits for staff on the review list.

use super::facts::Mapping;
use super::mirror::MirrorMember;
use crate::base::{ContactId, EmailAddress};
use crate::crm::contacts::{self, ContactDraft, Details, EmailDraft};
use crate::db::OrgTx;
use crate::db::schema::review_members;
use diesel::prelude::*;
use diesel::upsert::excluded;
use std::collections::BTreeMap;

/// The addresses on the review list of which one of these contacts is a candidate.
pub fn reviewed(tx: &mut OrgTx<'_>, mapping: &Mapping, ids: &[ContactId]) -> QueryResult<Vec<String>> {
    let rows: Vec<(String, serde_json::Value)> = review_members::table
        .filter(review_members::organization_id.eq(tx.organization()))
        .filter(review_members::audience_id.eq(&mapping.audience))
        .select((review_members::address_key, review_members::candidates))
        .load(&mut **tx)?;
    let is_asked = |candidates: &serde_json::Value| {
        let candidates: Vec<ContactId> = serde_json::from_value(candidates.clone()).unwrap_or_default();
        candidates.iter().any(|candidate| ids.contains(candidate))
    };
    Ok(rows
        .into_iter()
        .filter_map(|(key, candidates)| is_asked(&candidates).then_some(key))
        .collect())
}

/// Puts members whom several contacts fit on the review list, and takes off whoever of these addresses is clear by now.
pub fn review(
    tx: &mut OrgTx<'_>,
    mapping: &Mapping,
    keys: &[String],
    unclear: &BTreeMap<String, Vec<ContactId>>,
) -> QueryResult<()> {
    use review_members::dsl;
    diesel::delete(dsl::review_members)
        .filter(dsl::organization_id.eq(tx.organization()))
        .filter(dsl::audience_id.eq(&mapping.audience))
        .filter(dsl::address_key.eq_any(keys))
        .filter(dsl::address_key.ne_all(unclear.keys()))
        .execute(&mut **tx)?;
    if unclear.is_empty() {
        return Ok(());
    }
    let now = tx.now();
    let rows: Vec<_> = unclear
        .iter()
        .map(|(key, candidates)| {
            (
                dsl::audience_id.eq(&mapping.audience),
                dsl::address_key.eq(key),
                dsl::found_at.eq(now),
                dsl::candidates.eq(serde_json::json!(candidates)),
            )
        })
        .collect();
    diesel::insert_into(dsl::review_members)
        .values(rows)
        .on_conflict((dsl::organization_id, dsl::audience_id, dsl::address_key))
        .do_update()
        .set(dsl::candidates.eq(excluded(dsl::candidates)))
        .execute(&mut **tx)?;
    Ok(())
}

/// A contact for a subscriber whom nobody knows, who joins when it is looked at. An address we cannot read is left to Mailchimp.
pub fn add_contact(tx: &mut OrgTx<'_>, member: &MirrorMember) -> QueryResult<()> {
    let address = EmailAddress::parse(&member.address).ok();
    let Some(address) = address.filter(|address| address.key() == member.address_key) else {
        return Ok(());
    };
    let draft = ContactDraft {
        details: Details {
            first_name: member.first_name.clone(),
            last_name: member.last_name.clone(),
            preferred_language: member.language.clone(),
            source: "Mailchimp".into(),
            ..Details::default()
        },
        emails: vec![EmailDraft {
            is_primary: true,
            is_bulk_mail: true,
            ..EmailDraft::new(address)
        }],
        ..ContactDraft::default()
    };
    match contacts::actions::add(tx, &draft) {
        Ok(_) => Ok(()),
        Err(contacts::ContactError::Database(error)) => Err(error),
        Err(refused) => {
            tracing::warn!(%refused, "a new subscriber could not become a contact");
            Ok(())
        }
    }
}
