//! A chart of what was given month by month, and the table that says the same in words.

use super::list::at;
use crate::accounts::Member;
use crate::base::{Currency, Money};
use crate::crm::contributions::search::{Filter, Month, Total};
use chrono::{Months, NaiveDate};

/// The drawing's own measures; it is scaled to the room there is.
const WIDTH: i64 = 720;
const HEIGHT: i64 = 180;
/// The widest a bar is drawn.
const BAR_WIDTH_MAX: i64 = 44;
/// Names under the bars: more would run into each other.
const NAMES_MAX: usize = 12;
/// Months drawn; of a longer time the latest are.
const MONTHS_MAX: usize = 36;

/// What was given, month by month, in one currency.
pub struct Chart {
    pub currency: Currency,
    /// Oldest first, without gaps.
    pub bars: Vec<Bar>,
    /// Months before the first one drawn are left out.
    pub is_cut: bool,
}

/// One month.
pub struct Bar {
    pub month: NaiveDate,
    pub total: Money,
    pub contributions: i64,
    /// The address of its contributions.
    pub url: String,
    pub x: i64,
    pub y: i64,
    pub width: i64,
    pub height: i64,
    /// Whether its name fits under it.
    pub is_named: bool,
}

impl Bar {
    /// The middle of the bar.
    pub fn middle(&self) -> i64 {
        self.x + self.width / 2
    }
}

impl Chart {
    /// The currency that most gifts of a list are in.
    pub fn currency_of(totals: &[Total]) -> Option<Currency> {
        totals.first().map(|total| total.currency)
    }

    /// Draws the months of one currency.
    pub fn draw(member: &Member, filter: &Filter, currency: Currency, months: &[Month]) -> Option<Self> {
        let all = without_gaps(months);
        let is_cut = all.len() > MONTHS_MAX;
        let shown = &all[all.len().saturating_sub(MONTHS_MAX)..];
        let largest = shown
            .iter()
            .map(|month| month.total)
            .max()
            .filter(|largest| *largest > 0)?;
        let step = WIDTH / i64::try_from(shown.len()).ok()?;
        let width = (step * 7 / 10).clamp(1, BAR_WIDTH_MAX);
        let every = shown.len().div_ceil(NAMES_MAX);
        let bars = shown.iter().zip(0_i64..).map(|(month, at_bar)| {
            // In 128 bits: an amount times the height may be more than 64 hold.
            let height = i128::from(month.total) * i128::from(HEIGHT) / i128::from(largest);
            let height = i64::try_from(height).unwrap_or(HEIGHT).max(i64::from(month.total > 0));
            Bar {
                month: month.month,
                total: Money::new(month.total, currency),
                contributions: month.contributions,
                url: at(member, &within(filter, currency, month.month), 1),
                x: at_bar * step + (step - width) / 2,
                y: HEIGHT - height,
                width,
                height,
                is_named: usize::try_from(at_bar).unwrap_or(0) % every == 0,
            }
        });
        Some(Self {
            currency,
            bars: bars.collect(),
            is_cut,
        })
    }

    /// The largest month.
    pub fn largest(&self) -> Option<Money> {
        self.bars.iter().map(|bar| bar.total).max_by_key(|total| total.minor)
    }
}

fn without_gaps(months: &[Month]) -> Vec<Month> {
    let mut all: Vec<Month> = Vec::new();
    for month in months {
        while let Some(next) = all
            .last()
            .and_then(|last| last.month.checked_add_months(Months::new(1)))
            && next < month.month
        {
            all.push(Month {
                month: next,
                total: 0,
                contributions: 0,
            });
        }
        all.push(month.clone());
    }
    all
}

fn within(filter: &Filter, currency: Currency, month: NaiveDate) -> Filter {
    let next = month.checked_add_months(Months::new(1));
    Filter {
        currency: Some(currency),
        from: Some(month),
        to: next.and_then(|next| next.pred_opt()),
        ..filter.with_status(crate::crm::contributions::Status::Completed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_without_gifts_is_drawn_as_such() {
        let month = |day: &str, total| Month {
            month: day.parse().unwrap(),
            total,
            contributions: 1,
        };
        let all = without_gaps(&[month("2025-11-01", 5), month("2026-02-01", 7)]);
        let totals: Vec<i64> = all.iter().map(|month| month.total).collect();
        assert_eq!(totals, [5, 0, 0, 7]);
    }
}
