//! What a relationship and its type are, seen from either side.

use crate::base::{ContactId, RelationshipId, RelationshipTypeId};
use crate::crm::contacts::ContactType;
use crate::db::schema::{relationship_types, relationships};
use crate::web;
use chrono::NaiveDate;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

/// The longest label of a type, in characters.
pub const LABEL_LENGTH_MAX: usize = 60;
/// The longest description of a relationship, in characters: a paragraph.
pub const DESCRIPTION_LENGTH_MAX: usize = 2_000;

/// Which of the two contacts of a relationship is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    A,
    B,
}

impl Side {
    /// The word in a form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
        }
    }
}

/// A way in which contacts can be related.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = relationship_types, treat_none_as_null = true)]
pub struct TypeDraft {
    /// What A is to B: "Child of".
    pub label_a_b: String,
    /// What B is to A: "Parent of".
    pub label_b_a: String,
    /// Who may stand on each side; `None` is anybody.
    pub contact_type_a: Option<ContactType>,
    pub contact_type_b: Option<ContactType>,
    /// Whether it is offered for new relationships.
    pub is_offered: bool,
}

/// A type that exists.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = relationship_types)]
pub struct RelationshipType {
    pub id: RelationshipTypeId,
    #[diesel(embed)]
    pub is: TypeDraft,
}

impl TypeDraft {
    /// What the contact on this side is to the other: "Child of".
    pub fn label(&self, side: Side) -> &str {
        match side {
            Side::A => &self.label_a_b,
            Side::B => &self.label_b_a,
        }
    }

    /// Who may stand on this side; `None` is anybody.
    pub fn contact_type(&self, side: Side) -> Option<ContactType> {
        match side {
            Side::A => self.contact_type_a,
            Side::B => self.contact_type_b,
        }
    }

    /// Whether both sides are the same: "Sibling of".
    pub fn is_symmetrical(&self) -> bool {
        self.label_a_b == self.label_b_a && self.contact_type_a == self.contact_type_b
    }

    /// The sides a contact of this type can stand on; one where both are the same.
    pub fn sides_for(&self, contact_type: ContactType) -> Vec<Side> {
        let fits = |side: &Side| self.contact_type(*side).is_none_or(|wanted| wanted == contact_type);
        let sides: &[Side] = match self.is_symmetrical() {
            true => &[Side::A],
            false => &[Side::A, Side::B],
        };
        sides.iter().copied().filter(fits).collect()
    }
}

/// What can be changed of a relationship.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Serialize, Deserialize,
)]
#[diesel(table_name = relationships, treat_none_as_null = true)]
pub struct Details {
    pub start_date: Option<NaiveDate>,
    /// The last day.
    pub end_date: Option<NaiveDate>,
    /// `false`: it is over, though nobody may know since when.
    pub is_active: bool,
    pub description: String,
}

impl Details {
    /// Whether it holds without an end in sight.
    pub fn holds_on(&self) -> bool {
        self.is_active && self.end_date.is_none()
    }

    /// Whether it is over.
    pub fn is_former(&self, today: NaiveDate) -> bool {
        !self.is_active || self.end_date.is_some_and(|last| last < today)
    }
}

/// Who is tied to whom, and how.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Queryable, Selectable, Insertable, Serialize, Deserialize)]
#[diesel(table_name = relationships)]
pub struct Tie {
    pub type_id: RelationshipTypeId,
    pub contact_a: ContactId,
    pub contact_b: ContactId,
}

impl Tie {
    /// The contacts with the side each stands on.
    pub fn sides(&self) -> [(ContactId, Side); 2] {
        [(self.contact_a, Side::A), (self.contact_b, Side::B)]
    }

    /// The same from the other side, for types that are the same on both.
    pub fn turned(&self) -> Self {
        Self {
            type_id: self.type_id,
            contact_a: self.contact_b,
            contact_b: self.contact_a,
        }
    }
}

/// A relationship as it stands.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = relationships)]
pub struct Relationship {
    pub id: RelationshipId,
    #[diesel(embed)]
    pub tie: Tie,
    #[diesel(embed)]
    pub details: Details,
}

/// A relationship as one of its contacts shows it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub id: RelationshipId,
    /// What this contact is to the other: "Child of".
    pub label: String,
    pub other: ContactId,
    pub other_name: String,
    pub other_type: ContactType,
    pub details: Details,
}

/// Reads a label as somebody typed it.
pub fn label(typed: &str) -> Result<String, &'static str> {
    web::required_line(
        typed,
        LABEL_LENGTH_MAX,
        "Write what one is to the other, such as “Mentor of”.",
        "This may have up to 60 characters.",
    )
}

/// Reads a description as somebody typed it.
pub fn description(typed: &str) -> Result<String, &'static str> {
    web::several_lines(
        typed,
        DESCRIPTION_LENGTH_MAX,
        "A description may have up to 2,000 characters.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap_or_default()
    }

    #[test]
    fn an_end_date_in_the_past_makes_a_relationship_a_former_one_and_the_last_day_still_counts() {
        let until = |last: Option<&str>, is_active| Details {
            end_date: last.map(day),
            is_active,
            ..Details::default()
        };
        let today = day("2026-04-27");
        assert!(!until(None, true).is_former(today));
        assert!(!until(Some("2026-04-27"), true).is_former(today));
        assert!(until(Some("2026-04-26"), true).is_former(today));
        assert!(until(None, false).is_former(today));
    }

    #[test]
    fn a_contact_is_offered_the_sides_it_can_stand_on() {
        let of = |a_b: &str, b_a: &str, a, b| TypeDraft {
            label_a_b: a_b.into(),
            label_b_a: b_a.into(),
            contact_type_a: a,
            contact_type_b: b,
            is_offered: true,
        };
        let (person, company) = (ContactType::Individual, ContactType::Organization);
        let employee = of("Employee of", "Employer of", Some(person), Some(company));
        assert_eq!(employee.sides_for(person), [Side::A]);
        assert_eq!(employee.sides_for(company), [Side::B]);
        assert_eq!(employee.sides_for(ContactType::Household), []);
        assert_eq!(
            of("Sibling of", "Sibling of", Some(person), Some(person)).sides_for(person),
            [Side::A]
        );
        assert_eq!(
            of("Mentor of", "Mentored by", None, None).sides_for(person),
            [Side::A, Side::B]
        );
    }
}
