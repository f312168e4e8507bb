//! A donor, an organization or a household as it is written down, and the rules it must keep. No database here.

use crate::base::{ContactId, EmailAddress};
use crate::crm::custom_fields::CustomValues;
use crate::db::schema::{addresses, contacts, phones};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::prelude::*;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Text;
use serde::{Deserialize, Serialize};

/// The places an email, a phone or an address belongs to, as CiviCRM has them.
pub const LOCATION_TYPES: [&str; 5] = ["Home", "Work", "Main", "Other", "Billing"];
/// What a phone is.
pub const PHONE_TYPES: [&str; 3] = ["Phone", "Mobile", "Fax"];

/// The three kinds of contact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, AsExpression, FromSqlRow, Serialize, Deserialize)]
#[diesel(sql_type = Text)]
pub enum ContactType {
    #[default]
    Individual,
    Organization,
    Household,
}

impl ContactType {
    /// In the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::Individual, Self::Organization, Self::Household];

    /// The word the database stores; also the name of its icon.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Individual => "individual",
            Self::Organization => "organization",
            Self::Household => "household",
        }
    }

    /// The word people see.
    pub fn label(self) -> &'static str {
        match self {
            Self::Individual => "Individual",
            Self::Organization => "Organization",
            Self::Household => "Household",
        }
    }

    /// Several of them: "Individuals".
    pub fn plural(self) -> &'static str {
        match self {
            Self::Individual => "Individuals",
            Self::Organization => "Organizations",
            Self::Household => "Households",
        }
    }

    /// Reads the word, however it is written.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str().eq_ignore_ascii_case(word.trim()))
    }
}

impl ToSql<Text, Pg> for ContactType {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <str as ToSql<Text, Pg>>::to_sql(self.as_str(), out)
    }
}

impl FromSql<Text, Pg> for ContactType {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let word = <String as FromSql<Text, Pg>>::from_sql(value)?;
        Self::parse(&word).ok_or_else(|| format!("no type of contact is called {word:?}").into())
    }
}

/// What a contact has asked us not to do.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Serialize, Deserialize,
)]
#[diesel(table_name = contacts)]
pub struct Privacy {
    pub do_not_email: bool,
    pub do_not_phone: bool,
    pub do_not_mail: bool,
    pub do_not_sms: bool,
    pub do_not_trade: bool,
    pub is_opt_out: bool,
}

impl Privacy {
    /// Every flag with the name of its form field and the words people know from the DMS.
    pub fn flags(&self) -> [(&'static str, &'static str, bool); 6] {
        [
            ("do_not_email", "Do Not Email", self.do_not_email),
            ("is_opt_out", "NO BULK EMAILS (User Opt Out)", self.is_opt_out),
            ("do_not_phone", "Do Not Phone", self.do_not_phone),
            ("do_not_mail", "Do Not Mail", self.do_not_mail),
            ("do_not_sms", "Do Not SMS", self.do_not_sms),
            ("do_not_trade", "Do Not Trade", self.do_not_trade),
        ]
    }

    /// The wishes of both.
    pub fn with(self, other: Self) -> Self {
        self.each(other, |own, other| own || other)
    }

    /// The wishes that were not there before.
    pub fn since(self, before: Self) -> Self {
        self.each(before, |now, before| now && !before)
    }

    fn each(self, other: Self, of: fn(bool, bool) -> bool) -> Self {
        Self {
            do_not_email: of(self.do_not_email, other.do_not_email),
            do_not_phone: of(self.do_not_phone, other.do_not_phone),
            do_not_mail: of(self.do_not_mail, other.do_not_mail),
            do_not_sms: of(self.do_not_sms, other.do_not_sms),
            do_not_trade: of(self.do_not_trade, other.do_not_trade),
            is_opt_out: of(self.is_opt_out, other.is_opt_out),
        }
    }
}

