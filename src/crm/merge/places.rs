//! The groups of two contacts that become one: the survivor takes over the places of the other, but leaves every group whose
//! audience at Mailchimp either of the two has opted out of.

use super::model::Pair;
use crate::base::{ContactId, GroupId};
use crate::crm::groups::mailchimp::OptOut;
use crate::crm::groups::standings::{MembershipChange, Standing};
use crate::crm::groups::{actions, standings, store};
use crate::db::OrgTx;
use diesel::QueryResult;
use std::collections::{BTreeMap, BTreeSet};

/// The word for somebody who left at Mailchimp by themselves, as the group's history has it.
const BY_API: &str = "API";
/// The status of somebody whom the search of a smart group brings in.
const BY_SEARCH: &str = "Smart";

/// What becomes of the survivor's place in a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Move {
    /// Takes over the other's place: in the group, or as a past one.
    TakeOver(Standing),
    /// Leaves, or is kept out: somebody opted out.
    Leave { who: ContactId, words: &'static str },
}

/// What is to happen in each group, by the places and opt-outs of both. Groups where nothing changes are absent. Pure.
pub fn moves(
    pair: Pair,
    ours: &BTreeMap<GroupId, Standing>,
    theirs: &BTreeMap<GroupId, Standing>,
    opt_outs: &[OptOut],
) -> BTreeMap<GroupId, Move> {
    let groups: BTreeSet<GroupId> = ours.keys().chain(theirs.keys()).copied().collect();
    let of = |group: GroupId| {
        let (our, their) = (ours.get(&group), theirs.get(&group));
        let is_in = |standing: Option<&Standing>| standing.is_some_and(Standing::is_current);
        let has_left = |standing: Option<&Standing>| {
            standing.is_some_and(|standing| !standing.is_current() && standing.method == BY_API)
        };
        let opt_out = opt_outs.iter().find(|opt_out| opt_out.group == group);
        let opt_out = opt_out
            .map(|opt_out| (opt_out.contact, opt_out.words))
            .or(has_left(their).then_some((pair.loser, "unsubscribed at Mailchimp")))
            .or(has_left(our).then_some((pair.survivor, "unsubscribed at Mailchimp")));
        match (opt_out, their) {
            (Some((who, words)), _) if is_in(our) || is_in(their) => Some(Move::Leave { who, words }),
            // Whom a search brings in stays the search's own affair.
            (_, Some(their)) if their.status != BY_SEARCH && (our.is_none() || (is_in(Some(their)) && !is_in(our))) => {
                Some(Move::TakeOver(their.clone()))
            }
            _ => None,
        }
    };
    groups
        .into_iter()
        .filter_map(|group| Some((group, of(group)?)))
        .collect()
}

/// Carries the moves out; returns each with what stood before, for the undo.
pub fn carry_out(
    tx: &mut OrgTx<'_>,
    pair: Pair,
    ours: &BTreeMap<GroupId, Standing>,
    theirs: &BTreeMap<GroupId, Standing>,
    moves: &BTreeMap<GroupId, Move>,
    names: (&str, &str),
) -> QueryResult<Vec<MembershipChange>> {
    let merged = format!("Merged with {}", names.1);
    let mut changes = Vec::new();
    for (group, to_do) in moves {
        match to_do {
            Move::TakeOver(standing) => standings::take_over(tx, *group, pair.survivor, standing, &merged)?,
            Move::Leave { who, words } => {
                let who = if *who == pair.survivor { names.0 } else { names.1 };
                // One who was never in it has it among their past groups from now on, so that no search brings them in.
                if let (None, Some(their)) = (ours.get(group), theirs.get(group)) {
                    standings::take_over(tx, *group, pair.survivor, their, &merged)?;
                }
                actions::remove_contacts(tx, *group, &[pair.survivor], &format!("{merged}: {who} {words}"))?;
            }
        }
        let after = standings::standings(tx, *group, &[pair.survivor])?.remove(&pair.survivor);
        let before = ours.get(group).cloned();
        if let Some(after) = after.filter(|after| Some(after) != before.as_ref()) {
            let title = store::find(tx, *group)?.map(|group| group.title).unwrap_or_default();
            changes.push(MembershipChange {
                group: *group,
                title,
                before,
                after,
            });
        }
    }
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    const PAIR: Pair = Pair {
        survivor: ContactId(1),
        loser: ContactId(2),
    };
    const GROUP: GroupId = GroupId(7);

    fn standing(status: &str, method: &str) -> Standing {
        let at = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        Standing {
            status: status.into(),
            added_at: at,
            removed_at: (status == "Removed").then_some(at),
            method: method.into(),
            why: String::new(),
        }
    }

    fn decided(ours: Option<Standing>, theirs: Option<Standing>, opt_out: bool) -> Option<Move> {
        let at = |standing: Option<Standing>| standing.into_iter().map(|standing| (GROUP, standing)).collect();
        let opt_outs = opt_out.then_some(OptOut {
            contact: PAIR.loser,
            group: GROUP,
            words: "unsubscribed at Mailchimp",
        });
        moves(PAIR, &at(ours), &at(theirs), opt_outs.as_slice()).remove(&GROUP)
    }

    #[test]
    fn the_survivor_is_in_every_group_of_both_and_in_none_that_either_opted_out_of() {
        let kinds = [
            None,
            Some(standing("Added", "Admin")),
            Some(standing("Removed", "Admin")),
            Some(standing("Removed", "API")),
        ];
        for ours in &kinds {
            for theirs in &kinds {
                for opt_out in [false, true] {
                    let is_in = |place: &Option<Standing>| place.as_ref().is_some_and(Standing::is_current);
                    let left = |place: &Option<Standing>| *place == kinds[3];
                    let ends_in = match decided(ours.clone(), theirs.clone(), opt_out) {
                        None => is_in(ours),
                        Some(Move::TakeOver(standing)) => standing.is_current(),
                        Some(Move::Leave { .. }) => false,
                    };
                    let opted_out = opt_out || left(ours) || left(theirs);
                    let expected = (is_in(ours) || is_in(theirs)) && !opted_out;
                    assert_eq!(ends_in, expected, "{ours:?} {theirs:?} {opt_out}");
                }
            }
        }
    }

    #[test]
    fn a_past_group_of_the_other_becomes_one_of_the_survivors() {
        let past = standing("Removed", "API");
        assert_eq!(decided(None, Some(past.clone()), false), Some(Move::TakeOver(past)));
    }
}
