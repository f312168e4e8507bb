//! The people behind a number, on a page or as a CSV file; and the audience as it was before a link was switched on.

use super::link;
use super::link_new::Chosen;
use crate::accounts::Member;
use crate::base::MappingId;
use crate::db::schema::audience_snapshots;
use crate::sync::preview::{self, Row};
use crate::sync::{ledger, standing};
use crate::web::{self, Answer, Page, PageError, csv_cell};
use actix_web::HttpResponse;
use actix_web::http::header::{ContentDisposition, DispositionParam, DispositionType};
use actix_web::web::{Path, Query};
use askama::Template;
use diesel::prelude::*;
use serde::Deserialize;

/// People shown on the page; the file has all of them.
const PEOPLE_SHOWN: usize = 200;

#[derive(Template)]
#[template(path = "mailchimp/people.html")]
struct PeoplePage {
    page: Page,
    title: String,
    back: String,
    rows: Vec<Row>,
    total: usize,
    file: String,
}

/// Which people, and as what.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Asked {
    class: String,
    standing: String,
    reason: String,
    /// `csv` for a file.
    format: String,
}

/// `GET …/links/preview/people?class=…`
pub async fn of_preview(
    member: Member,
    chosen: Query<Chosen>,
    asked: Query<Asked>,
    request: actix_web::HttpRequest,
) -> Answer {
    let (chosen, word) = (chosen.into_inner(), asked.class.clone());
    let (rows, title) = member
        .read(move |tx| {
            let audience = chosen.audience(tx)?;
            let mapping = chosen.hypothesis(&audience)?;
            let rows = preview::people(tx, &mapping, &word)?;
            let counted = preview::count(tx, &mapping)?;
            let title = counted
                .classes
                .iter()
                .find(|(class, _)| class.word() == word)
                .map(|(class, _)| class.label());
            Ok::<_, PageError>((rows, title.ok_or(PageError::NotFound)?))
        })
        .await?;
    let back = format!("mailchimp/links/preview?{}", request.query_string());
    let file = format!("mailchimp/links/preview/people?{}&format=csv", request.query_string());
    answer(&member, &asked, title, back, file, rows)
}

/// `GET …/links/{link}/people?standing=…&reason=…`
pub async fn of_link(
    member: Member,
    path: Path<(String, MappingId)>,
    asked: Query<Asked>,
    request: actix_web::HttpRequest,
) -> Answer {
    let id = path.1;
    let (kind, reason) = (asked.standing.clone(), asked.reason.clone());
    let rows = member
        .read(move |tx| {
            let link = link(tx, id)?;
            Ok::<_, PageError>(ledger::people(tx, &link.mapping, &kind, &reason)?)
        })
        .await?;
    let rows = rows
        .into_iter()
        .map(|(contact, name, address)| Row {
            contact: Some(contact),
            name,
            address: address.unwrap_or_default(),
        })
        .collect();
    let title = standing::class(standing::read(&asked.standing, &asked.reason)).to_owned();
    let file = format!("mailchimp/links/{id}/people?{}&format=csv", request.query_string());
    answer(&member, &asked, title, format!("mailchimp/links/{id}"), file, rows)
}

fn answer(member: &Member, asked: &Asked, title: String, back: String, file: String, rows: Vec<Row>) -> Answer {
    if asked.format == "csv" {
        return as_file("people.csv", csv_of(&rows)?);
    }
    let total = rows.len();
    let rows = rows.into_iter().take(PEOPLE_SHOWN).collect();
    web::show(PeoplePage {
        page: member.page("mailchimp"),
        title,
        back,
        rows,
        total,
        file,
    })
}

fn csv_of(rows: &[Row]) -> anyhow::Result<String> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(["Contact", "Name", "Email"])?;
    for row in rows {
        let contact = row.contact.map_or_else(String::new, |id| id.to_string());
        out.write_record([contact.as_str(), &csv_cell(&row.name), &csv_cell(&row.address)])?;
    }
    Ok(String::from_utf8(out.into_inner()?)?)
}

fn as_file(name: &str, csv: String) -> Answer {
    let disposition = ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::Filename(name.into())],
    };
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header(disposition)
        .body(csv))
}

/// `GET …/links/{link}/snapshot`: the audience as it was before the link was switched on.
pub async fn snapshot(member: Member, path: Path<(String, MappingId)>) -> Answer {
    let id = path.1;
    let csv: Option<String> = member
        .read(move |tx| {
            let link = link(tx, id)?;
            Ok::<_, PageError>(
                audience_snapshots::table
                    .filter(audience_snapshots::organization_id.eq(tx.organization()))
                    .filter(audience_snapshots::audience_id.eq(link.audience.id))
                    .order(audience_snapshots::id.desc())
                    .select(audience_snapshots::csv)
                    .first(&mut **tx)
                    .optional()?,
            )
        })
        .await?;
    as_file("audience-before.csv", csv.ok_or(PageError::NotFound)?)
}
