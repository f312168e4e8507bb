//! The list of contacts: what is searched and filtered, in which order, and whom an action on it is for.

use super::belongs::Belongs;
use super::criteria::{Calendar, Criteria};
use super::model::ContactType;
use super::sort::Sort;
use super::terms::{self, Wanted};
use crate::base::{ContactId, GroupId, TagId};
use crate::db::{OrgTx, Prepared};
use crate::web::{PAGE_SIZE, Pager};
use chrono::{DateTime, Utc};
use diesel::pg::{Pg, PgRowByRowLoadingMode};
use diesel::prelude::*;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz};
use std::collections::HashMap;

/// Which contacts are wanted, and in which order.
#[derive(Clone, Debug, Default)]
pub struct ListFilter {
    /// What stands in the search box; empty for all.
    pub query: String,
    pub contact_type: Option<ContactType>,
    /// Only those who belong to this group.
    pub group: Option<GroupId>,
    /// In which way they belong to it.
    pub belongs: Belongs,
    /// Only those who fit an advanced search.
    pub criteria: Option<Criteria>,
    /// Only those with this tag or one below it.
    pub tag: Option<TagId>,
    /// Only those in the trash, the latest first, instead of only those who are not.
    pub in_trash: bool,
    pub sort: Sort,
    pub descending: bool,
}

impl ListFilter {
    /// Reads a query string or a form; what it does not know is passed over.
    pub fn of(pairs: &[(String, String)]) -> Self {
        let value = |name: &str| {
            let found = pairs.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.trim()).unwrap_or_default()
        };
        Self {
            query: value("q").to_owned(),
            contact_type: ContactType::parse(value("type")),
            group: value("in_group").parse().ok(),
            belongs: Belongs::parse(value("belongs")).unwrap_or_default(),
            criteria: Some(value("criteria"))
                .filter(|word| !word.is_empty())
                .map(Criteria::parse),
            tag: value("tagged").parse().ok(),
            in_trash: value("in_trash") == "yes",
            sort: Sort::parse(value("sort")).unwrap_or_default(),
            descending: value("order") == "descending",
        }
    }

    /// The pairs `of` reads again.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        if !self.query.is_empty() {
            pairs.push(("q", self.query.clone()));
        }
        pairs.extend(self.contact_type.map(|kind| ("type", kind.as_str().to_owned())));
        pairs.extend(self.group.map(|group| ("in_group", group.to_string())));
        if self.belongs != Belongs::Now {
            pairs.push(("belongs", self.belongs.word().to_owned()));
        }
        pairs.extend(self.criteria.iter().map(|criteria| ("criteria", criteria.word())));
        pairs.extend(self.tag.map(|tag| ("tagged", tag.to_string())));
        if self.in_trash {
            pairs.push(("in_trash", "yes".to_owned()));
        }
        if self.sort != Sort::Name {
            pairs.push(("sort", self.sort.word().into_owned()));
        }
        if self.descending {
            pairs.push(("order", "descending".to_owned()));
        }
        pairs
    }

    /// Whether nothing but the search box says who is wanted and how they are ordered.
    fn asks_for_words_only(&self) -> bool {
        let only_words = Self {
            query: self.query.clone(),
            descending: self.descending,
            ..Self::default()
        };
        !self.query.trim().is_empty() && self.pairs() == only_words.pairs()
    }

    /// Whether everybody is wanted.
    pub fn is_open(&self) -> bool {
        self.query.is_empty()
            && self.contact_type.is_none()
            && self.group.is_none()
            && self.tag.is_none()
            && self.criteria.is_none()
            && !self.in_trash
    }
}

/// Whom an action on the list is for: "n Selected Records Only" or "All n Records".
#[derive(Clone, Debug)]
pub enum Selection {
    These(Vec<ContactId>),
    /// These, who are in the trash.
    TheseInTrash(Vec<ContactId>),
    All(ListFilter),
}

