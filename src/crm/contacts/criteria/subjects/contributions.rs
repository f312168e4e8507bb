//! Single contributions, whatever became of them, and soft credits.

use super::super::controls::Ops;
use super::super::dates::Stored;
use super::super::facts::{Credit, Gift};
use super::super::giving::{CREDITS, with_parts};
use super::super::listed::Listed;
use super::super::offers::{Offer, Offers};
use super::super::period::day;
use super::super::plain::Plain;
use super::super::records::{Detail, Records};
use super::{Asks, Section, Subject, words};

/// In the words in which they are stored.
const PAYMENT_METHODS: Ops = words![
    "Cash",
    "Cheque",
    "Credit Card",
    "Debit Card",
    "Direct Debit",
    "E-transfer",
    "In Kind",
    "Securities",
    "Other"
];
const STATUSES: Ops = words!["Completed", "Pending", "Cancelled", "Refunded", "Failed"];
const DEDICATIONS: Ops = words!["In Honour Of", "In Memory Of"];
const CREDIT_TYPES: Ops = words![
    "Solicited",
    "Household",
    "Matched Gift",
    "Workplace Giving",
    "Gift",
    "Other"
];

const CONTRIBUTIONS: Records<Gift> = Records {
    table: "contributions",
    details: &[
        Detail::amount("amount", "Amount", "amount", false, |gift| Some(gift.money)),
        Detail::date("received_on", "Date Received", "received_on", Stored::Day, |gift, _| {
            vec![gift.received_on]
        }),
        Detail::choice("status", "Status", "status", (STATUSES, false), |gift| &gift.status),
        Detail::choice(
            "payment_method",
            "Payment Method",
            "payment_method",
            (PAYMENT_METHODS, false),
            |gift| &gift.payment_method,
        ),
        Detail::listed("fund", "Fund", Offer::Funds, ("fund_id", false), |gift| vec![gift.fund]),
        Detail::of(
            "campaign",
            "Campaign",
            Plain::Listed(Listed {
                offer: Offer::Campaigns,
                column: "campaign_id",
                may_be_empty: true,
                is_of: with_parts,
                of: |gift| gift.campaigns.clone(),
            }),
        ),
        Detail::text("source", "Source", "source", |gift| vec![&gift.source]),
        Detail::text("cheque_number", "Cheque Number", "cheque_number", |gift| {
            vec![&gift.cheque_number]
        }),
        Detail::text("transaction_id", "Transaction ID", "transaction_id", |gift| {
            vec![&gift.transaction_id]
        }),
        Detail::text("note", "Note", "note", |gift| vec![&gift.note]),
        Detail::text("in_kind", "In-kind Description", "in_kind_description", |gift| {
            vec![&gift.in_kind_description]
        }),
        Detail::amount("advantage", "Advantage", "advantage", false, |gift| {
            Some(gift.advantage)
        }),
        Detail::choice(
            "dedication",
            "Dedication",
            "coalesce(dedication, '')",
            (DEDICATIONS, true),
            |gift| &gift.dedication,
        ),
        Detail::text("honoree", "Name of the Dedication", "honoree_name", |gift| {
            vec![&gift.honoree_name]
        }),
        Detail::flag(
            "thanked",
            "Thanks",
            |_, _| "thanked_on IS NOT NULL".into(),
            |gift, _| gift.thanked_on.is_some(),
        ),
        Detail::day("thanked_on", "Date of the Thanks", "thanked_on", |gift, _| {
            gift.thanked_on.into_iter().collect()
        }),
        Detail::flag(
            "recurring",
            "Recurring Series",
            |_, _| "recurring_id IS NOT NULL".into(),
            |gift, _| gift.is_recurring,
        ),
    ],
    of: |facts| &facts.contributions,
    named: gift_in_words,
};

const SOFT_CREDITS: Records<Credit> = Records {
    table: CREDITS,
    details: &[
        Detail::amount("amount", "Amount", "amount", false, |credit| Some(credit.money)),
        Detail::choice("type", "Type", "credit_type", (CREDIT_TYPES, false), |credit| {
            &credit.credit_type
        }),
        Detail::date(
            "received_on",
            "Date Received",
            "received_on",
            Stored::Day,
            |credit, _| vec![credit.gift.received_on],
        ),
        Detail::choice("status", "Status", "status", (STATUSES, false), |credit| {
            &credit.gift.status
        }),
        Detail::listed("fund", "Fund", Offer::Funds, ("fund_id", false), |credit| {
            vec![credit.gift.fund]
        }),
        Detail::of(
            "campaign",
            "Campaign",
            Plain::Listed(Listed {
                offer: Offer::Campaigns,
                column: "campaign_id",
                may_be_empty: true,
                is_of: with_parts,
                of: |credit| credit.gift.campaigns.clone(),
            }),
        ),
        Detail::text("source", "Source", "source", |credit| vec![&credit.gift.source]),
    ],
    of: |facts| &facts.credits,
    named: |credit, offers| {
        let (money, credit_type) = (credit.money, &credit.credit_type);
        format!("{money} ({credit_type}) of {}", gift_in_words(&credit.gift, offers))
    },
};

/// "$100.00, Completed, on Mar 1, 2026, General Fund"
fn gift_in_words(gift: &Gift, offers: &Offers) -> String {
    let (on, fund) = (day(gift.received_on), offers.title(Offer::Funds, gift.fund));
    format!("{}, {}, on {on}, {fund}", gift.money, gift.status)
}

/// The family. Totals count Completed contributions only; here the labels say otherwise.
pub(super) const SUBJECTS: &[Subject] = &[
    Subject {
        key: "contributions",
        section: Section::Contributions,
        label: "Contributions (of any status)",
        asks: Asks::Records(&CONTRIBUTIONS),
    },
    Subject {
        key: "soft_credits",
        section: Section::Contributions,
        label: "Soft Credits (of any status)",
        asks: Asks::Records(&SOFT_CREDITS),
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crm::contributions::model::{CreditType, Dedication, PaymentMethod, Status};

    #[test]
    fn every_word_that_a_contribution_may_have_can_be_asked_for() {
        let asked = |options: Ops| -> Vec<&str> { options.iter().map(|(key, _)| *key).collect() };
        let methods: Vec<&str> = PaymentMethod::ALL.iter().map(|one| one.as_str()).collect();
        let statuses: Vec<&str> = Status::ALL.iter().map(|one| one.as_str()).collect();
        let dedications: Vec<&str> = Dedication::ALL.iter().map(|one| one.as_str()).collect();
        let credits: Vec<&str> = CreditType::ALL.iter().map(|one| one.as_str()).collect();
        assert_eq!((asked(PAYMENT_METHODS), asked(STATUSES)), (methods, statuses));
        assert_eq!((asked(DEDICATIONS), asked(CREDIT_TYPES)), (dedications, credits));
    }
}
