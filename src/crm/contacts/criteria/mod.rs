//! What an advanced search asks for: conditions joined by "all of" and "any of". The same criteria become a sentence, a
//! piece of SQL, and an answer about one contact that needs no database. `subjects/` is the one place that adds something
//! that can be asked about; the kinds of question (text, dates, choices …) stand beside it.

mod amounts;
mod calendar;
mod choices;
mod compared;
mod controls;
mod custom;
mod dates;
mod draft;
mod facts;
mod flags;
mod giving;
mod links;
mod listed;
mod narrowed;
mod numbers;
mod offers;
mod period;
mod plain;
mod records;
mod sql;
mod subjects;
mod text;

pub use calendar::Calendar;
pub use controls::Control;
pub use draft::{Draft, DraftBlock, DraftCondition, DraftDetail, Press};
pub use facts::{Credit, Facts, Gift, Happened, Prospect, Tie};
pub use offers::{Offer, Offers};
pub use sql::{Bind, Fragment};
pub use subjects::{ALL as SUBJECTS, About, Section, Subject};

use records::DETAILS_MAX;
use serde::{Deserialize, Serialize};
use sql::Sql;
use subjects::{Asked, groups::NOW as GROUPS_NOW};

/// Conditions of one search; more could not be read as a sentence.
pub const CONDITIONS_MAX: usize = 40;
/// Choices of one condition, such as groups.
pub const VALUES_MAX: usize = 200;
/// The longest text somebody looks for, in characters.
pub const VALUE_LENGTH_MAX: usize = 200;

/// Whether all of several things must hold, or any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Match {
    #[default]
    All,
    Any,
}

impl Match {
    /// The word in forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Any => "any",
        }
    }

    fn read(word: &str) -> Self {
        if word == "any" { Self::Any } else { Self::All }
    }

    fn of(self, mut each: impl Iterator<Item = bool>) -> bool {
        match self {
            Self::All => each.all(|holds| holds),
            Self::Any => each.any(|holds| holds),
        }
    }

    fn sql(self, parts: Vec<String>) -> String {
        match (self, parts.is_empty()) {
            (Self::All, true) => "true".into(),
            (Self::Any, true) => "false".into(),
            (Self::All, false) => format!("({})", parts.join(" AND ")),
            (Self::Any, false) => format!("({})", parts.join(" OR ")),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::All => " and ",
            Self::Any => " or ",
        }
    }
}

/// A condition as it is typed, sent and stored: words that are read anew each time, so that nothing unknown is believed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typed {
    /// The key of a subject, or the word of a custom field.
    pub about: String,
    /// What is asked of it: `is`, `contains`, `last` …
    #[serde(default)]
    pub op: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// What is asked of a record, where it is about records; these have no further details.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<Typed>,
}

impl Typed {
    fn value(&self, at: usize) -> &str {
        self.values.get(at).map_or("", |value| value.trim())
    }

    /// More than one condition or one detail of it may ask.
    fn is_too_much(&self) -> bool {
        let too_long = |value: &String| value.chars().count() > VALUE_LENGTH_MAX;
        self.values.len() > VALUES_MAX || self.values.iter().any(too_long)
    }
}

/// One condition: what it is about, and what is asked of that.
#[derive(Clone, Debug)]
pub struct Condition {
    about: About,
    typed: Typed,
    asked: Asked,
}

/// Two conditions are the same when they were typed alike.
impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.typed == other.typed
    }
}

