//! What can be read of relationships: those of a contact as it sees them. Those with a contact in the trash are left out
//! until it is taken out again.

use super::model::{Details, Relationship, Seen};
use crate::base::{ContactId, RelationshipId};
use crate::crm::contacts::ContactType;
use crate::db::schema::relationships;
use crate::db::{OrgTx, Prepared};
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Date, Nullable, Text};

/// Relationships of `$2` as seen from it; `$3` is today.
const OF_CONTACT: &str = "FROM relationships r \
    JOIN relationship_types t ON t.organization_id = r.organization_id AND t.id = r.type_id \
    JOIN contacts other ON other.organization_id = r.organization_id \
        AND other.id = CASE WHEN r.contact_a = $2 THEN r.contact_b ELSE r.contact_a END AND other.deleted_at IS NULL \
    WHERE r.organization_id = $1 AND (r.contact_a = $2 OR r.contact_b = $2) \
        AND ($4::bool IS NULL OR $4 = (NOT r.is_active OR coalesce(r.end_date < $3, false))) \
        AND ($5::bigint IS NULL OR r.id = $5)";

/// The relationship with this id.
pub fn find(tx: &mut OrgTx<'_>, id: RelationshipId) -> QueryResult<Option<Relationship>> {
    relationships::table
        .find((tx.organization(), id))
        .select(Relationship::as_select())
        .first(&mut **tx)
        .optional()
}

/// The relationships of these contacts with each other.
pub fn among(tx: &mut OrgTx<'_>, contacts: &[ContactId]) -> QueryResult<Vec<Relationship>> {
    relationships::table
        .filter(relationships::organization_id.eq(tx.organization()))
        .filter(relationships::contact_a.eq_any(contacts))
        .filter(relationships::contact_b.eq_any(contacts))
        .order(relationships::id)
        .select(Relationship::as_select())
        .load(&mut **tx)
}

/// Which relationships of a contact are wanted.
#[derive(Clone, Copy, Debug)]
pub struct SeenFrom {
    pub contact: ContactId,
    pub today: NaiveDate,
    /// Only those that are over, or only those that are not.
    pub former: Option<bool>,
    /// Only this one.
    pub only: Option<RelationshipId>,
}

/// A contact's relationships: by what it is to the others, then by their names.
pub fn list(tx: &mut OrgTx<'_>, wanted: SeenFrom, offset: i64, limit: i64) -> QueryResult<Vec<Seen>> {
    let rows: Vec<Row> = diesel::sql_query(format!(
        "SELECT r.id, CASE WHEN r.contact_a = $2 THEN t.label_a_b ELSE t.label_b_a END AS label, other.id AS other, \
             other.display_name AS other_name, other.contact_type AS other_type, r.start_date, r.end_date, r.is_active, \
             r.description {OF_CONTACT} ORDER BY label, other.sort_name COLLATE \"und-x-icu\", r.id OFFSET $6 LIMIT $7"
    ))
    .bind::<BigInt, _>(tx.organization())
    .bind::<BigInt, _>(wanted.contact)
    .bind::<Date, _>(wanted.today)
    .bind::<Nullable<Bool>, _>(wanted.former)
    .bind::<Nullable<BigInt>, _>(wanted.only)
    .bind::<BigInt, _>(offset)
    .bind::<BigInt, _>(limit)
    .load(&mut **tx)?;
    Ok(rows.into_iter().map(Seen::from).collect())
}

/// How many there are.
pub fn count(tx: &mut OrgTx<'_>, wanted: SeenFrom) -> QueryResult<i64> {
    let row: Count = diesel::sql_query(format!("SELECT count(*) AS relationships {OF_CONTACT}"))
        .bind::<BigInt, _>(tx.organization())
        .bind::<BigInt, _>(wanted.contact)
        .bind::<Date, _>(wanted.today)
        .bind::<Nullable<Bool>, _>(wanted.former)
        .bind::<Nullable<BigInt>, _>(wanted.only)
        .get_result(&mut **tx)?;
    Ok(row.relationships)
}

/// What the summary of a contact tells of its relationships.
#[derive(Debug, Default)]
pub struct Nearest {
    pub employers: Vec<(ContactId, String)>,
    pub households: Vec<(ContactId, String)>,
    /// Of a household: who belongs to it.
    pub members: Vec<(ContactId, String)>,
    /// Of an organization: who works there.
    pub employees: Vec<(ContactId, String)>,
}

impl Nearest {
    /// Those there are, with what they are called.
    pub fn named(&self) -> Vec<(&'static str, &[(ContactId, String)])> {
        let all = [
            ("Employer", self.employers.as_slice()),
            ("Household", &self.households),
            ("Members", &self.members),
            ("Employees", &self.employees),
        ];
        all.into_iter().filter(|(_, named)| !named.is_empty()).collect()
    }
}

/// People of one household or organization that a summary names; the tab has all of them.
const NAMED_MAX: i64 = 20;

/// Employer and household of a contact today, and who belongs to a household or works for an organization.
pub fn nearest(tx: &mut OrgTx<'_>, contact: ContactId, today: NaiveDate) -> QueryResult<Nearest> {
    let query = diesel::sql_query(
        "SELECT DISTINCT other.id, other.display_name AS name, other.sort_name, t.makes_b, (r.contact_a = $2) AS is_a \
         FROM relationships r \
         JOIN relationship_types t ON t.organization_id = r.organization_id AND t.id = r.type_id AND t.makes_b IS NOT NULL \
         JOIN contacts other ON other.organization_id = r.organization_id AND other.deleted_at IS NULL \
             AND other.id = CASE WHEN r.contact_a = $2 THEN r.contact_b ELSE r.contact_a END \
         WHERE r.organization_id = $1 AND (r.contact_a = $2 OR r.contact_b = $2) \
             AND r.is_active AND coalesce(r.start_date <= $3, true) AND coalesce(r.end_date >= $3, true) \
         ORDER BY other.sort_name, other.id LIMIT $4",
    )
    .bind::<BigInt, _>(tx.organization())
    .bind::<BigInt, _>(contact)
    .bind::<Date, _>(today)
    .bind::<BigInt, _>(NAMED_MAX);
    let rows: Vec<Named> = Prepared(query).load(&mut **tx)?;
    let mut found = Nearest::default();
    for row in rows {
        let named = match (row.is_a, row.makes_b.as_str()) {
            (true, "employer") => &mut found.employers,
            (true, _) => &mut found.households,
            (false, "employer") => &mut found.employees,
            (false, _) => &mut found.members,
        };
        named.push((row.id, row.name));
    }
    Ok(found)
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    relationships: i64,
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = BigInt)]
    id: ContactId,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    makes_b: String,
    #[diesel(sql_type = Bool)]
    is_a: bool,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    id: RelationshipId,
    #[diesel(sql_type = Text)]
    label: String,
    #[diesel(sql_type = BigInt)]
    other: ContactId,
    #[diesel(sql_type = Text)]
    other_name: String,
    #[diesel(sql_type = Text)]
    other_type: ContactType,
    #[diesel(sql_type = Nullable<Date>)]
    start_date: Option<NaiveDate>,
    #[diesel(sql_type = Nullable<Date>)]
    end_date: Option<NaiveDate>,
    #[diesel(sql_type = Bool)]
    is_active: bool,
    #[diesel(sql_type = Text)]
    description: String,
}

impl From<Row> for Seen {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            label: row.label,
            other: row.other,
            other_name: row.other_name,
            other_type: row.other_type,
            details: Details {
                start_date: row.start_date,
                end_date: row.end_date,
                is_active: row.is_active,
                description: row.description,
            },
        }
    }
}
