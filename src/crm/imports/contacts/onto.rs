//! What a row makes of a contact: every cell that says something is taken on; an empty one never blanks. What somebody
//! asked us not to do (the privacy flags, a hold) and a death can be learned from a file, but not unlearned: a list may
//! be older than the wish.

use super::entry::Entry;
use super::meaning::Meaning;
use crate::crm::contacts::{Address, ContactDraft, EmailDraft, Phone};
use chrono::NaiveDate;

/// The reason of a hold that a file says nothing more about.
const HOLD_REASON: &str = "On hold in an imported file";

/// The draft as the row wants it.
pub fn onto(mut draft: ContactDraft, entry: &Entry) -> ContactDraft {
    if draft == ContactDraft::default() {
        draft.details.contact_type = entry.contact_type();
    }
    let before = draft.clone();
    details(&mut draft, entry);
    emails(&mut draft, entry);
    phones(&mut draft, entry);
    address(&mut draft, entry);
    draft.settle_primaries();
    names_as_given(&mut draft, &before, entry);
    draft
}

fn details(draft: &mut ContactDraft, entry: &Entry) {
    for (meaning, value) in entry.all() {
        let details = &mut draft.details;
        let text = match meaning {
            Meaning::ContactSubtype => &mut details.contact_subtype,
            Meaning::Prefix => &mut details.prefix,
            Meaning::FirstName => &mut details.first_name,
            Meaning::MiddleName => &mut details.middle_name,
            Meaning::LastName => &mut details.last_name,
            Meaning::Suffix => &mut details.suffix,
            Meaning::OrganizationName => &mut details.organization_name,
            Meaning::HouseholdName => &mut details.household_name,
            Meaning::JobTitle => &mut details.job_title,
            Meaning::Gender => &mut details.gender,
            Meaning::PreferredLanguage => &mut details.preferred_language,
            Meaning::Source => &mut details.source,
            Meaning::ExternalIdentifier => details.external_identifier.get_or_insert_default(),
            _ => continue,
        };
        value.clone_into(text);
    }
    let details = &mut draft.details;
    details.custom.take(&entry.own);
    details.birth_date = entry
        .get(Meaning::BirthDate)
        .and_then(|date| date.parse::<NaiveDate>().ok())
        .or(details.birth_date);
    details.is_deceased |= entry.says_yes(Meaning::Deceased);
    let privacy = &mut details.privacy;
    privacy.do_not_email |= entry.says_yes(Meaning::DoNotEmail);
    privacy.do_not_phone |= entry.says_yes(Meaning::DoNotPhone);
    privacy.do_not_mail |= entry.says_yes(Meaning::DoNotMail);
    privacy.do_not_sms |= entry.says_yes(Meaning::DoNotSms);
    privacy.do_not_trade |= entry.says_yes(Meaning::DoNotTrade);
    privacy.is_opt_out |= entry.says_yes(Meaning::NoBulkEmails);
}

/// The first email becomes the primary one, in the place of the former unless that is the row's second, or on hold: then
/// it stays beside, so that nobody writes there again.
fn emails(draft: &mut ContactDraft, entry: &Entry) {
    let (first, second) = (entry.address(Meaning::Email), entry.address(Meaning::SecondEmail));
    let second_key = second.as_ref().map(|address| address.key());
    if let Some(first) = first {
        let known = draft.emails.iter().position(|email| email.address.key() == first.key());
        let replaced = draft
            .emails
            .iter()
            .position(|email| email.is_primary && email.on_hold.is_none() && Some(email.address.key()) != second_key);
        let place = match (known, replaced) {
            (Some(known), _) => known,
            (None, Some(replaced)) => {
                draft.emails[replaced].address = first;
                replaced
            }
            (None, None) => {
                draft.emails.push(EmailDraft::new(first));
                draft.emails.len() - 1
            }
        };
        for (at, email) in draft.emails.iter_mut().enumerate() {
            email.is_primary = at == place;
        }
        draft.emails.swap(0, place);
    }
    if let Some(second) = second
        && !draft.emails.iter().any(|email| email.address.key() == second.key())
    {
        draft.emails.push(EmailDraft::new(second));
    }
    if entry.says_yes(Meaning::EmailOnHold)
        && let Some(email) = draft.emails.first_mut()
    {
        email.on_hold.get_or_insert_with(|| HOLD_REASON.into());
    }
}