impl Selection {
    /// Reads the form of a list: `scope` = `selected` with `id`s, or `scope` = `all` with the list's filter.
    pub fn of(pairs: &[(String, String)]) -> Self {
        if pairs.iter().any(|(name, value)| name == "scope" && value == "all") {
            return Self::All(ListFilter::of(pairs));
        }
        let ids = pairs.iter().filter(|(name, _)| name == "id");
        let ids = ids.filter_map(|(_, value)| value.parse().ok()).collect();
        if ListFilter::of(pairs).in_trash {
            Self::TheseInTrash(ids)
        } else {
            Self::These(ids)
        }
    }

    /// The pairs `of` reads again: hidden fields of a page in between.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::These(ids) | Self::TheseInTrash(ids) => {
                let trash = matches!(self, Self::TheseInTrash(_)).then(|| ("in_trash", "yes".to_owned()));
                let ids = ids.iter().map(|id| ("id", id.to_string()));
                let scope = std::iter::once(("scope", "selected".to_owned()));
                scope.chain(trash).chain(ids).collect()
            }
            Self::All(filter) => {
                let scope = std::iter::once(("scope", "all".to_owned()));
                scope.chain(filter.pairs()).collect()
            }
        }
    }
}

/// A line of the list.
#[derive(Clone, Debug, QueryableByName)]
pub struct ContactRow {
    #[diesel(sql_type = BigInt)]
    pub id: ContactId,
    #[diesel(sql_type = Text)]
    pub contact_type: ContactType,
    /// "Lem, Anne"
    #[diesel(sql_type = Text)]
    pub sort_name: String,
    #[diesel(sql_type = Text)]
    pub display_name: String,
    #[diesel(sql_type = Text)]
    pub email: String,
    #[diesel(sql_type = Text)]
    pub city: String,
    #[diesel(sql_type = Text)]
    pub province: String,
    #[diesel(sql_type = Text)]
    pub phone: String,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    pub modified_at: DateTime<Utc>,
    /// When it went into the trash.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub deleted_at: Option<DateTime<Utc>>,
}

/// One page of the list.
pub struct ListPage {
    /// From 1.
    pub number: i64,
    /// How many fit in all.
    pub total: i64,
    pub rows: Vec<ContactRow>,
}

/// The page of this number, or the last where there are not so many.
pub fn page(tx: &mut OrgTx<'_>, filter: &ListFilter, wanted: i64) -> QueryResult<ListPage> {
    // Whom words find is found once, for the count and the lines. Everybody else is counted with the help of one index and
    // listed in the order of another.
    if wanted <= 1 && !filter.query.trim().is_empty() {
        let lines = lines(tx, filter, "count(*) OVER ()", 0, PAGE_SIZE)?;
        return Ok(ListPage {
            number: 1,
            total: lines.first().map_or(0, |line| line.total),
            rows: lines.into_iter().map(|line| line.contact).collect(),
        });
    }
    let total = count(tx, filter)?;
    let number = Pager::number(wanted, total);
    Ok(ListPage {
        number,
        total,
        rows: list(tx, filter, (number - 1) * PAGE_SIZE, PAGE_SIZE)?,
    })
}

/// The lines that fit, in order.
pub fn list(tx: &mut OrgTx<'_>, filter: &ListFilter, offset: i64, limit: i64) -> QueryResult<Vec<ContactRow>> {
    let lines = lines(tx, filter, "0::bigint", offset, limit)?;
    Ok(lines.into_iter().map(|line| line.contact).collect())
}

/// How many contacts fit.
pub fn count(tx: &mut OrgTx<'_>, filter: &ListFilter) -> QueryResult<i64> {
    match fitting(tx, "SELECT count(*) AS contacts", "", filter)? {
        Some((query, _)) => query.get_result(&mut **tx).map(|row: Count| row.contacts),
        None => Ok(0),
    }
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(embed)]
    contact: ContactRow,
    #[diesel(sql_type = BigInt)]
    total: i64,
}

