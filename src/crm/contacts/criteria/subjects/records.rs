//! Tags and notes.

use super::super::dates::{Dates, Stored};
use super::super::links::Links;
use super::super::offers::Offer;
use super::super::plain::Plain;
use super::super::sql::Place;
use super::super::text::{Text, Writing};
use super::{Asks, Section, Subject};

/// Whoever has a tag has those above it as well.
const TAGGED: &str = "(WITH RECURSIVE places (tag_id, at_or_above) AS ( \
        SELECT id, id FROM tags WHERE organization_id = $1 \
        UNION SELECT places.tag_id, tags.parent_id FROM places \
        JOIN tags ON tags.organization_id = $1 AND tags.id = places.at_or_above WHERE tags.parent_id IS NOT NULL) \
    SELECT contact_tags.organization_id, contact_tags.contact_id, places.at_or_above AS tag_id \
    FROM contact_tags JOIN places ON places.tag_id = contact_tags.tag_id) AS tagged";

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
        key: "notes",
        section: Section::Records,
        label: "Notes",
        asks: Asks::Plain(Plain::Text(Text {
            place: Place::Rows {
                table: "(SELECT organization_id, contact_id, subject || ' ' || body AS words FROM notes) AS written",
                value: "words",
            },
            writing: Writing::Words,
            of: |facts| facts.notes.iter().map(|note| note.words.as_str()).collect(),
        })),
    },
    Subject {
        key: "note_date",
        section: Section::Records,
        label: "Date of a Note",
        asks: Asks::Plain(Plain::Dates(Dates {
            place: Place::Rows {
                table: "notes",
                value: "noted_at",
            },
            stored: Stored::Moment,
            of: |facts, _| facts.notes.iter().map(|note| note.on).collect(),
        })),
    },
];
