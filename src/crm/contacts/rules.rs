//! What a draft must keep to become a contact. Every problem is a sentence and names the field of the form it belongs to.

use super::model::{Address, ContactDraft, ContactType, PHONE_TYPES};
use std::collections::HashSet;

/// Characters one line of a contact may have: longer ones are a mistake in a file, and indexes must hold them.
pub const TEXT_MAX: usize = 255;
/// Emails, phones or addresses one contact may have, each.
pub const ENTRIES_MAX: usize = 20;

/// What is wrong with a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The form's field: "first_name", "emails.0.address".
    pub field: String,
    /// The sentence shown at the field.
    pub words: String,
}

impl Problem {
    /// A problem of one field.
    pub fn new(field: impl Into<String>, words: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            words: words.into(),
        }
    }
}

impl ContactDraft {
    /// Everything that is wrong with it; empty when it may be written down.
    pub fn problems(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        found.extend(self.without_a_name());
        found.extend(self.unfit_texts());
        self.unfit_emails(&mut found);
        self.unfit_phones(&mut found);
        self.unfit_addresses(&mut found);
        found
    }

    fn without_a_name(&self) -> Option<Problem> {
        let names = &self.details;
        match names.contact_type {
            ContactType::Individual => {
                let named = !names.first_name.is_empty() && !names.last_name.is_empty();
                let missing = if names.first_name.is_empty() {
                    "first_name"
                } else {
                    "last_name"
                };
                (!named && self.emails.is_empty())
                    .then(|| Problem::new(missing, "Write a first and a last name, or at least an email address."))
            }
            ContactType::Organization => names
                .organization_name
                .is_empty()
                .then(|| Problem::new("organization_name", "Write the name of the organization.")),
            ContactType::Household => names
                .household_name
                .is_empty()
                .then(|| Problem::new("household_name", "Write the name of the household.")),
        }
    }

    fn unfit_texts(&self) -> Vec<Problem> {
        let of = &self.details;
        let mut texts: Vec<(String, &str)> = [
            ("contact_subtype", of.contact_subtype.as_str()),
            ("prefix", &of.prefix),
            ("first_name", &of.first_name),
            ("middle_name", &of.middle_name),
            ("last_name", &of.last_name),
            ("suffix", &of.suffix),
            ("organization_name", &of.organization_name),
            ("household_name", &of.household_name),
            ("job_title", &of.job_title),
            ("gender", &of.gender),
            ("preferred_language", &of.preferred_language),
            ("source", &of.source),
            (
                "external_identifier",
                of.external_identifier.as_deref().unwrap_or_default(),
            ),
            (
                "display_name",
                self.as_given.display_name.as_deref().unwrap_or_default(),
            ),
            ("sort_name", self.as_given.sort_name.as_deref().unwrap_or_default()),
        ]
        .map(|(field, text)| (field.to_owned(), text))
        .into();
        for (at, email) in self.emails.iter().enumerate() {
            texts.push((format!("emails.{at}.location_type"), &email.location_type));
            texts.push((
                format!("emails.{at}.on_hold"),
                email.on_hold.as_deref().unwrap_or_default(),
            ));
        }
        for (at, phone) in self.phones.iter().enumerate() {
            texts.push((format!("phones.{at}.number"), &phone.number));
            texts.push((format!("phones.{at}.extension"), &phone.extension));
            texts.push((format!("phones.{at}.location_type"), &phone.location_type));
        }
        for (at, address) in self.addresses.iter().enumerate() {
            texts.push((format!("addresses.{at}.location_type"), &address.location_type));
            texts.extend(named_parts(at, address));
        }
        texts
            .into_iter()
            .filter_map(|(field, text)| Some(Problem::new(field, unfit(text)?)))
            .collect()
    }

    fn unfit_emails(&self, found: &mut Vec<Problem>) {
        let mut seen = HashSet::new();
        for (at, email) in self.emails.iter().enumerate() {
            if !seen.insert(email.address.key()) {
                let words = "This address stands here twice.";
                found.push(Problem::new(format!("emails.{at}.address"), words));
            }
        }
        found.extend(not_one_primary(
            "emails",
            "email",
            self.emails.iter().map(|email| email.is_primary),
        ));
        if self.emails.iter().filter(|email| email.is_bulk_mail).count() > 1 {
            found.push(Problem::new("emails", "Choose only one email for bulk mail."));
        }
    }

    fn unfit_phones(&self, found: &mut Vec<Problem>) {
        for (at, phone) in self.phones.iter().enumerate() {
            if !phone.number.chars().any(|c| c.is_ascii_digit()) {
                let words = "A phone number has digits.";
                found.push(Problem::new(format!("phones.{at}.number"), words));
            }
            if !PHONE_TYPES.contains(&phone.phone_type.as_str()) {
                let words = "Choose Phone, Mobile or Fax.";
                found.push(Problem::new(format!("phones.{at}.phone_type"), words));
            }
        }
        found.extend(not_one_primary(
            "phones",
            "phone",
            self.phones.iter().map(|phone| phone.is_primary),
        ));
    }

    fn unfit_addresses(&self, found: &mut Vec<Problem>) {
        for (at, address) in self.addresses.iter().enumerate() {
            if address.is_empty() {
                let words = "Write the address, or leave it out.";
                found.push(Problem::new(format!("addresses.{at}.street_address"), words));
            }
        }
        let primaries = self.addresses.iter().map(|address| address.is_primary);
        found.extend(not_one_primary("addresses", "address", primaries));
    }
}

fn named_parts(at: usize, address: &Address) -> impl Iterator<Item = (String, &str)> {
    let names = [
        "street_address",
        "supplemental_address_1",
        "supplemental_address_2",
        "city",
        "province",
        "postal_code",
        "country",
    ];
    names
        .into_iter()
        .zip(address.parts())
        .map(move |(name, part)| (format!("addresses.{at}.{name}"), part))
}

fn unfit(text: &str) -> Option<String> {
    if text.chars().count() > TEXT_MAX {
        return Some(format!("This is too long: {TEXT_MAX} characters are the most."));
    }
    // Postgres stores no NUL, and a line break would break lists, exports and envelopes.
    text.chars()
        .any(char::is_control)
        .then(|| "There is a character in it that cannot be kept. Type it again by hand.".into())
}

fn not_one_primary(field: &str, thing: &str, primaries: impl Iterator<Item = bool> + Clone) -> Option<Problem> {
    let (all, primary) = (primaries.clone().count(), primaries.filter(|is| *is).count());
    if all > ENTRIES_MAX {
        let words = format!("A contact may have {ENTRIES_MAX} of these, and there are {all}.");
        return Some(Problem::new(field, words));
    }
    (all > 0 && primary != 1).then(|| Problem::new(field, format!("Choose one primary {thing}.")))
}