fn lines(tx: &mut OrgTx<'_>, filter: &ListFilter, total: &str, offset: i64, limit: i64) -> QueryResult<Vec<Line>> {
    let order = match filter.in_trash {
        true => "contacts.deleted_at DESC, contacts.id DESC".to_owned(),
        false => filter.sort.order(filter.descending),
    };
    let head = format!("SELECT {COLUMNS}, page.total FROM (SELECT contacts.id, {total} AS total");
    let found = match filter.asks_for_words_only() {
        true => named(tx, &head, filter),
        false => fitting(tx, &head, filter.sort.tables(), filter)?,
    };
    let Some((query, parameters)) = found else {
        return Ok(Vec::new());
    };
    let query = query
        .sql(format!(
            " ORDER BY {order} OFFSET ${} LIMIT ${}) page JOIN contacts \
                ON contacts.organization_id = $1 AND contacts.id = page.id {PRIMARIES}{} ORDER BY {order}",
            parameters + 1,
            parameters + 2,
            filter.sort.tables_of_its_own()
        ))
        .bind::<BigInt, _>(offset)
        .bind::<BigInt, _>(limit);
    match filter.criteria {
        // Advanced searches are all different.
        Some(_) => query.load(&mut **tx),
        None => Prepared(query).load(&mut **tx),
    }
}

/// What a line shows.
const COLUMNS: &str = "contacts.id, contacts.contact_type, contacts.sort_name, contacts.display_name, \
    coalesce(email.address, '') AS email, coalesce(address.city, '') AS city, \
    coalesce(address.province, '') AS province, coalesce(phone.number, '') AS phone, \
    contacts.created_at, contacts.modified_at, contacts.deleted_at";

/// Where its email, address and phone stand.
const PRIMARIES: &str = "LEFT JOIN emails email ON email.organization_id = contacts.organization_id \
        AND email.contact_id = contacts.id AND email.is_primary \
    LEFT JOIN addresses address ON address.organization_id = contacts.organization_id \
        AND address.contact_id = contacts.id AND address.is_primary \
    LEFT JOIN phones phone ON phone.organization_id = contacts.organization_id \
        AND phone.contact_id = contacts.id AND phone.is_primary";

/// The lines of certain contacts, in the order of the ids given; those in the trash are left out.
pub fn rows(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<Vec<ContactRow>> {
    let wanted: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let mut rows: Vec<ContactRow> = diesel::sql_query(format!(
        "SELECT {COLUMNS} FROM contacts {PRIMARIES} \
         WHERE contacts.organization_id = $1 AND contacts.id = ANY($2) AND contacts.deleted_at IS NULL"
    ))
    .bind::<BigInt, _>(tx.organization())
    .bind::<Array<BigInt>, _>(wanted)
    .load(&mut **tx)?;
    let places: HashMap<_, _> = ids.iter().zip(0..).collect();
    rows.sort_by_key(|row| places.get(&row.id).copied().unwrap_or(usize::MAX));
    Ok(rows)
}

/// The contacts a selection means, by id; those in the trash are left out, unless it is about the trash.
pub fn select(tx: &mut OrgTx<'_>, selection: &Selection) -> QueryResult<Vec<ContactId>> {
    let Some((query, _)) = chosen(tx, selection, "SELECT contacts.id", "")? else {
        return Ok(Vec::new());
    };
    // Row by row: they may be a million.
    query
        .sql(" ORDER BY contacts.id")
        .load_iter::<Id, PgRowByRowLoadingMode>(&mut **tx)?
        .map(|row| row.map(|row| row.id))
        .collect()
}

/// The beginning of a statement about the contacts a selection means, and how many parameters it has: `head` stands before
/// `FROM contacts`, `tables` are those it needs beside, and the conditions follow. `None` when the search asks for nothing that
/// anybody could be found by.
pub fn chosen<'q>(
    tx: &mut OrgTx<'_>,
    selection: &Selection,
    head: &str,
    tables: &str,
) -> QueryResult<Option<(BoxedSqlQuery<'q, Pg, SqlQuery>, usize)>> {
    let (ids, in_trash) = match selection {
        Selection::All(filter) => return fitting(tx, head, tables, filter),
        Selection::These(ids) => (ids, false),
        Selection::TheseInTrash(ids) => (ids, true),
    };
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let filter = ListFilter {
        in_trash,
        ..ListFilter::default()
    };
    let all = fitting(tx, head, tables, &filter)?;
    Ok(all.map(|(query, parameters)| {
        let parameters = parameters + 1;
        let query = query.sql(format!(" AND contacts.id = ANY(${parameters})"));
        (query.bind::<Array<BigInt>, _>(ids), parameters)
    }))
}

