//! What two contacts become when they are merged. No database here.

use crate::base::ContactId;
use crate::crm::contacts::model::language_name;
use crate::crm::contacts::{Address, ContactDraft, Details, Phone};
use crate::crm::custom_fields::CustomFields;
use serde_json::{Map, Value, json};
use std::collections::HashSet;

/// The fields that are chosen one by one: their name, and as people call them.
pub const FIELDS: [(&str, &str); 14] = [
    ("prefix", "Prefix"),
    ("first_name", "First Name"),
    ("middle_name", "Middle Name"),
    ("last_name", "Last Name"),
    ("suffix", "Suffix"),
    ("organization_name", "Organization Name"),
    ("household_name", "Household Name"),
    ("contact_subtype", "Contact Subtype"),
    ("job_title", "Job Title"),
    ("gender", "Gender"),
    ("birth_date", "Birth Date"),
    ("preferred_language", "Preferred Language"),
    ("source", "Contact Source"),
    ("external_identifier", "External Identifier"),
];

/// The lists whose primary entry is chosen; everything else of them is kept.
pub const PRIMARIES: [(&str, &str); 3] = [
    ("primary_email", "Primary Email"),
    ("primary_phone", "Primary Phone"),
    ("primary_address", "Primary Address"),
];

/// Whose value is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    Survivor,
    Loser,
}

impl Side {
    /// The word in forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Survivor => "survivor",
            Self::Loser => "loser",
        }
    }
}

/// What was chosen: the fields of which the other contact's value is taken, and those that keep the survivor's although it
/// is empty. What is not named keeps the survivor's, else the filled one.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    taken: HashSet<String>,
    left: HashSet<String>,
}

impl Choices {
    /// Reads the form: `first_name` = `loser`.
    pub fn of(pairs: &[(String, String)]) -> Self {
        let with = |side: Side| {
            let chosen = pairs.iter().filter(|(_, value)| value == side.as_str());
            chosen.map(|(name, _)| name.clone()).collect()
        };
        Self {
            taken: with(Side::Loser),
            left: with(Side::Survivor),
        }
    }

    fn side(&self, name: &str, survivor_is_empty: bool) -> Side {
        match (self.taken.contains(name), self.left.contains(name)) {
            (true, _) => Side::Loser,
            (false, true) => Side::Survivor,
            (false, false) if survivor_is_empty => Side::Loser,
            (false, false) => Side::Survivor,
        }
    }
}

/// A field of both, side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    pub name: String,
    pub label: String,
    pub survivor: String,
    pub loser: String,
    pub chosen: Side,
}

impl Compared {
    /// Whether there is something to choose.
    pub fn differs(&self) -> bool {
        self.survivor != self.loser
    }

    /// Whether a side is the one that is taken.
    pub fn takes(&self, side: &str) -> bool {
        self.chosen.as_str() == side
    }
}

/// The fields of which one has something, side by side; those that differ first.
pub fn compared(
    survivor: &ContactDraft,
    loser: &ContactDraft,
    choices: &Choices,
    custom: &CustomFields,
) -> Vec<Compared> {
    let (ours, theirs) = (values(&survivor.details), values(&loser.details));
    let fields = FIELDS.into_iter().map(|(name, label)| {
        let label = match name {
            "organization_name" => survivor.details.organization_name_label(),
            _ => label,
        };
        let (survivor, loser) = (in_words(name, &ours), in_words(name, &theirs));
        (name.to_owned(), label.to_owned(), survivor, loser)
    });
    let primaries = PRIMARIES.into_iter().map(|(name, label)| {
        let (survivor, loser) = (primary(survivor, name), primary(loser, name));
        (name.to_owned(), label.to_owned(), survivor, loser)
    });
    let of_organization = custom.all().iter().map(|field| {
        let words = |draft: &ContactDraft| custom.words(field.id, &draft.details.custom);
        (field.name(), field.label.clone(), words(survivor), words(loser))
    });
    let mut all: Vec<Compared> = fields
        .chain(primaries)
        .chain(of_organization)
        .filter(|(_, _, survivor, loser)| !survivor.is_empty() || !loser.is_empty())
        .map(|(name, label, survivor, loser)| Compared {
            chosen: choices.side(&name, survivor.is_empty()),
            name,
            label,
            survivor,
            loser,
        })
        .collect();
    all.sort_by_key(|field| !field.differs());
    all
}

