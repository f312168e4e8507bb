//! Whom a contact is related to: contacts who are not in the trash. A side of a type has the number of `Offer::Relationships`.

use super::super::Calendar;
use super::super::facts::Tie;
use super::super::flags::Flag;
use super::super::links::Links;
use super::super::numbers::Numbers;
use super::super::offers::{Offer, Offers};
use super::super::plain::Plain;
use super::super::records::{Detail, Records};
use super::super::sql::{Bind, Place, Sql};
use super::{Asks, Section, Subject};

/// Relationships seen from one of the two.
macro_rules! seen_from {
    ($side:literal, $other:literal, $number:literal) => {
        concat!(
            "SELECT r.organization_id, r.",
            $side,
            " AS contact_id, ",
            $number,
            " AS side, other.id AS other_id, \
                other.display_name AS other_name, r.start_date, r.end_date, r.is_active, r.description \
             FROM relationships r \
             JOIN relationship_types t ON t.organization_id = r.organization_id AND t.id = r.type_id \
             JOIN contacts other ON other.organization_id = r.organization_id AND other.id = r.",
            $other,
            " AND other.deleted_at IS NULL"
        )
    };
}

/// Relationships seen from both.
const RELATED: &str = concat!(
    "(",
    seen_from!("contact_a", "contact_b", "r.type_id * 2"),
    " UNION ALL ",
    seen_from!(
        "contact_b",
        "contact_a",
        "r.type_id * 2 + (t.label_a_b <> t.label_b_a)::int"
    ),
    ") AS related"
);

/// Those that are not over.
fn current(sql: &mut Sql, calendar: &Calendar) -> String {
    let today = sql.bind(Bind::Date(calendar.today));
    format!(
        "(SELECT organization_id, contact_id, side FROM {RELATED} \
            WHERE is_active AND (end_date IS NULL OR end_date >= {today})) AS holding"
    )
}

fn former(sql: &mut Sql, calendar: &Calendar) -> String {
    let today = sql.bind(Bind::Date(calendar.today));
    format!("(NOT is_active OR coalesce(end_date < {today}, false))")
}

/// That a relationship was not over on the one day and is on the other.
fn ended(sql: &mut Sql, [before, now]: [&Calendar; 2]) -> String {
    let (first, last) = (before.today.min(now.today), before.today.max(now.today));
    let (first, last) = (sql.bind(Bind::Date(first)), sql.bind(Bind::Date(last)));
    format!("is_active AND end_date >= {first} AND end_date < {last}")
}

const TIES: Records<Tie> = Records {
    table: RELATED,
    details: &[
        Detail::listed(
            "relationship",
            "Relationship",
            Offer::Relationships,
            ("side", false),
            |tie| vec![tie.side],
        ),
        Detail::text("name", "Name", "other_name", |tie| vec![&tie.other_name]),
        Detail::of(
            "dms_number",
            "DMS Number",
            Plain::Numbers(Numbers {
                place: Place::Known("other_id"),
                of: |tie| tie.other.0,
            }),
        ),
        Detail::of(
            "former",
            "Former",
            Plain::Flag(Flag {
                sql: former,
                of: |tie, calendar| tie.is_former(calendar.today),
                moved: Some(ended),
            }),
        ),
        Detail::text("description", "Description", "description", |tie| {
            vec![&tie.description]
        }),
        Detail::day("start_date", "Start Date", "start_date", |tie, _| {
            tie.start_date.into_iter().collect()
        }),
        Detail::day("end_date", "End Date", "end_date", |tie, _| {
            tie.end_date.into_iter().collect()
        }),
    ],
    of: |facts| &facts.ties,
    named: in_words,
};

/// "Employee of Riverside Bakery"
fn in_words(tie: &Tie, offers: &Offers) -> String {
    format!("{} {}", offers.title(Offer::Relationships, tie.side), tie.other_name)
}

/// The family.
pub(super) const SUBJECTS: &[Subject] = &[
    Subject {
        key: "relationships",
        section: Section::Records,
        label: "Relationships",
        asks: Asks::Links(Links {
            offer: Offer::Relationships,
            table: current,
            id: "side",
            counts: "true",
            moved: Some(|sql, days| {
                let ended = ended(sql, days);
                sql.has_row(RELATED, &ended)
            }),
            of: |facts| &facts.relationships,
        }),
    },
    Subject {
        key: "related",
        section: Section::Records,
        label: "Related Contacts (current or former)",
        asks: Asks::Records(&TIES),
    },
];
