//! The list of contacts: what is searched and filtered, in which order, and whom an action on it is for.

use super::criteria::{Calendar, Criteria};
use super::model::ContactType;
use super::terms;
use crate::base::{ContactId, GroupId, TagId};
use crate::db::OrgTx;
use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz};

/// The columns the list can be sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    #[default]
    Name,
    City,
    Province,
    Phone,
    DateCreated,
    LastModified,
}

impl Sort {
    /// In the order of the columns.
    pub const ALL: [Self; 6] = [
        Self::Name,
        Self::City,
        Self::Province,
        Self::Phone,
        Self::DateCreated,
        Self::LastModified,
    ];

    /// The word in the address.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::City => "city",
            Self::Province => "province",
            Self::Phone => "phone",
            Self::DateCreated => "created",
            Self::LastModified => "modified",
        }
    }

    /// The heading of the column.
    pub fn label(self) -> &'static str {
        match self {
            Self::Name => "Name",
            Self::City => "City",
            Self::Province => "Province",
            Self::Phone => "Phone",
            Self::DateCreated => "Date Created",
            Self::LastModified => "Last Modified",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.as_str() == word)
    }

    /// The tables the order needs beside the contacts.
    fn tables(self) -> &'static str {
        match self {
            Self::City | Self::Province => {
                " LEFT JOIN addresses address ON address.organization_id = contacts.organization_id \
                   AND address.contact_id = contacts.id AND address.is_primary"
            }
            Self::Phone => {
                " LEFT JOIN phones phone ON phone.organization_id = contacts.organization_id \
                   AND phone.contact_id = contacts.id AND phone.is_primary"
            }
            Self::Name | Self::DateCreated | Self::LastModified => "",
        }
    }

    /// In the order in which people look names up, accents or not. Contacts without a value come last either way; the id
    /// makes the order of equals firm.
    fn order(self, descending: bool) -> String {
        let way = if descending { "DESC" } else { "ASC" };
        match self {
            Self::Name => format!("contacts.sort_name COLLATE \"und-x-icu\" {way}, contacts.id {way}"),
            Self::City => format!("nullif(address.city, '') COLLATE \"und-x-icu\" {way} NULLS LAST, contacts.id {way}"),
            Self::Province => {
                format!("nullif(address.province, '') COLLATE \"und-x-icu\" {way} NULLS LAST, contacts.id {way}")
            }
            Self::Phone => format!("phone.number {way} NULLS LAST, contacts.id {way}"),
            Self::DateCreated => format!("contacts.created_at {way}, contacts.id {way}"),
            Self::LastModified => format!("contacts.modified_at {way}, contacts.id {way}"),
        }
    }
}

