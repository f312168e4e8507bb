//! Everything about a contact that can be asked, loaded once, so that criteria can be judged without a database: for the page
//! that says which condition decides, and for the tests that hold the SQL to it.

use super::super::model::Contact;
use super::super::store;
use crate::base::ContactId;
use crate::db::OrgTx;
use crate::db::schema::group_contacts;
use diesel::prelude::*;
use std::collections::{BTreeSet, HashMap};

/// A contact with what hangs on it.
#[derive(Clone, Debug)]
pub struct Facts {
    pub contact: Contact,
    /// The groups the contact belongs to now.
    pub groups: BTreeSet<i64>,
}

impl Facts {
    /// The facts of these contacts, in the order of their ids.
    pub fn load(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<Vec<Self>> {
        let mut groups = groups_of(tx, ids)?;
        let contacts = store::find_all(tx, ids)?;
        Ok(contacts
            .into_iter()
            .map(|contact| Self {
                groups: groups.remove(&contact.id).unwrap_or_default(),
                contact,
            })
            .collect())
    }
}

fn groups_of(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<HashMap<ContactId, BTreeSet<i64>>> {
    let rows: Vec<(ContactId, i64)> = group_contacts::table
        .filter(group_contacts::organization_id.eq(tx.organization()))
        .filter(group_contacts::contact_id.eq_any(ids))
        .filter(group_contacts::status.ne("Removed"))
        .select((group_contacts::contact_id, group_contacts::group_id))
        .load(&mut **tx)?;
    let mut groups: HashMap<ContactId, BTreeSet<i64>> = HashMap::new();
    for (contact, group) in rows {
        groups.entry(contact).or_default().insert(group);
    }
    Ok(groups)
}
