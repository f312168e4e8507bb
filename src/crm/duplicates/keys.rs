//! What contacts are compared by. Only those who have a key in common are looked at together, so that a million contacts are
//! not a million times a million pairs. No database here.

use crate::base::fold;
use crate::crm::contacts::model::ContactType;
use crate::crm::contacts::{Contact, Details, phone_digits};
use rphonetic::{DoubleMetaphone, Encoder};
use std::collections::BTreeSet;

/// Digits a phone number needs to tell people apart: one without area code.
const PHONE_DIGITS_MIN: usize = 7;
/// Letters of a sound that count: longer ones would tell spellings apart again.
const SOUND_LENGTH: usize = 6;
/// Words that say nothing about which organization it is.
const EMPTY_WORDS: [&str; 8] = ["the", "inc", "ltd", "limited", "corp", "co", "of", "and"];

/// Everything this contact may have in common with its duplicate: an email; how its name sounds, with a postal code or a
/// phone. Kinds of contact are not compared with each other.
pub(super) fn of(contact: &Contact) -> BTreeSet<String> {
    let kind = contact.details.contact_type.as_str();
    let emails = contact.emails.iter().map(|email| email.address.key());
    let mut keys: BTreeSet<String> = emails.map(|address| format!("{kind} email {address}")).collect();
    let sound = sound(&contact.details);
    if !sound.is_empty() {
        keys.extend(postal_codes(contact).map(|code| format!("{kind} place {sound} {code}")));
        keys.extend(phones(contact).map(|digits| format!("{kind} phone {sound} {digits}")));
    }
    keys
}

/// The words of the name that count, folded: "Lévesque, Anne-Marie" is "levesque, anne marie". Empty where it is not whole.
pub(super) fn name(details: &Details) -> String {
    let whole = |text: &str| words(text).join(" ");
    match details.contact_type {
        ContactType::Individual if details.first_name.is_empty() || details.last_name.is_empty() => String::new(),
        ContactType::Individual => format!("{}, {}", whole(&details.last_name), whole(&details.first_name)),
        ContactType::Organization => whole(&details.organization_name),
        ContactType::Household => whole(&details.household_name),
    }
}

/// How the name sounds: "Smith" and "Smyth" alike. A word without a sound in our letters stands for itself.
pub(super) fn sound(details: &Details) -> String {
    let metaphone = DoubleMetaphone::new(Some(SOUND_LENGTH));
    let name = name(details);
    let sounds = name.split_whitespace().map(|word| {
        let sound = metaphone.encode(word);
        if sound.is_empty() { word.to_owned() } else { sound }
    });
    sounds.collect::<Vec<_>>().join(" ")
}

/// Postal codes without spaces, in lower case.
pub(super) fn postal_codes(contact: &Contact) -> impl Iterator<Item = String> {
    let codes = contact.addresses.iter().map(|address| {
        let code = fold(&address.postal_code);
        code.chars().filter(|c| c.is_alphanumeric()).collect::<String>()
    });
    codes.filter(|code| !code.is_empty())
}

/// The digits of phone numbers that tell people apart.
pub(super) fn phones(contact: &Contact) -> impl Iterator<Item = String> {
    let digits = contact.phones.iter().map(|phone| phone_digits(&phone.number));
    digits.filter(|digits| digits.len() >= PHONE_DIGITS_MIN)
}

fn words(text: &str) -> Vec<String> {
    let folded = fold(text).replace(['\'', '’'], "");
    let words = folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    let telling = words.filter(|word| !EMPTY_WORDS.contains(word));
    telling.map(ToOwned::to_owned).collect()
}
