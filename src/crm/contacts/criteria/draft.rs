//! A search while somebody puts it together in the form: conditions that may be half written, and the buttons that add and
//! remove. Works by submitting; a script only saves the waiting.

use super::controls::Control;
use super::offers::Offers;
use super::subjects::{ALL, About, Section};
use super::{Block, CONDITIONS_MAX, Condition, Criteria, DETAILS_MAX, Match, Typed};
use crate::crm::custom_fields::{CustomField, Record};
use crate::web::Choice;

/// The form's content.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    pub matching: Match,
    pub blocks: Vec<DraftBlock>,
}

/// Conditions that stand together.
#[derive(Clone, Debug, Default)]
pub struct DraftBlock {
    pub matching: Match,
    pub conditions: Vec<DraftCondition>,
}

/// A condition, perhaps half written.
#[derive(Clone, Debug, Default)]
pub struct DraftCondition {
    typed: Typed,
    /// What is missing.
    pub error: Option<String>,
    /// To what the fields that follow belong.
    follows: Follows,
}

/// To what the fields belong that follow in a form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Follows {
    /// To what the condition was about before, so that they are forgotten, and so are its details.
    #[default]
    Nothing,
    Condition,
    Detail,
    /// To what its last detail was about before.
    FormerDetail,
}

/// A detail of a condition about records, perhaps half written; or the place for another one.
pub struct DraftDetail {
    /// What it is about now; empty for another one.
    pub key: String,
    pub label: &'static str,
    /// What can be asked of a record, and nothing.
    pub choices: Vec<Choice>,
    pub controls: Vec<Control>,
}

/// The button that was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Press {
    /// Look for it.
    Search,
    /// Show the fields of what was chosen.
    Update,
    AddBlock,
    /// Adds a condition to a block.
    Add(usize),
    /// Takes a condition of a block away.
    Remove(usize, usize),
}

/// What can be asked about, by section, for the first select of a condition.
pub struct Subjects {
    pub section: &'static str,
    pub choices: Vec<Choice>,
}

impl Draft {
    /// One empty condition.
    pub fn blank() -> Self {
        Self {
            matching: Match::All,
            blocks: vec![DraftBlock::blank()],
        }
    }

    /// Reads the form: the fields come in the order in which they stand on the page.
    pub fn of(pairs: &[(String, String)]) -> Self {
        let mut draft = Self::default();
        let (mut was, mut detail_was) = ("", "");
        for (name, value) in pairs {
            let value = value.as_str();
            let condition = draft.blocks.last_mut().and_then(|block| block.conditions.last_mut());
            match (name.as_str(), condition) {
                ("match", _) => draft.matching = Match::read(value),
                ("block", _) => draft.blocks.push(DraftBlock {
                    matching: Match::read(value),
                    conditions: Vec::new(),
                }),
                ("was", _) => was = value,
                ("about", _) => {
                    if let Some(block) = draft.blocks.last_mut() {
                        block.conditions.push(DraftCondition::about(value, was == value));
                    }
                }
                ("detail-was", _) => detail_was = value,
                ("detail", Some(condition)) => condition.begin_detail(value, detail_was == value),
                ("op", Some(condition)) => {
                    if let Some(typed) = condition.open() {
                        typed.op = value.to_owned();
                    }
                }
                ("value", Some(condition)) => {
                    if let Some(typed) = condition.open() {
                        typed.values.push(value.to_owned());
                    }
                }
                _ => {}
            }
        }
        draft
    }

    /// Does what a button says.
    pub fn pressed(&mut self, press: Press) {
        match press {
            Press::AddBlock => self.blocks.push(DraftBlock::blank()),
            Press::Add(block) => {
                if let Some(block) = self.blocks.get_mut(block) {
                    block.conditions.push(DraftCondition::default());
                }
            }
            Press::Remove(block, condition) => {
                if let Some(block) = self.blocks.get_mut(block)
                    && condition < block.conditions.len()
                {
                    block.conditions.remove(condition);
                }
                self.blocks.retain(|block| !block.conditions.is_empty());
            }
            Press::Search | Press::Update => {}
        }
        if self.blocks.is_empty() {
            self.blocks.push(DraftBlock::blank());
        }
    }

