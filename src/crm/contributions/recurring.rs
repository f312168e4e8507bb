//! Recurring contributions: what a donor has promised to give again and again. Each time it comes is a contribution that
//! names its series, and the next date moves on.

use super::actions::{self, ContributionError};
use super::model::ContributionDraft;
use super::rows;
use crate::base::{ContactId, Currency, FundId, Money, RecurringId, choice};
use crate::changelog::{self, FieldChange, NewChange};
use crate::db::OrgTx;
use crate::db::schema::{funds, recurring_contributions};
use crate::work;
use chrono::{Days, Months, NaiveDate};
use diesel::prelude::*;
use diesel::result::Error as QueryError;
use std::collections::BTreeMap;

choice! {
    /// How often it comes.
    pub enum Frequency {
        Weekly = "Weekly",
        EveryTwoWeeks = "Every two weeks",
        Monthly = "Monthly",
        Quarterly = "Quarterly",
        Yearly = "Yearly",
    }
}

impl Frequency {
    /// The day of the time number `count` after a start; the last of a month stays the last of shorter ones.
    fn after(self, start: NaiveDate, count: u32) -> Option<NaiveDate> {
        match self {
            Self::Weekly => start.checked_add_days(Days::new(7 * u64::from(count))),
            Self::EveryTwoWeeks => start.checked_add_days(Days::new(14 * u64::from(count))),
            Self::Monthly => start.checked_add_months(Months::new(count)),
            Self::Quarterly => start.checked_add_months(Months::new(3 * count)),
            Self::Yearly => start.checked_add_months(Months::new(12 * count)),
        }
    }

    /// The first time after a day; the start itself where it is still to come.
    fn next_after(self, start: NaiveDate, day: NaiveDate) -> Option<NaiveDate> {
        (0..)
            .map_while(|count| self.after(start, count))
            .find(|next| *next > day)
    }
}

/// A series as somebody wants it to be.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = recurring_contributions)]
pub struct RecurringDraft {
    pub contact_id: ContactId,
    pub amount: i64,
    pub currency: Currency,
    pub frequency: Frequency,
    pub start_date: NaiveDate,
    pub end_date: Option<NaiveDate>,
    pub fund_id: FundId,
}

/// A series as it stands in the records.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = recurring_contributions)]
pub struct Recurring {
    pub id: RecurringId,
    #[diesel(embed)]
    pub is: RecurringDraft,
    /// When it is expected next; nothing once it has ended.
    pub next_date: Option<NaiveDate>,
}

impl RecurringDraft {
    /// How much each time.
    pub fn amount(&self) -> Money {
        Money::new(self.amount, self.currency)
    }

    /// When it is expected next after a day; nothing once it has ended.
    fn next_after(&self, day: NaiveDate) -> Option<NaiveDate> {
        let next = self.frequency.next_after(self.start_date, day)?;
        self.end_date.is_none_or(|end| next <= end).then_some(next)
    }

    /// "$25.00 monthly"
    pub fn in_words(&self) -> String {
        format!("{} {}", self.amount(), self.frequency.as_str().to_lowercase())
    }
}

/// The series of a contact, those that go on first.
pub fn of_contact(tx: &mut OrgTx<'_>, contact: ContactId) -> QueryResult<Vec<Recurring>> {
    recurring_contributions::table
        .filter(recurring_contributions::organization_id.eq(tx.organization()))
        .filter(recurring_contributions::contact_id.eq(contact))
        .order((
            recurring_contributions::next_date.is_null(),
            recurring_contributions::next_date,
            recurring_contributions::id,
        ))
        .select(Recurring::as_select())
        .load(&mut **tx)
}

/// The series with this id.
pub fn find(tx: &mut OrgTx<'_>, id: RecurringId) -> QueryResult<Option<Recurring>> {
    recurring_contributions::table
        .find((tx.organization().0, id.0))
        .select(Recurring::as_select())
        .first(&mut **tx)
        .optional()
}

