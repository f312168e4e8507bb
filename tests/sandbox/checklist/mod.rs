//! The fifty points of the fidelity checklist, as sentences: every test is named after the number of its point.
//!
//! Where nobody outside Mailchimp knows what it does, a switch of the sandbox decides (`docs/sandbox.md`); such a point is tested with the
//! default first and with the other choice afterwards.

mod batches;
mod campaigns;
mod collections;
mod deliveries;
mod groups;
mod identity;
mod members;
mod merges;
mod oauth;
mod transitions;
mod transport;
mod trouble;
mod upserts;
mod values;
mod webhooks;

const POINTS: u32 = 50;

#[test]
fn every_point_of_the_checklist_has_a_test_named_after_it() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sandbox/checklist");
    let files = std::fs::read_dir(folder).unwrap();
    let tests: String = files
        .map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap())
        .collect();
    let missing: Vec<u32> = (1..=POINTS)
        .filter(|point| !tests.contains(&format!("fn point_{point:02}_")))
        .collect();
    assert!(missing.is_empty(), "no test for {missing:?}");
}
