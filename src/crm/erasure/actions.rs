//! The erasure itself, in one transaction: the person, whoever was merged into them, and every row that tells of them.

use crate::base::ContactId;
use crate::changelog::{self, NewChange};
use crate::crm::contacts::{self, Contact};
use crate::crm::custom_fields::CustomValues;
use crate::crm::groups::mailchimp::MailchimpView;
use crate::crm::references::{ALL, OnErase};
use crate::crm::undoable;
use crate::db::OrgTx;
use crate::db::schema::{changes, contacts as contact_rows, contributions, merges, steps};
use crate::web::PageError;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text};
use std::collections::BTreeSet;

/// What stands where the name stood.
pub const ERASED_NAME: &str = "Erased contact";

/// Erases the person; where Mailchimp still has them, it is asked to delete them first, and the person is erased as soon as it
/// has. Returns whether they are erased already.
pub fn erase_or_ask(tx: &mut OrgTx<'_>, mailchimp: &dyn MailchimpView, id: ContactId) -> Result<bool, PageError> {
    erasable(tx, id)?;
    if mailchimp.person_there(tx, id)?.must_go_first() {
        mailchimp.delete_person(tx, id)?;
        return Ok(false);
    }
    erase(tx, mailchimp, id)?;
    Ok(true)
}

/// Erases the person. Nothing of it can be taken back.
pub fn erase(tx: &mut OrgTx<'_>, mailchimp: &dyn MailchimpView, id: ContactId) -> Result<(), PageError> {
    let everybody = with_merged(tx, id)?;
    hold_batches(tx, &everybody)?;
    contacts::locked(tx, &everybody)?;
    // Whoever took them out of the trash or undid a merge at the same moment has done so by now.
    let person = erasable(tx, id)?;
    if with_merged(tx, id)? != everybody {
        return Err(PageError::Refused(format!(
            "Somebody merged {} with another contact or undid a merge at the same moment, so nothing was erased. Look at \
             the contact, and try again.",
            person.display_name
        )));
    }
    if mailchimp.person_there(tx, id)?.must_go_first() {
        return Err(PageError::Refused(
            "Mailchimp still has this person, so nothing was erased. Delete them there permanently first.".into(),
        ));
    }
    strike_name_elsewhere(tx, &everybody, &person.display_name)?;
    mailchimp.erase(tx, &everybody)?;
    empty_import_rows(tx, &everybody)?;
    empty_notes_of_gifts(tx, &everybody)?;
    empty_batch_rows(tx, &everybody)?;
    empty_activities(tx, &everybody)?;
    forget_steps(tx, &everybody)?;
    delete_rows(tx, &everybody)?;
    empty_contacts(tx, &everybody)?;
    changelog::record(
        tx,
        NewChange {
            contact: Some(id),
            what: "Contact erased for good",
            fields: Vec::new(),
            why: "",
        },
    )?;
    Ok(())
}

/// The contact, if it may be erased: in the trash, and not part of another.
pub fn erasable(tx: &mut OrgTx<'_>, id: ContactId) -> Result<Contact, PageError> {
    let contact = contacts::store::find(tx, id)?.ok_or(PageError::NotFound)?;
    if contact.merged_into.is_some() || contact.erased_at.is_some() {
        return Err(PageError::NotFound);
    }
    if contact.deleted_at.is_none() {
        return Err(PageError::Refused(format!(
            "Only who is in the trash can be erased. Move {} there first; nothing was changed.",
            contact.display_name
        )));
    }
    Ok(contact)
}

/// The contact and whoever was merged into it: they are one person.
pub fn with_merged(tx: &mut OrgTx<'_>, id: ContactId) -> QueryResult<Vec<ContactId>> {
    let mut all: Vec<ContactId> = contact_rows::table
        .filter(contact_rows::organization_id.eq(tx.organization()))
        .filter(contact_rows::merged_into.eq(id))
        .select(contact_rows::id)
        .load(&mut **tx)?;
    all.push(id);
    all.sort();
    Ok(all)
}

