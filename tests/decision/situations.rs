//! The invariants of the decision, over every situation there can be, reachable or not: each combination of what is wanted,
//! seen, agreed and chosen, some two and a half million. Histories are proved in `histories`.

use dms::mailchimp::Status;
use dms::sync::decide::{
    Agreed, Barrier, Consent, Decision, Here, MemberStatus, Place, Policy, Removal, Seen, SeenMember, Standing, There,
    Wanted, decide,
};
use dms::sync::standing::BARRIERS;

/// Rounds within which every situation must come to rest.
const ROUNDS_MAX: usize = 5;

const STATUSES: [Status; 7] = [
    Status::Subscribed,
    Status::Unsubscribed,
    Status::Cleaned,
    Status::Pending,
    Status::Transactional,
    Status::Archived,
    Status::Other,
];

/// One combination.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Situation {
    wanted: Wanted,
    seen: Seen,
    agreed: Agreed,
    policy: Policy,
}

impl Situation {
    fn decide(&self) -> Decision {
        decide(&self.wanted, &self.seen, self.agreed, self.policy)
    }

    fn member(&self) -> Option<SeenMember> {
        match self.seen {
            Seen::Absent => None,
            Seen::Member(member) => Some(member),
        }
    }

    fn in_group(&self) -> bool {
        self.wanted.place == Place::InGroup
    }

    fn opted_out_here(&self) -> bool {
        matches!(self.wanted.barrier, Some(Barrier::DoNotEmail | Barrier::NoBulkEmails))
    }

    fn opted_out_there(&self) -> bool {
        self.member().is_some_and(|member| match member.status {
            MemberStatus::Known(Status::Unsubscribed) => !member.ended_by_us,
            MemberStatus::CleanedForAbuse | MemberStatus::Forgotten => true,
            _ => member.in_compliance && !is_active(&member),
        })
    }
}

fn is_active(member: &SeenMember) -> bool {
    matches!(member.status, MemberStatus::Known(Status::Subscribed | Status::Pending))
}

fn member_statuses() -> Vec<MemberStatus> {
    let known = STATUSES.into_iter().map(MemberStatus::Known);
    known
        .chain([MemberStatus::Forgotten, MemberStatus::CleanedForAbuse])
        .collect()
}

fn everything_seen() -> Vec<Seen> {
    let mut seen = vec![Seen::Absent];
    for status in member_statuses() {
        for status_before_end in std::iter::once(None).chain(STATUSES.into_iter().map(Some)) {
            for flags in 0..4 {
                seen.push(Seen::Member(SeenMember {
                    status,
                    in_compliance: flags & 1 != 0,
                    ended_by_us: flags & 2 != 0,
                    status_before_end,
                }));
            }
        }
    }
    seen
}

fn everything_wanted() -> Vec<Wanted> {
    let mut wanted = Vec::new();
    for place in [Place::InGroup, Place::OutOfGroup, Place::Deleted] {
        for barrier in std::iter::once(None).chain(BARRIERS.into_iter().map(Some)) {
            // Who ends a membership is asked only outside the group.
            for flags in 0..if place == Place::InGroup { 8 } else { 16 } {
                wanted.push(Wanted {
                    place,
                    barrier,
                    address_stays: flags & 1 != 0,
                    refused_as_it_is: flags & 2 != 0,
                    arrives: flags & 4 != 0,
                    another_ends_it: flags & 8 != 0,
                });
            }
        }
    }
    wanted
}

fn in_every_situation(mut check: impl FnMut(Situation)) {
    let agreements = [
        Agreed::Nothing,
        Agreed::HereBefore,
        Agreed::In,
        Agreed::Out,
        Agreed::Left,
    ];
    let seen = everything_seen();
    for wanted in everything_wanted() {
        for seen in &seen {
            for agreed in agreements {
                for removal in [Removal::Archive, Removal::Unsubscribe, Removal::Leave] {
                    for double_optin in [false, true] {
                        check(Situation {
                            wanted,
                            seen: *seen,
                            agreed,
                            policy: Policy { removal, double_optin },
                        });
                    }
                }
            }
        }
    }
}

#[test]
fn invariant_1_consent_is_never_upgraded_by_a_decision() {
    in_every_situation(|situation| {
        let Some(There::Add(consent)) = situation.decide().there else {
            return;
        };
        let agreed = situation.agreed;
        assert!(
            situation.in_group() && situation.wanted.barrier.is_none(),
            "{situation:?}"
        );
        assert_ne!(
            agreed,
            Agreed::HereBefore,
            "here before the link is not pushed: {situation:?}"
        );
        match situation.member() {
            None => {
                assert_ne!(agreed, Agreed::In, "gone for good is not added anew: {situation:?}");
                assert!(
                    !situation.policy.double_optin || consent == Consent::Pending,
                    "{situation:?}"
                );
            }
            Some(member) => {
                assert_eq!(member.status, MemberStatus::Known(Status::Archived), "{situation:?}");
                assert!(member.ended_by_us && !member.in_compliance, "{situation:?}");
                let before = match consent {
                    Consent::Subscribed => Status::Subscribed,
                    Consent::Pending => Status::Pending,
                };
                assert_eq!(
                    member.status_before_end,
                    Some(before),
                    "they come back as they were: {situation:?}"
                );
            }
        }
    });
}

