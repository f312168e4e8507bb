//! Contacts that may be the same as one that is being added: by email, by phone, by name.

use super::model::{ContactDraft, ContactType};
use super::search::{ContactRow, rows};
use super::terms::{Kind, WORDS_MAX, name_tokens, phone_digits};
use crate::base::ContactId;
use crate::db::OrgTx;
use crate::db::schema::emails;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::sql_types::{BigInt, Text};

/// How many are shown; more would not be looked through.
const SHOWN_MAX: usize = 8;
/// How many are looked up: those in the trash are left out only afterwards.
const CANDIDATES_MAX: i64 = 50;
/// Letters of an organization's or household's name before it is looked for.
const NAME_LETTERS_MIN: usize = 3;
/// Digits a phone number needs to tell people apart: one without area code.
const PHONE_DIGITS_MIN: usize = 7;

/// A contact that may be the same, and what it has in common.
#[derive(Clone, Debug)]
pub struct Duplicate {
    pub row: ContactRow,
    /// "same email", "same phone", "same name"
    pub common: Vec<&'static str>,
}

/// Contacts that may be the same as `draft`, which may be half filled in; those with the same email first.
pub fn possible_duplicates(tx: &mut OrgTx<'_>, draft: &ContactDraft) -> QueryResult<Vec<Duplicate>> {
    let found = [
        ("same email", with_an_email_of(tx, draft)?),
        ("same phone", with_a_phone_of(tx, draft)?),
        ("same name", with_the_name_of(tx, draft)?),
    ];
    let mut ids: Vec<ContactId> = Vec::new();
    for id in found.iter().flat_map(|(_, ids)| ids) {
        if !ids.contains(id) {
            ids.push(*id);
        }
    }
    let shown = rows(tx, &ids)?.into_iter().take(SHOWN_MAX);
    Ok(shown
        .map(|row| {
            let in_common = found.iter().filter(|(_, ids)| ids.contains(&row.id));
            Duplicate {
                common: in_common.map(|(common, _)| *common).collect(),
                row,
            }
        })
        .collect())
}

fn with_an_email_of(tx: &mut OrgTx<'_>, draft: &ContactDraft) -> QueryResult<Vec<ContactId>> {
    let keys: Vec<String> = draft.emails.iter().map(|email| email.address.key()).collect();
    emails::table
        .filter(emails::organization_id.eq(tx.organization()))
        .filter(emails::address_key.eq_any(keys))
        .order(emails::contact_id)
        .limit(CANDIDATES_MAX)
        .select(emails::contact_id)
        .load(&mut **tx)
}

fn with_a_phone_of(tx: &mut OrgTx<'_>, draft: &ContactDraft) -> QueryResult<Vec<ContactId>> {
    let mut found = Vec::new();
    for phone in &draft.phones {
        let digits = phone_digits(&phone.number);
        if digits.len() >= PHONE_DIGITS_MIN {
            found.extend(with_all(tx, &[(digits, Kind::Phone, true)])?);
        }
    }
    Ok(found)
}

fn with_the_name_of(tx: &mut OrgTx<'_>, draft: &ContactDraft) -> QueryResult<Vec<ContactId>> {
    let names = &draft.details;
    let words = match names.contact_type {
        ContactType::Individual => {
            let last = name_tokens(&names.last_name);
            let first = name_tokens(&names.first_name);
            if last.is_empty() || first.is_empty() {
                return Ok(Vec::new());
            }
            let last = last.into_iter().map(|word| (word, Kind::LastName, true));
            last.chain(first.into_iter().map(|word| (word, Kind::FirstName, false)))
                .collect()
        }
        ContactType::Organization => name_in_progress(&names.organization_name),
        ContactType::Household => name_in_progress(&names.household_name),
    };
    with_all(tx, &words)
}

fn name_in_progress(name: &str) -> Vec<(String, Kind, bool)> {
    let words = name_tokens(name);
    if words.iter().map(String::len).sum::<usize>() < NAME_LETTERS_MIN {
        return Vec::new();
    }
    words.into_iter().map(|word| (word, Kind::Name, false)).collect()
}

/// The contacts that have all of these words, whole or as a beginning.
fn with_all(tx: &mut OrgTx<'_>, words: &[(String, Kind, bool)]) -> QueryResult<Vec<ContactId>> {
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let words = &words[..words.len().min(WORDS_MAX)];
    let parts: Vec<String> = words
        .iter()
        .enumerate()
        .map(|(at, (_, kind, whole))| {
            let matches = if *whole { "=" } else { "^@" };
            format!(
                "SELECT contact_id FROM contact_search_terms \
                 WHERE organization_id = $1 AND kind = '{}' AND term {matches} ${}",
                kind.as_str(),
                at + 2
            )
        })
        .collect();
    let mut query: BoxedSqlQuery<'_, Pg, SqlQuery> = diesel::sql_query(format!(
        "{} ORDER BY contact_id LIMIT {CANDIDATES_MAX}",
        parts.join(" INTERSECT ")
    ))
    .into_boxed()
    .bind::<BigInt, _>(tx.organization());
    for (word, _, _) in words {
        query = query.bind::<Text, _>(word.clone());
    }
    let found: Vec<Found> = query.load(&mut **tx)?;
    Ok(found.into_iter().map(|row| row.contact_id).collect())
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = BigInt)]
    contact_id: ContactId,
}
