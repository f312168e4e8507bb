//! The list of custom fields: their order, and whether they are in use.

use super::super::actions;
use super::super::model::{CustomField, Record};
use super::super::store;
use super::{FieldPath, Pairs};
use crate::accounts::Member;
use crate::web::{self, Answer, Flash, Page, PageError};
use actix_web::web::Form;
use askama::Template;

#[derive(Template)]
#[template(path = "custom_fields/list.html")]
struct ListPage {
    page: Page,
    sections: Vec<Section>,
}

/// The fields of one record.
struct Section {
    record: Record,
    title: &'static str,
    what_for: &'static str,
    rows: Vec<Row>,
}

struct Row {
    field: CustomField,
    whom: String,
    /// Records that have a value.
    values: i64,
}

impl Row {
    fn can_be_deleted(&self) -> bool {
        self.values == 0
    }
}

/// `GET /o/{organization}/custom-fields`
pub async fn show(member: Member) -> Answer {
    let (fields, counts) = member
        .read(|tx| Ok::<_, PageError>((store::all(tx)?, store::use_counts(tx)?)))
        .await?;
    let rows = |record: Record| {
        let of_it = fields.all().iter().filter(|field| field.record == record);
        let rows = of_it.map(|field| Row {
            whom: whom(field),
            values: counts.get(&field.id).copied().unwrap_or(0),
            field: field.clone(),
        });
        rows.collect()
    };
    web::show(ListPage {
        page: member.page("settings"),
        sections: vec![
            Section {
                record: Record::Contact,
                title: "On contacts",
                what_for: "Such as a shirt size, a member number, or how somebody likes to be thanked.",
                rows: rows(Record::Contact),
            },
            Section {
                record: Record::Contribution,
                title: "On contributions",
                what_for: "Such as the table at the gala, a grant number, or whether a matching gift was asked for.",
                rows: rows(Record::Contribution),
            },
        ],
    })
}

/// "Individuals and households"
fn whom(field: &CustomField) -> String {
    match (field.for_individuals, field.for_organizations, field.for_households) {
        (true, true, true) => "All contacts",
        (true, true, false) => "Individuals and organizations",
        (true, false, true) => "Individuals and households",
        (false, true, true) => "Organizations and households",
        (true, false, false) => "Individuals",
        (false, true, false) => "Organizations",
        (false, false, _) => "Households",
    }
    .into()
}

/// `POST /o/{organization}/custom-fields/{field}/move`: `way` = `up` or `down`.
pub async fn move_one(member: Member, path: FieldPath, sent: Form<Pairs>) -> Answer {
    let id = path.1;
    let up = sent.iter().any(|(name, value)| name == "way" && value == "up");
    member.write(move |tx| actions::move_one(tx, id, up)).await?;
    Ok(member.redirect("custom-fields"))
}

/// `POST /o/{organization}/custom-fields/{field}/retire`
pub async fn retire(member: Member, path: FieldPath) -> Answer {
    let id = path.1;
    member.write(move |tx| actions::retire(tx, id, true)).await?;
    member.say(
        Flash::success("The field has been retired.")
            .with("It is no longer shown. Its values stay; bring it back to see them."),
    );
    Ok(member.redirect("custom-fields"))
}

/// `POST /o/{organization}/custom-fields/{field}/bring-back`
pub async fn bring_back(member: Member, path: FieldPath) -> Answer {
    let id = path.1;
    member.write(move |tx| actions::retire(tx, id, false)).await?;
    member.say(Flash::success("The field is back, with its values."));
    Ok(member.redirect("custom-fields"))
}
