//! Recurring contributions: what a donor has promised to give again and again. Each time it comes is a contribution that
//! names its series, and the next date moves on.

use super::actions::{self, ContributionError};
use super::model::ContributionDraft;
use super::rows;
use crate::base::{ContactId, Currency, FundId, Money, RecurringId, choice};
use crate::changelog::{self, FieldChange, NewChange};
use crate::crm::contacts::rules::Problem;
use crate::db::OrgTx;
use crate::db::schema::{contacts, contributions, funds, recurring_contributions};
use crate::web::{Choice, PageError};
use crate::work;
use chrono::{Days, Months, NaiveDate};
use diesel::prelude::*;
use diesel::result::Error as QueryError;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

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

    /// The day of the time before one that is expected.
    fn before(self, next: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Weekly => next.checked_sub_days(Days::new(7)),
            Self::EveryTwoWeeks => next.checked_sub_days(Days::new(14)),
            Self::Monthly => next.checked_sub_months(Months::new(1)),
            Self::Quarterly => next.checked_sub_months(Months::new(3)),
            Self::Yearly => next.checked_sub_months(Months::new(12)),
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
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Serialize)]
#[diesel(table_name = recurring_contributions, treat_none_as_null = true)]
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

impl Recurring {
    /// Whether a gift was expected before today, and none has come.
    pub fn is_overdue(&self, today: &NaiveDate) -> bool {
        self.next_date.is_some_and(|next| next < *today)
    }
}

/// How series stand, as the list of them is filtered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// A gift was expected before today, and none has come.
    Overdue,
    /// They go on.
    #[default]
    Running,
    Ended,
    Any,
}

impl State {
    /// In the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::Running, Self::Overdue, Self::Ended, Self::Any];

    /// The word in the address.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Overdue => "overdue",
            Self::Running => "running",
            Self::Ended => "ended",
            Self::Any => "any",
        }
    }

    /// The words people see.
    pub fn label(self) -> &'static str {
        match self {
            Self::Overdue => "Overdue",
            Self::Running => "Going on",
            Self::Ended => "Ended",
            Self::Any => "Any",
        }
    }
}

/// Series of contacts who are not in the trash, with their contacts.
macro_rules! standing {
    ($tx:expr, $state:expr, $today:expr) => {{
        let all = recurring_contributions::table
            .inner_join(
                contacts::table.on(contacts::organization_id
                    .eq(recurring_contributions::organization_id)
                    .and(contacts::id.eq(recurring_contributions::contact_id))),
            )
            .filter(recurring_contributions::organization_id.eq($tx.organization()))
            .filter(contacts::deleted_at.is_null())
            .into_boxed();
        match $state {
            State::Overdue => all.filter(recurring_contributions::next_date.lt($today)),
            State::Running => all.filter(recurring_contributions::next_date.is_not_null()),
            State::Ended => all.filter(recurring_contributions::next_date.is_null()),
            State::Any => all,
        }
    }};
}

/// The series that stand so, each with whose it is; what is expected first comes first.
pub fn list(
    tx: &mut OrgTx<'_>,
    state: State,
    today: NaiveDate,
    offset: i64,
    limit: i64,
) -> QueryResult<Vec<(Recurring, String)>> {
    standing!(tx, state, today)
        .order((
            recurring_contributions::next_date.asc().nulls_last(),
            recurring_contributions::id,
        ))
        .offset(offset)
        .limit(limit)
        .select((Recurring::as_select(), contacts::sort_name))
        .load(&mut **tx)
}

/// How many series stand so.
pub fn count(tx: &mut OrgTx<'_>, state: State, today: NaiveDate) -> QueryResult<i64> {
    standing!(tx, state, today).count().get_result(&mut **tx)
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

    /// "$25.00 monthly from 2026-01-31 until 2026-12-31"
    fn with_days(&self) -> String {
        let end = self.end_date.map(|day| format!(" until {day}")).unwrap_or_default();
        format!("{} from {}{end}", self.in_words(), self.start_date)
    }
}

