//! Bulk actions and processes that die or work side by side: nothing is done twice and nobody is left out.

use dms::base::BulkActionId;
use dms::crm::bulk::field::Field;
use dms::crm::bulk::model::{BulkAction, Deed, State};
use dms::crm::bulk::target::Target;
use dms::crm::bulk::{actions, start, store};
use dms::crm::contacts::{ContactDraft, ListFilter, Selection};
use dms::crm::groups;
use std::ops::Deref;

use crate::support::works;

/// An organization with many contacts.
struct Works(works::Works);

impl Deref for Works {
    type Target = works::Works;
    fn deref(&self) -> &works::Works {
        &self.0
    }
}

impl Works {
    async fn with(people: usize) -> Self {
        let works = Self(works::Works::new(start));
        works
            .write(move |tx| {
                let drafts: Vec<ContactDraft> = (0..people).map(person).collect();
                Ok(dms::crm::contacts::actions::add_many(tx, &drafts)?)
            })
            .await;
        works
    }

    async fn start(&self, deed: Deed) -> BulkActionId {
        let everybody = Selection::All(ListFilter::default());
        self.write(move |tx| actions::start(tx, &everybody, &deed))
            .await
            .unwrap()
            .id
    }

    async fn until(&self, id: BulkActionId, fits: impl Fn(&BulkAction) -> bool) -> BulkAction {
        self.0
            .until(move |tx| store::find(tx, id), BulkAction::is_stuck, fits)
            .await
    }
}

fn person(number: usize) -> ContactDraft {
    let mut draft = ContactDraft::default();
    draft.details.first_name = format!("First{}", number % 700);
    draft.details.last_name = format!("Last{}", number % 1300);
    draft.details.source = format!("Gala {}", number % 40);
    draft
}

fn edit() -> Deed {
    Deed::Edit {
        field: Target::Known(Field::Source),
        value: "Spring appeal".into(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_action_killed_at_any_line_is_finished_and_undone_by_others() {
    const PEOPLE: usize = 5_500;
    let works = Works::with(PEOPLE).await;
    let action = works.start(edit()).await;
    for done_at_least in [0, 1_000, 3_000] {
        let process = works.process();
        works
            .until(action, |action| action.contacts_done >= done_at_least)
            .await;
        works.kill(&process);
    }
    let process = works.process();
    let done = works.until(action, |action| action.state == State::Done).await;
    process.end().await;
    assert_eq!((done.result.changed, done.result.skipped), (PEOPLE as i32, 0));
    let people = PEOPLE as i64;
    assert_eq!(works.count("contacts WHERE source = 'Spring appeal'"), people);
    assert_eq!(
        works.count("changes WHERE what = 'Contact changed'"),
        people,
        "each once"
    );

    works.write(move |tx| actions::undo(tx, action)).await;
    let process = works.process();
    works.until(action, |action| action.contacts_done >= 1_000).await;
    works.kill(&process);
    let process = works.process();
    let undone = works.until(action, |action| action.state == State::Undone).await;
    process.end().await;
    assert_eq!((undone.result.taken_back, undone.result.kept), (PEOPLE as i32, 0));
    assert_eq!(works.count("contacts WHERE source = 'Spring appeal'"), 0);
    assert_eq!(works.count("contacts WHERE source = 'Gala 7'"), people / 40 + 1);
    assert_eq!(
        works.count("changes WHERE what = 'Contact changed'"),
        2 * people,
        "back once"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_at_once_do_nothing_twice() {
    const PEOPLE: usize = 3_500;
    let works = Works::with(PEOPLE).await;
    let processes = [works.process(), works.process()];
    let action = works.start(edit()).await;
    works.until(action, |action| action.state == State::Done).await;
    for process in processes {
        process.end().await;
    }
    assert_eq!(works.count("changes WHERE what = 'Contact changed'"), PEOPLE as i64);
    assert_eq!(works.count("bulk_contacts WHERE outcome = 'changed'"), PEOPLE as i64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_selection_larger_than_a_step_goes_into_a_group_and_out_again_though_processes_are_killed() {
    const PEOPLE: usize = 10_500;
    let works = Works::with(PEOPLE).await;
    let group = works
        .write(|tx| Ok(groups::actions::create(tx, "Newsletter", "").map_err(anyhow::Error::from)?))
        .await;
    let title = || "Newsletter".to_owned();
    let added = works.start(Deed::AddToGroup { group, title: title() }).await;
    let process = works.process();
    works.until(added, |action| action.contacts_done > 0).await;
    works.kill(&process);
    let process = works.process();
    let done = works.until(added, |action| action.state == State::Done).await;
    assert_eq!(done.result.changed, PEOPLE as i32);
    let people = PEOPLE as i64;
    assert_eq!(works.count("group_contacts WHERE status = 'Added'"), people);
    assert_eq!(works.count("group_history WHERE status = 'Added'"), people, "each once");
    assert_eq!(works.count("changes WHERE what = 'Added to Newsletter'"), people);

    works.write(move |tx| actions::undo(tx, added)).await;
    works.until(added, |action| action.contacts_done >= 1_000).await;
    works.kill(&process);
    let process = works.process();
    let undone = works.until(added, |action| action.state == State::Undone).await;
    process.end().await;
    assert_eq!((undone.result.taken_back, undone.result.kept), (PEOPLE as i32, 0));
    assert_eq!(works.count("group_contacts"), 0);
    assert_eq!(
        works.count("group_history WHERE status = 'Deleted'"),
        people,
        "back once"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_are_one_step_for_groups_and_tags() {
    const PEOPLE: usize = 10_000;
    let works = Works::with(PEOPLE).await;
    let group = works
        .write(|tx| Ok(groups::actions::create(tx, "Newsletter", "").map_err(anyhow::Error::from)?))
        .await;
    let title = || "Newsletter".to_owned();
    let deeds = [
        Deed::AddToGroup { group, title: title() },
        Deed::RemoveFromGroup {
            group,
            title: title(),
            why: String::new(),
        },
    ];
    for deed in deeds {
        let everybody = Selection::All(ListFilter::default());
        let action = works
            .write(move |tx| actions::start(tx, &everybody, &deed))
            .await
            .unwrap();
        assert_eq!((action.state, action.result.changed), (State::Done, PEOPLE as i32));
    }
    let people = PEOPLE as i64;
    assert_eq!(works.count("group_contacts WHERE status = 'Removed'"), people);
    assert_eq!(works.count("bulk_contacts"), 2 * people);
}
