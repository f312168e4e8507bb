//! What staff read after contacts were added to a group: how many joined, and next to it whom Mailchimp will not take; and
//! after contacts were removed.

use super::super::actions::{self, Added};
use super::super::mailchimp::{MailchimpView, Refusals};
use super::existing;
use crate::accounts::Member;
use crate::base::{ContactId, GroupId, StepId};
use crate::crm::contacts;
use crate::db::OrgTx;
use crate::web::{Flash, PageError};
use std::collections::HashMap;

/// Refused contacts that are named in the message; each contact's Groups tab tells the rest.
const REFUSALS_TOLD_MAX: usize = 5;

/// What came of adding contacts to a group.
pub(crate) struct Told {
    title: String,
    added: Added,
    refusals: Refusals,
    names: HashMap<ContactId, String>,
}

impl Told {
    /// Adds the contacts, and asks what Mailchimp will say to it.
    pub(super) fn adding(
        tx: &mut OrgTx<'_>,
        mailchimp: &dyn MailchimpView,
        group: GroupId,
        who: &[ContactId],
    ) -> Result<Self, PageError> {
        let added = actions::add_contacts(tx, group, who, "")?;
        Self::of(tx, mailchimp, group, added)
    }

    /// Asks what Mailchimp will say to it that contacts were just added.
    pub(crate) fn of(
        tx: &mut OrgTx<'_>,
        mailchimp: &dyn MailchimpView,
        group: GroupId,
        added: Added,
    ) -> Result<Self, PageError> {
        let title = existing(tx, group)?.title;
        let refusals = mailchimp.refusals_on_adding(tx, group, &added.added, REFUSALS_TOLD_MAX)?;
        let refused: Vec<ContactId> = refusals.first.iter().map(|refusal| refusal.contact).collect();
        let rows = contacts::list_rows(tx, &refused)?;
        Ok(Self {
            title,
            added,
            refusals,
            names: rows.into_iter().map(|row| (row.id, row.display_name)).collect(),
        })
    }

    /// Says it on the next page, with the way back at last.
    pub(super) fn say(&self, member: &Member, step: Option<StepId>) {
        self.refused().into_iter().for_each(|flash| member.say(flash));
        member.say_done(self.joined(), step);
    }

    /// What is said: whom Mailchimp will not take, if anybody, and at last how many joined.
    pub(crate) fn flashes(&self) -> Vec<Flash> {
        self.refused().into_iter().chain([self.joined()]).collect()
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

/// What staff read after contacts were removed from a group.
pub(crate) fn said_removed(title: &str, removed: usize) -> Flash {
    match removed {
        0 => Flash::warning(format!("Nobody was removed from {title}")).with("None of these contacts was in the group"),
        1 => Flash::success(format!("Removed Contact from {title}")).with("1 contact removed from group"),
        more => {
            Flash::success(format!("Removed Contacts from {title}")).with(format!("{more} contacts removed from group"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::mailchimp::Refusal;
    use super::*;

    const WORDS: &str = "There was a problem trying to subscribe this contact at Mailchimp: Mailchimp API said: \
        Member In Compliance State";

    fn told(added: i64, already_there: usize, refused: i64, total: i64) -> Told {
        let refusal = |id| Refusal {
            contact: ContactId(id),
            words: WORDS.into(),
        };
        Told {
            title: "Newsletter".into(),
            added: Added {
                added: (1..=added).map(ContactId).collect(),
                already_there,
            },
            refusals: Refusals {
                first: (1..=refused).map(refusal).collect(),
                total,
            },
            names: (1..=refused)
                .map(|id| (ContactId(id), format!("Person {id}")))
                .collect(),
        }
    }

    #[test]
    fn one_refused_contact_is_told_in_mailchimps_words_beside_the_success() {
        let told = told(1, 0, 1, 1);
        let refused = told.refused().unwrap();
        assert_eq!((refused.kind.as_str(), refused.text.as_str()), ("warning", WORDS));
        let joined = told.joined();
        assert_eq!(
            (joined.kind.as_str(), joined.text.as_str()),
            ("success", "Added Contact to Newsletter")
        );
        assert_eq!(joined.more, ["1 contact added to group"]);
    }

    #[test]
    fn several_refused_contacts_are_named_and_the_rest_are_counted() {
        let refused = told(20, 0, 2, 5).refused().unwrap();
        assert_eq!(refused.text, "Mailchimp will not take 5 of these contacts:");
        assert_eq!(refused.more.len(), 3);
        assert_eq!(refused.more[0], format!("Person 1: {WORDS}"));
        assert!(refused.more[2].starts_with("And 3 more."));
    }

    #[test]
    fn who_joined_and_who_was_there_is_counted_in_words() {
        let several = told(2, 3, 0, 0);
        assert!(several.refused().is_none());
        assert_eq!(several.joined().text, "Added Contacts to Newsletter");
        assert_eq!(
            several.joined().more,
            ["2 contacts added to group", "3 contacts were already in group"]
        );
        let nobody = told(0, 1, 0, 0).joined();
        assert_eq!(
            (nobody.kind.as_str(), nobody.text.as_str()),
            ("warning", "Nobody was added to Newsletter")
        );
        assert_eq!(nobody.more, ["1 contact was already in group"]);
    }
}