impl Condition {
    /// Reads a condition; the sentence says what is missing.
    pub fn read(typed: &Typed) -> Result<Self, &'static str> {
        let about = About::find(&typed.about).ok_or("Choose what to ask about.")?;
        if typed.details.len() > DETAILS_MAX || typed.details.iter().any(Typed::is_too_much) || typed.is_too_much() {
            return Err("This is more than can be looked for at once. Please shorten it.");
        }
        Ok(Self {
            about,
            asked: about.read(typed)?,
            typed: typed.clone(),
        })
    }

    /// "City is Toronto".
    pub fn words(&self, offers: &Offers) -> String {
        format!("{} {}", self.about.label(offers), self.asked.words(offers))
    }

    /// Whether it holds for a contact.
    pub fn holds(&self, facts: &Facts, calendar: &Calendar) -> bool {
        self.asked.holds(facts, calendar)
    }

    /// What the contact has there, in words; nothing where there is nothing.
    pub fn value_of(&self, facts: &Facts, calendar: &Calendar, offers: &Offers) -> Vec<String> {
        self.asked.value_of(facts, calendar, offers)
    }

    /// Whether its answer changes as time passes.
    pub fn is_relative(&self) -> bool {
        self.asked.is_relative()
    }

    fn sql(&self, sql: &mut Sql, calendar: &Calendar) -> String {
        self.asked.sql(sql, calendar)
    }
}

/// Conditions that stand together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Block {
    pub matching: Match,
    pub conditions: Vec<Condition>,
}

/// What a search asks for: all or any of its blocks, each all or any of its conditions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Criteria {
    pub matching: Match,
    pub blocks: Vec<Block>,
}

impl Criteria {
    /// Fits nobody. Stands for criteria that cannot be read: what was meant for a few must never be done to all.
    pub fn nobody() -> Self {
        Self {
            matching: Match::Any,
            blocks: Vec::new(),
        }
    }

    /// Reads what `word` wrote; what cannot be read fits nobody.
    pub fn parse(word: &str) -> Self {
        serde_json::from_str(word).unwrap_or_else(|_| Self::nobody())
    }

    /// The criteria as one word for addresses and hidden fields.
    pub fn word(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Every condition, in order.
    pub fn conditions(&self) -> impl Iterator<Item = &Condition> {
        self.blocks.iter().flat_map(|block| &block.conditions)
    }

    /// "City is Toronto and (Language is French or Groups include Newsletter)".
    pub fn sentence(&self, offers: &Offers) -> String {
        let several = self.blocks.len() > 1;
        let blocks: Vec<String> = self
            .blocks
            .iter()
            .map(|block| {
                let words: Vec<String> = block.conditions.iter().map(|one| one.words(offers)).collect();
                let words_joined = words.join(block.matching.words());
                match several && words.len() > 1 {
                    true => format!("({words_joined})"),
                    false => words_joined,
                }
            })
            .collect();
        blocks.join(self.matching.words())
    }

    /// Whether a contact fits: the same answer as the SQL gives, without a database.
    pub fn holds(&self, facts: &Facts, calendar: &Calendar) -> bool {
        let answers: Vec<bool> = self.conditions().map(|one| one.holds(facts, calendar)).collect();
        self.answer(&answers)
    }

    /// For each condition whether it decides: were it answered otherwise, so would be the whole.
    pub fn deciding(&self, facts: &Facts, calendar: &Calendar) -> Vec<bool> {
        let answers: Vec<bool> = self.conditions().map(|one| one.holds(facts, calendar)).collect();
        let whole = self.answer(&answers);
        let otherwise = |at: usize| {
            let flipped = answers.iter().enumerate().map(|(other, holds)| *holds != (other == at));
            self.answer(&flipped.collect::<Vec<_>>())
        };
        (0..answers.len()).map(|at| otherwise(at) != whole).collect()
    }

    /// The whole answer when each condition, in order, is answered so.
    fn answer(&self, answers: &[bool]) -> bool {
        let mut answers = answers.iter().copied();
        let blocks: Vec<bool> = self
            .blocks
            .iter()
            .map(|block| {
                let those: Vec<bool> = answers.by_ref().take(block.conditions.len()).collect();
                block.matching.of(those.into_iter())
            })
            .collect();
        self.matching.of(blocks.into_iter())
    }

    /// How several sets of conditions are joined, in a sentence; empty where there is only one and all of it must hold.
    pub fn joined(&self) -> &'static str {
        match (self.blocks.as_slice(), self.matching) {
            ([only], _) if only.matching == Match::All => "",
            ([_], _) => "Any of these conditions is enough.",
            (_, Match::All) => "Each set of conditions must hold.",
            (_, Match::Any) => "Any set of conditions is enough.",
        }
    }