/// Which contacts are wanted, and in which order.
#[derive(Clone, Debug, Default)]
pub struct ListFilter {
    /// What stands in the search box; empty for all.
    pub query: String,
    pub contact_type: Option<ContactType>,
    /// Only those who belong to this group now.
    pub group: Option<GroupId>,
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
        pairs.extend(self.criteria.iter().map(|criteria| ("criteria", criteria.word())));
        pairs.extend(self.tag.map(|tag| ("tagged", tag.to_string())));
        if self.in_trash {
            pairs.push(("in_trash", "yes".to_owned()));
        }
        if self.sort != Sort::Name {
            pairs.push(("sort", self.sort.as_str().to_owned()));
        }
        if self.descending {
            pairs.push(("order", "descending".to_owned()));
        }
        pairs
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

/// The lines that fit, in order.
pub fn list(tx: &mut OrgTx<'_>, filter: &ListFilter, offset: i64, limit: i64) -> QueryResult<Vec<ContactRow>> {
    let Some(query) = fitting(tx, "SELECT contacts.id", filter.sort.tables(), filter)? else {
        return Ok(Vec::new());
    };
    let order = match filter.in_trash {
        true => "contacts.deleted_at DESC, contacts.id DESC".to_owned(),
        false => filter.sort.order(filter.descending),
    };
    let ids: Vec<Id> = query
        .sql(format!(" ORDER BY {order} OFFSET {offset} LIMIT {limit}"))
        .load(&mut **tx)?;
    lines(
        tx,
        &ids.into_iter().map(|row| row.id).collect::<Vec<_>>(),
        filter.in_trash,
    )
}

/// How many contacts fit.
pub fn count(tx: &mut OrgTx<'_>, filter: &ListFilter) -> QueryResult<i64> {
    match fitting(tx, "SELECT count(*) AS contacts", "", filter)? {
        Some(query) => query.get_result(&mut **tx).map(|row: Count| row.contacts),
        None => Ok(0),
    }
}

/// The lines of certain contacts, in the order of the ids given; those in the trash are left out.
pub fn rows(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<Vec<ContactRow>> {
    lines(tx, ids, false)
}

fn lines(tx: &mut OrgTx<'_>, ids: &[ContactId], in_trash: bool) -> QueryResult<Vec<ContactRow>> {
    let wanted: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let mut rows: Vec<ContactRow> = diesel::sql_query(
        "SELECT contacts.id, contacts.contact_type, contacts.sort_name, contacts.display_name, \
            coalesce(email.address, '') AS email, coalesce(address.city, '') AS city, \
            coalesce(address.province, '') AS province, coalesce(phone.number, '') AS phone, \
            contacts.created_at, contacts.modified_at, contacts.deleted_at \
         FROM contacts \
         LEFT JOIN emails email ON email.organization_id = contacts.organization_id \
            AND email.contact_id = contacts.id AND email.is_primary \
         LEFT JOIN addresses address ON address.organization_id = contacts.organization_id \
            AND address.contact_id = contacts.id AND address.is_primary \
         LEFT JOIN phones phone ON phone.organization_id = contacts.organization_id \
            AND phone.contact_id = contacts.id AND phone.is_primary \
         WHERE contacts.organization_id = $1 AND contacts.id = ANY($2) AND (contacts.deleted_at IS NOT NULL) = $3",
    )
    .bind::<BigInt, _>(tx.organization())
    .bind::<Array<BigInt>, _>(wanted)
    .bind::<Bool, _>(in_trash)
    .load(&mut **tx)?;
    rows.sort_by_key(|row| ids.iter().position(|id| *id == row.id));
    Ok(rows)
}

/// The contacts a selection means, by id; those in the trash are left out, unless it is about the trash.
pub fn select(tx: &mut OrgTx<'_>, selection: &Selection) -> QueryResult<Vec<ContactId>> {
    let Some(query) = chosen(tx, selection, "SELECT contacts.id", "")? else {
        return Ok(Vec::new());
    };
    let rows: Vec<Id> = query.sql(" ORDER BY contacts.id").load(&mut **tx)?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Who fits an advanced search, by id; with `among` only these contacts are looked at. Those in the trash are left out.
pub fn matching(tx: &mut OrgTx<'_>, criteria: &Criteria, among: Option<&[ContactId]>) -> QueryResult<Vec<ContactId>> {
    let calendar = Calendar::of(tx)?;
    let everybody =
        "SELECT contacts.id FROM contacts WHERE contacts.organization_id = $1 AND contacts.deleted_at IS NULL";
    let query = diesel::sql_query(everybody)
        .into_boxed()
        .bind::<BigInt, _>(tx.organization());
    let query = match among {
        None => criteria.sql(1, None, &calendar).append_to(query),
        Some(ids) => {
            let query = query
                .sql(" AND contacts.id = ANY($2)")
                .bind::<Array<BigInt>, _>(ids.to_vec());
            criteria.sql(2, Some(2), &calendar).append_to(query)
        }
    };
    let rows: Vec<Id> = query.sql(" ORDER BY contacts.id").load(&mut **tx)?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// The beginning of a statement about the contacts a selection means: `head` stands before `FROM contacts`, `tables` are those
/// it needs beside, and the conditions follow. `None` when the search has found nobody already.
pub fn chosen<'q>(
    tx: &mut OrgTx<'_>,
    selection: &Selection,
    head: &str,
    tables: &str,
) -> QueryResult<Option<BoxedSqlQuery<'q, Pg, SqlQuery>>> {
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
    Ok(all.map(|query| query.sql(" AND contacts.id = ANY($3)").bind::<Array<BigInt>, _>(ids)))
}

/// The beginning of a statement about what fits; `None` when the search has found nobody already.
fn fitting<'q>(
    tx: &mut OrgTx<'_>,
    head: &str,
    tables: &str,
    filter: &ListFilter,
) -> QueryResult<Option<BoxedSqlQuery<'q, Pg, SqlQuery>>> {
    let in_trash = if filter.in_trash { "IS NOT NULL" } else { "IS NULL" };
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
                   WHERE organization_id = $1 AND group_id = ${parameters} AND status <> 'Removed')"
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
        return Ok(Some(query));
    }
    let found = found(tx, &filter.query)?;
    if found.is_empty() {
        return Ok(None);
    }
    parameters += 1;
    Ok(Some(
        query
            .sql(format!(" AND contacts.id = ANY(${parameters})"))
            .bind::<Array<BigInt>, _>(found),
    ))
}

/// Everybody whom a search finds. Words are looked up by `^@` on COLLATE "C", the one text search that an index serves under
/// row-level security; and on their own, because joined to the list Postgres has chosen plans a thousand times as long.
fn found(tx: &mut OrgTx<'_>, query: &str) -> QueryResult<Vec<i64>> {
    let words = terms::wanted(query);
    let parts: Vec<String> = words
        .iter()
        .enumerate()
        .map(|(at, wanted)| {
            let kinds: Vec<String> = wanted.kinds.iter().map(|kind| format!("'{}'", kind.as_str())).collect();
            let of_kinds = match kinds.is_empty() {
                true => String::new(),
                false => format!(" AND kind IN ({})", kinds.join(", ")),
            };
            format!(
                "SELECT contact_id AS id FROM contact_search_terms \
                 WHERE organization_id = $1 AND term ^@ ${}{of_kinds}",
                at + 2
            )
        })
        .collect();
    if parts.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = diesel::sql_query(parts.join(" INTERSECT "))
        .into_boxed::<Pg>()
        .bind::<BigInt, _>(tx.organization());
    for wanted in words {
        query = query.bind::<Text, _>(wanted.word);
    }
    let mut ids: Vec<i64> = query.load(&mut **tx)?.into_iter().map(|row: Id| row.id.0).collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
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