fn phones(draft: &mut ContactDraft, entry: &Entry) {
    let (first, second) = (entry.get(Meaning::Phone), entry.get(Meaning::SecondPhone));
    if let Some(first) = first {
        let known = draft.phones.iter().position(|phone| is_same_number(phone, first));
        let primary = draft.phones.iter().position(|phone| phone.is_primary);
        let replaced = primary.filter(|at| !second.is_some_and(|second| is_same_number(&draft.phones[*at], second)));
        let place = match (known, replaced) {
            (Some(known), _) => known,
            (None, Some(replaced)) => {
                draft.phones[replaced].number = first.into();
                draft.phones[replaced].extension.clear();
                replaced
            }
            (None, None) => {
                draft.phones.push(Phone::new(first));
                draft.phones.len() - 1
            }
        };
        for (at, phone) in draft.phones.iter_mut().enumerate() {
            phone.is_primary = at == place;
        }
        draft.phones.swap(0, place);
    }
    if let Some(second) = second
        && !draft.phones.iter().any(|phone| is_same_number(phone, second))
    {
        draft.phones.push(Phone::new(second));
    }
}

/// "(320) 499-8452" and "320.499.8452" are the same number.
fn is_same_number(phone: &Phone, written: &str) -> bool {
    let digits = |text: &str| -> String { text.chars().filter(char::is_ascii_digit).collect() };
    digits(&format!("{}{}", phone.number, phone.extension)) == digits(written)
}

/// The row's parts are taken on. A new street beside parts that belonged to the old one would make an address nobody
/// lives at: then it is an address of its own, the primary one, and the former stays.
fn address(draft: &mut ContactDraft, entry: &Entry) {
    let mut wanted = Address {
        location_type: crate::crm::contacts::model::LOCATION_TYPES[0].into(),
        is_primary: true,
        ..Address::default()
    };
    if !take_parts(&mut wanted, entry) {
        return;
    }
    let primary = draft.addresses.iter().position(|address| address.is_primary);
    let Some(primary) = primary else {
        draft.addresses.insert(0, wanted);
        return;
    };
    let former = &mut draft.addresses[primary];
    let mut mixed = former.clone();
    take_parts(&mut mixed, entry);
    wanted.location_type.clone_from(&former.location_type);
    let has_moved = !wanted.street_address.is_empty()
        && !former.street_address.is_empty()
        && wanted.street_address != former.street_address;
    if has_moved && mixed != wanted {
        former.is_primary = false;
        draft.addresses.insert(0, wanted);
    } else {
        *former = mixed;
    }
}

/// Writes what the row says of an address over it; whether it says anything.
fn take_parts(address: &mut Address, entry: &Entry) -> bool {
    let parts = [
        (Meaning::StreetAddress, &mut address.street_address),
        (Meaning::SupplementalAddress1, &mut address.supplemental_address_1),
        (Meaning::SupplementalAddress2, &mut address.supplemental_address_2),
        (Meaning::City, &mut address.city),
        (Meaning::Province, &mut address.province),
        (Meaning::PostalCode, &mut address.postal_code),
        (Meaning::Country, &mut address.country),
    ];
    let mut says_any = false;
    for (meaning, part) in parts {
        if let Some(value) = entry.get(meaning) {
            value.clone_into(part);
            says_any = true;
        }
    }
    says_any
}

/// A display or sort name that differs from what the names make is kept as given; new names without one make it anew.
fn names_as_given(draft: &mut ContactDraft, before: &ContactDraft, entry: &Entry) {
    draft.keep_names_given(before);
    let (display_name, sort_name) = (draft.display_name(), draft.sort_name());
    draft.name_as_given(
        Some(entry.get(Meaning::DisplayName).unwrap_or(&display_name)),
        Some(entry.get(Meaning::SortName).unwrap_or(&sort_name)),
    );
}
