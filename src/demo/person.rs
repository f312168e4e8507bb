//! A line of the demo's file of people, and the contact it describes.

use anyhow::{Context, anyhow};
use chrono::NaiveDate;
use dms::base::EmailAddress;
use dms::crm::contacts::{Address, ContactDraft, ContactType, Details, EmailDraft, Phone, Privacy};

/// Some of these people are also members of the stand-in's audience "Newsletter".
const PEOPLE: &str = include_str!("people.csv");
/// Where all their mailboxes are: it looks real to the stand-in and belongs to nobody.
const DOMAIN: &str = "maplemail.test-charity.ca";

/// One line.
#[derive(Clone, Debug, serde::Deserialize)]
pub struct Person {
    /// How many days ago they were written down.
    pub days: i64,
    kind: String,
    prefix: String,
    first: String,
    last: String,
    /// Of an organization or a household.
    name: String,
    job: String,
    /// Mailboxes, the primary one first; `bulk:` marks the one for bulk mail.
    emails: String,
    /// Separated by `;`; `m:` marks a mobile.
    phones: String,
    street: String,
    city: String,
    province: String,
    postal: String,
    language: String,
    born: Option<NaiveDate>,
    /// Privacy flags, separated by `;`.
    facts: String,
    /// Titles, separated by `;`.
    groups: String,
    source: String,
}

/// Everybody in the file, in the order in which they were written down.
pub fn everybody() -> anyhow::Result<Vec<Person>> {
    let mut lines = csv::Reader::from_reader(PEOPLE.as_bytes());
    let people = lines.deserialize().collect::<Result<_, _>>();
    people.context("the people of the demo cannot be read")
}

impl Person {
    /// Whether they are in the group.
    pub fn belongs_to(&self, title: &str) -> bool {
        self.groups.split(';').any(|group| group == title)
    }

    /// Whether it is a company, a foundation, a parish.
    pub fn is_organization(&self) -> bool {
        self.kind == "organization"
    }

    /// The contact they make.
    pub fn draft(&self) -> anyhow::Result<ContactDraft> {
        let emails: anyhow::Result<Vec<EmailDraft>> = self.emails.split_whitespace().map(email).collect();
        let phones = self.phones.split(';').filter(|number| !number.is_empty()).map(phone);
        let mut draft = ContactDraft {
            details: self.details()?,
            emails: emails?,
            phones: phones.collect(),
            addresses: self.address().into_iter().collect(),
            ..ContactDraft::default()
        };
        draft.settle_primaries();
        Ok(draft)
    }

    fn details(&self) -> anyhow::Result<Details> {
        let contact_type = ContactType::parse(&self.kind).ok_or_else(|| anyhow!("no contact is a {}", self.kind))?;
        let name_of = |kind| {
            if contact_type == kind {
                self.name.clone()
            } else {
                String::new()
            }
        };
        Ok(Details {
            contact_type,
            prefix: self.prefix.clone(),
            first_name: self.first.clone(),
            last_name: self.last.clone(),
            organization_name: name_of(ContactType::Organization),
            household_name: name_of(ContactType::Household),
            job_title: self.job.clone(),
            birth_date: self.born,
            preferred_language: self.language.clone(),
            source: self.source.clone(),
            privacy: self.privacy(),
            ..Details::default()
        })
    }

    fn privacy(&self) -> Privacy {
        let says = |fact: &str| self.facts.split(';').any(|said| said == fact);
        Privacy {
            do_not_email: says("do not email"),
            do_not_phone: says("do not phone"),
            do_not_mail: says("do not mail"),
            do_not_sms: says("do not sms"),
            do_not_trade: says("do not trade"),
            is_opt_out: says("no bulk"),
        }
    }

    fn address(&self) -> Option<Address> {
        let is_business = self.is_organization();
        let address = Address {
            location_type: if is_business { "Work" } else { "Home" }.into(),
            street_address: self.street.clone(),
            city: self.city.clone(),
            province: self.province.clone(),
            postal_code: self.postal.clone(),
            country: "Canada".into(),
            ..Address::default()
        };
        (!self.street.is_empty()).then_some(address)
    }
}

/// The address of a mailbox.
pub fn address(mailbox: &str) -> anyhow::Result<EmailAddress> {
    EmailAddress::parse(&format!("{mailbox}@{DOMAIN}")).map_err(|_| anyhow!("{mailbox} is no mailbox"))
}

fn email(written: &str) -> anyhow::Result<EmailDraft> {
    let bulk = written.strip_prefix("bulk:");
    let mut email = EmailDraft::new(address(bulk.unwrap_or(written))?);
    email.is_bulk_mail = bulk.is_some();
    Ok(email)
}

fn phone(written: &str) -> Phone {
    match written.strip_prefix("m:") {
        Some(number) => Phone {
            phone_type: "Mobile".into(),
            ..Phone::new(number)
        },
        None => Phone::new(written),
    }
}
