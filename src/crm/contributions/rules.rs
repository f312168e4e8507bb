//! What a draft must keep to become a contribution. Every problem is a sentence and names the field of the form it belongs to.

use super::model::{ContributionDraft, PaymentMethod, Status};
use crate::base::AMOUNT_MAX;
use crate::crm::contacts::rules::{Problem, TEXT_MAX};
use chrono::{Datelike, NaiveDate};

/// Years before this one are mistakes in typing.
const YEAR_MIN: i32 = 1900;

impl ContributionDraft {
    /// Everything that is wrong with it as of `today`; empty when it may be written down.
    pub fn problems(&self, today: NaiveDate) -> Vec<Problem> {
        let mut found = Vec::new();
        let mut refuse = |is_wrong: bool, field: &str, words: &str| {
            if is_wrong {
                found.push(Problem::new(field, words));
            }
        };
        refuse(self.amount <= 0, "amount", "A contribution is more than nothing.");
        refuse(self.amount > AMOUNT_MAX, "amount", "This amount is too large.");
        refuse(
            self.received_on.year() < YEAR_MIN,
            "received_on",
            "This is too long ago. Write the year with four digits.",
        );
        refuse(
            self.received_on > today && self.status == Status::Completed,
            "received_on",
            "This day has not come yet. A gift that is only expected is Pending.",
        );
        refuse(
            self.fee < 0 || self.fee > self.amount,
            "fee",
            "The fee cannot be more than the gift.",
        );
        let is_in_kind = self.payment_method == PaymentMethod::InKind;
        refuse(
            is_in_kind && self.in_kind_description.is_empty(),
            "in_kind_description",
            "Describe what was given.",
        );
        refuse(
            !is_in_kind && !self.in_kind_description.is_empty(),
            "in_kind_description",
            "Choose In Kind as the payment method, or leave this empty.",
        );
        refuse(
            self.advantage < 0 || self.advantage > self.amount,
            "advantage",
            "The advantage cannot be worth more than the gift.",
        );
        refuse(
            self.advantage > 0 && self.advantage_description.is_empty(),
            "advantage_description",
            "Describe what the donor got in return.",
        );
        refuse(
            self.advantage == 0 && !self.advantage_description.is_empty(),
            "advantage",
            "Write what the advantage is worth, or leave its description empty.",
        );
        refuse(
            self.dedication.is_some() && self.honoree_name.is_empty(),
            "honoree_name",
            "Write whom the gift honours.",
        );
        refuse(
            self.dedication.is_none() && !self.honoree_name.is_empty(),
            "dedication",
            "Choose whether it is in honour or in memory of them.",
        );
        refuse(
            !self.status.is_closed() && (self.closed_on.is_some() || !self.closed_reason.is_empty()),
            "closed_on",
            "Choose the status Cancelled, Refunded or Failed, or leave day and reason empty.",
        );
        refuse(
            self.closed_on.is_some_and(|day| day > today),
            "closed_on",
            "This day has not come yet.",
        );
        for (field, text) in [
            ("transaction_id", &self.transaction_id),
            ("cheque_number", &self.cheque_number),
            ("source", &self.source),
            ("in_kind_description", &self.in_kind_description),
            ("advantage_description", &self.advantage_description),
            ("honoree_name", &self.honoree_name),
            ("closed_reason", &self.closed_reason),
        ] {
            refuse(
                text.chars().count() > TEXT_MAX,
                field,
                "This is too long. Please use at most 255 characters.",
            );
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{ContactId, Currency, FundId, Money};
    use crate::crm::contributions::Dedication;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn gift() -> ContributionDraft {
        ContributionDraft::new(
            ContactId(1),
            Money::new(10_000, Currency::CAD),
            day("2026-04-27"),
            FundId(1),
        )
    }

    fn wrong(change: impl FnOnce(&mut ContributionDraft)) -> Vec<String> {
        let mut draft = gift();
        change(&mut draft);
        let problems = draft.problems(day("2026-04-27"));
        problems.into_iter().map(|problem| problem.field).collect()
    }

    #[test]
    fn an_advantage_is_described_and_never_worth_more_than_the_gift() {
        assert_eq!(wrong(|_| {}), [""; 0]);
        assert_eq!(wrong(|gift| gift.advantage = 2_500), ["advantage_description"]);
        let dinner = |worth| {
            move |gift: &mut ContributionDraft| {
                gift.advantage = worth;
                gift.advantage_description = "A dinner".into();
            }
        };
        assert_eq!(wrong(dinner(10_000)), [""; 0]);
        assert_eq!(wrong(dinner(10_001)), ["advantage"]);
        assert_eq!(wrong(dinner(0)), ["advantage"]);
    }

    #[test]
    fn a_gift_in_kind_says_what_it_is_and_a_dedication_whom_it_honours() {
        assert_eq!(
            wrong(|gift| gift.payment_method = PaymentMethod::InKind),
            ["in_kind_description"]
        );
        assert_eq!(
            wrong(|gift| gift.in_kind_description = "A piano".into()),
            ["in_kind_description"]
        );
        assert_eq!(
            wrong(|gift| gift.dedication = Some(Dedication::InMemoryOf)),
            ["honoree_name"]
        );
        assert_eq!(wrong(|gift| gift.honoree_name = "Rose Lem".into()), ["dedication"]);
    }

    #[test]
    fn a_gift_that_stands_was_neither_cancelled_nor_sent_back() {
        assert_eq!(wrong(|gift| gift.closed_on = Some(day("2026-04-27"))), ["closed_on"]);
        assert_eq!(wrong(|gift| gift.closed_reason = "Bounced".into()), ["closed_on"]);
        let refunded = |on: &'static str| {
            wrong(move |gift| {
                gift.status = Status::Refunded;
                gift.closed_on = Some(day(on));
                gift.closed_reason = "Given twice".into();
            })
        };
        assert_eq!(refunded("2026-04-27"), [""; 0]);
        assert_eq!(refunded("2026-04-28"), ["closed_on"]);
    }

    #[test]
    fn what_has_not_come_yet_is_pending() {
        assert_eq!(wrong(|gift| gift.received_on = day("2026-04-28")), ["received_on"]);
        let promised = |gift: &mut ContributionDraft| {
            gift.received_on = day("2026-12-24");
            gift.status = Status::Pending;
        };
        assert_eq!(wrong(promised), [""; 0]);
        assert_eq!(wrong(|gift| gift.amount = 0), ["amount"]);
    }
}
