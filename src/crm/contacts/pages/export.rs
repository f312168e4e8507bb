//! The chosen contacts as a CSV file that a spreadsheet opens, with the columns the import knows.

use super::Pairs;
use crate::accounts::Member;
use crate::base::{ContactId, StaffId};
use crate::crm::contacts::cells;
use crate::crm::contacts::columns::{self, Cell, Column, Known};
use crate::crm::contacts::model::{Contact, ContactType};
use crate::crm::contacts::search::{self, Selection};
use crate::crm::contacts::store;
use crate::crm::custom_fields::{self, CustomFields, Record};
use crate::db::OrgTx;
use crate::web::{Answer, Download, Flash, PageError, csv_cell};
use actix_web::web::Form;
use diesel::QueryResult;
use std::io::Write;

/// Contacts read at a time.
const CHUNK: usize = 1_000;
/// The number of a contact here. Not "Contact ID": in files from elsewhere that is the number they had there, which is our External
/// Identifier.
const DMS_NUMBER: &str = "DMS Number";
/// The first columns of every row.
const FACTS: [&str; 27] = [
    DMS_NUMBER,
    "External Identifier",
    "Contact Type",
    "Contact Subtype",
    "Sort Name",
    "Display Name",
    "Prefix",
    "First Name",
    "Middle Name",
    "Last Name",
    "Suffix",
    "Organization Name",
    "Household Name",
    "Job Title",
    "Gender",
    "Birth Date",
    "Deceased",
    "Preferred Language",
    "Contact Source",
    "Do Not Email",
    "No Bulk Emails (User Opt Out)",
    "Do Not Phone",
    "Do Not Mail",
    "Do Not SMS",
    "Do Not Trade",
    "Date Created",
    "Last Modified",
];

/// `POST /o/{organization}/contacts/export`
pub async fn download(member: Member, form: Form<Pairs>) -> Answer {
    let selection = Selection::of(&form);
    let only_shown = form.iter().any(|(name, value)| name == "columns" && value == "shown");
    let by = member.person().staff.id;
    let zone = member.organization.time_zone;
    let (file, today) = member
        .read(move |tx| {
            let ids = search::select(tx, &selection)?;
            let custom = custom_fields::store::of(tx, Record::Contact)?;
            let file = match (ids.is_empty(), only_shown) {
                (true, _) => None,
                (false, true) => Some(csv_of_shown(tx, &ids, by, &custom)?),
                (false, false) => Some(csv_of(tx, &ids, &custom)?),
            };
            Ok::<_, PageError>((file, tx.now().with_timezone(&zone).date_naive()))
        })
        .await?;
    match file {
        Some(file) => file.send(format!("contacts-{today}.csv")),
        None => {
            member.say(Flash::warning("Choose some contacts first, or “All Records”."));
            Ok(member.redirect("contacts"))
        }
    }
}

/// Everything about each.
fn csv_of(tx: &mut OrgTx<'_>, ids: &[ContactId], custom: &CustomFields) -> Result<Download, PageError> {
    let widths = widths(tx, ids)?;
    let labels = custom.offered(Record::Contact).map(|field| field.label.clone());
    let mut file = begin(&[headings(widths), labels.collect()].concat())?;
    for chunk in ids.chunks(CHUNK) {
        for contact in store::find_all(tx, chunk)? {
            let values = &contact.details.custom;
            let own = custom
                .offered(Record::Contact)
                .map(|field| field.cell(values.get(field.id)));
            write(&mut file, &[everything(&contact, widths), own.collect()].concat())?;
        }
    }
    finish(file)
}

/// The columns this person sees in the list, and by what their contacts are known again.
fn csv_of_shown(
    tx: &mut OrgTx<'_>,
    ids: &[ContactId],
    by: StaffId,
    custom: &CustomFields,
) -> Result<Download, PageError> {
    let identifier = Column::Known(Known::ExternalIdentifier);
    let mut columns = columns::chosen(tx, by, custom)?;
    columns.retain(|column| *column != identifier);
    columns.insert(0, identifier);
    // As an import reads it: "Lem, Anne" is the name people are sorted by.
    let mut headings = vec![DMS_NUMBER.to_owned(), "Sort Name".to_owned()];
    headings.extend(columns.iter().map(|column| column.label(custom).to_owned()));
    let mut file = begin(&headings)?;
    for chunk in ids.chunks(CHUNK) {
        let names = store::sort_names(tx, chunk)?;
        let mut found = cells::cells(tx, chunk, &columns, custom)?;
        for id in chunk {
            let mut row = vec![id.to_string(), names.get(id).cloned().unwrap_or_default()];
            row.extend(found.remove(id).unwrap_or_default().iter().map(Cell::filed));
            write(&mut file, &row)?;
        }
    }
    finish(file)
}