/// The gifts of a series.
macro_rules! gifts {
    ($tx:expr, $id:expr) => {
        contributions::table
            .filter(contributions::organization_id.eq($tx.organization()))
            .filter(contributions::recurring_id.eq($id))
    };
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

/// Series to choose from: those that go on, and the one that is chosen.
pub fn choices(series: &[Recurring], chosen: Option<RecurringId>) -> Vec<Choice> {
    let offered = series
        .iter()
        .filter(|one| one.next_date.is_some() || Some(one.id) == chosen)
        .map(|one| (one.id.to_string(), one.is.with_days()));
    let none = std::iter::once((String::new(), "No recurring contribution".to_owned()));
    let chosen = chosen.map(|id| id.to_string()).unwrap_or_default();
    Choice::list(none.chain(offered), &chosen)
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
    refuse_unfit(tx, draft)?;
    let id = diesel::insert_into(recurring_contributions::table)
        .values((draft, recurring_contributions::next_date.eq(draft.start_date)))
        .returning(recurring_contributions::id)
        .get_result(&mut **tx)?;
    let said = FieldChange::between("Recurring", "", &draft.in_words());
    log(tx, draft.contact_id, "Recurring contribution added", said)?;
    Ok(id)
}

fn refuse_unfit(tx: &mut OrgTx<'_>, draft: &RecurringDraft) -> Result<(), ContributionError> {
    let promising = [draft.contact_id].into();
    rows::lock_contacts(tx, &promising)?;
    actions::refuse_gone(tx, &promising)?;
    // `NotFound` rather than a broken key where it is none of ours.
    funds::table
        .find((tx.organization().0, draft.fund_id.0))
        .select(funds::id)
        .first::<i64>(&mut **tx)?;
    Ok(())
}

/// The series with this id, kept from being changed by others until the transaction ends; `NotFound` where there is none. Its
/// contact comes first, as where a gift moves it on: otherwise each of two would wait for what the other has locked.
pub fn locked(tx: &mut OrgTx<'_>, id: RecurringId) -> QueryResult<Recurring> {
    let series = find(tx, id)?.ok_or(QueryError::NotFound)?;
    rows::lock_contacts(tx, &[series.is.contact_id].into())?;
    recurring_contributions::table
        .find((tx.organization().0, id.0))
        .select(Recurring::as_select())
        .for_update()
        .first(&mut **tx)
}

/// Makes a series, `locked`, what the draft says. Gifts that came stay as they are; `false`: nothing was different.
pub fn change(tx: &mut OrgTx<'_>, series: &Recurring, draft: &RecurringDraft) -> Result<bool, ContributionError> {
    if series.is == *draft {
        return Ok(false);
    }
    refuse_unfit(tx, draft)?;
    let next = next_of(tx, series, draft)?;
    diesel::update(recurring_contributions::table.find((tx.organization().0, series.id.0)))
        .set((draft, recurring_contributions::next_date.eq(next)))
        .execute(&mut **tx)?;
    let said = FieldChange::between("Recurring", &series.is.with_days(), &draft.with_days());
    log(tx, draft.contact_id, "Recurring contribution changed", said)?;
    Ok(true)
}

/// When a series that is changed is expected next: as before where its days are the same, else after the last gift that came.
fn next_of(tx: &mut OrgTx<'_>, series: &Recurring, draft: &RecurringDraft) -> QueryResult<Option<NaiveDate>> {
    let is = &series.is;
    if (is.frequency, is.start_date, is.end_date) == (draft.frequency, draft.start_date, draft.end_date) {
        return Ok(series.next_date);
    }
    let has_same_days = (is.frequency, is.start_date) == (draft.frequency, draft.start_date);
    let next = match series.next_date.filter(|_| has_same_days) {
        Some(next) => Some(next),
        None => {
            let last: Option<NaiveDate> = gifts!(tx, series.id)
                .select(diesel::dsl::max(contributions::received_on))
                .first(&mut **tx)?;
            match last {
                Some(last) => draft.frequency.next_after(draft.start_date, last),
                None => Some(draft.start_date),
            }
        }
    };
    Ok(next.filter(|next| draft.end_date.is_none_or(|end| *next <= end)))
}

/// Deletes a series that was written down by mistake: one with gifts stays.
pub fn delete(tx: &mut OrgTx<'_>, id: RecurringId) -> Result<Recurring, PageError> {
    let series = locked(tx, id)?;
    let gifts: i64 = gifts!(tx, id).count().get_result(&mut **tx)?;
    if gifts > 0 {
        let belong = if gifts == 1 {
            "1 contribution belongs"
        } else {
            &format!("{gifts} contributions belong")
        };
        return Err(PageError::Refused(format!(
            "Nothing was deleted: {belong} to this recurring contribution. End it instead; what was given stays."
        )));
    }
    diesel::delete(recurring_contributions::table.find((tx.organization().0, id.0))).execute(&mut **tx)?;
    let said = FieldChange::between("Recurring", &series.is.with_days(), "");
    log(tx, series.is.contact_id, "Recurring contribution deleted", said)?;
    Ok(series)
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

/// Refuses gifts that name a series of somebody else, or one that is gone.
pub(super) fn refuse_of_others<'d>(
    tx: &mut OrgTx<'_>,
    drafts: impl Iterator<Item = &'d ContributionDraft>,
) -> Result<(), ContributionError> {
    let named: BTreeSet<(RecurringId, ContactId)> = drafts
        .filter_map(|draft| Some((draft.recurring_id?, draft.contact_id)))
        .collect();
    for (id, contact) in named {
        if find(tx, id)?.is_none_or(|series| series.is.contact_id != contact) {
            let words = "This recurring contribution is of another contact, or was deleted. Choose again.";
            return Err(ContributionError::Invalid(vec![Problem::new("recurring", words)]));
        }
    }
    Ok(())
}

/// Moves series on after gifts of theirs came.
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
        let Some(series) = find(tx, id)? else { continue };
        let Some(next) = series.next_date else { continue };
        // One that came early stands for the time it was expected; one of an earlier time moves nothing.
        let before = series.is.frequency.before(next);
        if before.is_none_or(|before| draft.received_on > before) {
            let day = next.max(draft.received_on);
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
