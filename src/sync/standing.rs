//! How a contact stands with a mapping, as it is stored and as staff read it: one sentence, and what helps.

use super::decide::{Agreed, Barrier, Refusal, Standing, Wait};

/// The two words a standing is stored as.
pub fn stored(standing: Standing) -> (&'static str, &'static str) {
    match standing {
        Standing::InSync => ("in_sync", ""),
        Standing::Waiting(Wait::Call) => ("waiting", "call"),
        Standing::Waiting(Wait::Confirmation) => ("waiting", "confirmation"),
        Standing::Excluded(barrier) => ("excluded", barrier_word(barrier)),
        Standing::Refused(refusal) => ("refused", refusal_word(refusal)),
        Standing::HereBefore => ("here_before", ""),
        Standing::Out => ("out", ""),
    }
}

/// Reads the two stored words.
pub fn read(standing: &str, reason: &str) -> Standing {
    match standing {
        "in_sync" => Standing::InSync,
        "waiting" if reason == "confirmation" => Standing::Waiting(Wait::Confirmation),
        "waiting" => Standing::Waiting(Wait::Call),
        "here_before" => Standing::HereBefore,
        "excluded" => BARRIERS
            .into_iter()
            .find(|barrier| barrier_word(*barrier) == reason)
            .map_or(Standing::Out, Standing::Excluded),
        "refused" => REFUSALS
            .into_iter()
            .find(|refusal| refusal_word(*refusal) == reason)
            .map_or(Standing::Out, Standing::Refused),
        _ => Standing::Out,
    }
}

/// The word an agreement is stored as.
pub fn stored_agreement(agreed: Agreed) -> &'static str {
    match agreed {
        Agreed::Nothing => "nothing",
        Agreed::HereBefore => "here_before",
        Agreed::In => "in",
        Agreed::Out => "out",
        Agreed::Left => "left",
    }
}

/// Reads a stored agreement.
pub fn read_agreement(agreed: &str) -> Agreed {
    match agreed {
        "here_before" => Agreed::HereBefore,
        "in" => Agreed::In,
        "out" => Agreed::Out,
        "left" => Agreed::Left,
        _ => Agreed::Nothing,
    }
}

/// Every barrier, in the order in which the first that holds is told.
pub const BARRIERS: [Barrier; 7] = [
    Barrier::DoNotEmail,
    Barrier::NoBulkEmails,
    Barrier::Deceased,
    Barrier::NoEmail,
    Barrier::OnHold,
    Barrier::AddressChanged,
    Barrier::SharesAddress,
];

/// Every refusal.
pub const REFUSALS: [Refusal; 7] = [
    Refusal::Unsubscribed,
    Refusal::Cleaned,
    Refusal::Archived,
    Refusal::Forgotten,
    Refusal::InCompliance,
    Refusal::NotMarketing,
    Refusal::Row,
];

fn barrier_word(barrier: Barrier) -> &'static str {
    match barrier {
        Barrier::DoNotEmail => "do_not_email",
        Barrier::NoBulkEmails => "no_bulk_emails",
        Barrier::Deceased => "deceased",
        Barrier::NoEmail => "no_email",
        Barrier::OnHold => "on_hold",
        Barrier::AddressChanged => "address_changed",
        Barrier::SharesAddress => "shares_address",
    }
}

fn refusal_word(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Unsubscribed => "unsubscribed",
        Refusal::Cleaned => "cleaned",
        Refusal::Archived => "archived",
        Refusal::Forgotten => "forgotten",
        Refusal::InCompliance => "in_compliance",
        Refusal::NotMarketing => "not_marketing",
        Refusal::Row => "row",
    }
}

/// The badge's words: "In sync", "Blocked at Mailchimp".
pub fn label(standing: Standing) -> &'static str {
    match standing {
        Standing::InSync => "In sync",
        Standing::Waiting(Wait::Call) => "Waiting",
        Standing::Waiting(Wait::Confirmation) => "Waiting for confirmation",
        Standing::Excluded(_) => "Not sent",
        Standing::Refused(_) => "Blocked at Mailchimp",
        Standing::HereBefore => "Here before the link",
        Standing::Out => "Not in the group",
    }
}

/// The badge's colour.
pub fn tone(standing: Standing) -> &'static str {
    match standing {
        Standing::InSync => "good",
        Standing::Waiting(_) => "info",
        Standing::Excluded(_) | Standing::HereBefore | Standing::Out => "quiet",
        Standing::Refused(_) => "warn",
    }
}

/// A class of people in the preview and on the mapping page, in a few words.
pub fn class(standing: Standing) -> &'static str {
    match standing {
        Standing::InSync => "In sync with Mailchimp",
        Standing::Waiting(Wait::Call) => "To add at Mailchimp",
        Standing::Waiting(Wait::Confirmation) => "Waiting for the person to confirm",
        Standing::Excluded(Barrier::DoNotEmail) => "Do Not Email",
        Standing::Excluded(Barrier::NoBulkEmails) => "NO BULK EMAILS (User Opt Out)",
        Standing::Excluded(Barrier::Deceased) => "Deceased",
        Standing::Excluded(Barrier::NoEmail) => "No email address",
        Standing::Excluded(Barrier::OnHold) => "Email on hold",
        Standing::Excluded(Barrier::AddressChanged) => "Address changed here",
        Standing::Excluded(Barrier::SharesAddress) => "Shares an address with another contact",
        Standing::Refused(Refusal::Unsubscribed) => "Unsubscribed at Mailchimp",
        Standing::Refused(Refusal::Cleaned) => "Cleaned at Mailchimp (mail bounced)",
        Standing::Refused(Refusal::Archived) => "Archived at Mailchimp",
        Standing::Refused(Refusal::Forgotten) => "Deleted for good at Mailchimp",
        Standing::Refused(Refusal::InCompliance) => "Refused by Mailchimp (compliance)",
        Standing::Refused(Refusal::NotMarketing) => "At Mailchimp, but not for newsletters",
        Standing::Refused(Refusal::Row) => "Refused by Mailchimp",
        Standing::HereBefore => "Here before the link was switched on",
        Standing::Out => "Not in the group",
    }
}
