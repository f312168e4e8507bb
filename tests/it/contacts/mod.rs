//! Contacts through the pages: adding, finding, changing, exporting, the trash, and the Change Log of all of it.

use crate::support::browserless::Answer;
use crate::support::office::{Office, organization, person, send};
use dms::base::{Actor, ContactId, EmailAddress, Role};
use dms::changelog::Change;
use dms::crm::contacts::actions;
use dms::crm::contacts::{Address, ContactDraft, ContactError, Email, EmailDraft, OnHold, Phone, model};

mod adding;
mod changing;
mod finding;

impl Office {
    /// The names the search finds, in order; the one contact's page counts as its name.
    async fn found(&self, query: &str) -> Vec<String> {
        let asked = serde_urlencoded::to_string([("q", query)]).unwrap();
        let answer = self.ada.get(&format!("search?{asked}")).await;
        let page = self.ada.follow(answer).await;
        match page.texts(".record h1") {
            one if !one.is_empty() => one,
            _ => names(&page),
        }
    }

    async fn testers(&self, count: usize) -> Vec<ContactId> {
        let drafts: Vec<ContactDraft> = (0..count).map(|n| person(&format!("P{n:03}"), "Tester")).collect();
        self.add_all(drafts).await
    }
}

fn names(page: &Answer) -> Vec<String> {
    page.texts("tbody .table__name")
}

fn email(address: &str) -> EmailDraft {
    EmailDraft::new(EmailAddress::parse(address).unwrap())
}

trait With: Sized {
    fn with_email(self, address: &str) -> Self;
    fn with_phone(self, number: &str) -> Self;
    fn with_city(self, city: &str, province: &str) -> Self;
}

impl With for ContactDraft {
    fn with_email(mut self, address: &str) -> Self {
        self.emails.push(email(address));
        self.settle_primaries();
        self
    }

    fn with_phone(mut self, number: &str) -> Self {
        self.phones.push(Phone::new(number));
        self.settle_primaries();
        self
    }

    fn with_city(mut self, city: &str, province: &str) -> Self {
        self.addresses.push(Address {
            location_type: "Home".into(),
            city: city.into(),
            province: province.into(),
            ..Address::default()
        });
        self.settle_primaries();
        self
    }
}

fn fields_of(change: &Change) -> Vec<(&str, &str, &str)> {
    let fields = change.fields.iter();
    fields
        .map(|field| (field.field.as_str(), field.old.as_str(), field.new.as_str()))
        .collect()
}
