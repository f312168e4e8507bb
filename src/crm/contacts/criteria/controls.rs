//! The controls a condition needs in the form: what there is to choose and to type.

use crate::web::Choice;

/// Words and labels to choose from.
pub(super) type Ops = &'static [(&'static str, &'static str)];

/// One control of a condition.
#[derive(Clone, Debug)]
pub enum Control {
    Select {
        name: &'static str,
        label: &'static str,
        choices: Vec<Choice>,
        /// Other controls depend on what is chosen.
        decides: bool,
    },
    Input {
        name: &'static str,
        label: &'static str,
        /// The type of the `<input>`.
        kind: &'static str,
        value: String,
    },
    Checks {
        name: &'static str,
        label: &'static str,
        choices: Vec<Choice>,
    },
}

impl Control {
    /// How to compare: the first way where none is chosen yet.
    pub(super) fn op(ops: Ops, chosen: &str) -> Self {
        Self::select_that_decides("op", "How", ops, chosen)
    }

    pub(super) fn select_that_decides(name: &'static str, label: &'static str, ops: Ops, chosen: &str) -> Self {
        Self::Select {
            name,
            label,
            choices: chosen_of(ops, chosen),
            decides: true,
        }
    }

    pub(super) fn select(name: &'static str, label: &'static str, options: Ops, chosen: &str) -> Self {
        Self::Select {
            name,
            label,
            choices: chosen_of(options, chosen),
            decides: false,
        }
    }

    pub(super) fn input(name: &'static str, label: &'static str, kind: &'static str, value: &str) -> Self {
        Self::Input {
            name,
            label,
            kind,
            value: value.to_owned(),
        }
    }

    pub(super) fn checks(label: &'static str, options: Ops, chosen: &[String]) -> Self {
        let options = options
            .iter()
            .map(|(key, label)| ((*key).to_owned(), (*label).to_owned()));
        Self::checked(label, options, chosen)
    }

    /// Things of a list; those that are chosen and gone stay chosen.
    pub(super) fn checks_of(label: &'static str, things: &[(i64, String)], chosen: &[String]) -> Self {
        let offered = things.iter().map(|(id, title)| (id.to_string(), title.clone()));
        let is_gone = |id: &&String| {
            id.parse()
                .is_ok_and(|id: i64| things.iter().all(|(known, _)| *known != id))
        };
        let gone = chosen.iter().filter(is_gone);
        let gone = gone.map(|id| (id.clone(), "(deleted)".to_owned()));
        Self::checked(label, offered.chain(gone), chosen)
    }

    fn checked(label: &'static str, options: impl Iterator<Item = (String, String)>, chosen: &[String]) -> Self {
        Self::Checks {
            name: "value",
            label,
            choices: options
                .map(|(value, label)| Choice {
                    selected: chosen.contains(&value),
                    value,
                    label,
                })
                .collect(),
        }
    }

    /// What is selected.
    pub(super) fn chosen(&self) -> &str {
        match self {
            Self::Select { choices, .. } => {
                let chosen = choices.iter().find(|choice| choice.selected);
                chosen.map_or("", |choice| choice.value.as_str())
            }
            Self::Input { value, .. } => value,
            Self::Checks { .. } => "",
        }
    }
}

/// Things of a list to choose from. One that is chosen and gone stays chosen: a browser would send the first in its place, which is
/// any of them.
pub(super) fn things_of(things: impl Iterator<Item = (String, String)>, chosen: &str) -> Vec<Choice> {
    let mut choices = Choice::list(things, chosen);
    let is_of_a_thing = chosen.rsplit(':').next().is_some_and(|id| id.parse::<i64>().is_ok());
    if is_of_a_thing && !choices.iter().any(|choice| choice.selected) {
        choices.extend(Choice::list([(chosen, "(deleted)")], chosen));
    }
    choices
}

/// Choices of which exactly one is selected.
fn chosen_of(options: Ops, chosen: &str) -> Vec<Choice> {
    let known = options.iter().any(|(key, _)| *key == chosen);
    let first = options.first().map_or("", |(key, _)| *key);
    Choice::list(options.iter().copied(), if known { chosen } else { first })
}
