//! The fields that can be changed for many contacts at once, and how each is read and written. No database here.

use crate::crm::contacts::model::language_name;
use crate::crm::contacts::rules::TEXT_MAX;
use crate::crm::contacts::{Address, ContactDraft, model::LOCATION_TYPES};
use crate::web::Choice;
use serde::{Deserialize, Serialize};

/// A field of a contact, or of its primary address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    PreferredLanguage,
    Source,
    ContactSubtype,
    Prefix,
    JobTitle,
    Gender,
    IsDeceased,
    DoNotEmail,
    IsOptOut,
    DoNotPhone,
    DoNotMail,
    DoNotSms,
    DoNotTrade,
    City,
    Province,
    PostalCode,
    Country,
}

/// With what a value is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    Text,
    YesOrNo,
    Language,
}

/// The words for yes and no, as the forms send them.
const YES: &str = "yes";
const NO: &str = "no";

impl Field {
    /// In the order in which they are offered.
    pub const ALL: [Self; 17] = [
        Self::PreferredLanguage,
        Self::Source,
        Self::ContactSubtype,
        Self::City,
        Self::Province,
        Self::PostalCode,
        Self::Country,
        Self::DoNotEmail,
        Self::IsOptOut,
        Self::DoNotPhone,
        Self::DoNotMail,
        Self::DoNotSms,
        Self::DoNotTrade,
        Self::IsDeceased,
        Self::Prefix,
        Self::JobTitle,
        Self::Gender,
    ];

