//! What a contact gave in all: Completed contributions only.

use super::super::giving::{End, Measure};
use super::super::links::Links;
use super::super::offers::Offer;
use super::super::plain::Plain;
use super::super::sql::Place;
use super::super::text::{Text, Writing};
use super::{Asks, Section, Subject};

const fn about(key: &'static str, label: &'static str, asks: Asks) -> Subject {
    Subject {
        key,
        section: Section::Contributions,
        label,
        asks,
    }
}

/// Whoever gave to a campaign gave to those it is a part of as well.
const GIVEN_TO: &str = "(WITH RECURSIVE parts (campaign_id, part_of) AS ( \
        SELECT id, id FROM campaigns WHERE organization_id = $1 \
        UNION SELECT parts.campaign_id, campaigns.parent_id FROM parts \
        JOIN campaigns ON campaigns.organization_id = $1 AND campaigns.id = parts.part_of \
        WHERE campaigns.parent_id IS NOT NULL) \
    SELECT contributions.organization_id, contributions.contact_id, parts.part_of AS campaign_id \
    FROM contributions JOIN parts ON parts.campaign_id = contributions.campaign_id \
    WHERE contributions.status = 'Completed') AS given_to";

/// The family.
pub(super) const SUBJECTS: &[Subject] = &[
    about("giving_total", "Total Given", Asks::Giving(Measure::Total)),
    about("giving_count", "Number of Contributions", Asks::Giving(Measure::Count)),
    about("giving_largest", "Largest Contribution", Asks::Giving(Measure::Largest)),
    about("gave", "Gave", Asks::Gave),
    about("first_contribution", "First Contribution", Asks::End(End::First)),
    about("last_contribution", "Last Contribution", Asks::End(End::Last)),
    about(
        "campaigns",
        "Campaigns Given To",
        Asks::Links(Links {
            offer: Offer::Campaigns,
            table: |_, _| GIVEN_TO.into(),
            id: "campaign_id",
            counts: "true",
            moved: None,
            of: |facts| &facts.campaigns,
        }),
    ),
    about(
        "contribution_source",
        "Contribution Source",
        Asks::Plain(Plain::Text(Text {
            place: Place::Rows {
                table: "(SELECT organization_id, contact_id, source FROM contributions WHERE status = 'Completed') AS sources",
                value: "source",
            },
            writing: Writing::Words,
            of: |facts| facts.given().map(|gift| gift.source.as_str()).collect(),
        })),
    ),
    about(
        "soft_credit_total",
        "Total of Soft Credits",
        Asks::Giving(Measure::Credited),
    ),
];