/// What the survivor becomes: each field as chosen, the emails, phones and addresses of both, every wish of either not to be
/// written to, and on hold what is on hold at either.
pub fn merged(survivor: &ContactDraft, loser: &ContactDraft, choices: &Choices) -> ContactDraft {
    let (mut ours, theirs) = (values(&survivor.details), values(&loser.details));
    for (name, _) in FIELDS {
        if choices.side(name, is_empty(ours.get(name))) == Side::Loser {
            ours.insert(name.into(), theirs.get(name).cloned().unwrap_or_default());
        }
    }
    let mut custom = survivor.details.custom.clone();
    for id in loser.details.custom.fields() {
        if choices.side(&format!("custom.{id}"), custom.get(id).is_none()) == Side::Loser {
            custom.set(id, loser.details.custom.get(id).cloned());
        }
    }
    let details: Details = serde_json::from_value(Value::Object(ours)).unwrap_or_else(|_| survivor.details.clone());
    let mut draft = ContactDraft {
        details: Details { custom, ..details },
        ..survivor.clone()
    };
    let (mine, other) = (&mut draft.details, &loser.details);
    mine.is_deceased |= other.is_deceased;
    mine.privacy = mine.privacy.with(other.privacy);
    add_emails(&mut draft, loser);
    add_phones(&mut draft, loser);
    add_addresses(&mut draft, loser);
    choose_primaries(&mut draft, loser, choices);
    draft.settle_primaries();
    draft.keep_names_given(survivor);
    draft
}

/// What is carried over because the strictest wish of the two wins, in words.
pub fn strictest(survivor: &ContactDraft, loser: &ContactDraft, names: (&str, &str)) -> Vec<String> {
    let mut said = Vec::new();
    let ours = survivor.details.privacy.flags();
    for ((_, label, of_survivor), (_, _, of_loser)) in ours.into_iter().zip(loser.details.privacy.flags()) {
        if of_survivor != of_loser {
            let who = if of_survivor { names.0 } else { names.1 };
            said.push(format!("{label} stays, because {who} has it."));
        }
    }
    if survivor.details.is_deceased != loser.details.is_deceased {
        let who = if survivor.details.is_deceased { names.0 } else { names.1 };
        said.push(format!("Deceased stays, because {who} is marked so."));
    }
    for email in &loser.emails {
        let same = survivor
            .emails
            .iter()
            .find(|known| known.address.key() == email.address.key());
        if email.on_hold.is_some() && same.is_some_and(|same| same.on_hold.is_none()) {
            said.push(format!(
                "{} is on hold, because it is so with {}.",
                email.address.as_typed(),
                names.1
            ));
        }
    }
    said
}

fn values(details: &Details) -> Map<String, Value> {
    match json!(details) {
        Value::Object(values) => values,
        _ => Map::new(),
    }
}

fn is_empty(value: Option<&Value>) -> bool {
    value.is_none_or(|value| value.is_null() || value.as_str() == Some(""))
}

fn in_words(name: &str, values: &Map<String, Value>) -> String {
    let text = values.get(name).and_then(Value::as_str).unwrap_or_default();
    match name {
        "preferred_language" if language_name(text) != text => format!("{} ({text})", language_name(text)),
        _ => text.to_owned(),
    }
}

fn primary(draft: &ContactDraft, name: &str) -> String {
    let found = match name {
        "primary_email" => draft.primary_email().map(|email| email.address.as_typed().to_owned()),
        "primary_phone" => {
            let phone = draft.phones.iter().find(|phone| phone.is_primary);
            phone.map(|phone| phone.number.clone())
        }
        _ => {
            let address = draft.addresses.iter().find(|address| address.is_primary);
            address.map(|address| address.lines().join(", "))
        }
    };
    found.unwrap_or_default()
}

