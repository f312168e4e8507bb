//! Filters that no field of the list shows, because one comes with them from elsewhere: whose gifts, of which batch, of which
//! series. The page names each, with a way to take it away.

use super::list::at;
use crate::accounts::Member;
use crate::crm::contacts;
use crate::crm::contributions::bulk::{self, Outcome};
use crate::crm::contributions::search::Filter;
use crate::crm::contributions::{recurring, store};
use crate::db::OrgTx;
use diesel::QueryResult;

/// A filter as it is named above the list.
pub struct Narrowed {
    /// "Only what was given by"
    pub words: &'static str,
    /// "Anne Lem"
    pub name: String,
    /// Where it can be seen, within the organization.
    pub path: String,
    without: Filter,
}

impl Narrowed {
    /// Those that a filter has.
    pub fn of(tx: &mut OrgTx<'_>, filter: &Filter) -> QueryResult<Vec<Self>> {
        let mut all = Vec::new();
        let mut add = |words, name: Option<String>, path, without| {
            all.push(Self {
                words,
                name: name.unwrap_or_else(|| "what is not here any more".into()),
                path,
                without,
            });
        };
        if let Some(contact) = filter.contact {
            let mut without = filter.clone();
            without.contact = None;
            let name = contacts::store::name_of(tx, contact)?;
            add(
                "Only what was given by",
                name,
                format!("contacts/{contact}/contributions"),
                without,
            );
        }
        if let Some(credited) = filter.credited {
            let mut without = filter.clone();
            without.credited = None;
            let name = contacts::store::name_of(tx, credited)?;
            let path = format!("contacts/{credited}/contributions");
            add("Only gifts of others credited to", name, path, without);
        }
        if let Some(batch) = filter.batch {
            let mut without = filter.clone();
            without.batch = None;
            let name = store::batch_name(tx, batch)?;
            add("Only what was posted with", name, format!("batches/{batch}"), without);
        }
        if let Some(id) = filter.recurring {
            let mut without = filter.clone();
            without.recurring = None;
            let series = recurring::find(tx, id)?;
            let of = series.as_ref().map(|series| series.is.contact_id);
            let path = of.map_or_else(|| "contributions".into(), |of| format!("contacts/{of}/contributions"));
            let name = series.map(|series| series.is.in_words());
            add("Only what belongs to the recurring contribution", name, path, without);
        }
        if let Some((id, outcome)) = filter.action {
            let mut without = filter.clone();
            without.action = None;
            let words = match outcome {
                Outcome::Changed => "Only what was changed by the bulk action",
                Outcome::Skipped => "Only what was skipped by the bulk action",
                Outcome::Undone => "Only what is as before the bulk action",
                Outcome::Kept => "Only what was not taken back of the bulk action",
            };
            let name = bulk::store::find(tx, id)?.map(|action| action.deed.name());
            add(words, name, format!("contributions/bulk/{id}"), without);
        }
        Ok(all)
    }

    /// The address of the list without it.
    pub fn without(&self, member: &Member) -> String {
        at(member, &self.without, 1)
    }
}