/// Begins a series; the first gift is expected on its start date.
pub fn add(tx: &mut OrgTx<'_>, draft: &RecurringDraft) -> Result<RecurringId, ContributionError> {
    let promising = [draft.contact_id].into();
    rows::lock_contacts(tx, &promising)?;
    actions::refuse_gone(tx, &promising)?;
    // `NotFound` rather than a broken key where it is none of ours.
    funds::table
        .find((tx.organization().0, draft.fund_id.0))
        .select(funds::id)
        .first::<i64>(&mut **tx)?;
    let id = diesel::insert_into(recurring_contributions::table)
        .values((draft, recurring_contributions::next_date.eq(draft.start_date)))
        .returning(recurring_contributions::id)
        .get_result(&mut **tx)?;
    let said = FieldChange::between("Recurring", "", &draft.in_words());
    log(tx, draft.contact_id, "Recurring contribution added", said)?;
    Ok(id)
}

/// Ends a series on a day; what was given stays.
pub fn end(tx: &mut OrgTx<'_>, id: RecurringId, on: NaiveDate) -> QueryResult<Recurring> {
    let series = find(tx, id)?.ok_or(QueryError::NotFound)?;
    let last = on.max(series.is.start_date);
    diesel::update(recurring_contributions::table.find((tx.organization().0, id.0)))
        .set((
            recurring_contributions::end_date.eq(last),
            recurring_contributions::next_date.eq(None::<NaiveDate>),
        ))
        .execute(&mut **tx)?;
    let said = FieldChange::between("Recurring", &series.is.in_words(), "");
    log(tx, series.is.contact_id, "Recurring contribution ended", said)?;
    Ok(series)
}

/// Moves series on after gifts of theirs came. `NotFound` where a gift names a series of somebody else.
pub(super) fn came<'d>(tx: &mut OrgTx<'_>, drafts: impl Iterator<Item = &'d ContributionDraft>) -> QueryResult<()> {
    let mut latest: BTreeMap<RecurringId, &ContributionDraft> = BTreeMap::new();
    for draft in drafts {
        if let Some(id) = draft.recurring_id {
            let kept = latest.entry(id).or_insert(draft);
            if draft.received_on > kept.received_on {
                *kept = draft;
            }
        }
    }
    for (id, draft) in latest {
        let series = find(tx, id)?.filter(|series| series.is.contact_id == draft.contact_id);
        let series = series.ok_or(QueryError::NotFound)?;
        // One that came early stands for the time it was expected.
        let day = series
            .next_date
            .map_or(draft.received_on, |next| next.max(draft.received_on));
        if series.next_date.is_some() {
            diesel::update(recurring_contributions::table.find((tx.organization().0, id.0)))
                .set(recurring_contributions::next_date.eq(series.is.next_after(day)))
                .execute(&mut **tx)?;
        }
    }
    Ok(())
}

fn log(tx: &mut OrgTx<'_>, contact: ContactId, what: &str, field: Option<FieldChange>) -> QueryResult<()> {
    let change = NewChange {
        contact: Some(contact),
        what,
        fields: field.into_iter().collect(),
        why: "",
    };
    changelog::record(tx, change)?;
    work::contacts_are_due(tx, &[contact])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(frequency: Frequency, start: &str, day: &str) -> String {
        let day = day.parse().unwrap();
        frequency.next_after(start.parse().unwrap(), day).unwrap().to_string()
    }

    #[test]
    fn a_monthly_gift_keeps_its_day_and_the_last_of_a_month_stays_the_last() {
        assert_eq!(next(Frequency::Monthly, "2026-01-15", "2026-01-01"), "2026-01-15");
        assert_eq!(next(Frequency::Monthly, "2026-01-15", "2026-01-15"), "2026-02-15");
        assert_eq!(next(Frequency::Monthly, "2026-01-31", "2026-02-01"), "2026-02-28");
        assert_eq!(next(Frequency::Monthly, "2026-01-31", "2026-02-28"), "2026-03-31");
        assert_eq!(next(Frequency::EveryTwoWeeks, "2026-01-01", "2026-01-20"), "2026-01-29");
        assert_eq!(next(Frequency::Yearly, "2024-02-29", "2024-03-01"), "2025-02-28");
    }
}
