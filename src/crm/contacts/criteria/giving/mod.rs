//! Questions about what a contact gave: how much, how often, how much at once, when first and last; ever or in a period, to
//! anything or to one fund or campaign. Only Completed contributions count.

mod ends;
mod gave;
mod measure;
mod target;

pub use ends::{End, Test as EndTest};
pub use gave::Gave;
pub use measure::{Measure, Test};
pub use target::with_parts;

use super::calendar::{Calendar, Stretch};
use super::period::Period;
use super::sql::{Bind, Sql};

/// Soft credits with what they are a part of.
pub const CREDITS: &str = "(SELECT soft_credits.organization_id, soft_credits.contact_id, soft_credits.amount, \
        soft_credits.credit_type, contributions.currency, contributions.received_on, contributions.status, \
        contributions.fund_id, contributions.campaign_id, contributions.source \
    FROM soft_credits JOIN contributions ON contributions.organization_id = soft_credits.organization_id \
        AND contributions.id = soft_credits.contribution_id) AS credits";

/// Who gave on one of these days, or was credited with what others gave.
fn gave_on(sql: &mut Sql, table: &str, days: &[Stretch]) -> Option<String> {
    let on = |days: &Stretch| days.sql("received_on", |day| sql.bind(Bind::Date(day)));
    let on: Vec<String> = days.iter().map(on).collect();
    let fits = format!("status = 'Completed' AND ({})", on.join(" OR "));
    (!days.is_empty()).then(|| sql.has_row(table, &fits))
}

/// That a contribution was received in a period.
fn within(sql: &mut Sql, period: &Period, calendar: &Calendar) -> String {
    period
        .stretch(calendar)
        .sql("received_on", |day| sql.bind(Bind::Date(day)))
}