/// The beginning of a statement about what fits, and how many parameters it has; `None` when the search asks for nothing
/// that anybody could be found by.
fn fitting<'q>(
    tx: &mut OrgTx<'_>,
    head: &str,
    tables: &str,
    filter: &ListFilter,
) -> QueryResult<Option<(BoxedSqlQuery<'q, Pg, SqlQuery>, usize)>> {
    let in_trash = match filter.in_trash {
        // Who was merged comes back by the merge's undo only, and who was erased does not.
        true => "IS NOT NULL AND contacts.merged_into IS NULL AND contacts.erased_at IS NULL",
        false => "IS NULL",
    };
    let mut query = diesel::sql_query(format!(
        "{head} FROM contacts{tables} WHERE contacts.organization_id = $1 AND contacts.deleted_at {in_trash} \
         AND ($2::text IS NULL OR contacts.contact_type = $2)"
    ))
    .into_boxed()
    .bind::<BigInt, _>(tx.organization())
    .bind::<Nullable<Text>, _>(filter.contact_type.map(ContactType::as_str));
    let mut parameters = 2;
    if let Some(group) = filter.group {
        parameters += 1;
        query = query
            .sql(format!(
                " AND contacts.id IN (SELECT contact_id FROM group_contacts \
                   WHERE organization_id = $1 AND group_id = ${parameters} AND {})",
                filter.belongs.status()
            ))
            .bind::<BigInt, _>(group);
    }
    if let Some(criteria) = &filter.criteria {
        let fits = criteria.sql(parameters, None, &Calendar::of(tx)?);
        parameters += fits.parameters();
        query = fits.append_to(query);
    }
    if let Some(tag) = filter.tag {
        parameters += 1;
        query = query
            .sql(format!(
                " AND contacts.id IN (SELECT contact_id FROM contact_tags WHERE organization_id = $1 AND tag_id IN ( \
                   WITH RECURSIVE below (id) AS (SELECT ${parameters} UNION \
                       SELECT tags.id FROM tags JOIN below ON tags.parent_id = below.id WHERE tags.organization_id = $1) \
                   SELECT id FROM below))"
            ))
            .bind::<BigInt, _>(tag);
    }
    if filter.query.trim().is_empty() {
        return Ok(Some((query, parameters)));
    }
    let looked_for = LookedFor::read(&filter.query);
    if looked_for.words.is_empty() {
        return Ok(None);
    }
    // Found on their own, as a list of ids: joined to the contacts Postgres has chosen plans a thousand times as long.
    let finding = looked_for.finding(parameters, ["contact_id", "id"], "");
    query = query.sql(format!(" AND contacts.id = ANY(ARRAY({finding}))"));
    Ok(Some(looked_for.bind(query, parameters)))
}

