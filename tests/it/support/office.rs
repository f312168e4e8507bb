//! An organization at work, with the words in which tests speak of its records. Each room's tests add words of their own.

use super::browser::Browser;
use super::browserless::{Answer, Browserless};
use super::world::World;
use diesel::prelude::*;
use dms::base::{Actor, ContactId, StaffId};
use dms::changelog::{self, Change, ChangeFilter};
use dms::crm::contacts::{self, Contact, ContactDraft, ContactType};
use dms::db::OrgTx;
use dms::db::schema::due_contacts;

/// The organization, and the one who signed it up.
pub struct Office {
    pub world: World,
    pub ada: Browserless,
}

impl Office {
    pub async fn open() -> Self {
        let world = World::start().await;
        let ada = world.sign_up("Riverside", "Ada Lem", "ada@riverside.test").await;
        Self { world, ada }
    }

    /// Changes something as Ada, past the pages.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut OrgTx<'_>) -> anyhow::Result<T> + Send + 'static,
    ) -> T {
        let actor = Actor::Staff {
            id: StaffId(1),
            name: "Ada Lem".into(),
        };
        let written = self.world.db().write(self.ada.organization_id(), actor, work).await;
        written.unwrap()
    }

    pub async fn add(&self, draft: ContactDraft) -> ContactId {
        self.write(move |tx| Ok(contacts::actions::add(tx, &draft)?)).await
    }

    pub async fn add_all(&self, drafts: Vec<ContactDraft>) -> Vec<ContactId> {
        self.write(move |tx| Ok(contacts::actions::add_many(tx, &drafts)?))
            .await
    }

    pub async fn contact(&self, id: ContactId) -> Contact {
        self.write(move |tx| Ok(contacts::store::find(tx, id)?)).await.unwrap()
    }

    /// Puts somebody into the trash.
    pub async fn trash(&self, id: ContactId) {
        self.write(move |tx| Ok(contacts::actions::trash(tx, &[id], "")?)).await;
    }

    /// Whether the contact was due for the sync; it no longer is.
    pub async fn takes_the_due_mark(&self, id: ContactId) -> bool {
        self.write(move |tx| {
            let mine = due_contacts::organization_id
                .eq(tx.organization().0)
                .and(due_contacts::contact_id.eq(id.0));
            Ok(diesel::delete(due_contacts::table.filter(mine)).execute(&mut **tx)? == 1)
        })
        .await
    }

    /// The contact's Change Log, the newest line first.
    pub async fn log(&self, id: ContactId) -> Vec<Change> {
        let filter = ChangeFilter {
            contact: Some(id),
            ..ChangeFilter::default()
        };
        self.write(move |tx| Ok(changelog::list(tx, &filter, 0, 100)?)).await
    }

    /// The same in words.
    pub async fn told(&self, id: ContactId) -> Vec<String> {
        self.log(id).await.iter().map(in_words).collect()
    }

    /// A browser at work as Ada, and where it finds the application.
    pub async fn browser(&self) -> Option<(Browser, String)> {
        let browser = Browser::open().await?;
        let origin = format!("http://{}", self.world.address());
        browser.sign_in(&origin, "ada@riverside.test").await;
        Some((browser, origin))
    }
}

/// "Note changed (Note: Likes tea. → Likes coffee.)"
pub fn in_words(change: &Change) -> String {
    let fields = changed_fields(change);
    match fields.is_empty() {
        true => change.what.clone(),
        false => format!("{} ({})", change.what, fields.join("; ")),
    }
}

/// What a line says of each field: "Level: Gold → Silver".
pub fn changed_fields(change: &Change) -> Vec<String> {
    let fields = change.fields.iter();
    fields
        .map(|field| format!("{}: {} → {}", field.field, field.old, field.new))
        .collect()
}

pub fn person(first: &str, last: &str) -> ContactDraft {
    let mut draft = ContactDraft::default();
    draft.details.first_name = first.into();
    draft.details.last_name = last.into();
    draft
}

pub fn organization(name: &str) -> ContactDraft {
    let mut draft = ContactDraft::default();
    draft.details.contact_type = ContactType::Organization;
    draft.details.organization_name = name.into();
    draft
}

/// Sends the fields of a form that was `filled`.
pub async fn send(who: &Browserless, path: &str, fields: &[(String, String)]) -> Answer {
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    who.post(path, &fields).await
}
