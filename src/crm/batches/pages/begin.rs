//! Beginning a batch with what was counted beforehand, correcting that, and throwing a draft away.

use super::super::actions::{self, NewBatch};
use super::super::model::{Batch, ROWS_MAX};
use super::super::store;
use super::BatchPath;
use crate::accounts::Member;
use crate::accounts::model::required;
use crate::base::{BatchId, Currency, Money};
use crate::crm::undoable;
use crate::web::{self, Answer, Began, Choice, Field, Flash, Page, PageError, long_text};
use actix_web::http::StatusCode;
use actix_web::web::Form;
use askama::Template;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "batches/new.html")]
struct NewPage {
    page: Page,
    /// `None` for a new one.
    batch: Option<BatchId>,
    began: Began,
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
    began_with: String,
}

/// `GET /o/{organization}/batches/new`: the name is made of a number and the day.
pub async fn show(member: Member) -> Answer {
    let count = member.read(|tx| Ok::<_, PageError>(store::count(tx)?)).await?;
    let name = format!("Batch {}, {}", count + 1, member.today().format("%b %-d, %Y"));
    let fields = [
        Field::holding(name),
        Field::default(),
        Field::default(),
        Field::default(),
    ];
    web::show(page(&member, None, fields, Began::default(), "CAD"))
}

/// `POST /o/{organization}/batches/new`
pub async fn create(member: Member, typed: Form<Typed>) -> Answer {
    let new = match typed.read() {
        Ok(new) => new,
        Err(fields) => {
            let page = page(&member, None, *fields, Began::default(), &typed.currency);
            return web::show_with(StatusCode::UNPROCESSABLE_ENTITY, page);
        }
    };
    let id = member
        .write(move |tx| Ok::<_, PageError>(actions::create(tx, &new)?))
        .await?;
    Ok(member.redirect(&format!("batches/{id}")))
}

/// The fields of the form, in their order.
type Fields = [Field; 4];

impl Typed {
    fn of(batch: &Batch) -> Self {
        Self {
            name: batch.name.clone(),
            description: batch.description.clone(),
            control_count: batch.control_count.to_string(),
            control_total: batch.control_total().digits(),
            currency: batch.currency.to_string(),
            began_with: String::new(),
        }
    }

    fn fields(&self) -> Fields {
        [&self.name, &self.description, &self.control_count, &self.control_total].map(Field::holding)
    }

    /// The head of the batch, or the fields with what is wrong.
    fn read(&self) -> Result<NewBatch, Box<Fields>> {
        let currency = Currency::parse(&self.currency).unwrap_or(Currency::CAD);
        let (name, read_name) = Field::read(&self.name, |typed| required(typed, "Give the batch a name."));
        let (description, read_description) = Field::read(&self.description, long_text);
        let (control_count, count) = Field::read(&self.control_count, items);
        let (control_total, total) = Field::read(&self.control_total, |typed| positive(typed, currency));
        match (read_name, read_description, count, total) {
            (Some(name), Some(description), Some(count), Some(total)) => Ok(NewBatch {
                name,
                description,
                control_count: count,
                control_total: total,
            }),
            _ => Err(Box::new([name, description, control_count, control_total])),
        }
    }
}

fn page(member: &Member, batch: Option<BatchId>, fields: Fields, began: Began, currency: &str) -> NewPage {
    let [name, description, control_count, control_total] = fields;
    let mut currencies: Vec<String> = Currency::OFFERED.map(|one| one.to_string()).into();
    if Currency::parse(currency).is_some() && !currencies.iter().any(|one| one == currency) {
        currencies.push(currency.to_owned());
    }
    NewPage {
        page: member.page("contributions"),
        batch,
        began,
        name,
        description,
        control_count,
        control_total,
        currencies: Choice::list(currencies.iter().map(|one| (one, one)), currency),
    }
}

/// What a form can change about a batch.
fn head(batch: &Batch) -> NewBatch {
    NewBatch {
        name: batch.name.clone(),
        description: batch.description.clone(),
        control_count: batch.control_count,
        control_total: batch.control_total(),
    }
}

/// `GET /o/{organization}/batches/{batch}/edit`: name, description and what was counted, of a draft.
pub async fn edit(member: Member, path: BatchPath) -> Answer {
    let id = path.1;
    let batch = member
        .read(move |tx| store::find(tx, id)?.ok_or(PageError::NotFound))
        .await?;
    if batch.is_posted {
        return Err(actions::already_posted());
    }
    let typed = Typed::of(&batch);
    let began = Began::with(&head(&batch));
    web::show(page(&member, Some(id), typed.fields(), began, &typed.currency))
}

/// `POST /o/{organization}/batches/{batch}/edit`
pub async fn save(member: Member, path: BatchPath, typed: Form<Typed>) -> Answer {
    let id = path.1;
    let began = Began::sent(&typed.began_with);
    let new = match typed.read() {
        Ok(new) => new,
        Err(fields) => {
            let page = page(&member, Some(id), *fields, began, &typed.currency);
            return web::show_with(StatusCode::UNPROCESSABLE_ENTITY, page);
        }
    };
    let (saved, step) = member
        .step(&undoable::BATCH, id.0, move |tx| {
            let is = store::locked(tx, id)?;
            if is.is_posted {
                return Err(actions::already_posted());
            }
            Ok(match began.misses(&head(&is), &new) {
                true => Err(is),
                false => Ok(actions::change(tx, id, &new)?),
            })
        })
        .await?;
    match saved {
        Err(is) => {
            let page = page(
                &member,
                Some(id),
                typed.fields(),
                Began::again(&head(&is)),
                &typed.currency,
            );
            web::show_with(StatusCode::UNPROCESSABLE_ENTITY, page)
        }
        Ok(()) => {
            member.say_done(Flash::success("The batch was changed."), step);
            Ok(member.redirect(&format!("batches/{id}")))
        }
    }
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