fn begin(headings: &[String]) -> Result<csv::Writer<Download>, PageError> {
    let mut file = Download::begin()?;
    // The mark at the beginning tells spreadsheets that accents are UTF-8.
    file.write_all("\u{feff}".as_bytes()).map_err(anyhow::Error::from)?;
    let mut file = csv::Writer::from_writer(file);
    write(&mut file, headings)?;
    Ok(file)
}

fn write(file: &mut csv::Writer<Download>, cells: &[String]) -> Result<(), PageError> {
    let cells = cells.iter().map(|cell| csv_cell(cell).into_owned());
    Ok(file.write_record(cells).map_err(anyhow::Error::from)?)
}

fn finish(file: csv::Writer<Download>) -> Result<Download, PageError> {
    Ok(file.into_inner().map_err(|error| anyhow::anyhow!("{error}"))?)
}

/// How many emails, phones and addresses there are columns for.
fn widths(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<(usize, usize, usize)> {
    let mut most = (0, 0, 0);
    for chunk in ids.chunks(CHUNK) {
        let (emails, phones, addresses) = store::most_entries(tx, chunk)?;
        most = (most.0.max(emails), most.1.max(phones), most.2.max(addresses));
    }
    Ok(most)
}

fn headings((emails, phones, addresses): (usize, usize, usize)) -> Vec<String> {
    let mut headings: Vec<String> = FACTS.map(String::from).into();
    let mut add = |count: usize, names: &[&str]| {
        for at in 0..count {
            headings.extend(names.iter().map(|name| numbered(name, at)));
        }
    };
    add(
        emails,
        &[
            "Email",
            "Email Location",
            "Email Bulk Mail",
            "Email On Hold",
            "Email On Hold Reason",
        ],
    );
    add(phones, &["Phone", "Phone Extension", "Phone Type", "Phone Location"]);
    add(
        addresses,
        &[
            "Address Location",
            "Street Address",
            "Supplemental Address 1",
            "Supplemental Address 2",
            "City",
            "Province",
            "Postal Code",
            "Country",
        ],
    );
    headings
}

/// "Email", "Second Email", "Third Email", "Email 4"
fn numbered(name: &str, at: usize) -> String {
    match at {
        0 => name.into(),
        1 => format!("Second {name}"),
        2 => format!("Third {name}"),
        _ => format!("{name} {}", at + 1),
    }
}

fn everything(contact: &Contact, (emails, phones, addresses): (usize, usize, usize)) -> Vec<String> {
    let mut cells = facts(contact);
    for at in 0..emails {
        cells.extend(match contact.emails.get(at) {
            Some(email) => [
                email.address.as_typed().to_owned(),
                email.location_type.clone(),
                yes_or_no(email.is_bulk_mail),
                yes_or_no(email.on_hold.is_some()),
                email
                    .on_hold
                    .as_ref()
                    .map(|hold| hold.reason.clone())
                    .unwrap_or_default(),
            ],
            None => Default::default(),
        });
    }
    for at in 0..phones {
        let phone = contact.phones.get(at).cloned();
        cells.extend(phone.map_or_else(Default::default, |phone| {
            [phone.number, phone.extension, phone.phone_type, phone.location_type]
        }));
    }
    for at in 0..addresses {
        let address = contact.addresses.get(at).cloned().unwrap_or_default();
        cells.push(address.location_type.clone());
        cells.extend(address.parts().map(String::from));
    }
    cells
}

fn facts(contact: &Contact) -> Vec<String> {
    let of = &contact.details;
    let mut cells = vec![
        contact.id.to_string(),
        of.external_identifier.clone().unwrap_or_default(),
        ContactType::label(of.contact_type).into(),
        of.contact_subtype.clone(),
        contact.sort_name.clone(),
        contact.display_name.clone(),
        of.prefix.clone(),
        of.first_name.clone(),
        of.middle_name.clone(),
        of.last_name.clone(),
        of.suffix.clone(),
        of.organization_name.clone(),
        of.household_name.clone(),
        of.job_title.clone(),
        of.gender.clone(),
        of.birth_date.map(|date| date.to_string()).unwrap_or_default(),
        yes_or_no(of.is_deceased),
        of.preferred_language.clone(),
        of.source.clone(),
    ];
    cells.extend(of.privacy.flags().map(|(_, _, is_set)| yes_or_no(is_set)));
    cells.push(contact.created_at.format("%Y-%m-%d %H:%M:%S UTC").to_string());
    cells.push(contact.modified_at.format("%Y-%m-%d %H:%M:%S UTC").to_string());
    cells
}

fn yes_or_no(is: bool) -> String {
    if is { "Yes" } else { "No" }.into()
}
