//! Merging: looking at what would become of both, and doing it. One transaction writes the survivor, the groups, the rows of
//! other rooms, what the sync agreed, the change log and the due marks.

use super::model::{self, Choices, Compared, Pair};
use super::places::{self, Move};
use super::rows;
use super::store::Record;
use crate::base::{ContactId, GroupId};
use crate::changelog::{self, NewChange};
use crate::crm::contacts::{self, ChangedParts, Contact, ContactDraft, differences};
use crate::crm::custom_fields;
use crate::crm::groups::mailchimp::MailchimpView;
use crate::crm::groups::standings::Standing;
use crate::crm::groups::{standings, store as groups};
use crate::db::OrgTx;
use crate::db::schema::{contacts as contact_rows, merges};
use crate::web::PageError;
use crate::work;
use diesel::prelude::*;
use std::collections::BTreeMap;

/// Both contacts and what would become of them.
pub struct Preview {
    pub survivor: Contact,
    pub loser: Contact,
    pub fields: Vec<Compared>,
    /// The survivor as it would be.
    pub draft: ContactDraft,
    /// What is kept because the strictest wish of the two wins, and groups that are left for it.
    pub strictest: Vec<String>,
    /// Groups the survivor comes into.
    pub joins: Vec<String>,
}

/// What merging these would do; nothing is written.
pub fn preview(
    tx: &mut OrgTx<'_>,
    mailchimp: &dyn MailchimpView,
    pair: Pair,
    choices: &Choices,
) -> Result<Preview, PageError> {
    let both = contacts::store::find_all(tx, &[pair.survivor, pair.loser])?;
    let both = Both::of(pair, both)?;
    let places = Places::of(tx, mailchimp, pair)?;
    let (ours, theirs) = (both.survivor.draft(), both.loser.draft());
    let names = both.names();
    let mut strictest = model::strictest(&ours, &theirs, names);
    let mut joins = Vec::new();
    for (group, to_do) in &places.moves {
        let title = groups::find(tx, *group)?.map(|group| group.title).unwrap_or_default();
        match to_do {
            Move::Leave { who, words } => {
                let who = if *who == pair.survivor { names.0 } else { names.1 };
                strictest.push(format!("The merged contact is not in {title}, because {who} {words}."));
            }
            Move::TakeOver(standing) if standing.is_current() => joins.push(title),
            Move::TakeOver(_) => {}
        }
    }
    Ok(Preview {
        fields: model::compared(
            &ours,
            &theirs,
            choices,
            &custom_fields::store::of(tx, custom_fields::Record::Contact)?,
        ),
        draft: model::merged(&ours, &theirs, choices),
        strictest,
        joins,
        survivor: both.survivor,
        loser: both.loser,
    })
}

/// Merges two contacts; returns the merge's id. The loser goes to the trash as it is.
pub fn merge(
    tx: &mut OrgTx<'_>,
    mailchimp: &dyn MailchimpView,
    pair: Pair,
    choices: &Choices,
) -> Result<i64, PageError> {
    let both = contacts::locked(tx, &[pair.survivor, pair.loser])?;
    let both = Both::of(pair, both)?;
    refuse_unanswered(tx, mailchimp, [&both.survivor, &both.loser])?;
    let places = Places::of(tx, mailchimp, pair)?;
    let (before, after) = {
        let (ours, theirs) = (both.survivor.draft(), both.loser.draft());
        let after = model::merged(&ours, &theirs, choices);
        (ours, after)
    };
    let names = both.names();
    let why = format!("Merged with {}", names.1);

    let taken = mailchimp.merge(tx, pair.survivor, pair.loser)?;
    contacts::actions::trash(tx, &[pair.loser], &format!("Merged into {}", names.0))?;
    let adopted = lead_on(tx, pair)?;
    contacts::actions::change(tx, pair.survivor, &after, &why)?;
    let memberships = places::carry_out(tx, pair, &places.ours, &places.theirs, &places.moves, names)?;
    let custom = custom_fields::store::of(tx, custom_fields::Record::Contact)?;
    let record = Record {
        shown: differences::between(&before, &after, &custom),
        parts: ChangedParts::between(&before, &after),
        privacy: after.details.privacy,
        memberships,
        mailchimp: taken,
        adopted,
    };
    let id = insert(tx, pair, &record)?;
    rows::bring(tx, id, pair)?;
    changelog::record(
        tx,
        NewChange {
            contact: Some(pair.survivor),
            what: &why,
            fields: Vec::new(),
            why: "",
        },
    )?;
    work::contacts_are_due(tx, &[pair.survivor, pair.loser])?;
    contacts::actions::related_are_due(tx, &[pair.survivor, pair.loser])?;
    Ok(id)
}