#[test]
fn invariant_2_the_three_verbs_are_never_mixed() {
    in_every_situation(|situation| {
        let Situation { wanted, policy, .. } = situation;
        let removed = wanted.place == Place::OutOfGroup;
        match situation.decide().there {
            Some(There::Unsubscribe) => assert!(
                situation.opted_out_here() || removed && policy.removal == Removal::Unsubscribe,
                "only an opt-out unsubscribes, unless the mapping says so: {situation:?}"
            ),
            Some(There::Archive) => {
                assert!(!situation.opted_out_here(), "an opt-out never archives: {situation:?}");
                let cannot_be_mailed = matches!(wanted.barrier, Some(Barrier::Deceased | Barrier::OnHold));
                let by_staff = removed && policy.removal == Removal::Archive || wanted.place == Place::Deleted;
                assert!(by_staff || situation.in_group() && cannot_be_mailed, "{situation:?}");
            }
            // There is no fourth verb: nothing here deletes for good.
            Some(There::Add(_)) | None => {}
        }
        if situation.opted_out_there() {
            assert_eq!(
                situation.decide().there,
                None,
                "nothing is sent back to who opted out: {situation:?}"
            );
        }
    });
}

#[test]
fn invariant_2_who_unsubscribed_by_themselves_leaves_the_group_and_nobody_else_does() {
    in_every_situation(|situation| {
        let left = situation.member().is_some_and(|member| match member.status {
            MemberStatus::Known(Status::Unsubscribed) => !member.ended_by_us,
            status => status == MemberStatus::CleanedForAbuse,
        });
        let leaves = situation.in_group() && situation.agreed == Agreed::In && left;
        let decision = situation.decide();
        assert_eq!(decision.here == Some(Here::Remove), leaves, "{situation:?}");
    });
}

#[test]
fn invariant_2_only_who_subscribed_by_themselves_joins_and_only_where_nobody_stands_for_the_address() {
    in_every_situation(|situation| {
        let is_subscribed = situation
            .member()
            .is_some_and(|member| member.status == MemberStatus::Known(Status::Subscribed));
        let Wanted {
            place,
            arrives,
            address_stays,
            ..
        } = situation.wanted;
        let joins = place == Place::OutOfGroup && arrives && !address_stays && is_subscribed;
        assert_eq!(situation.decide().here == Some(Here::Join), joins, "{situation:?}");
    });
}

#[test]
fn invariant_3_only_members_that_the_mapping_manages_are_changed() {
    in_every_situation(|situation| {
        let decision = situation.decide();
        let wish_of_a_member_of_the_group = situation.in_group() && situation.opted_out_here();
        match decision.there {
            Some(There::Archive) => {
                let on_both_sides = situation.in_group() && situation.member().as_ref().is_some_and(is_active);
                assert!(situation.agreed == Agreed::In || on_both_sides, "{situation:?}");
            }
            Some(There::Unsubscribe) if wish_of_a_member_of_the_group => {}
            Some(There::Unsubscribe) => assert_ne!(situation.agreed, Agreed::Nothing, "{situation:?}"),
            Some(There::Add(_)) | None => {}
        }
        let is_stranger = situation.agreed == Agreed::Nothing && !situation.wanted.arrives;
        if is_stranger && !situation.in_group() {
            assert_eq!((decision.here, decision.there), (None, None), "{situation:?}");
            assert_eq!(decision.agreed, Agreed::Nothing, "a stranger stays one: {situation:?}");
        }
    });
}

#[test]
fn invariant_3_an_address_that_somebody_else_in_the_group_owns_is_not_taken_from_them() {
    in_every_situation(|situation| {
        let may_end = situation.in_group() && situation.opted_out_here();
        if situation.wanted.address_stays && !may_end {
            let there = situation.decide().there;
            assert!(
                !matches!(there, Some(There::Archive | There::Unsubscribe)),
                "{situation:?}"
            );
        }
    });
}