fn add_emails(draft: &mut ContactDraft, loser: &ContactDraft) {
    let has_bulk_mail = draft.emails.iter().any(|email| email.is_bulk_mail);
    for email in &loser.emails {
        let same = draft
            .emails
            .iter_mut()
            .find(|known| known.address.key() == email.address.key());
        match same {
            Some(same) => same.on_hold = same.on_hold.take().or_else(|| email.on_hold.clone()),
            None => {
                let mut email = email.clone();
                email.is_primary = false;
                // Mailings go where the survivor's went; a second address for them would be another's.
                email.is_bulk_mail &= !has_bulk_mail;
                draft.emails.push(email);
            }
        }
    }
}

fn add_phones(draft: &mut ContactDraft, loser: &ContactDraft) {
    for phone in &loser.phones {
        if !draft.phones.iter().any(|known| is_same_phone(known, phone)) {
            let mut phone = phone.clone();
            phone.is_primary = false;
            draft.phones.push(phone);
        }
    }
}

/// However the number is written.
fn is_same_phone(one: &Phone, other: &Phone) -> bool {
    let digits = |number: &str| {
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        if digits.is_empty() { number.to_owned() } else { digits }
    };
    digits(&one.number) == digits(&other.number) && one.extension == other.extension
}

/// Whatever is in capital letters or has accents.
fn is_same_address(one: &Address, other: &Address) -> bool {
    let folded = |address: &Address| crate::base::fold(&address.lines().join("\n"));
    folded(one) == folded(other)
}

fn add_addresses(draft: &mut ContactDraft, loser: &ContactDraft) {
    for address in &loser.addresses {
        if !draft.addresses.iter().any(|known| is_same_address(known, address)) {
            let mut address = address.clone();
            address.is_primary = false;
            draft.addresses.push(address);
        }
    }
}

fn choose_primaries(draft: &mut ContactDraft, loser: &ContactDraft, choices: &Choices) {
    if choices.taken.contains("primary_email")
        && let Some(wanted) = loser.primary_email()
    {
        for email in &mut draft.emails {
            email.is_primary = email.address.key() == wanted.address.key();
        }
    }
    if choices.taken.contains("primary_phone")
        && let Some(wanted) = loser.phones.iter().find(|phone| phone.is_primary)
    {
        let chosen = draft.phones.iter().position(|phone| is_same_phone(phone, wanted));
        for (at, phone) in draft.phones.iter_mut().enumerate() {
            phone.is_primary = Some(at) == chosen;
        }
    }
    if choices.taken.contains("primary_address")
        && let Some(wanted) = loser.addresses.iter().find(|address| address.is_primary)
    {
        let chosen = draft
            .addresses
            .iter()
            .position(|address| is_same_address(address, wanted));
        for (at, address) in draft.addresses.iter_mut().enumerate() {
            address.is_primary = Some(at) == chosen;
        }
    }
}