/// The beginning of a statement about whom the search box alone finds, as `fitting`: they are counted and ordered by the terms,
/// so that no contact is read but those shown.
fn named<'q>(tx: &mut OrgTx<'_>, head: &str, filter: &ListFilter) -> Option<(BoxedSqlQuery<'q, Pg, SqlQuery>, usize)> {
    let looked_for = LookedFor::read(&filter.query);
    if looked_for.words.is_empty() {
        return None;
    }
    let columns = ["contact_id AS id, sort_name", "id, sort_name"];
    let finding = looked_for.finding(1, columns, " AND NOT in_trash");
    let query = diesel::sql_query(format!(
        "{head} FROM (SELECT DISTINCT * FROM ({finding}) AS found) AS contacts"
    ));
    let query = query.into_boxed().bind::<BigInt, _>(tx.organization());
    Some(looked_for.bind(query, 1))
}

/// What somebody typed into the search box.
struct LookedFor {
    words: Vec<Wanted>,
    /// The whole, where it may be a contact's DMS Number or External Identifier: these have digits, names have none.
    number: Option<String>,
}

impl LookedFor {
    fn read(query: &str) -> Self {
        let query = query.trim();
        let has_digits = query.contains(|c: char| c.is_ascii_digit());
        Self {
            words: terms::wanted(query),
            number: has_digits.then(|| query.to_owned()),
        }
    }

    /// Who is found by each of the words, or bears the number, in a statement that has so many parameters already. The columns
    /// are those of the terms and of the contacts.
    fn finding(&self, parameters: usize, [of_terms, of_contacts]: [&str; 2], among: &str) -> String {
        let each = (parameters + 1..).step_by(2).zip(&self.words);
        let each: Vec<String> = each.map(|(at, wanted)| finding(wanted, at, of_terms, among)).collect();
        let found = each.join(" INTERSECT ");
        if self.number.is_none() {
            return found;
        }
        let (id, identifier) = (
            parameters + 2 * self.words.len() + 1,
            parameters + 2 * self.words.len() + 2,
        );
        let bearing = |which: String| {
            format!("SELECT {of_contacts} FROM contacts WHERE organization_id = $1 AND deleted_at IS NULL AND {which}")
        };
        let by_id = bearing(format!("id = (SELECT ${id}::bigint)"));
        let by_identifier = bearing(format!("external_identifier = (SELECT ${identifier}::text)"));
        format!("({found}) UNION ALL {by_id} UNION ALL {by_identifier}")
    }

    fn bind<'q>(
        self,
        mut query: BoxedSqlQuery<'q, Pg, SqlQuery>,
        mut parameters: usize,
    ) -> (BoxedSqlQuery<'q, Pg, SqlQuery>, usize) {
        for wanted in self.words {
            let end = format!("{}{AFTER_ALL_LETTERS}", wanted.word);
            query = query.bind::<Text, _>(wanted.word).bind::<Text, _>(end);
            parameters += 2;
        }
        if let Some(number) = self.number {
            // Nobody has the number zero.
            let id: i64 = number.parse().unwrap_or(0);
            query = query.bind::<BigInt, _>(id).bind::<Text, _>(number);
            parameters += 2;
        }
        (query, parameters)
    }
}

/// No word contains it: it is the last code point there is, and stands for nothing.
const AFTER_ALL_LETTERS: char = char::MAX;

/// Who is found by a word. The words that begin with it lie between the parameter `at` and the next: in COLLATE "C" an index
/// serves that under row-level security. Asked for as `(SELECT …)`, so that Postgres expects the same of every word and keeps
/// one plan for all.
fn finding(wanted: &Wanted, at: usize, columns: &str, among: &str) -> String {
    let kinds: Vec<String> = wanted.kinds.iter().map(|kind| format!("'{}'", kind.as_str())).collect();
    let of_kinds = match kinds.is_empty() {
        true => String::new(),
        false => format!(" AND kind IN ({})", kinds.join(", ")),
    };
    format!(
        "SELECT {columns} FROM contact_search_terms \
         WHERE organization_id = $1 AND term >= (SELECT ${at}::text) AND term < (SELECT ${}::text){of_kinds}{among}",
        at + 1
    )
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    contacts: i64,
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = BigInt)]
    id: ContactId,
}
