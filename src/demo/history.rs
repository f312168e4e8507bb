//! What happened to the demo's people since they were written down, so that change logs and past groups have something to
//! show.

use super::person::address;
use anyhow::Context;
use dms::base::{ContactId, GroupId};
use dms::crm::contacts::{ContactDraft, EmailDraft, actions as contacts, store};
use dms::crm::groups::actions as groups;
use dms::db::OrgTx;
use std::collections::HashMap;

/// One thing that happened.
#[derive(Clone, Copy)]
pub struct Happening {
    pub days_ago: i64,
    /// As they are sorted: "Lem, Anne".
    pub person: &'static str,
    what: What,
    why: &'static str,
}

#[derive(Clone, Copy)]
enum What {
    Joined(&'static str),
    Left(&'static str),
    Changed(fn(&mut ContactDraft)),
    MailReturned,
    Trashed,
}

use What::{Changed, Joined, Left, MailReturned, Trashed};

/// Everything, the oldest first.
pub fn since_then() -> Vec<Happening> {
    let happened = |days_ago, person, what, why| Happening {
        days_ago,
        person,
        what,
        why,
    };
    vec![
        happened(640, "Steeves, Walter", Changed(gives_up_the_landline), "He called us"),
        happened(580, "Okafor, Bert", Left("Newsletter"), "Too many letters, he said"),
        happened(
            560,
            "Okafor, Bert",
            Joined("Newsletter"),
            "Asked for it again at the spring dinner",
        ),
        happened(510, "Bondarenko, Oleksandr", Joined("Newsletter"), ""),
        happened(
            470,
            "Bondarenko, Oleksandr",
            Left("Newsletter"),
            "Reads it on our web site",
        ),
        happened(410, "Achterberg, Simone", Changed(works_elsewhere), "New employer"),
        happened(
            380,
            "Gallant, Bridget",
            Changed(moves_to_moncton),
            "Change of address card",
        ),
        happened(350, "Cormier, Jean-François", Left("Volunteers"), "His knees"),
        happened(260, "LeBlanc, Fernand", Changed(has_died), "Obituary in the paper"),
        happened(220, "Fontaine, Priscilla", MailReturned, "The mailbox does not exist"),
        happened(150, "Fraser, Liam", Left("Volunteers"), "Moved to Halifax"),
        happened(90, "Tait, Winnifred", Left("Monthly Donors"), "Pauses until autumn"),
        happened(60, "Haddad, Samir", Changed(prefers_french), ""),
        happened(30, "Tait, Winnifred", Joined("Monthly Donors"), ""),
        happened(25, "Whitfield, Gordon", Trashed, "Asked to be taken off our records"),
        happened(
            14,
            "Poirier, Chloé",
            Changed(does_not_want_calls),
            "Said so on the phone",
        ),
        happened(5, "Hickey, Colleen", Changed(has_a_new_mailbox), "By phone"),
    ]
}

impl Happening {
    /// Lets it happen to the contact.
    pub fn write(
        &self,
        tx: &mut OrgTx<'_>,
        contact: ContactId,
        groups_by_title: &HashMap<&'static str, GroupId>,
    ) -> anyhow::Result<()> {
        let group = |title| groups_by_title.get(title).copied().context("there is no such group");
        match self.what {
            Joined(title) => drop(groups::add_contacts(tx, group(title)?, &[contact], self.why)?),
            Left(title) => drop(groups::remove_contacts(tx, group(title)?, &[contact], self.why)?),
            Trashed => {
                contacts::trash(tx, &[contact], self.why)?;
            }
            Changed(change) => {
                let mut draft = written_down(tx, contact)?;
                change(&mut draft);
                contacts::change(tx, contact, &draft, self.why)?;
            }
            MailReturned => {
                let draft = written_down(tx, contact)?;
                let address = draft
                    .primary_email()
                    .context("there is no address to return mail from")?;
                contacts::hold_address(tx, &address.address.key(), self.why)?;
            }
        }
        Ok(())
    }
}

fn written_down(tx: &mut OrgTx<'_>, contact: ContactId) -> anyhow::Result<ContactDraft> {
    Ok(store::find(tx, contact)?.context("the contact is gone")?.draft())
}

fn gives_up_the_landline(draft: &mut ContactDraft) {
    for phone in &mut draft.phones {
        phone.number = "506-555-0177".into();
        phone.phone_type = "Mobile".into();
    }
}

fn works_elsewhere(draft: &mut ContactDraft) {
    draft.details.job_title = "Art director".into();
}

fn moves_to_moncton(draft: &mut ContactDraft) {
    for address in &mut draft.addresses {
        address.street_address = "14 Steadman Street".into();
        address.city = "Moncton".into();
        address.province = "NB".into();
        address.postal_code = "E1C 4P2".into();
    }
}

fn has_died(draft: &mut ContactDraft) {
    draft.details.is_deceased = true;
}

fn prefers_french(draft: &mut ContactDraft) {
    draft.details.preferred_language = "fr".into();
}

fn does_not_want_calls(draft: &mut ContactDraft) {
    draft.details.privacy.do_not_phone = true;
}

fn has_a_new_mailbox(draft: &mut ContactDraft) {
    let Ok(address) = address("colleen.hickey.homes") else {
        return;
    };
    draft.emails.push(EmailDraft::new(address));
}