/// The plain facts of a contact: one value each. The names are those of its row.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Serialize, Deserialize,
)]
#[diesel(table_name = contacts, treat_none_as_null = true)]
pub struct Details {
    pub contact_type: ContactType,
    pub contact_subtype: String,
    pub prefix: String,
    pub first_name: String,
    pub middle_name: String,
    pub last_name: String,
    pub suffix: String,
    /// Of an individual: the employer, as CiviCRM has it.
    pub organization_name: String,
    pub household_name: String,
    pub job_title: String,
    pub gender: String,
    pub birth_date: Option<NaiveDate>,
    pub is_deceased: bool,
    /// As given: "en", "fr", or a locale such as "fr_CA".
    pub preferred_language: String,
    pub source: String,
    pub external_identifier: Option<String>,
    /// What the organization writes down beside.
    #[serde(default)]
    pub custom: CustomValues,
    #[diesel(embed)]
    pub privacy: Privacy,
}

impl Details {
    /// The names that make the one to show; the employer of an individual is none of them.
    fn names(&self) -> (ContactType, [&str; 4]) {
        let names = match self.contact_type {
            ContactType::Individual => {
                [&self.prefix, &self.first_name, &self.last_name, &self.suffix].map(String::as_str)
            }
            ContactType::Organization => [self.organization_name.as_str(), "", "", ""],
            ContactType::Household => [self.household_name.as_str(), "", "", ""],
        };
        (self.contact_type, names)
    }

    /// How the name of an organization is called in the records of this contact: for an individual it is where they work.
    pub fn organization_name_label(&self) -> &'static str {
        match self.contact_type {
            ContactType::Individual => "Employer",
            ContactType::Organization | ContactType::Household => "Organization Name",
        }
    }
}

/// A contact as somebody wants it to be: typed into the form, read from a file, or come from Mailchimp.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ContactDraft {
    pub details: Details,
    pub emails: Vec<EmailDraft>,
    pub phones: Vec<Phone>,
    pub addresses: Vec<Address>,
    pub as_given: NamesAsGiven,
}

/// How somebody is to be shown and sorted where that was given and differs from what the names make.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamesAsGiven {
    pub display_name: Option<String>,
    pub sort_name: Option<String>,
}

/// An email as somebody wants it to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailDraft {
    pub address: EmailAddress,
    pub location_type: String,
    pub is_primary: bool,
    pub is_bulk_mail: bool,
    /// Why nothing may be sent there; since when is kept where it is already on hold.
    pub on_hold: Option<String>,
}

impl EmailDraft {
    /// An address at home, neither primary nor for bulk mail nor on hold.
    pub fn new(address: EmailAddress) -> Self {
        Self {
            address,
            location_type: LOCATION_TYPES[0].into(),
            is_primary: false,
            is_bulk_mail: false,
            on_hold: None,
        }
    }
}

/// A phone number, kept as typed.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, Serialize, Deserialize)]
#[diesel(table_name = phones)]
pub struct Phone {
    pub number: String,
    pub extension: String,
    /// One of `PHONE_TYPES`.
    pub phone_type: String,
    pub location_type: String,
    pub is_primary: bool,
}

impl Phone {
    /// A phone at home, not primary.
    pub fn new(number: impl Into<String>) -> Self {
        Self {
            number: number.into(),
            extension: String::new(),
            phone_type: PHONE_TYPES[0].into(),
            location_type: LOCATION_TYPES[0].into(),
            is_primary: false,
        }
    }
}

/// A postal address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Queryable, Selectable, Insertable, Serialize, Deserialize)]
#[diesel(table_name = addresses)]
pub struct Address {
    pub location_type: String,
    pub street_address: String,
    pub supplemental_address_1: String,
    pub supplemental_address_2: String,
    pub city: String,
    pub province: String,
    pub postal_code: String,
    pub country: String,
    pub is_primary: bool,
}

impl Address {
    /// Whether nothing of it is filled in.
    pub fn is_empty(&self) -> bool {
        self.parts().iter().all(|part| part.is_empty())
    }

