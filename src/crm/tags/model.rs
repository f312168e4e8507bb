//! What a tag is, its colours, and how tags stand below each other.

use crate::base::{TagId, fold};
use crate::db::schema::tags;
use crate::web;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::prelude::*;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Text;

/// The longest name, in characters: it still fits beside others.
pub const NAME_LENGTH_MAX: usize = 60;
/// The longest description, in characters: a paragraph.
pub const DESCRIPTION_LENGTH_MAX: usize = 2_000;
/// Between the names of a tag and of the one it stands below.
const BELOW: &str = " › ";

/// The colours of tags. Each has a light and a dark pair of ink and paper in `static/css/content.css`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum Colour {
    #[default]
    Grey,
    Red,
    Orange,
    Yellow,
    Green,
    Teal,
    Blue,
    Purple,
    Pink,
}

impl Colour {
    /// In the order in which they are offered.
    pub const ALL: [Self; 9] = [
        Self::Grey,
        Self::Red,
        Self::Orange,
        Self::Yellow,
        Self::Green,
        Self::Teal,
        Self::Blue,
        Self::Purple,
        Self::Pink,
    ];

    /// The word the database stores; also the end of its class in the style sheet.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Grey => "grey",
            Self::Red => "red",
            Self::Orange => "orange",
            Self::Yellow => "yellow",
            Self::Green => "green",
            Self::Teal => "teal",
            Self::Blue => "blue",
            Self::Purple => "purple",
            Self::Pink => "pink",
        }
    }

    /// The word people see.
    pub fn label(self) -> &'static str {
        match self {
            Self::Grey => "Grey",
            Self::Red => "Red",
            Self::Orange => "Orange",
            Self::Yellow => "Yellow",
            Self::Green => "Green",
            Self::Teal => "Teal",
            Self::Blue => "Blue",
            Self::Purple => "Purple",
            Self::Pink => "Pink",
        }
    }

    /// Reads the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|colour| colour.as_str() == word)
    }
}

impl ToSql<Text, Pg> for Colour {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <str as ToSql<Text, Pg>>::to_sql(self.as_str(), out)
    }
}

impl FromSql<Text, Pg> for Colour {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let word = <String as FromSql<Text, Pg>>::from_sql(value)?;
        Self::parse(&word).ok_or_else(|| format!("no colour is called {word:?}").into())
    }
}

/// A tag.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = tags)]
pub struct Tag {
    pub id: TagId,
    pub name: String,
    pub colour: Colour,
    pub description: String,
    /// The tag this one is a kind of.
    pub parent_id: Option<TagId>,
}

/// A tag as it is to be.
#[derive(Clone, Debug, Default)]
pub struct TagDraft {
    pub name: String,
    pub colour: Colour,
    pub description: String,
    pub parent: Option<TagId>,
}

/// A tag with the names of those it stands below, the topmost first.
#[derive(Clone, Debug)]
pub struct Placed {
    pub tag: Tag,
    pub above: Vec<String>,
}

impl Placed {
    /// "Volunteer › Board"
    pub fn path(&self) -> String {
        format!("{}{}", self.path_above(), self.tag.name)
    }

    /// "Volunteer › ", to be followed by the tag itself; empty for one that stands below none.
    pub fn path_above(&self) -> String {
        self.above.iter().map(|name| format!("{name}{BELOW}")).collect()
    }
}

/// All tags by name, each followed by those below it.
pub fn placed(tags: Vec<Tag>) -> Vec<Placed> {
    let mut tags = tags;
    tags.sort_by_cached_key(|tag| (fold(&tag.name), tag.id));
    let mut placed = Vec::with_capacity(tags.len());
    place_below(None, &[], &tags, &mut placed);
    placed
}

fn place_below(parent: Option<TagId>, above: &[String], tags: &[Tag], placed: &mut Vec<Placed>) {
    for tag in tags.iter().filter(|tag| tag.parent_id == parent) {
        placed.push(Placed {
            tag: tag.clone(),
            above: above.to_vec(),
        });
        let above = [above, std::slice::from_ref(&tag.name)].concat();
        place_below(Some(tag.id), &above, tags, placed);
    }
}

/// A tag and everything below it: what it must not be put below itself.
pub fn with_all_below(tag: TagId, tags: &[Tag]) -> Vec<TagId> {
    let below = tags.iter().filter(|other| other.parent_id == Some(tag));
    let below = below.flat_map(|other| with_all_below(other.id, tags));
    std::iter::once(tag).chain(below).collect()
}

/// Reads a name as somebody typed it.
pub fn name(typed: &str) -> Result<String, &'static str> {
    web::required_line(
        typed,
        NAME_LENGTH_MAX,
        "Give the tag a name.",
        "A tag's name may have up to 60 characters.",
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

    fn tag(id: i64, name: &str, parent: Option<i64>) -> Tag {
        Tag {
            id: TagId(id),
            name: name.into(),
            colour: Colour::Grey,
            description: String::new(),
            parent_id: parent.map(TagId),
        }
    }

    #[test]
    fn tags_stand_below_the_one_they_are_a_kind_of() {
        let tags = vec![
            tag(1, "Volunteer", None),
            tag(2, "Kitchen", Some(1)),
            tag(3, "Board", Some(1)),
            tag(4, "Élu", None),
            tag(5, "Chair", Some(3)),
        ];
        let paths: Vec<String> = placed(tags.clone()).iter().map(Placed::path).collect();
        assert_eq!(
            paths,
            [
                "Élu",
                "Volunteer",
                "Volunteer › Board",
                "Volunteer › Board › Chair",
                "Volunteer › Kitchen"
            ]
        );
        assert_eq!(with_all_below(TagId(1), &tags), [1, 2, 3, 5].map(TagId));
    }
}
