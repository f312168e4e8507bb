//! Criteria to which more conditions are added, all of which must hold.

use super::{Block, CONDITIONS_MAX, Condition, Criteria, Match};

impl Criteria {
    /// The same for those alone for whom these hold as well; `None` where that would be more conditions than a search may have.
    pub fn narrowed(self, by: &[Condition]) -> Option<Self> {
        if by.is_empty() {
            return Some(self);
        }
        let all = |conditions: Vec<Condition>| Block {
            matching: Match::All,
            conditions: conditions.into_iter().chain(by.iter().cloned()).collect(),
        };
        let blocks = match (self.matching, self.blocks.as_slice()) {
            (Match::All, []) => vec![all(Vec::new())],
            (_, [only]) if only.matching == Match::All => vec![all(only.conditions.clone())],
            (Match::All, blocks) => blocks.iter().cloned().chain([all(Vec::new())]).collect(),
            (Match::Any, [only]) => vec![only.clone(), all(Vec::new())],
            // Each set is enough: each is to hold together with what is added, and so is each condition of a set of which any is enough.
            (Match::Any, blocks) => blocks
                .iter()
                .flat_map(|block| match block.matching {
                    Match::All => vec![all(block.conditions.clone())],
                    Match::Any => block.conditions.iter().map(|one| all(vec![one.clone()])).collect(),
                })
                .collect(),
        };
        let matching = match self.blocks.len() {
            1 => Match::All,
            _ => self.matching,
        };
        let narrowed = Self { matching, blocks };
        (narrowed.conditions().count() <= CONDITIONS_MAX).then_some(narrowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crm::contacts::criteria::Typed;
    use std::collections::HashMap;

    fn condition(name: &str) -> Condition {
        let typed = Typed {
            about: "first_name".into(),
            op: "is".into(),
            values: vec![name.into()],
            ..Typed::default()
        };
        Condition::read(&typed).unwrap()
    }

    fn criteria(matching: Match, blocks: &[(Match, &[&str])]) -> Criteria {
        let block = |(matching, names): &(Match, &[&str])| Block {
            matching: *matching,
            conditions: names.iter().map(|name| condition(name)).collect(),
        };
        Criteria {
            matching,
            blocks: blocks.iter().map(block).collect(),
        }
    }

    /// The answer where these conditions hold and no others.
    fn answer(criteria: &Criteria, holds: &HashMap<&str, bool>) -> bool {
        let answers: Vec<bool> = criteria
            .conditions()
            .map(|one| holds[one.typed.values[0].as_str()])
            .collect();
        criteria.answer(&answers)
    }

    #[test]
    fn whoever_fits_the_narrowed_search_fits_both_and_nobody_else_does() {
        const NAMES: [&str; 6] = ["a", "b", "c", "d", "x", "y"];
        let (all, any) = (Match::All, Match::Any);
        for matching in [all, any] {
            for blocks in [
                &[][..],
                &[(all, &["a", "b"][..])],
                &[(any, &["a", "b"])],
                &[(all, &["a", "b"]), (any, &["c", "d"])],
                &[(any, &["a", "b"]), (any, &["c", "d"])],
            ] {
                let before = criteria(matching, blocks);
                let after = before.clone().narrowed(&[condition("x"), condition("y")]).unwrap();
                for bits in 0..1 << NAMES.len() {
                    let holds: HashMap<&str, bool> = NAMES
                        .iter()
                        .enumerate()
                        .map(|(at, name)| (*name, bits >> at & 1 == 1))
                        .collect();
                    let expected = answer(&before, &holds) && holds["x"] && holds["y"];
                    assert_eq!(answer(&after, &holds), expected, "{matching:?} {blocks:?} {holds:?}");
                }
            }
        }
    }

    #[test]
    fn what_would_be_more_than_a_search_may_ask_is_not_half_kept() {
        let names: Vec<String> = (0..CONDITIONS_MAX).map(|n| n.to_string()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let full = criteria(Match::All, &[(Match::All, &names)]);
        assert!(full.clone().narrowed(&[]).is_some());
        assert!(full.narrowed(&[condition("x")]).is_none());
    }
}
