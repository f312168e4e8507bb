//! Beginning a batch with what was counted beforehand, and throwing a draft away.

use super::super::actions::{self, NewBatch};
use super::super::model::ROWS_MAX;
use super::super::store;
use super::BatchPath;
use crate::accounts::Member;
use crate::accounts::model::required;
use crate::base::{Currency, Money};
use crate::crm::undoable;
use crate::web::{self, Answer, Choice, Field, Flash, Page, PageError, long_text};
use actix_web::http::StatusCode;
use actix_web::web::Form;
use askama::Template;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "batches/new.html")]
struct NewPage {
    page: Page,
    name: Field,
    description: Field,
    control_count: Field,
    control_total: Field,
    currencies: Vec<Choice>,
}

/// What was typed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    name: String,
    description: String,
    control_count: String,
    control_total: String,
    currency: String,
}

/// `GET /o/{organization}/batches/new`: the name is made of a number and the day.
pub async fn show(member: Member) -> Answer {
    let count = member.read(|tx| Ok::<_, PageError>(store::count(tx)?)).await?;
    let name = format!("Batch {}, {}", count + 1, member.today().format("%b %-d, %Y"));
    web::show(NewPage {
        page: member.page("contributions"),
        name: Field::holding(name),
        description: Field::default(),
        control_count: Field::default(),
        control_total: Field::default(),
        currencies: Choice::list(Currency::OFFERED.map(|one| (one, one)), "CAD"),
    })
}

/// `POST /o/{organization}/batches/new`
pub async fn create(member: Member, typed: Form<Typed>) -> Answer {
    let currency = Currency::parse(&typed.currency).unwrap_or(Currency::CAD);
    let (name, read_name) = Field::read(&typed.name, |typed| required(typed, "Give the batch a name."));
    let (description, read_description) = Field::read(&typed.description, long_text);
    let (control_count, count) = Field::read(&typed.control_count, items);
    let (control_total, total) = Field::read(&typed.control_total, |typed| positive(typed, currency));
    let (Some(name_read), Some(description_read), Some(count), Some(total)) =
        (read_name, read_description, count, total)
    else {
        let page = NewPage {
            page: member.page("contributions"),
            name,
            description,
            control_count,
            control_total,
            currencies: Choice::list(Currency::OFFERED.map(|one| (one, one)), currency.code()),
        };
        return web::show_with(StatusCode::UNPROCESSABLE_ENTITY, page);
    };
    let new = NewBatch {
        name: name_read,
        description: description_read,
        control_count: count,
        control_total: total,
    };
    let id = member
        .write(move |tx| Ok::<_, PageError>(actions::create(tx, &new)?))
        .await?;
    Ok(member.redirect(&format!("batches/{id}")))
}

fn items(typed: &str) -> Result<i32, &'static str> {
    match typed.trim().parse::<i32>() {
        Ok(count) if count >= 1 && usize::try_from(count).is_ok_and(|count| count <= ROWS_MAX) => Ok(count),
        Ok(count) if count > 1 => Err("A batch may have up to 200 gifts. Make two of a larger pile."),
        _ => Err("Write how many gifts the pile has."),
    }
}

fn positive(typed: &str, currency: Currency) -> Result<Money, &'static str> {
    match Money::parse(typed, currency)? {
        total if total.minor > 0 => Ok(total),
        _ => Err("Write what the pile adds up to."),
    }
}

/// `POST /o/{organization}/batches/{batch}/delete`
pub async fn delete(member: Member, path: BatchPath) -> Answer {
    let id = path.1;
    let (name, step) = member
        .step(&undoable::BATCH, id.0, move |tx| actions::delete(tx, id))
        .await?;
    let said = format!("The draft “{name}” was thrown away. Nothing of it was posted.");
    member.say_done(Flash::success(said), step);
    Ok(member.redirect("batches"))
}
