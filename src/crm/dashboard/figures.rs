//! The figures of the Dashboard, from Completed contributions of contacts who are not in the trash.

use crate::base::{ContactId, Currency, Money};
use crate::db::OrgTx;
use chrono::{Datelike, Months, NaiveDate};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Text};

/// Some days, the last one included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    pub from: NaiveDate,
    pub to: NaiveDate,
}

impl Days {
    /// This month, up to today.
    pub fn this_month(today: NaiveDate) -> Self {
        Self {
            from: today.with_day(1).unwrap_or(today),
            to: today,
        }
    }

    /// This calendar year, up to today.
    pub fn this_year(today: NaiveDate) -> Self {
        Self {
            from: NaiveDate::from_ymd_opt(today.year(), 1, 1).unwrap_or(today),
            to: today,
        }
    }

    /// The twelve months that end today.
    pub fn last_twelve_months(today: NaiveDate) -> Self {
        let before = today.checked_sub_months(Months::new(12)).unwrap_or(today);
        Self {
            from: before.succ_opt().unwrap_or(before),
            to: today,
        }
    }

    /// The same days a year earlier, so that an unfinished month is compared with as much of the former one.
    pub fn a_year_earlier(self) -> Self {
        let earlier = |day: NaiveDate| day.checked_sub_months(Months::new(12)).unwrap_or(day);
        Self {
            from: earlier(self.from),
            to: earlier(self.to),
        }
    }

    /// The whole calendar year before the one these days begin in.
    pub fn year_before(self) -> Self {
        let year = self.from.year() - 1;
        Self {
            from: NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or(self.from),
            to: NaiveDate::from_ymd_opt(year, 12, 31).unwrap_or(self.to),
        }
    }
}

/// How many of last year's donors have given again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, QueryableByName)]
pub struct Retention {
    #[diesel(sql_type = BigInt)]
    pub gave_before: i64,
    #[diesel(sql_type = BigInt)]
    pub gave_again: i64,
}

impl Retention {
    /// In whole percent, rounded down; `None` where nobody gave before.
    pub fn percent(self) -> Option<i64> {
        (self.gave_before > 0).then(|| self.gave_again * 100 / self.gave_before)
    }
}

/// Donors of `before`, and how many of them gave in `now` as well.
pub fn retention(tx: &mut OrgTx<'_>, before: Days, now: Days) -> QueryResult<Retention> {
    diesel::sql_query(
        "WITH before AS (SELECT DISTINCT contact_id FROM contributions \
            WHERE organization_id = $1 AND status = 'Completed' AND received_on BETWEEN $2 AND $3), \
         again AS (SELECT DISTINCT contact_id FROM contributions \
            WHERE organization_id = $1 AND status = 'Completed' AND received_on BETWEEN $4 AND $5) \
         SELECT count(*) AS gave_before, count(again.contact_id) AS gave_again \
         FROM before LEFT JOIN again USING (contact_id) WHERE contact_id NOT IN ( \
            SELECT id FROM contacts WHERE organization_id = $1 AND deleted_at IS NOT NULL)",
    )
    .bind::<BigInt, _>(tx.organization())
    .bind::<Date, _>(before.from)
    .bind::<Date, _>(before.to)
    .bind::<Date, _>(now.from)
    .bind::<Date, _>(now.to)
    .get_result(&mut **tx)
}

/// Somebody who gave much.
#[derive(Clone, Debug, QueryableByName)]
pub struct TopDonor {
    #[diesel(sql_type = BigInt)]
    pub contact_id: ContactId,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    currency: Currency,
    #[diesel(sql_type = BigInt)]
    total: i64,
    #[diesel(sql_type = BigInt)]
    pub contributions: i64,
}

impl TopDonor {
    /// What they gave in all.
    pub fn total(&self) -> Money {
        Money::new(self.total, self.currency)
    }
}

/// Whoever gave most of one currency in these days.
pub fn top_donors(tx: &mut OrgTx<'_>, days: Days, currency: Currency, limit: i64) -> QueryResult<Vec<TopDonor>> {
    diesel::sql_query(
        "SELECT contacts.id AS contact_id, contacts.display_name AS name, given.* FROM ( \
            SELECT contact_id AS donor, currency, sum(amount)::bigint AS total, count(*) AS contributions \
            FROM contributions WHERE organization_id = $1 AND status = 'Completed' \
            AND received_on BETWEEN $2 AND $3 AND currency = $4 AND contact_id NOT IN ( \
                SELECT id FROM contacts WHERE organization_id = $1 AND deleted_at IS NOT NULL) \
            GROUP BY 1, 2 ORDER BY total DESC, donor LIMIT $5) given \
         JOIN contacts ON contacts.organization_id = $1 AND contacts.id = given.donor \
         ORDER BY given.total DESC, contacts.id",
    )
    .bind::<BigInt, _>(tx.organization())
    .bind::<Date, _>(days.from)
    .bind::<Date, _>(days.to)
    .bind::<Text, _>(currency)
    .bind::<BigInt, _>(limit)
    .load(&mut **tx)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn an_unfinished_month_is_compared_with_as_much_of_last_years() {
        let month = Days::this_month(day("2026-11-24"));
        let days = Days {
            from: day("2025-11-01"),
            to: day("2025-11-24"),
        };
        assert_eq!(month.a_year_earlier(), days);
        let leap = Days::this_month(day("2028-02-29")).a_year_earlier();
        assert_eq!((leap.from, leap.to), (day("2027-02-01"), day("2027-02-28")));
    }

    #[test]
    fn retention_is_nobodys_where_nobody_gave_before() {
        let of = |gave_before, gave_again| {
            Retention {
                gave_before,
                gave_again,
            }
            .percent()
        };
        assert_eq!((of(0, 0), of(3, 2), of(4, 4)), (None, Some(66), Some(100)));
    }
}