    /// Its lines as on an envelope; empty ones left out.
    pub fn lines(&self) -> Vec<String> {
        let place = [&self.city, &self.province, &self.postal_code];
        let place: Vec<&str> = place
            .into_iter()
            .map(String::as_str)
            .filter(|part| !part.is_empty())
            .collect();
        let lines = [
            self.street_address.clone(),
            self.supplemental_address_1.clone(),
            self.supplemental_address_2.clone(),
            place.join(" "),
            self.country.clone(),
        ];
        lines.into_iter().filter(|line| !line.is_empty()).collect()
    }

    pub(super) fn parts(&self) -> [&str; 7] {
        [
            &self.street_address,
            &self.supplemental_address_1,
            &self.supplemental_address_2,
            &self.city,
            &self.province,
            &self.postal_code,
            &self.country,
        ]
    }
}

/// A contact as it stands in the records.
#[derive(Clone, Debug)]
pub struct Contact {
    pub id: ContactId,
    /// "Ms. Anne Lem"
    pub display_name: String,
    /// "Lem, Anne"
    pub sort_name: String,
    pub created_at: DateTime<Utc>,
    pub modified_at: DateTime<Utc>,
    /// When it went into the trash.
    pub deleted_at: Option<DateTime<Utc>>,
    /// Whom it became part of; it is in the trash then.
    pub merged_into: Option<ContactId>,
    /// When the person was erased for good; nothing of them is left here.
    pub erased_at: Option<DateTime<Utc>>,
    pub details: Details,
    /// The primary one first.
    pub emails: Vec<Email>,
    pub phones: Vec<Phone>,
    pub addresses: Vec<Address>,
}

/// An email as it stands in the records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    pub address: EmailAddress,
    pub location_type: String,
    pub is_primary: bool,
    pub is_bulk_mail: bool,
    pub on_hold: Option<OnHold>,
}

/// Since when and why nothing may be sent to an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnHold {
    pub since: DateTime<Utc>,
    pub reason: String,
}

impl Contact {
    /// The contact as a draft, to change a few things of it.
    pub fn draft(&self) -> ContactDraft {
        let mut draft = ContactDraft {
            details: self.details.clone(),
            emails: self.emails.iter().map(Email::draft).collect(),
            phones: self.phones.clone(),
            addresses: self.addresses.clone(),
            as_given: NamesAsGiven::default(),
        };
        draft.name_as_given(Some(&self.display_name), Some(&self.sort_name));
        draft
    }

    /// The email mailings go to.
    pub fn bulk_mail_address(&self) -> Option<&Email> {
        bulk_mail_address(&self.emails)
    }
}

impl Email {
    /// The email as a draft.
    pub fn draft(&self) -> EmailDraft {
        EmailDraft {
            address: self.address.clone(),
            location_type: self.location_type.clone(),
            is_primary: self.is_primary,
            is_bulk_mail: self.is_bulk_mail,
            on_hold: self.on_hold.as_ref().map(|hold| hold.reason.clone()),
        }
    }
}

/// The email that mailings go to: the one flagged for bulk mail, else the primary, else any other; never one on hold.
pub fn bulk_mail_address(emails: &[Email]) -> Option<&Email> {
    let usable = || emails.iter().filter(|email| email.on_hold.is_none());
    usable()
        .find(|email| email.is_bulk_mail)
        .or_else(|| usable().find(|email| email.is_primary))
        .or_else(|| usable().next())
}

/// The language of a stored text such as "fr" or "fr_CA", as people call it; a language we do not know stays as written.
pub fn language_name(stored: &str) -> &str {
    match stored.get(..2) {
        Some(code) if code.eq_ignore_ascii_case("en") => "English",
        Some(code) if code.eq_ignore_ascii_case("fr") => "French",
        _ => stored,
    }
}

