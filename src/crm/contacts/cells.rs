//! What contacts have in chosen columns, for some of them at a time: a page of the list, a piece of a file. Only what the
//! columns speak of is read.

use super::columns::{Cell, Column, Known};
use super::model::{Address, Contact, ContactType, language_name};
use super::store::{self, lists};
use crate::base::{ContactId, Currency, Money};
use crate::crm::custom_fields::CustomFields;
use crate::db::OrgTx;
use crate::db::schema::{contact_tags, giving_totals, group_contacts, groups, tags};
use chrono::NaiveDate;
use diesel::prelude::*;
use std::collections::HashMap;

/// The cells of these contacts, in the order of the columns.
pub fn cells(
    tx: &mut OrgTx<'_>,
    ids: &[ContactId],
    columns: &[Column],
    custom: &CustomFields,
) -> QueryResult<HashMap<ContactId, Vec<Cell>>> {
    let asks = |known: &[Known]| {
        let is_one = |column: &Column| matches!(column, Column::Known(one) if known.contains(one));
        columns.iter().any(is_one)
    };
    let mut groups = match asks(&[Known::Groups]) {
        true => lists(groups_of(tx, ids)?),
        false => HashMap::new(),
    };
    let mut tags = match asks(&[Known::Tags]) {
        true => lists(tags_of(tx, ids)?),
        false => HashMap::new(),
    };
    let giving = [
        Known::TotalGiven,
        Known::Contributions,
        Known::LargestContribution,
        Known::FirstContribution,
        Known::LastContribution,
    ];
    let mut gave = match asks(&giving) {
        true => lists(totals_of(tx, ids)?),
        false => HashMap::new(),
    };
    let all = store::find_all(tx, ids)?.into_iter().map(|contact| {
        let of = Of {
            groups: groups.remove(&contact.id).unwrap_or_default(),
            tags: tags.remove(&contact.id).unwrap_or_default(),
            gave: gave.remove(&contact.id).unwrap_or_default(),
            contact,
        };
        let cells = columns.iter().map(|column| of.cell(*column, custom));
        (of.contact.id, cells.collect())
    });
    Ok(all.collect())
}

/// A contact with what hangs on it.
struct Of {
    contact: Contact,
    groups: Vec<String>,
    tags: Vec<String>,
    gave: Vec<Gave>,
}

/// What somebody gave in one currency.
struct Gave {
    currency: Currency,
    contributions: i32,
    total: i64,
    largest: i64,
    first_on: NaiveDate,
    last_on: NaiveDate,
}

impl Of {
    fn cell(&self, column: Column, custom: &CustomFields) -> Cell {
        match column {
            Column::Known(known) => self.known(known),
            Column::Custom(id) => {
                let value = self.contact.details.custom.get(id);
                Cell::Custom {
                    shown: custom.words(id, &self.contact.details.custom),
                    filed: custom.get(id).map(|field| field.cell(value)).unwrap_or_default(),
                }
            }
        }
    }