/// Both contacts, fit to be merged.
struct Both {
    pub survivor: Contact,
    pub loser: Contact,
}

impl Both {
    fn of(pair: Pair, found: Vec<Contact>) -> Result<Self, PageError> {
        let mut found: BTreeMap<ContactId, Contact> = found.into_iter().map(|contact| (contact.id, contact)).collect();
        let (Some(survivor), Some(loser)) = (found.remove(&pair.survivor), found.remove(&pair.loser)) else {
            return Err(PageError::NotFound);
        };
        if let Some(gone) = [&survivor, &loser]
            .into_iter()
            .find(|contact| contact.deleted_at.is_some())
        {
            return Err(PageError::Refused(format!(
                "{} is in the trash or was merged already, so nothing was merged.",
                gone.display_name
            )));
        }
        if survivor.details.contact_type != loser.details.contact_type {
            return Err(PageError::Refused(format!(
                "These two are of different types ({} and {}), so they cannot be merged. Nothing was changed.",
                survivor.details.contact_type.label(),
                loser.details.contact_type.label()
            )));
        }
        Ok(Self { survivor, loser })
    }

    fn names(&self) -> (&str, &str) {
        (&self.survivor.display_name, &self.loser.display_name)
    }
}

/// The groups of both, and what becomes of them.
struct Places {
    ours: BTreeMap<GroupId, Standing>,
    theirs: BTreeMap<GroupId, Standing>,
    moves: BTreeMap<GroupId, Move>,
}

impl Places {
    fn of(tx: &mut OrgTx<'_>, mailchimp: &dyn MailchimpView, pair: Pair) -> Result<Self, PageError> {
        let ours = standings::of_contact(tx, pair.survivor)?;
        let theirs = standings::of_contact(tx, pair.loser)?;
        let opt_outs = mailchimp.opt_outs(tx, &[pair.survivor, pair.loser])?;
        let moves = places::moves(pair, &ours, &theirs, &opt_outs);
        Ok(Self { ours, theirs, moves })
    }
}

/// Refuses while it is not known what a call to Mailchimp about one of the two came to.
pub(super) fn refuse_unanswered(
    tx: &mut OrgTx<'_>,
    mailchimp: &dyn MailchimpView,
    both: [&Contact; 2],
) -> Result<(), PageError> {
    let waiting = mailchimp.unanswered(tx, &both.map(|one| one.id))?;
    let Some(who) = both.into_iter().find(|one| Some(one.id) == waiting) else {
        return Ok(());
    };
    Err(PageError::Refused(format!(
        "Mailchimp has not answered yet what became of {}. Please try again in a minute; nothing was changed. If it stays \
         so, look at the Mailchimp page.",
        who.display_name
    )))
}

/// Has the loser, and whoever was merged into it, lead to the survivor; returns the latter.
fn lead_on(tx: &mut OrgTx<'_>, pair: Pair) -> QueryResult<Vec<ContactId>> {
    let adopted: Vec<ContactId> = diesel::update(contact_rows::table)
        .filter(contact_rows::organization_id.eq(tx.organization()))
        .filter(contact_rows::merged_into.eq(pair.loser))
        .set(contact_rows::merged_into.eq(pair.survivor))
        .returning(contact_rows::id)
        .get_results(&mut **tx)?;
    diesel::update(contact_rows::table.find((tx.organization().0, pair.loser.0)))
        .set(contact_rows::merged_into.eq(pair.survivor))
        .execute(&mut **tx)?;
    Ok(adopted)
}

fn insert(tx: &mut OrgTx<'_>, pair: Pair, record: &Record) -> Result<i64, PageError> {
    let (now, by) = (tx.now(), tx.actor().name().to_owned());
    let record = serde_json::to_value(record).map_err(anyhow::Error::from)?;
    Ok(diesel::insert_into(merges::table)
        .values((
            merges::survivor_id.eq(pair.survivor),
            merges::loser_id.eq(pair.loser),
            merges::record.eq(record),
            merges::merged_by_name.eq(by),
            merges::merged_at.eq(now),
        ))
        .returning(merges::id)
        .get_result(&mut **tx)?)
}
