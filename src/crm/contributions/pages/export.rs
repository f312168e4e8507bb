//! What the list shows, as a CSV file that a spreadsheet opens, with the columns the import knows.

use super::Pairs;
use crate::accounts::Member;
use crate::base::{ContactId, ContributionId};
use crate::crm::contributions::differences::Names;
use crate::crm::contributions::model::{Contribution, ContributionDraft, Dedication};
use crate::crm::contributions::search::{self, Filter};
use crate::crm::contributions::{soft_credits, store};
use crate::crm::custom_fields::{self, CustomFields, Record};
use crate::db::OrgTx;
use crate::db::schema::{contacts, emails};
use crate::web::{Answer, Download, PageError, csv_cell};
use actix_web::web::Query;
use diesel::prelude::*;
use std::collections::HashMap;
use std::io::Write;

/// Contributions read at a time.
const CHUNK: usize = 1_000;
/// The columns before the organization's own fields.
const FACTS: [&str; 28] = [
    "DMS Number of the contribution",
    "Contribution ID",
    "DMS Number of the contact",
    "External Identifier of the contact",
    "Name",
    "Email",
    "Date Received",
    "Amount",
    "Currency",
    "Fee Amount",
    "Net Amount",
    "Payment Method",
    "Status",
    "Fund",
    "Campaign",
    "Source",
    "Transaction ID",
    "Cheque Number",
    "In-Kind Description",
    "Advantage Amount",
    "Advantage Description",
    "In Honour Of",
    "In Memory Of",
    "Thanked On",
    "Cancelled or Refunded On",
    "Cancelled or Refunded Because",
    "Soft Credits",
    "Note",
];

/// `GET /o/{organization}/contributions/export`, with the filter of the list.
pub async fn download(member: Member, asked: Query<Pairs>) -> Answer {
    let filter = Filter::of(&asked);
    let today = member.today();
    let file = member.read(move |tx| csv_of(tx, &filter)).await?;
    file.send(format!("contributions-{today}.csv"))
}

fn csv_of(tx: &mut OrgTx<'_>, filter: &Filter) -> Result<Download, PageError> {
    let custom = custom_fields::store::of(tx, Record::Contribution)?;
    let ids = search::ids(tx, filter)?;
    let mut file = Download::begin()?;
    // The mark at the beginning tells spreadsheets that accents are UTF-8.
    file.write_all("\u{feff}".as_bytes()).map_err(anyhow::Error::from)?;
    let mut file = csv::Writer::from_writer(file);
    let labels = custom.offered(Record::Contribution).map(|field| field.label.as_str());
    let headings = FACTS.into_iter().chain(labels).map(csv_cell);
    let headings: Vec<_> = headings.collect();
    file.write_record(headings.iter().map(|cell| cell.as_ref()))
        .map_err(anyhow::Error::from)?;
    for chunk in ids.chunks(CHUNK) {
        for row in rows(tx, chunk, &custom)? {
            file.write_record(row.iter().map(|cell| csv_cell(cell).into_owned()))
                .map_err(anyhow::Error::from)?;
        }
    }
    Ok(file.into_inner().map_err(|error| anyhow::anyhow!("{error}"))?)
}

/// Whose a contribution is, as another file may know them.
#[derive(Default)]
struct Contributor {
    identifier: String,
    email: String,
}

fn rows(tx: &mut OrgTx<'_>, ids: &[ContributionId], custom: &CustomFields) -> QueryResult<Vec<Vec<String>>> {
    let found = store::find_all(tx, ids)?;
    let drafts: Vec<ContributionDraft> = found.iter().map(|one| one.is.clone()).collect();
    let names = store::names(tx, &drafts)?;
    let of: Vec<ContactId> = drafts.iter().map(|draft| draft.contact_id).collect();
    let contributors = contributors(tx, &of)?;
    let mut credits = credits(tx, ids)?;
    let none = Contributor::default();
    let mut by_id: HashMap<ContributionId, Vec<String>> = found
        .iter()
        .map(|one| {
            let contributor = contributors.get(&one.is.contact_id).unwrap_or(&none);
            let credits = credits.remove(&one.id).unwrap_or_default();
            (one.id, cells(one, &names, contributor, &credits, custom))
        })
        .collect();
    Ok(ids.iter().filter_map(|id| by_id.remove(id)).collect())
}