    fn known(&self, known: Known) -> Cell {
        let of = &self.contact.details;
        let day = |day: Option<NaiveDate>| day.map_or(Cell::Text(String::new()), Cell::Day);
        let money = |minor: fn(&Gave) -> i64| {
            let all = self.gave.iter().map(|gave| Money::new(minor(gave), gave.currency));
            Cell::Money(all.collect())
        };
        let text = |text: &str| Cell::Text(text.to_owned());
        match known {
            Known::City => self.of_address(|address| &address.city),
            Known::Province => self.of_address(|address| &address.province),
            Known::StreetAddress => self.of_address(|address| &address.street_address),
            Known::PostalCode => self.of_address(|address| &address.postal_code),
            Known::Country => self.of_address(|address| &address.country),
            Known::Phone => {
                let phone = self.contact.phones.iter().find(|phone| phone.is_primary);
                text(phone.map_or("", |phone| phone.number.as_str()))
            }
            Known::Email => {
                let email = self.contact.emails.iter().find(|email| email.is_primary);
                text(email.map_or("", |email| email.address.as_typed()))
            }
            Known::DateCreated => Cell::Moment(self.contact.created_at),
            Known::LastModified => Cell::Moment(self.contact.modified_at),
            Known::ContactType => text(ContactType::label(of.contact_type)),
            Known::ContactSubtype => text(&of.contact_subtype),
            Known::FirstName => text(&of.first_name),
            Known::LastName => text(&of.last_name),
            Known::JobTitle => text(&of.job_title),
            Known::PreferredLanguage => text(language_name(&of.preferred_language)),
            Known::Privacy => {
                let set = of.privacy.flags().into_iter().filter(|(_, _, is_set)| *is_set);
                Cell::List(set.map(|(_, label, _)| label.to_owned()).collect())
            }
            Known::BirthDate => day(of.birth_date),
            Known::Source => text(&of.source),
            Known::ExternalIdentifier => text(of.external_identifier.as_deref().unwrap_or_default()),
            Known::Groups => Cell::List(self.groups.clone()),
            Known::Tags => Cell::List(self.tags.clone()),
            Known::TotalGiven => money(|gave| gave.total),
            Known::LargestContribution => money(|gave| gave.largest),
            Known::Contributions => Cell::Number(self.gave.iter().map(|gave| i64::from(gave.contributions)).sum()),
            Known::FirstContribution => day(self.gave.iter().map(|gave| gave.first_on).min()),
            Known::LastContribution => day(self.gave.iter().map(|gave| gave.last_on).max()),
        }
    }

    fn of_address(&self, part: fn(&Address) -> &String) -> Cell {
        let address = self.contact.addresses.iter().find(|address| address.is_primary);
        Cell::Text(address.map(|address| part(address).clone()).unwrap_or_default())
    }
}

fn groups_of(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<Vec<(ContactId, String)>> {
    let of_group = groups::organization_id
        .eq(group_contacts::organization_id)
        .and(groups::id.eq(group_contacts::group_id));
    group_contacts::table
        .inner_join(groups::table.on(of_group))
        .filter(group_contacts::organization_id.eq(tx.organization()))
        .filter(group_contacts::contact_id.eq_any(ids))
        .filter(group_contacts::status.ne("Removed"))
        .order((groups::title, groups::id))
        .select((group_contacts::contact_id, groups::title))
        .load(&mut **tx)
}

fn tags_of(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<Vec<(ContactId, String)>> {
    let of_tag = tags::organization_id
        .eq(contact_tags::organization_id)
        .and(tags::id.eq(contact_tags::tag_id));
    contact_tags::table
        .inner_join(tags::table.on(of_tag))
        .filter(contact_tags::organization_id.eq(tx.organization()))
        .filter(contact_tags::contact_id.eq_any(ids))
        .order((tags::name, tags::id))
        .select((contact_tags::contact_id, tags::name))
        .load(&mut **tx)
}

fn totals_of(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<Vec<(ContactId, Gave)>> {
    type Row = (ContactId, Currency, i32, i64, i64, NaiveDate, NaiveDate);
    let rows: Vec<Row> = giving_totals::table
        .filter(giving_totals::organization_id.eq(tx.organization()))
        .filter(giving_totals::contact_id.eq_any(ids))
        .order(giving_totals::currency)
        .select((
            giving_totals::contact_id,
            giving_totals::currency,
            giving_totals::contributions,
            giving_totals::total,
            giving_totals::largest,
            giving_totals::first_on,
            giving_totals::last_on,
        ))
        .load(&mut **tx)?;
    let gave = |(contact, currency, contributions, total, largest, first_on, last_on): Row| {
        let gave = Gave {
            currency,
            contributions,
            total,
            largest,
            first_on,
            last_on,
        };
        (contact, gave)
    };
    Ok(rows.into_iter().map(gave).collect())
}
