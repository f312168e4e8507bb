//! One contact of one mapping, with everything the decision asks about and what is stored of it. Pure.

use super::decide::{self, Agreed, Barrier, Decision, Place, Policy, Seen, Standing, Wanted};
use super::mirror::{self, MirrorMember};
use super::standing;
use crate::base::ContactId;
use crate::crm::contacts::Contact;
use crate::db::schema::sync_standings;
use diesel::prelude::*;
use sha2::{Digest, Sha256};

/// Everything about one contact of one mapping.
#[derive(Clone, Debug)]
pub struct Person {
    pub contact: Contact,
    pub wanted: Wanted,
    /// The address the contact is followed by at Mailchimp, or would be sent as.
    pub address: Option<String>,
    /// With whom the address is shared, where that one owns it.
    pub owner: Option<ContactId>,
    /// Another contact is known by one of the same addresses: what is decided of one may matter to the other.
    pub is_tied: bool,
    pub member: Option<MirrorMember>,
    pub agreed: Agreed,
    /// What would be sent, as a hash: a refused row waits until this differs.
    pub row: Vec<u8>,
    /// As stored before this decision.
    pub stored: Option<StoredStanding>,
}

impl Person {
    /// What the decision says of this person.
    pub fn decide(&self, policy: Policy) -> Decision {
        decide::decide(&self.wanted, &self.seen(), self.agreed, policy)
    }

    /// Stands for the address: in the group, just coming in, or until our removal is carried out.
    pub fn stands(&self) -> bool {
        self.wanted.place == Place::InGroup || self.wanted.arrives || self.agreed == Agreed::In
    }

    /// Out of the group, and perhaps to be taken from Mailchimp.
    pub(super) fn may_end_it(&self) -> bool {
        let opted_out = self.wanted.opted_out_here() && self.agreed != Agreed::Nothing;
        let is_out = self.wanted.place != Place::InGroup && !self.wanted.arrives;
        is_out && !self.wanted.address_stays && (self.agreed == Agreed::In || opted_out)
    }

    /// What the mirror shows of this person.
    pub fn seen(&self) -> Seen {
        mirror::seen(self.member.as_ref())
    }

    /// What is stored of this person once that was decided; `None`: nothing any more.
    pub fn stored_after(&self, decision: Decision) -> Option<StoredStanding> {
        if decision.standing == Standing::Out && decision.agreed == Agreed::Nothing {
            return None;
        }
        // Whoever is a member after all is tried again when they come back.
        let refused = self.wanted.refused_as_it_is && decision.agreed != Agreed::In;
        let words = self.stored.as_ref().filter(|_| refused);
        let (standing, reason) = standing::stored(decision.standing);
        Some(StoredStanding {
            contact_id: self.contact.id,
            address_key: self.address.clone(),
            agreed: standing::stored_agreement(decision.agreed).into(),
            standing: standing.into(),
            reason: reason.into(),
            words: words.map(|stored| stored.words.clone()).unwrap_or_default(),
            refused_row: refused.then(|| self.row.clone()),
        })
    }

    /// Whether everybody tied to this one by addresses is to be looked at once more after that.
    pub fn concerns_others(&self, decision: Decision) -> bool {
        self.is_tied && self.stored != self.stored_after(decision)
    }
}

/// A stored standing.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = sync_standings)]
pub struct StoredStanding {
    pub contact_id: ContactId,
    pub address_key: Option<String>,
    pub agreed: String,
    pub standing: String,
    pub reason: String,
    pub words: String,
    pub refused_row: Option<Vec<u8>>,
}

impl StoredStanding {
    /// What was agreed.
    pub fn agreement(&self) -> Agreed {
        standing::read_agreement(&self.agreed)
    }
}

/// Why the contact may not be mailed under the address; the first that holds.
pub(super) fn barrier(contact: &Contact, address: Option<&str>, is_shared: bool) -> Option<Barrier> {
    let details = &contact.details;
    let email = address.and_then(|key| contact.emails.iter().find(|email| email.address.key() == key));
    if details.privacy.do_not_email {
        Some(Barrier::DoNotEmail)
    } else if details.privacy.is_opt_out {
        Some(Barrier::NoBulkEmails)
    } else if details.is_deceased {
        Some(Barrier::Deceased)
    } else if contact.emails.is_empty() {
        Some(Barrier::NoEmail)
    } else if email.map_or_else(
        || contact.bulk_mail_address().is_none(),
        |email| email.on_hold.is_some(),
    ) {
        Some(Barrier::OnHold)
    } else if address.is_some() && email.is_none() {
        Some(Barrier::AddressChanged)
    } else if is_shared {
        Some(Barrier::SharesAddress)
    } else {
        None
    }
}

/// A hash of what Mailchimp would be sent of this contact.
pub(super) fn row_mark(contact: &Contact, address: Option<&str>) -> Vec<u8> {
    let details = &contact.details;
    let parts = [
        address.unwrap_or_default(),
        &details.first_name,
        &details.last_name,
        &details.preferred_language,
    ];
    Sha256::digest(parts.join("\n")).to_vec()
}