#[test]
fn invariant_4_a_removal_that_waits_changes_nothing_and_is_not_lost_and_an_opt_out_never_waits() {
    use dms::sync::breaker::{Removal, without_removal};
    in_every_situation(|situation| {
        let decision = situation.decide();
        let Some(removal) = Removal::of(&situation.wanted, &decision) else {
            let is_opt_out = situation.opted_out_here() && decision.there == Some(There::Unsubscribe);
            let takes_away = matches!(decision.there, Some(There::Unsubscribe | There::Archive));
            assert!(
                is_opt_out || !takes_away && decision.here != Some(Here::Remove),
                "{situation:?}"
            );
            return;
        };
        let waits = without_removal(decision, &situation.seen);
        assert_eq!((waits.here, waits.there), (None, None), "{situation:?}");
        assert_eq!(waits.standing != Standing::Out, situation.in_group(), "{situation:?}");
        let later = Situation {
            agreed: waits.agreed,
            ..situation
        };
        let found = Removal::of(&later.wanted, &later.decide());
        assert_eq!(found, Some(removal), "{situation:?}");
    });
}

#[test]
fn invariant_6_every_situation_comes_to_rest_and_an_unchanged_world_writes_nothing() {
    in_every_situation(|start| {
        let mut situation = start;
        for _ in 0..ROUNDS_MAX {
            let decision = situation.decide();
            let after = carried_out(situation, decision);
            if after == situation {
                assert_eq!(
                    (decision.here, decision.there),
                    (None, None),
                    "from {start:?} at rest as {situation:?}"
                );
                return;
            }
            situation = after;
        }
        panic!("no rest from {start:?}; still moving as {situation:?}");
    });
}

/// The situation once everything was done as decided and Mailchimp agreed to it.
fn carried_out(situation: Situation, decision: Decision) -> Situation {
    let mut after = Situation {
        agreed: decision.agreed,
        ..situation
    };
    match decision.here {
        Some(Here::Remove) => after.wanted.place = Place::OutOfGroup,
        Some(Here::Join) => after.wanted.place = Place::InGroup,
        Some(Here::LeaveThere) | None => {}
    }
    match (decision.there, &mut after.seen) {
        (Some(There::Add(consent)), _) => {
            let status = match consent {
                Consent::Subscribed => Status::Subscribed,
                Consent::Pending => Status::Pending,
            };
            after.agreed = Agreed::In;
            after.seen = Seen::Member(SeenMember {
                status: MemberStatus::Known(status),
                in_compliance: false,
                ended_by_us: false,
                status_before_end: None,
            });
        }
        (Some(end), Seen::Member(member)) => {
            let status = if end == There::Archive {
                Status::Archived
            } else {
                Status::Unsubscribed
            };
            member.status_before_end = match member.status {
                MemberStatus::Known(status) => Some(status),
                _ => None,
            };
            member.status = MemberStatus::Known(status);
            member.ended_by_us = true;
        }
        _ => {}
    }
    after
}

#[test]
fn invariant_7_everybody_in_the_group_has_exactly_one_of_the_five_standings() {
    in_every_situation(|situation| {
        let decision = situation.decide();
        let stays = match decision.here {
            Some(Here::Remove) => false,
            _ => situation.in_group(),
        };
        assert_eq!(decision.standing != Standing::Out, stays, "{situation:?}");
        match decision.standing {
            Standing::InSync => assert!(situation.member().as_ref().is_some_and(is_active), "{situation:?}"),
            Standing::Waiting(_) => assert!(
                decision.there.is_some() || situation.member().as_ref().is_some_and(is_active),
                "nobody waits for nothing: {situation:?}"
            ),
            Standing::Excluded(barrier) => assert_eq!(situation.wanted.barrier, Some(barrier), "{situation:?}"),
            Standing::Refused(_) => assert_eq!(decision.there, None, "{situation:?}"),
            Standing::HereBefore => assert_eq!(situation.agreed, Agreed::HereBefore, "{situation:?}"),
            Standing::Out => {}
        }
    });
}

#[test]
fn invariant_7_a_stored_standing_and_agreement_read_as_they_were_decided() {
    use dms::sync::standing::{read, read_agreement, stored, stored_agreement};
    in_every_situation(|situation| {
        let Decision { standing, agreed, .. } = situation.decide();
        let (word, reason) = stored(standing);
        assert_eq!(read(word, reason), standing);
        assert_eq!(read_agreement(stored_agreement(agreed)), agreed);
    });
}

#[test]
fn invariant_9_an_opt_out_leaves_no_addition_open() {
    use dms::sync::plan::{CallChange, compare_calls};
    in_every_situation(|situation| {
        if !situation.opted_out_there() {
            return;
        }
        let wanted = situation.decide().there;
        for queued in [There::Add(Consent::Subscribed), There::Add(Consent::Pending)] {
            assert_eq!(
                compare_calls(Some(&queued), wanted.as_ref()),
                CallChange::Drop,
                "{situation:?}"
            );
        }
    });
}