    /// The criteria, where every condition is complete; conditions about nothing are passed over. Else each condition says
    /// what it misses.
    pub fn read(&mut self) -> Option<Criteria> {
        let mut complete = true;
        let mut blocks = Vec::new();
        for block in &mut self.blocks {
            let mut conditions = Vec::new();
            for draft in block.conditions.iter_mut().filter(|draft| !draft.is_blank()) {
                match Condition::read(&draft.typed) {
                    Ok(condition) => conditions.push(condition),
                    Err(sentence) => {
                        draft.error = Some(draft.says(sentence));
                        complete = false;
                    }
                }
            }
            if !conditions.is_empty() {
                blocks.push(Block {
                    matching: block.matching,
                    conditions,
                });
            }
        }
        let criteria = Criteria {
            matching: self.matching,
            blocks,
        };
        let count = criteria.conditions().count();
        (complete && (1..=CONDITIONS_MAX).contains(&count)).then_some(criteria)
    }

    /// Whether nothing is asked about yet.
    pub fn is_blank(&self) -> bool {
        let mut all = self.blocks.iter().flat_map(|block| &block.conditions);
        all.all(DraftCondition::is_blank)
    }

    /// Whether another condition may be added.
    pub fn has_room(&self) -> bool {
        self.blocks.iter().map(|block| block.conditions.len()).sum::<usize>() < CONDITIONS_MAX
    }
}

impl From<&Criteria> for Draft {
    fn from(criteria: &Criteria) -> Self {
        let blocks = criteria.blocks.iter().map(|block| DraftBlock {
            matching: block.matching,
            conditions: block
                .conditions
                .iter()
                .map(|condition| DraftCondition {
                    typed: condition.typed.clone(),
                    error: None,
                    follows: Follows::Condition,
                })
                .collect(),
        });
        let mut draft = Self {
            matching: criteria.matching,
            blocks: blocks.collect(),
        };
        draft.pressed(Press::Update);
        draft
    }
}

impl DraftBlock {
    fn blank() -> Self {
        Self {
            matching: Match::All,
            conditions: vec![DraftCondition::default()],
        }
    }
}

impl DraftCondition {
    fn about(key: &str, keeps: bool) -> Self {
        Self {
            typed: Typed {
                about: key.to_owned(),
                ..Typed::default()
            },
            error: None,
            follows: if keeps { Follows::Condition } else { Follows::Nothing },
        }
    }

    /// Adds a detail; about nothing, it is forgotten with the fields that follow.
    fn begin_detail(&mut self, key: &str, keeps: bool) {
        if self.follows == Follows::Nothing {
            return;
        }
        if !key.is_empty() {
            self.typed.details.push(Typed {
                about: key.to_owned(),
                ..Typed::default()
            });
        }
        self.follows = match keeps && !key.is_empty() {
            true => Follows::Detail,
            false => Follows::FormerDetail,
        };
    }

    /// What the fields that follow belong to.
    fn open(&mut self) -> Option<&mut Typed> {
        match self.follows {
            Follows::Condition => Some(&mut self.typed),
            Follows::Detail => self.typed.details.last_mut(),
            Follows::Nothing | Follows::FormerDetail => None,
        }
    }

    /// The sentence, with the name of the detail that it is about.
    fn says(&self, sentence: &str) -> String {
        let records = About::find(&self.typed.about).and_then(About::records);
        let detail = records.and_then(|records| records.incomplete(&self.typed));
        detail.map_or_else(|| sentence.to_owned(), |label| format!("{label}: {sentence}"))
    }

    fn is_blank(&self) -> bool {
        self.typed.about.is_empty()
    }

