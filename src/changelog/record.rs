//! Writing the log. Nothing in the product updates or deletes what stands there.

use crate::base::ContactId;
use crate::db::{OrgTx, Rows};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Jsonb, Nullable, Text, Timestamptz};
use serde::{Deserialize, Serialize};

/// One field's value before and after; empty where there was or is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// The field as people call it: "Email", "Do Not Phone".
    pub field: String,
    pub old: String,
    pub new: String,
}

impl FieldChange {
    /// `Some` where the values differ.
    pub fn between(field: &str, old: &str, new: &str) -> Option<Self> {
        (old != new).then(|| Self {
            field: field.into(),
            old: old.into(),
            new: new.into(),
        })
    }
}

/// What differs between everything something said and says now, in the same order; `None` where it was or is not there.
pub fn differences(old: Option<Vec<(&str, String)>>, new: Option<Vec<(&str, String)>>) -> Vec<FieldChange> {
    let all = |said: Vec<(&str, String)>, change: fn(&str, &str) -> Option<FieldChange>| -> Vec<FieldChange> {
        said.iter().filter_map(|(field, value)| change(field, value)).collect()
    };
    match (old, new) {
        (Some(old), Some(new)) => {
            let both = old.iter().zip(&new);
            both.filter_map(|((field, old), (_, new))| FieldChange::between(field, old, new))
                .collect()
        }
        (Some(old), None) => all(old, |field, old| FieldChange::between(field, old, "")),
        (None, Some(new)) => all(new, |field, new| FieldChange::between(field, "", new)),
        (None, None) => Vec::new(),
    }
}

/// A line of the log before it is written; the actor and the moment come from the transaction.
#[derive(Clone, Debug)]
pub struct NewChange<'a> {
    /// `None` for what concerns the organization as a whole.
    pub contact: Option<ContactId>,
    /// What happened, in plain words: "Contact added", "Removed from Newsletter".
    pub what: &'a str,
    pub fields: Vec<FieldChange>,
    /// Why, where there is a reason to tell: "Unsubscribed at Mailchimp on …".
    pub why: &'a str,
}

/// Writes one line.
pub fn record(tx: &mut OrgTx<'_>, change: NewChange<'_>) -> QueryResult<()> {
    record_all(tx, std::slice::from_ref(&change))
}

/// Writes one line about the organization as a whole, such as a tag that was renamed.
pub fn note(tx: &mut OrgTx<'_>, what: &str, fields: Vec<FieldChange>) -> QueryResult<()> {
    record(
        tx,
        NewChange {
            contact: None,
            what,
            fields,
            why: "",
        },
    )
}

/// Writes many lines, for imports and actions on a selection.
pub fn record_all(tx: &mut OrgTx<'_>, all: &[NewChange<'_>]) -> QueryResult<()> {
    let (count, actor) = (all.len(), tx.actor().clone());
    Rows::of("changes")
        .column::<Timestamptz, _>("at", vec![tx.now(); count])
        .column::<Nullable<BigInt>, _>(
            "contact_id",
            all.iter().map(|change| change.contact.map(|id| id.0)).collect(),
        )
        .column::<Text, _>("actor_kind", vec![actor.kind(); count])
        .column::<Nullable<BigInt>, _>("actor_id", vec![actor.id(); count])
        .column::<Text, _>("actor_name", vec![actor.name(); count])
        .column::<Text, _>("what", all.iter().map(|change| change.what).collect())
        .column::<Jsonb, _>(
            "fields",
            all.iter().map(|change| serde_json::json!(change.fields)).collect(),
        )
        .column::<Text, _>("why", all.iter().map(|change| change.why).collect())
        .insert(tx)?;
    Ok(())
}

/// Writes the same line for each of these contacts, in one statement however many they are.
pub fn record_for_each(tx: &mut OrgTx<'_>, contacts: &[ContactId], what: &str, why: &str) -> QueryResult<()> {
    let (now, actor) = (tx.now(), tx.actor().clone());
    diesel::sql_query(
        "INSERT INTO changes (at, contact_id, actor_kind, actor_id, actor_name, what, why) \
         SELECT $2, id, $3, $4, $5, $6, $7 FROM unnest($1) AS id",
    )
    .bind::<Array<BigInt>, _>(contacts.iter().map(|id| id.0).collect::<Vec<_>>())
    .bind::<Timestamptz, _>(now)
    .bind::<Text, _>(actor.kind())
    .bind::<Nullable<BigInt>, _>(actor.id())
    .bind::<Text, _>(actor.name())
    .bind::<Text, _>(what)
    .bind::<Text, _>(why)
    .execute(&mut **tx)?;
    Ok(())
}
