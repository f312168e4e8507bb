//! Rows about activities, with contacts who are here already or with nobody. An Activity ID makes a second import of the same
//! file change nothing; without one an activity is known by type, subject, moment and whom it is with. Nobody gets a letter.

mod entry;
mod judge;
mod meaning;

use super::brings::{Brings, Hold, Judged, NamedHere, ReadRow};
use super::cells::Said;
use super::kind::{Makes, Words};
use super::model::Import;
use super::names;
use super::value::DateOrder;
use crate::base::{ActivityId, ContactId};
use crate::crm::activities::model::ActivityDraft;
use crate::crm::activities::{actions, store, types};
use crate::db::OrgTx;
use diesel::QueryResult;
use meaning::{Meaning, OFFERED};
use std::collections::HashMap;

/// The kind.
pub struct Activities;

impl Brings for Activities {
    type Meaning = Meaning;
    type Id = ActivityId;
    type Record = ActivityDraft;

    fn word(&self) -> &'static str {
        "activities"
    }

    fn words(&self) -> &'static Words {
        &Words {
            each_row_is: "an activity: a call, a meeting, a letter",
            noun: ["activity", "activities"],
            matches: ["is here already", "are here already"],
            found_by: "Found by Activity ID. Empty cells never blank what is here, and who takes part already still does.",
            unchanged: "Everything they say is here already. Without an Activity ID, the same type, subject, date and contacts \
                        are the same activity.",
            changed: ["activity changed", "activities changed"],
            about_changed: "They were here already, with the same Activity ID.",
            undo: &[
                "{} activities that it added are deleted. Those that somebody has changed since are kept.",
                "Activities that it changed are as they were before. One that somebody has changed since stays as it is.",
            ],
            undone: "Activities added are deleted, the others are as before.",
            kept: "Somebody changed these activities after the import; they were left as they are.",
            left_over: "Activity types that the import made are still there; an administrator can delete those that nobody needs.",
        }
    }

    fn offered(&self) -> &'static [(&'static str, &'static [Meaning])] {
        &OFFERED
    }

    fn unfit(&self, has: &dyn Fn(Meaning) -> bool) -> Option<String> {
        (!has(Meaning::Type) || !has(Meaning::Date))
            .then(|| "An activity needs a type and a date. Match Activity Type and Activity Date.".into())
    }

    fn can_make(&self) -> Option<Makes> {
        Some(Makes {
            things: judge::MADE,
            hint: "New types can be changed under Settings, Activity Types.",
        })
    }

    fn names(&self, tx: &mut OrgTx<'_>) -> QueryResult<NamedHere<Meaning>> {
        let here = types::stored(tx)?.into_iter().map(|of_type| names::key(&of_type.name));
        Ok(vec![("Activity type", Meaning::Type, here.collect())])
    }

    fn has_lines(&self, meaning: Meaning) -> bool {
        meaning == Meaning::Details
    }

    fn value(&self, meaning: Meaning, text: String, order: DateOrder) -> Result<String, String> {
        entry::value(meaning, text, order)
    }

    fn called(&self, said: &Said<Meaning>) -> Option<String> {
        said.called()
    }

    fn judge(
        &self,
        tx: &mut OrgTx<'_>,
        import: &Import,
        rows: Vec<ReadRow<Meaning>>,
        hold: Hold,
    ) -> anyhow::Result<Vec<Judged<ActivityId, ActivityDraft>>> {
        judge::judge(tx, import, &rows, hold)
    }

    fn contacts(&self, activity: &ActivityDraft) -> Vec<ContactId> {
        activity.with.iter().copied().chain(activity.added_by).collect()
    }

    fn add(&self, tx: &mut OrgTx<'_>, new: &[ActivityDraft]) -> anyhow::Result<Vec<ActivityId>> {
        Ok(actions::add_many(tx, new)?)
    }

    fn change(&self, tx: &mut OrgTx<'_>, id: ActivityId, draft: &ActivityDraft, why: &str) -> anyhow::Result<()> {
        actions::change_untold(tx, id, draft, why)?;
        Ok(())
    }

    fn unfit_again(&self, tx: &mut OrgTx<'_>, _: &ActivityId, draft: &ActivityDraft) -> anyhow::Result<Option<String>> {
        let is_here = types::find(tx, draft.type_id)?.is_some();
        let sentence = "It was left as it is: the activity type it had before was deleted since.";
        Ok((!is_here).then(|| sentence.into()))
    }

    fn locked(&self, tx: &mut OrgTx<'_>, ids: &[ActivityId]) -> anyhow::Result<HashMap<ActivityId, ActivityDraft>> {
        let here = store::locked(tx, ids)?.into_iter();
        Ok(here.map(|one| (one.id, judge::in_order(one.is))).collect())
    }

    fn delete(&self, tx: &mut OrgTx<'_>, ids: &[ActivityId], why: &str) -> anyhow::Result<()> {
        Ok(actions::delete(tx, ids, why)?)
    }
}