impl ContactDraft {
    /// Puts another address in the place of one (in lower case): it becomes what that was, primary or for bulk mail. The former one
    /// stays beside it, on hold if it was. `false`: there is no such address.
    pub fn change_address(&mut self, former: &str, new: &EmailAddress) -> bool {
        let Some(place) = self.emails.iter().position(|email| email.address.key() == former) else {
            return false;
        };
        let was = self.emails[place].clone();
        if !self.emails.iter().any(|email| email.address.key() == new.key()) {
            let added = EmailDraft {
                location_type: was.location_type.clone(),
                ..EmailDraft::new(new.clone())
            };
            self.emails.insert(place, added);
        }
        for email in &mut self.emails {
            if email.address.key() == new.key() {
                email.is_primary |= was.is_primary;
                email.is_bulk_mail |= was.is_bulk_mail;
            } else if email.address.key() == former {
                email.is_primary = false;
                email.is_bulk_mail = false;
            }
        }
        true
    }

    /// Makes the first of the emails, phones and addresses primary where none is.
    pub fn settle_primaries(&mut self) {
        settle(&mut self.emails, |email| &mut email.is_primary);
        settle(&mut self.phones, |phone| &mut phone.is_primary);
        settle(&mut self.addresses, |address| &mut address.is_primary);
    }

    /// The email that is primary.
    pub fn primary_email(&self) -> Option<&EmailDraft> {
        self.emails.iter().find(|email| email.is_primary)
    }

    /// "Ms. Anne Lem"; a nameless individual shows its email.
    pub fn display_name(&self) -> String {
        let given = self.as_given.display_name.clone();
        given.unwrap_or_else(|| self.made_display_name())
    }

    /// "Lem, Anne"; a nameless individual is sorted by its email.
    pub fn sort_name(&self) -> String {
        let given = self.as_given.sort_name.clone();
        given.unwrap_or_else(|| self.made_sort_name())
    }

    /// Keeps the names to show and sort by as given, where they are not what the names make anyway.
    pub fn name_as_given(&mut self, display_name: Option<&str>, sort_name: Option<&str>) {
        let differing = |given: Option<&str>, made: String| given.filter(|given| *given != made).map(ToOwned::to_owned);
        self.as_given = NamesAsGiven {
            display_name: differing(display_name, self.made_display_name()),
            sort_name: differing(sort_name, self.made_sort_name()),
        };
    }

    /// Shows and sorts by the names that were given before, as long as the contact's own names are the same.
    pub fn keep_names_given(&mut self, before: &ContactDraft) {
        let same = self.details.names() == before.details.names();
        self.as_given = if same {
            before.as_given.clone()
        } else {
            NamesAsGiven::default()
        };
    }

    fn made_display_name(&self) -> String {
        let names = &self.details;
        match names.contact_type {
            ContactType::Organization => names.organization_name.clone(),
            ContactType::Household => names.household_name.clone(),
            ContactType::Individual if self.is_nameless() => self.email_as_name(),
            ContactType::Individual => joined(
                &[&names.prefix, &names.first_name, &names.last_name, &names.suffix],
                " ",
            ),
        }
    }

    fn made_sort_name(&self) -> String {
        let names = &self.details;
        match names.contact_type {
            ContactType::Organization => names.organization_name.clone(),
            ContactType::Household => names.household_name.clone(),
            ContactType::Individual if self.is_nameless() => self.email_as_name(),
            ContactType::Individual => joined(&[&names.last_name, &names.first_name], ", "),
        }
    }

    fn is_nameless(&self) -> bool {
        self.details.first_name.is_empty() && self.details.last_name.is_empty()
    }

    fn email_as_name(&self) -> String {
        let email = self.primary_email().or(self.emails.first());
        email.map_or_else(String::new, |email| email.address.as_typed().into())
    }
}

fn settle<T>(all: &mut [T], is_primary: impl Fn(&mut T) -> &mut bool) {
    let none = !all.iter_mut().any(|one| *is_primary(one));
    if let (true, Some(first)) = (none, all.first_mut()) {
        *is_primary(first) = true;
    }
}

fn joined(parts: &[&str], between: &str) -> String {
    let parts: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
    parts.join(between)
}
