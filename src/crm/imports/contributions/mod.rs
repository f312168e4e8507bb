//! Rows about contributions: gifts of contacts who are here already. A Contribution ID makes a second import of the same file
//! change nothing; without one a gift is known by contributor, amount, day and number.

mod entry;
mod judge;
mod meaning;
mod names;

use super::brings::{Brings, Hold, Judged, NamedHere, ReadRow};
use super::cells::Said;
use super::kind::{Makes, Question, Words};
use super::model::Import;
use super::names::key;
use super::value::DateOrder;
use super::whom::SaysWhom;
use crate::accounts;
use crate::base::{ContactId, ContributionId};
use crate::crm::contributions::{ContributionDraft, ContributionError, actions, soft_credits};
use crate::crm::{campaigns, custom_fields, funds};
use crate::db::OrgTx;
use diesel::QueryResult;
use meaning::{Meaning, OFFERED};
use std::collections::HashMap;

/// The kind.
pub struct Contributions;

impl Brings for Contributions {
    type Meaning = Meaning;
    type Id = ContributionId;
    type Record = ContributionDraft;

    fn word(&self) -> &'static str {
        "contributions"
    }

    fn words(&self) -> &'static Words {
        &Words {
            each_row_is: "a contribution of a contact who is here already",
            noun: ["contribution", "contributions"],
            matches: ["is here already", "are here already"],
            found_by: "Found by Contribution ID, in a file exported here by DMS Number. Empty cells never blank what is here.",
            changed: ["contribution changed", "contributions changed"],
            about_changed: "They were here already, with the same Contribution ID or DMS Number.",
            unchanged: "Everything they say is here already. Without a Contribution ID or DMS Number, a gift of the same contributor, amount, day, \
                        transaction id and cheque number is taken for the same. If some are further gifts, say so under Change \
                        the Columns.",
            undo: &[
                "{} contributions that it added are deleted. Those that somebody has changed since are kept.",
                "Contributions that it changed are as they were before. One that somebody has changed since stays as it is.",
            ],
            undone: "Contributions added are deleted, the others are as before.",
            kept: "Somebody changed these contributions after the import; they were left as they are.",
            left_over: "Funds and campaigns that the import made are still there; delete them if nobody needs them.",
        }
    }

    fn record(&self) -> Option<custom_fields::Record> {
        Some(custom_fields::Record::Contribution)
    }

    fn offered(&self) -> &'static [(&'static str, &'static [Meaning])] {
        &OFFERED
    }

    fn unfit(&self, has: &dyn Fn(Meaning) -> bool) -> Option<String> {
        if !has(Meaning::Amount) || !has(Meaning::DateReceived) {
            return Some("A contribution needs an amount and a day. Match Amount and Date Received.".into());
        }
        (!has(Meaning::DmsNumber) && !Meaning::tells_whom(has)).then(|| {
            "Nothing tells yet who gave. Match Email or External Identifier of the contact, or DMS \
             Number together with a name."
                .into()
        })
    }

    fn can_make(&self) -> Option<Makes> {
        Some(Makes {
            things: names::MADE,
            hint: "New funds earn no tax receipts before somebody says so under Funds.",
        })
    }

    fn asks_about_alike(&self) -> Option<Question> {
        Some(Question {
            label: "Rows that look like a gift that is here already are further gifts",
            hint: "For rows without a Contribution ID or DMS Number. Otherwise a row of the same contributor, amount, day, transaction id and \
                   cheque number as a gift that is here is taken for that gift, so that a file imported twice adds nothing twice.",
        })
    }

    fn names(&self, tx: &mut OrgTx<'_>) -> QueryResult<NamedHere<Meaning>> {
        let funds = funds::store::list(tx)?.into_iter().map(|one| key(&one.is.name));
        let campaigns = campaigns::store::list(tx)?.into_iter();
        Ok(vec![
            ("Fund", Meaning::Fund, funds.collect()),
            (
                "Campaign",
                Meaning::Campaign,
                campaigns.map(|one| key(&one.is.name)).collect(),
            ),
        ])
    }

    fn has_lines(&self, meaning: Meaning) -> bool {
        meaning == Meaning::Note
    }

    fn value(&self, meaning: Meaning, text: String, order: DateOrder) -> Result<String, String> {
        entry::value(meaning, text, order)
    }

    fn contradictions(&self, said: &Said<Meaning>) -> Vec<String> {
        said.wrong_amounts()
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
    ) -> anyhow::Result<Vec<Judged<ContributionId, ContributionDraft>>> {
        judge::judge(tx, import, rows, hold)
    }

    fn contacts(&self, gift: &ContributionDraft) -> Vec<ContactId> {
        vec![gift.contact_id]
    }

    fn add(&self, tx: &mut OrgTx<'_>, gifts: &[ContributionDraft]) -> anyhow::Result<Vec<ContributionId>> {
        let today = accounts::today(tx)?;
        Ok(actions::add_many(tx, gifts, today)?)
    }

    fn change(
        &self,
        tx: &mut OrgTx<'_>,
        id: ContributionId,
        gift: &ContributionDraft,
        why: &str,
    ) -> anyhow::Result<()> {
        let today = accounts::today(tx)?;
        actions::change(tx, id, gift, today, why)?;
        Ok(())
    }

    fn kept_by(&self, tx: &mut OrgTx<'_>, id: &ContributionId) -> anyhow::Result<Option<String>> {
        let credits = soft_credits::of_contribution(tx, *id)?;
        Ok(credits.first().map(|credit| {
            format!(
                "{} was credited with a part of this contribution since, so it was left as it is.",
                credit.name
            )
        }))
    }

    fn unfit_again(
        &self,
        tx: &mut OrgTx<'_>,
        id: &ContributionId,
        gift: &ContributionDraft,
    ) -> anyhow::Result<Option<String>> {
        let today = accounts::today(tx)?;
        match actions::refuse_impossible(tx, *id, gift, today) {
            Ok(()) => Ok(None),
            Err(ContributionError::Invalid(problems)) => {
                let words: Vec<String> = problems.into_iter().map(|problem| problem.words).collect();
                Ok(Some(format!(
                    "It was left as it is: what it was before cannot be any more. {}",
                    words.join(" ")
                )))
            }
            Err(ContributionError::Database(diesel::result::Error::NotFound)) => Ok(Some(
                "It was left as it is: the fund or the campaign it had before was deleted since.".into(),
            )),
            Err(error) => Err(error.into()),
        }
    }

    fn locked(
        &self,
        tx: &mut OrgTx<'_>,
        ids: &[ContributionId],
    ) -> anyhow::Result<HashMap<ContributionId, ContributionDraft>> {
        let here = actions::locked(tx, ids)?.into_iter();
        Ok(here.map(|one| (one.id, one.is)).collect())
    }

    fn delete(&self, tx: &mut OrgTx<'_>, ids: &[ContributionId], why: &str) -> anyhow::Result<()> {
        actions::delete(tx, ids, why)?;
        Ok(())
    }
}
