//! The tabs of a contact through their pages: opportunities, activities, relationships, notes, tags.

use crate::support::browser::Browser;
use crate::support::browserless::{Answer, Browserless};
use crate::support::world::World;
use diesel::prelude::*;
use dms::base::{Actor, ContactId};
use dms::changelog::{self, Change, ChangeFilter};
use dms::crm::contacts::{ContactDraft, ContactType, actions};
use dms::db::OrgTx;
use dms::db::schema::due_contacts;
use dms::web::PageError;

mod activities;
mod meanwhile;
mod notes;
mod opportunities;
mod relationships;
mod seen;
mod tags;

/// An organization at work in Toronto.
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
        work: impl FnOnce(&mut OrgTx<'_>) -> Result<T, PageError> + Send + 'static,
    ) -> T {
        let organization = self.ada.organization_id();
        let written = self.world.db().write(organization, Actor::System, work).await;
        written.unwrap()
    }

    async fn add(&self, draft: ContactDraft) -> ContactId {
        self.write(move |tx| Ok(actions::add(tx, &draft)?)).await
    }

    /// Puts somebody into the trash.
    async fn trash(&self, id: ContactId) {
        self.write(move |tx| Ok(actions::trash(tx, &[id], "")?)).await;
    }

    /// Whether the contact was due for the sync; it no longer is.
    async fn takes_the_due_mark(&self, id: ContactId) -> bool {
        self.write(move |tx| {
            let mine = due_contacts::organization_id
                .eq(tx.organization().0)
                .and(due_contacts::contact_id.eq(id.0));
            Ok(diesel::delete(due_contacts::table.filter(mine)).execute(&mut **tx)? == 1)
        })
        .await
    }

    /// The contact's Change Log in words, the newest line first.
    async fn log(&self, id: ContactId) -> Vec<String> {
        let filter = ChangeFilter {
            contact: Some(id),
            ..ChangeFilter::default()
        };
        let lines = self.write(move |tx| Ok(changelog::list(tx, &filter, 0, 100)?)).await;
        lines.into_iter().map(in_words).collect()
    }

    /// The lines about the organization as a whole, the newest first.
    async fn log_of_all(&self) -> Vec<String> {
        let lines = self
            .write(|tx| Ok(changelog::list(tx, &ChangeFilter::default(), 0, 100)?))
            .await;
        let lines = lines.into_iter().filter(|line| line.contact.is_none());
        lines.map(in_words).collect()
    }

    /// Sends a form that is accepted; the page it leads to.
    async fn done(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let answer = match path.ends_with("/edit") {
            true => self.ada.save(path, fields).await,
            false => self.ada.post(path, fields).await,
        };
        assert_eq!(
            answer.status,
            303,
            "{path}: {}",
            answer.texts(".field__error").join(" ")
        );
        self.ada.follow(answer).await
    }

    /// Sends a form that is refused; what stands at its fields.
    async fn refused(&self, path: &str, fields: &[(&str, &str)]) -> Vec<String> {
        let answer = self.ada.post(path, fields).await;
        assert_eq!(answer.status, 422, "{path}");
        answer.texts(".field__error")
    }

    /// A browser at work as Ada, and where it finds the application.
    async fn browser(&self) -> Option<(Browser, String)> {
        let browser = Browser::open().await?;
        let origin = format!("http://{}", self.world.address());
        browser.sign_in(&origin, "ada@riverside.test").await;
        Some((browser, origin))
    }
}

fn in_words(change: Change) -> String {
    let fields: Vec<String> = change
        .fields
        .iter()
        .map(|field| format!("{}: {} → {}", field.field, field.old, field.new))
        .collect();
    match fields.is_empty() {
        true => change.what,
        false => format!("{} ({})", change.what, fields.join("; ")),
    }
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

/// The number behind a tab's name on a contact's page.
async fn counted(who: &Browserless, contact: ContactId, tab: &str) -> String {
    let page = who.get(&format!("contacts/{contact}")).await;
    let tabs = page.texts("nav[aria-label=Contact] a");
    let tab = tabs.iter().find_map(|text| text.strip_prefix(tab));
    tab.unwrap_or_else(|| panic!("no tab among {tabs:?}")).trim().to_owned()
}