/// Every address these contacts have or had, in lower case, but for former ones that somebody else has.
pub fn addresses_ever(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<Vec<String>> {
    #[derive(QueryableByName)]
    struct Address {
        #[diesel(sql_type = Text)]
        key: String,
    }
    // The Change Log writes an address first, and what is said about it behind.
    let found: Vec<Address> = diesel::sql_query(
        "SELECT address_key AS key FROM emails WHERE organization_id = $1 AND contact_id = ANY($2) \
         UNION (SELECT lower(split_part(said, ' ', 1)) FROM changes, jsonb_array_elements(fields) AS field, \
                unnest(ARRAY[field ->> 'old', field ->> 'new']) AS said \
             WHERE organization_id = $1 AND contact_id = ANY($2) AND field ->> 'field' = 'Email' AND said LIKE '%@%' \
             EXCEPT SELECT address_key FROM emails JOIN contacts \
                ON contacts.organization_id = emails.organization_id AND contacts.id = emails.contact_id \
             WHERE emails.organization_id = $1 AND emails.contact_id <> ALL($2) AND contacts.deleted_at IS NULL)",
    )
    .bind::<BigInt, _>(tx.organization())
    .bind::<Array<BigInt>, _>(ids)
    .load(&mut **tx)?;
    Ok(found.into_iter().map(|one| one.key).collect())
}

/// A name as a pattern of Postgres that fits it as whole words only.
fn as_whole_words(name: &str) -> String {
    format!("(?<![[:alnum:]]){}(?![[:alnum:]])", escaped(name))
}

/// A name as a pattern that fits it alone and in a list with commas, not as a part of another: "Anne" is not "Anne Roy".
fn as_one_of_several(name: &str) -> String {
    format!("(?<=^|, ){}(?=$|,)", escaped(name))
}

fn escaped(name: &str) -> String {
    let marked = name.chars().flat_map(|c| {
        let mark = c.is_ascii_punctuation().then_some('\\');
        mark.into_iter().chain([c])
    });
    marked.collect()
}

/// What others were or did together with them names them in the others' Change Log: relationships, activities, gifts and prospects
/// that were theirs for a while.
fn strike_name_beside(tx: &mut OrgTx<'_>, ids: &[ContactId], name: &str) -> QueryResult<()> {
    let whole = as_one_of_several(name);
    let name = as_whole_words(name);
    diesel::sql_query(
        "UPDATE changes SET \
             what = regexp_replace(what, $3, '\\1' || $5), \
             fields = (SELECT coalesce(jsonb_agg(CASE WHEN field ->> 'field' = ANY($6) THEN field || jsonb_build_object( \
                     'old', regexp_replace(field ->> 'old', $4, $5, 'g'), 'new', regexp_replace(field ->> 'new', $4, $5, 'g')) \
                 ELSE field END ORDER BY place), '[]') \
                 FROM jsonb_array_elements(fields) WITH ORDINALITY AS listed (field, place)) \
         WHERE organization_id = $1 AND (contact_id IS NULL OR contact_id <> ALL($2)) AND (what ~ $3 \
             OR EXISTS (SELECT FROM jsonb_array_elements(fields) AS field WHERE field ->> 'field' = ANY($6) \
                 AND (field ->> 'old' ~ $4 OR field ->> 'new' ~ $4)))",
    )
    .bind::<BigInt, _>(tx.organization())
    .bind::<Array<BigInt>, _>(ids)
    .bind::<Text, _>(format!("(Relationship [a-z]+: .* ){name}$"))
    .bind::<Text, _>(&whole)
    .bind::<Text, _>(ERASED_NAME)
    .bind::<Array<Text>, _>(&["With", "Added By", "Contributor", "Prospect"][..])
    .execute(&mut **tx)?;
    Ok(())
}

/// Others whom they were merged with for a while have the name in their Change Log.
fn strike_name_elsewhere(tx: &mut OrgTx<'_>, ids: &[ContactId], name: &str) -> QueryResult<()> {
    let pairs: Vec<(ContactId, ContactId)> = merges::table
        .filter(merges::organization_id.eq(tx.organization()))
        .filter(merges::survivor_id.eq_any(ids).or(merges::loser_id.eq_any(ids)))
        .select((merges::survivor_id, merges::loser_id))
        .load(&mut **tx)?;
    let others: Vec<i64> = pairs
        .into_iter()
        .flat_map(|(one, other)| [one, other])
        .filter(|id| !ids.contains(id))
        .map(|id| id.0)
        .collect();
    let names: Vec<String> = contact_rows::table
        .filter(contact_rows::organization_id.eq(tx.organization()))
        .filter(contact_rows::id.eq_any(ids))
        .select(contact_rows::display_name)
        .load(&mut **tx)?;
    for name in names
        .iter()
        .map(String::as_str)
        .chain([name])
        .filter(|name| !name.is_empty())
    {
        strike_name_beside(tx, ids, name)?;
        let name = as_whole_words(name);
        // What came and went with the merge is theirs, too.
        diesel::sql_query(
            "UPDATE changes SET fields = CASE WHEN what || ' ' || why ~ $3 THEN '[]' ELSE fields END, \
                 what = regexp_replace(what, $3, $4, 'g'), why = regexp_replace(why, $3, $4, 'g') \
             WHERE organization_id = $1 AND contact_id = ANY($2) AND what || ' ' || why ~ $3",
        )
        .bind::<BigInt, _>(tx.organization())
        .bind::<Array<BigInt>, _>(&others)
        .bind::<Text, _>(&name)
        .bind::<Text, _>(ERASED_NAME)
        .execute(&mut **tx)?;
        for table in ["group_history", "group_contacts"] {
            diesel::sql_query(format!(
                "UPDATE {table} SET why = regexp_replace(why, $3, $4, 'g') \
                 WHERE organization_id = $1 AND contact_id = ANY($2) AND why ~ $3"
            ))
            .bind::<BigInt, _>(tx.organization())
            .bind::<Array<BigInt>, _>(&others)
            .bind::<Text, _>(&name)
            .bind::<Text, _>(ERASED_NAME)
            .execute(&mut **tx)?;
        }
    }
    Ok(())
}

/// The rows of files that met them, or bring one of their addresses, keep their number and outcome and lose the rest; so does a
/// row that met nobody and names one of their addresses anywhere.
fn empty_import_rows(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<()> {
    let addresses = addresses_ever(tx, ids)?;
    diesel::sql_query(
        "UPDATE import_rows SET cells = '[]', problem = NULL, contact_id = NULL, other_contacts = '{}', changes = NULL, \
             external_identifier = NULL, address_key = NULL \
         WHERE organization_id = $1 AND (contact_id = ANY($2) OR other_contacts && $2 OR address_key = ANY($3) \
            OR contact_id IS NULL AND EXISTS (SELECT FROM unnest($3) AS address \
                WHERE position(address IN lower(cells::text)) > 0))",
    )
    .bind::<BigInt, _>(tx.organization())
    .bind::<Array<BigInt>, _>(ids.iter().map(|id| id.0).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(addresses)
    .execute(&mut **tx)?;
    Ok(())
}

/// Gifts stay with amount, date and what a receipt needs; what staff noted about them and the custom fields go.
fn empty_notes_of_gifts(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<()> {
    diesel::update(contributions::table)
        .filter(contributions::organization_id.eq(tx.organization()))
        .filter(contributions::contact_id.eq_any(ids))
        .set((
            contributions::note.eq(""),
            contributions::closed_reason.eq(""),
            contributions::custom.eq(CustomValues::default()),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Keeps batches that name them from being posted until the transaction ends. To be called before the contacts are locked, as
/// whoever posts a batch does.
fn hold_batches(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<()> {
    diesel::sql_query(
        "SELECT FROM batches WHERE organization_id = $1 AND EXISTS \
            (SELECT FROM jsonb_array_elements(rows) AS line WHERE line ->> 'contact' = ANY($2)) ORDER BY id FOR UPDATE",
    )
    .bind::<BigInt, _>(tx.organization())
    .bind::<Array<Text>, _>(ids.iter().map(ToString::to_string).collect::<Vec<_>>())
    .execute(&mut **tx)?;
    Ok(())
}

/// What was typed into a batch for a gift of theirs, as far as it is not the gift.
fn empty_batch_rows(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<()> {
    let ids: Vec<String> = ids.iter().map(ContactId::to_string).collect();
    diesel::sql_query(
        "UPDATE batches SET rows = (SELECT jsonb_agg(CASE WHEN line ->> 'contact' = ANY($2) \
             THEN line || '{\"who\": \"\", \"note\": \"\", \"custom\": {}}' ELSE line END ORDER BY place) \
             FROM jsonb_array_elements(rows) WITH ORDINALITY AS listed (line, place)) \
         WHERE organization_id = $1 AND EXISTS \
            (SELECT FROM jsonb_array_elements(rows) AS line WHERE line ->> 'contact' = ANY($2))",
    )
    .bind::<BigInt, _>(tx.organization())
    .bind::<Array<Text>, _>(ids)
    .execute(&mut **tx)?;
    Ok(())
}

/// An activity that only they had part in stays counted, without what was said.
fn empty_activities(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<()> {
    diesel::sql_query(
        "UPDATE activities SET subject = '', details = '', external_identifier = NULL \
         WHERE organization_id = $1 \
            AND id IN (SELECT activity_id FROM activity_contacts WHERE organization_id = $1 AND contact_id = ANY($2)) \
            AND NOT EXISTS (SELECT FROM activity_contacts AS others WHERE others.organization_id = $1 \
                AND others.activity_id = activities.id AND others.contact_id <> ALL($2))",
    )
    .bind::<BigInt, _>(tx.organization())
    .bind::<Array<BigInt>, _>(ids.iter().map(|id| id.0).collect::<Vec<_>>())
    .execute(&mut **tx)?;
    Ok(())
}

fn delete_rows(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<()> {
    let wanted: Vec<i64> = ids.iter().map(|id| id.0).collect();
    for reference in ALL {
        if matches!(reference.on_erase, OnErase::Delete) {
            let (table, column) = (reference.table, reference.column);
            diesel::sql_query(format!(
                "DELETE FROM {table} WHERE organization_id = $1 AND {column} = ANY($2)"
            ))
            .bind::<BigInt, _>(tx.organization())
            .bind::<Array<BigInt>, _>(&wanted)
            .execute(&mut **tx)?;
        }
    }
    Ok(())
}

/// What was done to their records cannot be taken back any more: the rows kept for it go. Of a group or a tag that others
/// have, too, only theirs. To be called while it still stands who had part in which activity.
fn forget_steps(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<()> {
    let columns: BTreeSet<&str> = ALL.iter().map(|reference| reference.column).collect();
    let shared: Vec<&str> = undoable::ALL
        .iter()
        .filter(|record| record.is_shared)
        .map(|record| record.word)
        .collect();
    diesel::sql_query(
        "WITH theirs AS (DELETE FROM step_rows AS kept WHERE organization_id = $1 AND EXISTS ( \
             SELECT FROM unnest($2) AS named WHERE kept.before ->> named = ANY($3) OR kept.after ->> named = ANY($3) \
             UNION ALL SELECT FROM jsonb_array_elements( \
                 coalesce(kept.before -> 'rows', '[]') || coalesce(kept.after -> 'rows', '[]')) AS line \
                 WHERE line ->> 'contact' = ANY($3) \
             UNION ALL SELECT FROM activity_contacts AS part \
                 WHERE part.organization_id = $1 AND kept.table_name = 'activities' AND part.contact_id::text = ANY($3) \
                 AND part.activity_id = coalesce(kept.before ->> 'id', kept.after ->> 'id')::bigint) \
             RETURNING step_id) \
         DELETE FROM steps USING theirs \
         WHERE steps.organization_id = $1 AND steps.id = theirs.step_id AND steps.record <> ALL($4)",
    )
    .bind::<BigInt, _>(tx.organization())
    .bind::<Array<Text>, _>(columns.into_iter().collect::<Vec<_>>())
    .bind::<Array<Text>, _>(ids.iter().map(ToString::to_string).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(shared)
    .execute(&mut **tx)?;
    diesel::delete(steps::table)
        .filter(steps::organization_id.eq(tx.organization()))
        .filter(steps::record.eq(undoable::CONTACT.word))
        .filter(steps::record_id.eq_any(ids.iter().map(|id| id.0)))
        .execute(&mut **tx)?;
    Ok(())
}

/// The rows themselves stay, for the records that lean on them, and tell nothing any more.
fn empty_contacts(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<()> {
    let empty = contacts::Details::default();
    for id in ids {
        let row = contact_rows::table.find((tx.organization().0, id.0));
        let kind = row.select(contact_rows::contact_type).first(&mut **tx)?;
        let details = contacts::Details {
            contact_type: kind,
            ..empty.clone()
        };
        diesel::update(contact_rows::table.find((tx.organization().0, id.0)))
            .set((
                &details,
                contact_rows::display_name.eq(ERASED_NAME),
                contact_rows::sort_name.eq(ERASED_NAME),
                contact_rows::modified_at.eq(tx.now()),
                contact_rows::erased_at.eq(tx.now()),
            ))
            .execute(&mut **tx)?;
    }
    Ok(())
}

/// How many lines of the Change Log would go.
pub fn change_count(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<i64> {
    changes::table
        .filter(changes::organization_id.eq(tx.organization()))
        .filter(changes::contact_id.eq_any(ids.iter().map(|id| Some(id.0))))
        .count()
        .get_result(&mut **tx)
}