    /// Whether somebody may come or go as time passes, without any change to the records.
    pub fn is_relative(&self) -> bool {
        self.conditions().any(Condition::is_relative)
    }

    /// The ids of one kind of thing that the conditions name, such as groups.
    pub fn names(&self, offer: Offer) -> Vec<i64> {
        self.conditions().flat_map(|one| one.asked.names(offer)).collect()
    }

    /// Whether it asks if somebody is in any group at all: whoever it finds for a group would be in one.
    pub fn asks_about_all_groups(&self) -> bool {
        let mut conditions = self.conditions();
        conditions.any(|one| one.typed.about == GROUPS_NOW && one.asked.names_nothing())
    }

    /// A condition on `contacts` in SQL whose values are parameters. `$1` is the organization; its own parameters follow
    /// number `after`. With `among`, the number of a parameter that holds ids, only these contacts are looked at.
    pub fn sql(&self, after: usize, among: Option<usize>, calendar: &Calendar) -> Fragment {
        self.written(Sql::new(after, among), None, calendar)
    }

    /// A condition that holds at least for those who may fit now and did not on an earlier day, or the other way round,
    /// though nothing about them has changed: a date of theirs came within a period or left it. Parameters as in `sql`.
    pub fn moved_sql(&self, after: usize, before: &Calendar, now: &Calendar) -> Fragment {
        let mut sql = Sql::new(after, None);
        let parts = self
            .conditions()
            .filter_map(|one| one.asked.moved(&mut sql, before, now));
        let text = Match::Any.sql(parts.collect());
        sql.fragment(text)
    }

    /// The same as `sql` if the condition number `assumed` held for everybody.
    pub fn sql_assuming(&self, assumed: usize, after: usize, calendar: &Calendar) -> Fragment {
        self.written(Sql::new(after, None), Some(assumed), calendar)
    }

    fn written(&self, mut sql: Sql, assumed: Option<usize>, calendar: &Calendar) -> Fragment {
        let mut number = 0..;
        let mut blocks = Vec::new();
        for block in &self.blocks {
            let conditions = block.conditions.iter().zip(number.by_ref());
            let parts = conditions.map(|(condition, number)| match assumed {
                Some(assumed) if assumed == number => "true".to_owned(),
                _ => condition.sql(&mut sql, calendar),
            });
            blocks.push(block.matching.sql(parts.collect()));
        }
        let text = self.matching.sql(blocks);
        sql.fragment(text)
    }
}

/// Criteria as they are sent and stored.
#[derive(Clone, Serialize, Deserialize)]
struct Written {
    #[serde(rename = "match", default)]
    matching: Match,
    blocks: Vec<WrittenBlock>,
}

#[derive(Clone, Serialize, Deserialize)]
struct WrittenBlock {
    #[serde(rename = "match", default)]
    matching: Match,
    conditions: Vec<Typed>,
}

impl TryFrom<Written> for Criteria {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, &'static str> {
        let count: usize = written.blocks.iter().map(|block| block.conditions.len()).sum();
        if count > CONDITIONS_MAX {
            return Err("A search may have up to 40 conditions.");
        }
        let block = |block: WrittenBlock| -> Result<Block, &'static str> {
            Ok(Block {
                matching: block.matching,
                conditions: block.conditions.iter().map(Condition::read).collect::<Result<_, _>>()?,
            })
        };
        Ok(Self {
            matching: written.matching,
            blocks: written.blocks.into_iter().map(block).collect::<Result<_, _>>()?,
        })
    }
}

impl From<Criteria> for Written {
    fn from(criteria: Criteria) -> Self {
        Self {
            matching: criteria.matching,
            blocks: criteria
                .blocks
                .into_iter()
                .map(|block| WrittenBlock {
                    matching: block.matching,
                    conditions: block.conditions.into_iter().map(|one| one.typed).collect(),
                })
                .collect(),
        }
    }
}
