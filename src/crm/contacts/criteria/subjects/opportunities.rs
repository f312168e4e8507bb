//! Grants and large gifts that may come from a contact.

use super::super::controls::Ops;
use super::super::facts::Prospect;
use super::super::offers::Offer;
use super::super::records::{Detail, Records};
use super::{Asks, Section, Subject, words};

/// In the words in which they are stored.
const OUTCOMES: Ops = words!["Open", "Won", "Lost"];
const PROBABILITIES: Ops = words!["Low", "Medium", "High"];

const OPPORTUNITIES: Records<Prospect> = Records {
    table: "(SELECT opportunities.*, statuses.outcome FROM opportunities JOIN opportunity_statuses AS statuses \
            ON statuses.organization_id = opportunities.organization_id AND statuses.id = opportunities.status_id) AS prospects",
    details: &[
        Detail::listed(
            "status",
            "Status",
            Offer::OpportunityStatuses,
            ("status_id", false),
            |one| vec![one.status_id],
        ),
        Detail::choice("outcome", "Outcome", "outcome", (OUTCOMES, false), |one| &one.outcome),
        Detail::amount("amount", "Amount", "amount", true, |one| one.amount),
        Detail::amount("amount_received", "Amount Received", "amount_received", true, |one| {
            one.amount_received
        }),
        Detail::text("name", "Name", "name", |one| vec![&one.name]),
        Detail::text("type", "Type", "opportunity_type", |one| vec![&one.opportunity_type]),
        Detail::choice(
            "probability",
            "Probability",
            "coalesce(probability, '')",
            (PROBABILITIES, true),
            |one| &one.probability,
        ),
        Detail::listed("owner", "Owner", Offer::Colleagues, ("owner_id", true), |one| {
            one.owner.into_iter().collect()
        }),
        Detail::day("deadline", "Application Deadline", "application_deadline", |one, _| {
            one.application_deadline.into_iter().collect()
        }),
        Detail::flag(
            "submitted",
            "Application Submitted",
            |_, _| "is_submitted".into(),
            |one, _| one.is_submitted,
        ),
        Detail::day("decision_date", "Decision Date", "decision_date", |one, _| {
            one.decision_date.into_iter().collect()
        }),
        Detail::day("report_due", "Report Due", "report_due", |one, _| {
            one.report_due.into_iter().collect()
        }),
        Detail::text("notes", "Notes", "notes", |one| vec![&one.notes]),
    ],
    of: |facts| &facts.opportunities,
    named: |one, offers| {
        let status = offers.title(Offer::OpportunityStatuses, one.status_id);
        let amount = one.amount.map(|money| money.to_string());
        let parts = [Some(one.name.clone()), Some(status.to_owned()), amount];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    },
};

/// The family.
pub(super) const SUBJECTS: &[Subject] = &[Subject {
    key: "opportunities",
    section: Section::Opportunities,
    label: "Opportunities",
    asks: Asks::Records(&OPPORTUNITIES),
}];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crm::opportunities::model::{Outcome, Probability};

    #[test]
    fn every_outcome_and_probability_can_be_asked_for() {
        let asked = |options: Ops| -> Vec<&str> { options.iter().map(|(key, _)| *key).collect() };
        let outcomes: Vec<&str> = Outcome::ALL.iter().map(|outcome| outcome.as_str()).collect();
        let probabilities: Vec<&str> = Probability::ALL.iter().map(|likely| likely.as_str()).collect();
        assert_eq!((asked(OUTCOMES), asked(PROBABILITIES)), (outcomes, probabilities));
    }
}