/// Two contacts that are to become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    pub survivor: ContactId,
    pub loser: ContactId,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::EmailAddress;
    use crate::crm::contacts::EmailDraft;
    use proptest::prelude::*;

    fn person(first: &str, emails: &[(&str, bool, Option<&str>)]) -> ContactDraft {
        let mut draft = ContactDraft::default();
        draft.details.first_name = first.into();
        draft.details.last_name = "Lem".into();
        for (address, is_bulk_mail, on_hold) in emails {
            draft.emails.push(EmailDraft {
                is_bulk_mail: *is_bulk_mail,
                on_hold: on_hold.map(ToOwned::to_owned),
                ..EmailDraft::new(EmailAddress::parse(address).unwrap())
            });
        }
        draft.settle_primaries();
        draft
    }

    #[test]
    fn the_survivors_value_is_kept_else_the_filled_one_else_the_chosen_one() {
        let mut anne = person("Anne", &[]);
        let mut ann = person("Ann", &[]);
        ann.details.job_title = "Cook".into();
        anne.details.source = "Gala".into();
        ann.details.source = "Web".into();
        let default = merged(&anne, &ann, &Choices::default());
        assert_eq!(default.details.first_name, "Anne");
        assert_eq!(default.details.job_title, "Cook");
        assert_eq!(default.details.source, "Gala");
        let chosen = [("source", "loser"), ("job_title", "survivor")].map(|(name, side)| (name.into(), side.into()));
        let chosen = merged(&anne, &ann, &Choices::of(&chosen));
        assert_eq!(chosen.details.source, "Web");
        assert_eq!(chosen.details.job_title, "");
    }

    #[test]
    fn everything_of_both_is_kept_once_and_what_is_on_hold_stays_so() {
        let mut anne = person("Anne", &[("a@x.test", true, None), ("both@x.test", false, None)]);
        let mut ann = person(
            "Ann",
            &[("BOTH@x.test", true, Some("bounced")), ("b@x.test", true, None)],
        );
        anne.phones.push(Phone::new("(613) 555-0100"));
        ann.phones.push(Phone::new("613 555 0100"));
        ann.phones.push(Phone::new("613 555 0199"));
        let home = |city: &str| Address {
            location_type: "Home".into(),
            city: city.into(),
            ..Address::default()
        };
        anne.addresses.push(home("Montréal"));
        ann.addresses.extend([home("montreal"), home("Alma")]);
        let both = merged(&anne, &ann, &Choices::default());
        let emails: Vec<_> = both
            .emails
            .iter()
            .map(|email| {
                (
                    email.address.key(),
                    email.is_primary,
                    email.is_bulk_mail,
                    email.on_hold.is_some(),
                )
            })
            .collect();
        let expected = [
            ("a@x.test", true, true, false),
            ("both@x.test", false, false, true),
            ("b@x.test", false, false, false),
        ];
        assert_eq!(emails, expected.map(|(key, a, b, c)| (key.to_owned(), a, b, c)));
        assert_eq!((both.phones.len(), both.addresses.len()), (2, 2));
        assert!(both.problems().is_empty(), "{:?}", both.problems());
    }

    #[test]
    fn a_number_or_an_address_that_is_written_otherwise_is_taken_over_as_the_primary_one() {
        let home = |city: &str| Address {
            location_type: "Home".into(),
            city: city.into(),
            ..Address::default()
        };
        let (mut anne, mut ann) = (person("Anne", &[]), person("Ann", &[]));
        anne.phones = vec![Phone::new("613 555 0199"), Phone::new("(613) 555-0100")];
        anne.addresses = vec![home("Alma"), home("Montréal")];
        ann.phones = vec![Phone::new("613 555 0100")];
        ann.addresses = vec![home("montreal")];
        anne.settle_primaries();
        ann.settle_primaries();
        let chosen = ["primary_phone", "primary_address"].map(|name| (name.into(), "loser".into()));
        let both = merged(&anne, &ann, &Choices::of(&chosen));
        let phone = both.phones.iter().find(|phone| phone.is_primary);
        let address = both.addresses.iter().find(|address| address.is_primary);
        assert_eq!(phone.map(|phone| phone.number.as_str()), Some("(613) 555-0100"));
        assert_eq!(address.map(|address| address.city.as_str()), Some("Montréal"));
    }

    proptest! {
        #[test]
        fn no_wish_not_to_be_written_to_is_ever_lost(ours in any::<[bool; 7]>(), theirs in any::<[bool; 7]>()) {
            let with = |flags: [bool; 7]| {
                let mut draft = person("Anne", &[]);
                let privacy = &mut draft.details.privacy;
                (privacy.do_not_email, privacy.is_opt_out, privacy.do_not_phone) = (flags[0], flags[1], flags[2]);
                (privacy.do_not_mail, privacy.do_not_sms, privacy.do_not_trade) = (flags[3], flags[4], flags[5]);
                draft.details.is_deceased = flags[6];
                draft
            };
            let both = merged(&with(ours), &with(theirs), &Choices::default());
            let flags = both.details.privacy.flags().map(|(_, _, is_set)| is_set);
            for at in 0..6 {
                prop_assert_eq!(flags[at], ours[at] || theirs[at]);
            }
            prop_assert_eq!(both.details.is_deceased, ours[6] || theirs[6]);
            let said = strictest(&with(ours), &with(theirs), ("Anne", "Ann"));
            prop_assert_eq!(said.len(), (0..7).filter(|at| ours[*at] != theirs[*at]).count());
        }
    }
}