fn contributors(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<HashMap<ContactId, Contributor>> {
    let primary = emails::organization_id
        .eq(contacts::organization_id)
        .and(emails::contact_id.eq(contacts::id))
        .and(emails::is_primary);
    let rows: Vec<(ContactId, Option<String>, Option<String>)> = contacts::table
        .left_join(emails::table.on(primary))
        .filter(contacts::organization_id.eq(tx.organization()))
        .filter(contacts::id.eq_any(ids))
        .select((contacts::id, contacts::external_identifier, emails::address.nullable()))
        .load(&mut **tx)?;
    let contributors = rows.into_iter().map(|(id, identifier, email)| {
        let contributor = Contributor {
            identifier: identifier.unwrap_or_default(),
            email: email.unwrap_or_default(),
        };
        (id, contributor)
    });
    Ok(contributors.collect())
}

/// Who is credited with which part of each: "Bob Roy: 40.00 Solicited".
fn credits(tx: &mut OrgTx<'_>, ids: &[ContributionId]) -> QueryResult<HashMap<ContributionId, Vec<String>>> {
    let mut credits: HashMap<ContributionId, Vec<String>> = HashMap::new();
    for credit in soft_credits::of_contributions(tx, ids)? {
        let said = format!("{}: {} {}", credit.name, credit.amount().digits(), credit.credit_type);
        credits.entry(credit.contribution).or_default().push(said);
    }
    Ok(credits)
}

fn cells(
    one: &Contribution,
    names: &Names,
    contributor: &Contributor,
    credits: &[String],
    custom: &CustomFields,
) -> Vec<String> {
    let is = &one.is;
    let honoree = |kind: Dedication| match is.dedication {
        Some(dedication) if dedication == kind => is.honoree_name.clone(),
        _ => String::new(),
    };
    let if_any = |minor: i64, digits: String| if minor == 0 { String::new() } else { digits };
    let mut cells = vec![
        one.id.to_string(),
        is.external_identifier.clone().unwrap_or_default(),
        is.contact_id.to_string(),
        contributor.identifier.clone(),
        names.contacts.get(&is.contact_id).cloned().unwrap_or_default(),
        contributor.email.clone(),
        match is.received_time {
            Some(time) => format!("{} {}", is.received_on, time.format("%H:%M:%S")),
            None => is.received_on.to_string(),
        },
        is.amount().digits(),
        is.currency.to_string(),
        if_any(is.fee, is.fee().digits()),
        if_any(is.fee, is.net().digits()),
        is.payment_method.to_string(),
        is.status.to_string(),
        names.funds.get(&is.fund_id).cloned().unwrap_or_default(),
        is.campaign_id
            .and_then(|id| names.campaigns.get(&id).cloned())
            .unwrap_or_default(),
        is.source.clone(),
        is.transaction_id.clone(),
        is.cheque_number.clone(),
        is.in_kind_description.clone(),
        if_any(is.advantage, is.advantage().digits()),
        is.advantage_description.clone(),
        honoree(Dedication::InHonourOf),
        honoree(Dedication::InMemoryOf),
        is.thanked_on.map(|day| day.to_string()).unwrap_or_default(),
        is.closed_on.map(|day| day.to_string()).unwrap_or_default(),
        is.closed_reason.clone(),
        credits.join("; "),
        is.note.clone(),
    ];
    let own = custom.offered(Record::Contribution);
    cells.extend(own.map(|field| field.cell(is.custom.get(field.id))));
    cells
}
