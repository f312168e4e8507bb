//! Who changes their address at Mailchimp is found again by the contact id, however late and in whatever order that is told.

use crate::engine::AUDIENCE;
use crate::model::{member, moment};
use crate::story::{ADDRESSES, config};
use dms::mailchimp::Status;
use dms::sync::mirror::{self, MirrorMember, Told};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::HashMap;

/// What Mailchimp tells of the one person of these tests, who had `ADDRESSES[at]` from that second on.
fn told(at: usize) -> Told {
    let mut member = member(ADDRESSES[at], Status::Subscribed, i64::try_from(at).unwrap());
    member.contact_id = "the person".into();
    Told::Member(Box::new(member))
}

/// As `mirror::take_in`, for the mirror alone.
fn take_in(mirror: &mut HashMap<String, MirrorMember>, told: &[Told]) {
    let known: Vec<MirrorMember> = mirror.values().cloned().collect();
    let found = mirror::moves(told, &known);
    for moved in &found.moves {
        let row = mirror.remove(&moved.from).expect("a row that is known");
        let address_key = moved.to.clone();
        mirror.insert(moved.to.clone(), MirrorMember { address_key, ..row });
    }
    let told: Vec<Told> = told.iter().filter(|told| found.still_holds(told)).cloned().collect();
    for row in mirror::changes(&told, AUDIENCE, mirror, &HashMap::new(), moment(9)).rows {
        mirror.insert(row.address_key.clone(), row);
    }
}

#[test]
fn a_member_read_under_another_address_takes_along_what_is_known_of_them() {
    let mut mirror = HashMap::new();
    take_in(&mut mirror, &[told(0)]);
    mirror.get_mut(ADDRESSES[0]).unwrap().here_before = true;
    take_in(&mut mirror, &[told(1)]);
    assert!(mirror[ADDRESSES[1]].here_before, "brings nobody in after all");
    assert_eq!(mirror.len(), 1);
}

#[test]
fn somebody_else_at_another_address_is_nobody_who_moved() {
    let known = [told(0)];
    let mut mirror = HashMap::new();
    take_in(&mut mirror, &known);
    let other = Told::Member(Box::new(member(ADDRESSES[1], Status::Subscribed, 5)));
    let rows: Vec<MirrorMember> = mirror.values().cloned().collect();
    assert_eq!(mirror::moves(&[other], &rows), mirror::Moves::default());
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn in_whatever_order_it_is_told_one_person_is_one_member_at_their_latest_address(
        tellings in vec(vec(0..ADDRESSES.len(), 1..4), 1..6),
    ) {
        let mut mirror = HashMap::new();
        for telling in &tellings {
            let telling: Vec<Told> = telling.iter().map(|at| told(*at)).collect();
            take_in(&mut mirror, &telling);
        }
        let latest = tellings.iter().flatten().max().expect("something was told");
        prop_assert_eq!(mirror.keys().collect::<Vec<_>>(), vec![ADDRESSES[*latest]]);
    }
}
