//! Custom fields through the pages: defining them, filling them in, and everything that a value goes through.

mod batches;
mod defining;
mod files;
mod lists;
mod seen;
mod values;

use crate::support::browserless::{Answer, Browserless};
use crate::support::world::World;
use diesel::prelude::*;
use dms::base::{Actor, ContactId, CustomFieldId, StaffId};
use dms::changelog::{self, Change, ChangeFilter};
use dms::crm::contacts::{self, Contact, ContactDraft};
use dms::crm::custom_fields::actions::{self, Definition};
use dms::crm::custom_fields::{CustomField, CustomFields, CustomValue, Kind, Record, store};
use dms::db::OrgTx;
use dms::db::schema::due_contacts;

/// A choir that writes down more than others.
struct Choir {
    world: World,
    ada: Browserless,
}

impl Choir {
    async fn open() -> Self {
        let world = World::start().await;
        let ada = world.sign_up("Choir", "Ada Lem", "ada@choir.test").await;
        Self { world, ada }
    }

    async fn write<T: Send + 'static>(
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

    /// A field for everybody.
    async fn field(&self, record: Record, kind: Kind, label: &str, options: &[&str]) -> CustomFieldId {
        let definition = definition(label, options);
        self.write(move |tx| Ok(actions::add(tx, record, kind, &definition)?))
            .await
    }

    /// A field of each kind, in the order of the kinds, with the kind as its label.
    async fn field_of_each_kind(&self, record: Record) -> Vec<CustomFieldId> {
        let mut ids = Vec::new();
        for kind in Kind::ALL {
            let options: &[&str] = if kind.has_options() {
                &["Gold", "Silver", "Été"]
            } else {
                &[]
            };
            ids.push(self.field(record, *kind, kind.as_str(), options).await);
        }
        ids
    }

    async fn fields(&self) -> CustomFields {
        self.write(|tx| Ok(store::all(tx)?)).await
    }

    async fn one(&self, id: CustomFieldId) -> CustomField {
        self.write(move |tx| Ok(store::find(tx, id)?)).await.unwrap()
    }

    async fn add(&self, draft: ContactDraft) -> ContactId {
        self.write(move |tx| Ok(contacts::actions::add(tx, &draft)?)).await
    }

    async fn contact(&self, id: ContactId) -> Contact {
        self.write(move |tx| Ok(contacts::store::find(tx, id)?)).await.unwrap()
    }

    async fn value(&self, id: ContactId, field: CustomFieldId) -> Option<CustomValue> {
        self.contact(id).await.details.custom.get(field).cloned()
    }

    /// Gives a contact a value in words, as nobody sees it.
    async fn give(&self, id: ContactId, field: CustomFieldId, words: &str) {
        let words = words.to_owned();
        self.write(move |tx| {
            let of = store::find(tx, field)?.unwrap();
            let mut draft = contacts::store::find(tx, id)?.unwrap().draft();
            draft.details.custom.set(field, of.read(&words).unwrap());
            Ok(contacts::actions::change(tx, id, &draft, "")?)
        })
        .await;
    }

    async fn log(&self, id: ContactId) -> Vec<Change> {
        let filter = ChangeFilter {
            contact: Some(id),
            ..ChangeFilter::default()
        };
        self.write(move |tx| Ok(changelog::list(tx, &filter, 0, 100)?)).await
    }

    /// What the last line of a contact's Change Log says of its fields: "Level: Gold → Silver".
    async fn last_changes(&self, id: ContactId) -> Vec<String> {
        let log = self.log(id).await;
        let fields = log.first().unwrap().fields.iter();
        fields
            .map(|change| format!("{}: {} → {}", change.field, change.old, change.new))
            .collect()
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

    /// Sends the form of a page as it stands there, with some fields typed anew.
    async fn send(&self, path: &str, typed: &[(&str, &str)]) -> Answer {
        let page = self.ada.get(path).await;
        let fields = filled(&page, typed);
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        self.ada.post(path, &fields).await
    }
}

fn definition(label: &str, options: &[&str]) -> Definition {
    Definition {
        label: label.into(),
        help: String::new(),
        is_required: false,
        for_individuals: true,
        for_organizations: true,
        for_households: true,
        options: options.iter().map(|option| (None, option.to_string())).collect(),
    }
}

fn person(first: &str, last: &str) -> ContactDraft {
    let mut draft = ContactDraft::default();
    draft.details.first_name = first.into();
    draft.details.last_name = last.into();
    draft
}

/// The form as a browser sends it back: every field of the page, with some typed anew.
fn filled(page: &Answer, typed: &[(&str, &str)]) -> Vec<(String, String)> {
    let html = page.html();
    let css = |css: &str| scraper::Selector::parse(css).unwrap();
    let mut fields: Vec<(String, String)> = Vec::new();
    for field in html.select(&css("main form input, main form select, main form textarea")) {
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
