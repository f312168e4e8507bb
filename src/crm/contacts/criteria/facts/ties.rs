//! Whom a contact is related to.

use crate::base::ContactId;
use crate::db::OrgTx;
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Date, Nullable, Text};

/// A relationship as one of its two contacts has it.
#[derive(Clone, Debug, QueryableByName)]
pub struct Tie {
    #[diesel(sql_type = BigInt)]
    contact: ContactId,
    /// What the contact is to the other, numbered as `Offer::Relationships`.
    #[diesel(sql_type = BigInt)]
    pub side: i64,
    #[diesel(sql_type = BigInt)]
    pub other: ContactId,
    #[diesel(sql_type = Text)]
    pub other_name: String,
    #[diesel(sql_type = Nullable<Date>)]
    pub start_date: Option<NaiveDate>,
    #[diesel(sql_type = Nullable<Date>)]
    pub end_date: Option<NaiveDate>,
    #[diesel(sql_type = Bool)]
    pub is_active: bool,
    #[diesel(sql_type = Text)]
    pub description: String,
}

impl Tie {
    /// Whether it is over.
    pub fn is_former(&self, today: NaiveDate) -> bool {
        !self.is_active || self.end_date.is_some_and(|last| last < today)
    }
}

pub(super) fn of(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<Vec<(ContactId, Tie)>> {
    let ties: Vec<Tie> = diesel::sql_query(
        "SELECT who.id AS contact, other.id AS other, other.display_name AS other_name, \
             CASE WHEN r.contact_a = who.id OR t.label_a_b = t.label_b_a THEN r.type_id * 2 ELSE r.type_id * 2 + 1 END AS side, \
             r.start_date, r.end_date, r.is_active, r.description \
         FROM unnest($2) AS who (id) JOIN relationships r ON r.organization_id = $1 AND who.id IN (r.contact_a, r.contact_b) \
         JOIN relationship_types t ON t.organization_id = r.organization_id AND t.id = r.type_id \
         JOIN contacts other ON other.organization_id = r.organization_id AND other.deleted_at IS NULL \
            AND other.id = CASE WHEN r.contact_a = who.id THEN r.contact_b ELSE r.contact_a END \
         ORDER BY r.id",
    )
    .bind::<BigInt, _>(tx.organization())
    .bind::<Array<BigInt>, _>(ids.to_vec())
    .load(&mut **tx)?;
    Ok(ties.into_iter().map(|tie| (tie.contact, tie)).collect())
}