    /// The key of what it is about; empty where nothing is chosen.
    pub fn key(&self) -> &str {
        &self.typed.about
    }

    /// What it is about, in words.
    pub fn label(&self, offers: &Offers) -> String {
        let about = About::find(&self.typed.about);
        about.map_or_else(|| "a new condition".into(), |about| about.label(offers))
    }

    /// The id of the sentence that says what is missing, by where the condition stands in the form; empty where nothing is.
    pub fn error_id(&self, block: &usize, condition: &usize) -> String {
        match self.error {
            Some(_) => format!("c{block}-{condition}-error"),
            None => String::new(),
        }
    }

    /// Everything that can be asked about; what is chosen is selected.
    pub fn subjects(&self, offers: &Offers) -> Vec<Subjects> {
        let of = |section: Section| {
            let there = ALL
                .iter()
                .copied()
                .flatten()
                .filter(move |subject| subject.section == section);
            Subjects {
                section: section.label(),
                choices: Choice::list(there.map(|subject| (subject.key, subject.label)), &self.typed.about),
            }
        };
        let custom = [
            (Record::Contact, "Custom Fields of the Contact"),
            (Record::Contribution, "Custom Fields of Contributions"),
        ];
        let custom = custom.into_iter().map(|(record, section)| {
            let is_shown = |field: &&CustomField| !field.is_retired || field.key() == self.typed.about;
            let fields = offers.custom().all().iter().filter(|field| field.record == record);
            let fields = fields.filter(is_shown).map(|field| (field.key(), field.label.clone()));
            Subjects {
                section,
                choices: Choice::list(fields, &self.typed.about),
            }
        });
        let custom = custom.filter(|subjects| !subjects.choices.is_empty());
        Section::ALL.into_iter().map(of).chain(custom).collect()
    }

    /// The controls that what it is about needs.
    pub fn controls(&self, offers: &Offers) -> Vec<Control> {
        let about = About::find(&self.typed.about);
        about
            .map(|about| about.controls(&self.typed, offers))
            .unwrap_or_default()
    }

    /// The details of a condition about records, and a place for another one.
    pub fn details(&self, offers: &Offers) -> Vec<DraftDetail> {
        let Some(records) = About::find(&self.typed.about).and_then(About::records) else {
            return Vec::new();
        };
        let another = Typed::default();
        let has_room = self.typed.details.len() < DETAILS_MAX;
        let shown = self.typed.details.iter().chain(has_room.then_some(&another));
        let details = shown.map(|detail| {
            let none = match detail.about.as_str() {
                "" => "Add a detail",
                _ => "Remove this detail",
            };
            let offered = records.details();
            let label = offered.iter().find(|(key, _)| *key == detail.about);
            DraftDetail {
                key: detail.about.clone(),
                label: label.map_or("another detail", |(_, label)| label),
                choices: Choice::list(
                    std::iter::once(("", none)).chain(offered.iter().copied()),
                    &detail.about,
                ),
                controls: records.controls(detail, offers),
            }
        });
        details.collect()
    }
}

