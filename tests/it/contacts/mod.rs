//! Contacts through the pages: adding, finding, changing, exporting, the trash, and the Change Log of all of it.

use crate::support::browserless::{Answer, Browserless};
use crate::support::world::World;
use diesel::prelude::*;
use dms::base::{Actor, ContactId, EmailAddress, Role};
use dms::changelog::{self, Change, ChangeFilter};
use dms::crm::contacts::actions;
use dms::crm::contacts::store;
use dms::crm::contacts::{
    Address, Contact, ContactDraft, ContactError, ContactType, Email, EmailDraft, OnHold, Phone, model,
};
use dms::db::OrgTx;
use dms::db::schema::due_contacts;

mod adding;
mod changing;
mod finding;

/// An organization at work, with the words tests speak in.
struct Office {
    world: World,
    ada: Browserless,
}

impl Office {
    async fn open() -> Self {
        let world = World::start().await;
        let ada = world.sign_up("Riverside", "Ada Lem", "ada@riverside.test").await;
        Self { world, ada }
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut OrgTx<'_>) -> Result<T, ContactError> + Send + 'static,
    ) -> Result<T, ContactError> {
        let organization = self.ada.organization_id();
        self.world.db().write(organization, Actor::System, work).await
    }

    async fn add(&self, draft: ContactDraft) -> ContactId {
        self.write(move |tx| actions::add(tx, &draft)).await.unwrap()
    }

    async fn contact(&self, id: ContactId) -> Contact {
        let found = self.write(move |tx| Ok(store::find(tx, id)?)).await;
        found.unwrap().unwrap()
    }

    /// Whether the contact was due for the sync; it no longer is.
    async fn takes_the_due_mark(&self, id: ContactId) -> bool {
        let taken = self.write(move |tx| {
            let mine = due_contacts::organization_id
                .eq(tx.organization().0)
                .and(due_contacts::contact_id.eq(id.0));
            Ok(diesel::delete(due_contacts::table.filter(mine)).execute(&mut **tx)?)
        });
        taken.await.unwrap() == 1
    }

    async fn log(&self, id: ContactId) -> Vec<Change> {
        let filter = ChangeFilter {
            contact: Some(id),
            ..ChangeFilter::default()
        };
        self.write(move |tx| Ok(changelog::list(tx, &filter, 0, 100)?))
            .await
            .unwrap()
    }

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

    async fn people(&self, count: usize) -> Vec<ContactId> {
        let drafts: Vec<ContactDraft> = (0..count).map(|n| person(&format!("P{n:03}"), "Tester")).collect();
        self.write(move |tx| actions::add_many(tx, &drafts)).await.unwrap()
    }
}

fn names(page: &Answer) -> Vec<String> {
    page.texts("tbody .table__name")
}

fn person(first: &str, last: &str) -> ContactDraft {
    let mut draft = ContactDraft::default();
    draft.details.first_name = first.into();
    draft.details.last_name = last.into();
    draft
}

fn organization(name: &str) -> ContactDraft {
    let mut draft = ContactDraft::default();
    draft.details.contact_type = ContactType::Organization;
    draft.details.organization_name = name.into();
    draft
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

/// The form as a browser sends it back: every field of the page, with some typed anew.
fn filled(page: &Answer, typed: &[(&str, &str)]) -> Vec<(String, String)> {
    let html = page.html();
    let css = |css: &str| scraper::Selector::parse(css).unwrap();
    let mut fields: Vec<(String, String)> = Vec::new();
    for field in html.select(&css("main form .form input, main form .form select")) {
        let Some(name) = field.value().attr("name") else {
            continue;
        };
        let value = match (field.value().name(), field.value().attr("type")) {
            ("select", _) => field
                .select(&css("option[selected]"))
                .chain(field.select(&css("option")))
                .next()
                .and_then(|option| option.value().attr("value")),
            (_, Some("checkbox" | "radio")) if field.value().attr("checked").is_none() => continue,
            _ => Some(field.value().attr("value").unwrap_or_default()),
        };
        fields.push((name.into(), value.unwrap_or_default().into()));
    }
    for (name, value) in typed {
        fields.retain(|(there, _)| there != name);
        fields.push((name.to_string(), value.to_string()));
    }
    fields
}

async fn send(who: &Browserless, path: &str, fields: &[(String, String)]) -> Answer {
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    who.post(path, &fields).await
}

fn fields_of(change: &Change) -> Vec<(&str, &str, &str)> {
    let fields = change.fields.iter();
    fields
        .map(|field| (field.field.as_str(), field.old.as_str(), field.new.as_str()))
        .collect()
}
