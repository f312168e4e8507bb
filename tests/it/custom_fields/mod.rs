//! Custom fields through the pages: defining them, filling them in, and everything that a value goes through.

mod batches;
mod defining;
mod files;
mod lists;
mod seen;
mod values;

use crate::support::browserless::Answer;
use crate::support::office::{Office, changed_fields, person, send};
use dms::base::{Actor, ContactId, CustomFieldId};
use dms::crm::contacts;
use dms::crm::custom_fields::actions::{self, Definition};
use dms::crm::custom_fields::{CustomField, CustomFields, CustomValue, Kind, Record, store};

impl Office {
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

    /// What the last line of a contact's Change Log says of its fields: "Level: Gold → Silver".
    async fn last_changes(&self, id: ContactId) -> Vec<String> {
        let log = self.log(id).await;
        changed_fields(log.first().unwrap())
    }

    /// Sends the form of a page as it stands there, with some fields typed anew.
    async fn send(&self, path: &str, typed: &[(&str, &str)]) -> Answer {
        let page = self.ada.get(path).await;
        send(&self.ada, path, &page.filled(typed)).await
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