impl Press {
    /// Reads a button's value.
    pub fn read(word: &str) -> Self {
        let mut parts = word.split('-');
        let mut number = || parts.next().and_then(|part| part.parse().ok());
        match word.split('-').next() {
            Some("search") => Self::Search,
            Some("block") => Self::AddBlock,
            Some("add") => match (number(), number()) {
                (None, Some(block)) => Self::Add(block),
                _ => Self::Update,
            },
            Some("remove") => match (number(), number(), number()) {
                (None, Some(block), Some(condition)) => Self::Remove(block, condition),
                _ => Self::Update,
            },
            _ => Self::Update,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(pairs: &[(&str, &str)]) -> Draft {
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect();
        Draft::of(&pairs)
    }

    #[test]
    fn the_form_is_read_in_the_order_of_its_fields() {
        let mut draft = draft(&[
            ("match", "any"),
            ("block", "all"),
            ("was", "city"),
            ("about", "city"),
            ("op", "is"),
            ("value", "Toronto"),
            ("was", "deceased"),
            ("about", "deceased"),
            ("op", "no"),
            ("block", "any"),
            ("was", ""),
            ("about", ""),
        ]);
        let criteria = draft.read().unwrap();
        assert_eq!(
            criteria.sentence(&Offers::default()),
            "City is Toronto and Deceased is No"
        );
        assert_eq!(criteria.matching, Match::Any);
        assert_eq!(Criteria::parse(&criteria.word()), criteria);
    }

    #[test]
    fn what_was_typed_for_another_subject_is_forgotten() {
        let mut draft = draft(&[
            ("block", "all"),
            ("was", "city"),
            ("about", "created"),
            ("op", "is"),
            ("value", "Toronto"),
        ]);
        assert!(draft.read().is_none());
        assert_eq!(draft.blocks[0].conditions[0].error.as_deref(), Some("Choose when."));
    }

    #[test]
    fn details_of_a_record_are_read_one_after_the_other() {
        let gift = [
            ("block", "all"),
            ("was", "contributions"),
            ("about", "contributions"),
            ("op", "has"),
        ];
        let by_cheque = [
            ("detail-was", "payment_method"),
            ("detail", "payment_method"),
            ("op", "is"),
            ("value", "Cheque"),
        ];
        let amount = [("detail-was", "amount"), ("detail", "amount"), ("op", "at_least")];
        let hundred = [("value", "100"), ("value", "CAD")];
        let another = [("detail-was", ""), ("detail", "")];
        let mut complete = draft(&[&gift[..], &by_cheque, &amount, &hundred, &another].concat());
        let criteria = complete.read().unwrap();
        assert_eq!(
            criteria.sentence(&Offers::default()),
            "Contributions (of any status) include one whose Payment Method is Cheque and whose Amount is at least $100.00"
        );
        assert_eq!(Criteria::parse(&criteria.word()), criteria);

        // The fields of a detail that became another are forgotten, and one about nothing goes.
        let became = [("detail-was", "payment_method"), ("detail", "status")];
        let forgotten = [("op", "is"), ("value", "Cheque")];
        let gone = [("detail-was", "amount"), ("detail", "")];
        let mut changed = draft(&[&gift[..], &became, &forgotten, &gone, &hundred].concat());
        assert!(changed.read().is_none());
        let condition = &changed.blocks[0].conditions[0];
        assert_eq!(condition.error.as_deref(), Some("Status: Choose how to compare."));
        let details = condition.details(&Offers::default());
        let keys: Vec<&str> = details.iter().map(|detail| detail.key.as_str()).collect();
        assert_eq!(keys, ["status", ""]);
    }

    #[test]
    fn buttons_add_and_remove_and_one_condition_always_stays() {
        let mut draft = Draft::blank();
        draft.pressed(Press::read("add-0"));
        draft.pressed(Press::read("block"));
        assert_eq!(
            draft
                .blocks
                .iter()
                .map(|block| block.conditions.len())
                .collect::<Vec<_>>(),
            [2, 1]
        );
        draft.pressed(Press::read("remove-1-0"));
        draft.pressed(Press::read("remove-0-1"));
        draft.pressed(Press::read("remove-0-0"));
        assert_eq!((draft.blocks.len(), draft.blocks[0].conditions.len()), (1, 1));
        assert_eq!(Press::read("remove-0"), Press::Update);
        assert_eq!(Press::read("add-x"), Press::Update);
    }

    #[test]
    fn criteria_that_cannot_be_read_fit_nobody() {
        for broken in [
            "",
            "{}",
            r#"{"blocks":[{"conditions":[{"about":"shoe_size","op":"is"}]}]}"#,
        ] {
            assert_eq!(Criteria::parse(broken), Criteria::nobody());
        }
    }
}
