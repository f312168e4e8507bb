//! What staff read after contacts were added to a group: how many joined, and next to it whom Mailchimp will not take.

use super::super::actions::{self, Added};
use super::super::mailchimp::{MailchimpView, Refusals};
use super::existing;
use crate::accounts::Member;
use crate::base::{ContactId, GroupId};
use crate::crm::contacts;
use crate::db::OrgTx;
use crate::web::{Flash, PageError};
use std::collections::HashMap;

/// Refused contacts that are named in the message; each contact's Groups tab tells the rest.
const REFUSALS_TOLD_MAX: usize = 10;

/// What came of adding contacts to a group.
pub(super) struct Told {
    pub(super) group: GroupId,
    title: String,
    added: Added,
    refusals: Refusals,
    names: HashMap<ContactId, String>,
}

/// Adds the contacts, and asks what Mailchimp will say to it.
pub(super) fn add(
    tx: &mut OrgTx<'_>,
    mailchimp: &dyn MailchimpView,
    group: GroupId,
    who: &[ContactId],
) -> Result<Told, PageError> {
    let title = existing(tx, group)?.title;
    let added = actions::add_contacts(tx, group, who, "")?;
    let refusals = mailchimp.refusals_on_adding(tx, group, &added.added, REFUSALS_TOLD_MAX)?;
    let refused: Vec<ContactId> = refusals.first.iter().map(|refusal| refusal.contact).collect();
    let rows = contacts::list_rows(tx, &refused)?;
    Ok(Told {
        group,
        title,
        added,
        refusals,
        names: rows.into_iter().map(|row| (row.id, row.display_name)).collect(),
    })
}

impl Told {
    /// Says it on the next page.
    pub(super) fn say(&self, member: &Member) {
        self.refused().into_iter().for_each(|flash| member.say(flash));
        member.say(self.joined());
    }

    fn refused(&self) -> Option<Flash> {
        let Refusals { first, total } = &self.refusals;
        if let ([only], 1) = (first.as_slice(), total) {
            return Some(Flash::warning(&only.words));
        }
        let told = first.iter().fold(
            Flash::warning(format!("Mailchimp will not take {total} of these contacts:")),
            |flash, refusal| {
                let name = self.names.get(&refusal.contact).map_or("", String::as_str);
                flash.with(format!("{name}: {}", refusal.words))
            },
        );
        match usize::try_from(*total).unwrap_or(0).saturating_sub(first.len()) {
            _ if first.is_empty() => None,
            0 => Some(told),
            more => Some(told.with(format!("And {more} more. Each contact’s Groups tab says why."))),
        }
    }

    fn joined(&self) -> Flash {
        let (added, already) = (self.added.added.len(), self.added.already_there);
        let flash = match added {
            0 => Flash::warning(format!("Nobody was added to {}", self.title)),
            1 => Flash::success(format!("Added Contact to {}", self.title)),
            _ => Flash::success(format!("Added Contacts to {}", self.title)),
        };
        let flash = match added {
            0 => flash,
            1 => flash.with("1 contact added to group"),
            more => flash.with(format!("{more} contacts added to group")),
        };
        match already {
            0 => flash,
            1 => flash.with("1 contact was already in group"),
            more => flash.with(format!("{more} contacts were already in group")),
        }
    }
}