    /// The name of its column, and the word in forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PreferredLanguage => "preferred_language",
            Self::Source => "source",
            Self::ContactSubtype => "contact_subtype",
            Self::Prefix => "prefix",
            Self::JobTitle => "job_title",
            Self::Gender => "gender",
            Self::IsDeceased => "is_deceased",
            Self::DoNotEmail => "do_not_email",
            Self::IsOptOut => "is_opt_out",
            Self::DoNotPhone => "do_not_phone",
            Self::DoNotMail => "do_not_mail",
            Self::DoNotSms => "do_not_sms",
            Self::DoNotTrade => "do_not_trade",
            Self::City => "city",
            Self::Province => "province",
            Self::PostalCode => "postal_code",
            Self::Country => "country",
        }
    }

    /// As people call it.
    pub fn label(self) -> &'static str {
        match self {
            Self::PreferredLanguage => "Preferred Language",
            Self::Source => "Contact Source",
            Self::ContactSubtype => "Contact Subtype",
            Self::Prefix => "Prefix",
            Self::JobTitle => "Job Title",
            Self::Gender => "Gender",
            Self::IsDeceased => "Deceased",
            Self::DoNotEmail => "Do Not Email",
            Self::IsOptOut => "NO BULK EMAILS (User Opt Out)",
            Self::DoNotPhone => "Do Not Phone",
            Self::DoNotMail => "Do Not Mail",
            Self::DoNotSms => "Do Not SMS",
            Self::DoNotTrade => "Do Not Trade",
            Self::City => "City",
            Self::Province => "Province",
            Self::PostalCode => "Postal Code",
            Self::Country => "Country",
        }
    }

    /// Reads the word of a form.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.as_str() == word)
    }

    /// With what its value is given.
    pub fn control(self) -> Control {
        match self {
            Self::PreferredLanguage => Control::Language,
            Self::IsDeceased
            | Self::DoNotEmail
            | Self::IsOptOut
            | Self::DoNotPhone
            | Self::DoNotMail
            | Self::DoNotSms
            | Self::DoNotTrade => Control::YesOrNo,
            _ => Control::Text,
        }
    }

    /// Whether it is a part of the primary address.
    pub fn is_of_address(self) -> bool {
        matches!(self, Self::City | Self::Province | Self::PostalCode | Self::Country)
    }

    /// Whether it is a wish of the contact's own: taken off only with their permission.
    pub fn is_refusal(self) -> bool {
        self.control() == Control::YesOrNo && self != Self::IsDeceased
    }

    /// Reads a value as somebody gave it.
    pub fn value(self, typed: &str) -> Result<String, &'static str> {
        let typed = typed.trim();
        let known = |words: &[&str]| words.contains(&typed);
        match self.control() {
            Control::YesOrNo if !known(&[YES, NO]) => Err("Choose Yes or No."),
            Control::Language if !known(&["", "en", "fr"]) => Err("Choose a language."),
            Control::Text if typed.chars().count() > TEXT_MAX => Err("This may have up to 255 characters."),
            Control::Text if typed.chars().any(char::is_control) => Err("This must be one line of plain text."),
            _ => Ok(typed.to_owned()),
        }
    }

    /// What a select for its value offers.
    pub fn choices(self, chosen: &str) -> Vec<Choice> {
        match self.control() {
            Control::Text => Vec::new(),
            Control::YesOrNo => Choice::list([("", "Choose"), (YES, "Yes"), (NO, "No")], chosen),
            Control::Language => Choice::list([("", "Not known"), ("en", "English"), ("fr", "French")], chosen),
        }
    }

    /// A stored or given value in words; nothing is "nothing".
    pub fn in_words(self, value: &str) -> String {
        match (self.control(), value) {
            (Control::YesOrNo, YES) => "Yes".into(),
            (Control::YesOrNo, _) => "No".into(),
            (_, "") => "nothing".into(),
            (Control::Language, value) if language_name(value) != value => {
                format!("{} ({value})", language_name(value))
            }
            (_, value) => value.into(),
        }
    }

    /// The value of a contact.
    pub fn get(self, draft: &ContactDraft) -> String {
        let of = &draft.details;
        let flag = |is_set: bool| if is_set { YES } else { NO }.to_owned();
        match self {
            Self::PreferredLanguage => of.preferred_language.clone(),
            Self::Source => of.source.clone(),
            Self::ContactSubtype => of.contact_subtype.clone(),
            Self::Prefix => of.prefix.clone(),
            Self::JobTitle => of.job_title.clone(),
            Self::Gender => of.gender.clone(),
            Self::IsDeceased => flag(of.is_deceased),
            Self::DoNotEmail => flag(of.privacy.do_not_email),
            Self::IsOptOut => flag(of.privacy.is_opt_out),
            Self::DoNotPhone => flag(of.privacy.do_not_phone),
            Self::DoNotMail => flag(of.privacy.do_not_mail),
            Self::DoNotSms => flag(of.privacy.do_not_sms),
            Self::DoNotTrade => flag(of.privacy.do_not_trade),
            Self::City | Self::Province | Self::PostalCode | Self::Country => {
                let address = draft.addresses.iter().find(|address| address.is_primary);
                address
                    .map(|address| self.of_address(address).clone())
                    .unwrap_or_default()
            }
        }
    }

    /// Gives a contact a value. One without an address gets one with only this in it; an address that is left empty goes.
    pub fn set(self, draft: &mut ContactDraft, value: &str) {
        if self.get(draft) == value {
            return;
        }
        let before = draft.clone();
        let of = &mut draft.details;
        let (text, is_yes) = (value.to_owned(), value == YES);
        match self {
            Self::PreferredLanguage => of.preferred_language = text,
            Self::Source => of.source = text,
            Self::ContactSubtype => of.contact_subtype = text,
            Self::Prefix => of.prefix = text,
            Self::JobTitle => of.job_title = text,
            Self::Gender => of.gender = text,
            Self::IsDeceased => of.is_deceased = is_yes,
            Self::DoNotEmail => of.privacy.do_not_email = is_yes,
            Self::IsOptOut => of.privacy.is_opt_out = is_yes,
            Self::DoNotPhone => of.privacy.do_not_phone = is_yes,
            Self::DoNotMail => of.privacy.do_not_mail = is_yes,
            Self::DoNotSms => of.privacy.do_not_sms = is_yes,
            Self::DoNotTrade => of.privacy.do_not_trade = is_yes,
            Self::City | Self::Province | Self::PostalCode | Self::Country => self.set_in_address(draft, text),
        }
        draft.keep_names_given(&before);
    }

    fn set_in_address(self, draft: &mut ContactDraft, value: String) {
        if !draft.addresses.iter().any(|address| address.is_primary) {
            draft.addresses.push(Address {
                location_type: LOCATION_TYPES[0].into(),
                is_primary: true,
                ..Address::default()
            });
        }
        if let Some(address) = draft.addresses.iter_mut().find(|address| address.is_primary) {
            *self.of_address_mut(address) = value;
        }
        draft.addresses.retain(|address| !address.is_empty());
        draft.settle_primaries();
    }

    fn of_address(self, address: &Address) -> &String {
        match self {
            Self::City => &address.city,
            Self::Province => &address.province,
            Self::PostalCode => &address.postal_code,
            _ => &address.country,
        }
    }

    fn of_address_mut(self, address: &mut Address) -> &mut String {
        match self {
            Self::City => &mut address.city,
            Self::Province => &mut address.province,
            Self::PostalCode => &mut address.postal_code,
            _ => &mut address.country,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_reads_back_what_it_was_given_and_changes_nothing_else() {
        for field in Field::ALL {
            let value = match field.control() {
                Control::YesOrNo => YES,
                Control::Language => "fr",
                Control::Text => "Sunny Side",
            };
            let mut draft = ContactDraft::default();
            draft.details.first_name = "Anne".into();
            let before = draft.clone();
            field.set(&mut draft, value);
            assert_eq!(field.get(&draft), value, "{field:?}");
            for other in Field::ALL.into_iter().filter(|other| *other != field) {
                assert_eq!(other.get(&draft), other.get(&before), "{field:?} changed {other:?}");
            }
            assert_eq!(Field::parse(field.as_str()), Some(field));
        }
    }

    #[test]
    fn an_address_left_empty_goes_and_another_becomes_primary() {
        let mut draft = ContactDraft::default();
        Field::City.set(&mut draft, "Alma");
        draft.addresses.push(Address {
            location_type: "Work".into(),
            city: "Hull".into(),
            ..Address::default()
        });
        Field::City.set(&mut draft, "");
        assert_eq!(draft.addresses.len(), 1);
        assert_eq!(Field::City.get(&draft), "Hull");
    }

    #[test]
    fn a_name_to_show_that_was_given_is_kept() {
        let mut draft = ContactDraft::default();
        draft.details.first_name = "Anne".into();
        draft.as_given.display_name = Some("Annie Lem".into());
        Field::Source.set(&mut draft, "Gala");
        assert_eq!(draft.display_name(), "Annie Lem");
    }
}
