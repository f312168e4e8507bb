//! Tags, relationships and notes.

use super::super::Calendar;
use super::super::links::Links;
use super::super::offers::Offer;
use super::super::sql::{Bind, Place, Sql};
use super::super::text::{Text, Writing};
use super::{Asks, Section, Subject};

/// Whoever has a tag has those above it as well.
const TAGGED: &str = "(WITH RECURSIVE places (tag_id, at_or_above) AS ( \
        SELECT id, id FROM tags WHERE organization_id = $1 \
        UNION SELECT places.tag_id, tags.parent_id FROM places \
        JOIN tags ON tags.organization_id = $1 AND tags.id = places.at_or_above WHERE tags.parent_id IS NOT NULL) \
    SELECT contact_tags.organization_id, contact_tags.contact_id, places.at_or_above AS tag_id \
    FROM contact_tags JOIN places ON places.tag_id = contact_tags.tag_id) AS tagged";

/// The relationships that are not over with contacts who are not in the trash, seen from both sides. A side has the number of `Offer::Relationships`.
fn relationships(sql: &mut Sql, calendar: &Calendar) -> String {
    let today = sql.bind(Bind::Date(calendar.today));
    let seen_from = |side: &str, other: &str, number: &str| {
        format!(
            "SELECT r.organization_id, r.{side} AS contact_id, {number} AS side FROM relationships r \
             JOIN relationship_types t ON t.organization_id = r.organization_id AND t.id = r.type_id \
             JOIN contacts other ON other.organization_id = r.organization_id AND other.id = r.{other} \
                AND other.deleted_at IS NULL \
             WHERE r.is_active AND (r.end_date IS NULL OR r.end_date >= {today})"
        )
    };
    let (a, b) = (
        seen_from("contact_a", "contact_b", "r.type_id * 2"),
        seen_from(
            "contact_b",
            "contact_a",
            "r.type_id * 2 + (t.label_a_b <> t.label_b_a)::int",
        ),
    );
    format!("({a} UNION ALL {b}) AS related")
}

/// Whose relationship was not over on the one day and is on the other.
fn ended(sql: &mut Sql, [before, now]: [&Calendar; 2]) -> String {
    let (first, last) = (before.today.min(now.today), before.today.max(now.today));
    let (first, last) = (sql.bind(Bind::Date(first)), sql.bind(Bind::Date(last)));
    let of = |side: &str| {
        format!(
            "SELECT organization_id, {side} AS contact_id FROM relationships \
             WHERE is_active AND end_date >= {first} AND end_date < {last}"
        )
    };
    let ended = format!("({} UNION ALL {}) AS ended", of("contact_a"), of("contact_b"));
    sql.has_row(&ended, "true")
}

/// The family.
pub(super) const SUBJECTS: &[Subject] = &[
    Subject {
        key: "tags",
        section: Section::Records,
        label: "Tags",
        asks: Asks::Links(Links {
            offer: Offer::Tags,
            table: |_, _| TAGGED.into(),
            id: "tag_id",
            counts: "true",
            moved: None,
            of: |facts| &facts.tags,
        }),
    },
    Subject {
        key: "relationships",
        section: Section::Records,
        label: "Relationships",
        asks: Asks::Links(Links {
            offer: Offer::Relationships,
            table: relationships,
            id: "side",
            counts: "true",
            moved: Some(ended),
            of: |facts| &facts.relationships,
        }),
    },
    Subject {
        key: "notes",
        section: Section::Records,
        label: "Notes",
        asks: Asks::Text(Text {
            place: Place::Rows {
                table: "(SELECT organization_id, contact_id, subject || ' ' || body AS words FROM notes) AS written",
                value: "words",
            },
            writing: Writing::Words,
            of: |facts| facts.notes.iter().map(String::as_str).collect(),
        }),
    },
];
