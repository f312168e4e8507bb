//! From a selection to a started action: which field, which value, what would happen; or one question before the trash.

use super::super::actions;
use super::super::field::Field;
use super::super::model::Deed;
use super::super::preview::{self, ValueCount, Values};
use super::super::target::Target;
use crate::accounts::Member;
use crate::crm::contacts::{self, Selection, Sent, sent_value};
use crate::crm::custom_fields::{self, CustomFields, CustomInput, Record};
use crate::db::OrgTx;
use crate::web::{self, Answer, Choice, Page, PageError};
use actix_web::http::StatusCode;
use askama::Template;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

#[derive(Template)]
#[template(path = "bulk/field.html")]
struct FieldPage {
    page: Page,
    /// Carries the selection on: ids, or the filter of the list.
    selection: Vec<(&'static str, String)>,
    chosen: i64,
    fields: Vec<Choice>,
    /// What is wrong with the choice.
    field: web::Field,
}

#[derive(Template)]
#[template(path = "bulk/value.html")]
struct ValuePage {
    page: Page,
    selection: Vec<(&'static str, String)>,
    field: Target,
    /// What was given, and what is wrong with it.
    value: web::Field,
    choices: Vec<Choice>,
    /// Of a field the organization made.
    inputs: Vec<CustomInput>,
    values: Values,
}

#[derive(Template)]
#[template(path = "bulk/preview.html")]
struct PreviewPage {
    page: Page,
    selection: Vec<(&'static str, String)>,
    field: Target,
    value: String,
    values: Values,
    changing: i64,
}

#[derive(Template)]
#[template(path = "bulk/question.html")]
struct QuestionPage {
    page: Page,
    selection: Vec<(&'static str, String)>,
    chosen: i64,
    /// `trash` or `restore`.
    deed: &'static str,
    cancel: String,
}

/// `POST /o/{organization}/bulk/edit`: which field?
pub async fn field(member: Member, sent: Sent) -> Answer {
    ask_field(&member, StatusCode::OK, &sent, web::Field::default()).await
}

async fn ask_field(member: &Member, status: StatusCode, sent: &Sent, field: web::Field) -> Answer {
    let selection = Selection::of(sent);
    let pairs = selection.pairs();
    let (chosen, custom) = member
        .read(move |tx| {
            let custom = custom_fields::store::of(tx, Record::Contact)?;
            Ok::<_, PageError>((count(tx, &selection)?, custom))
        })
        .await?;
    if chosen == 0 {
        return Ok(contacts::nobody_chosen(member));
    }
    let none = std::iter::once((String::new(), "Choose a field".to_owned()));
    let fields = none.chain(Target::offered(&custom));
    web::show_with(
        status,
        FieldPage {
            page: member.page("contacts"),
            selection: pairs,
            chosen,
            fields: Choice::list(fields, sent_value(sent, "field")),
            field,
        },
    )
}

/// `POST /o/{organization}/bulk/value`: which value? With those the contacts have now.
pub async fn value(member: Member, sent: Sent) -> Answer {
    let custom = custom_fields(&member).await?;
    let Some(field) = Target::parse(sent_value(&sent, "field"), &custom) else {
        return ask_again(&member, &sent, Wrong::Field).await;
    };
    ask_value(&member, StatusCode::OK, &sent, field, web::Field::default()).await
}

async fn ask_value(member: &Member, status: StatusCode, sent: &Sent, field: Target, value: web::Field) -> Answer {
    let selection = Selection::of(sent);
    let pairs = selection.pairs();
    let of = field.clone();
    let values = member
        .read(move |tx| Ok::<_, PageError>(preview::values(tx, &selection, &of, "")?))
        .await?;
    if values.total == 0 {
        return Ok(contacts::nobody_chosen(member));
    }
    web::show_with(
        status,
        ValuePage {
            page: member.page("contacts"),
            selection: pairs,
            choices: field
                .known()
                .map(|field| field.choices(&value.value))
                .unwrap_or_default(),
            inputs: field.inputs(sent, value.error.as_ref()),
            field,
            value,
            values,
        },
    )
}

/// `POST /o/{organization}/bulk/preview`: what would become what.
pub async fn preview(member: Member, sent: Sent) -> Answer {
    let (field, value) = match read_edit(&sent, &custom_fields(&member).await?) {
        Ok(edit) => edit,
        Err(wrong) => return ask_again(&member, &sent, wrong).await,
    };
    let selection = Selection::of(&sent);
    let (pairs, wanted, of) = (selection.pairs(), value.clone(), field.clone());
    let values = member
        .read(move |tx| Ok::<_, PageError>(preview::values(tx, &selection, &of, &wanted)?))
        .await?;
    if values.total == 0 {
        return Ok(contacts::nobody_chosen(&member));
    }
    web::show(PreviewPage {
        page: member.page("contacts"),
        selection: pairs,
        field,
        changing: values.total - values.with(&value),
        value,
        values,
    })
}

/// `POST /o/{organization}/bulk/trash`
pub async fn trash(member: Member, sent: Sent) -> Answer {
    ask(&member, &sent, "trash", "contacts").await
}

/// `POST /o/{organization}/bulk/restore`
pub async fn restore(member: Member, sent: Sent) -> Answer {
    ask(&member, &sent, "restore", "contacts/trash").await
}

async fn ask(member: &Member, sent: &Sent, deed: &'static str, cancel: &str) -> Answer {
    let selection = Selection::of(sent);
    let pairs = selection.pairs();
    let chosen = member
        .read(move |tx| Ok::<_, PageError>(count(tx, &selection)?))
        .await?;
    if chosen == 0 {
        return Ok(contacts::nobody_chosen(member));
    }
    web::show(QuestionPage {
        page: member.page("contacts"),
        selection: pairs,
        chosen,
        deed,
        cancel: member.at(cancel),
    })
}

/// `POST /o/{organization}/bulk/start`: `deed` = `edit` with `field` and `value`, `trash` or `restore`.
pub async fn start(member: Member, sent: Sent) -> Answer {
    let deed = match sent_value(&sent, "deed") {
        "trash" => Deed::Trash,
        "restore" => Deed::Restore,
        "edit" => match read_edit(&sent, &custom_fields(&member).await?) {
            Ok((field, value)) => Deed::Edit { field, value },
            Err(wrong) => return ask_again(&member, &sent, wrong).await,
        },
        _ => return Err(PageError::NotFound),
    };
    let selection = Selection::of(&sent);
    let started = member.write(move |tx| actions::start(tx, &selection, &deed)).await?;
    Ok(match started {
        Some(action) => member.redirect(&action.path()),
        None => contacts::nobody_chosen(&member),
    })
}

/// What is wrong with an edit.
enum Wrong {
    /// No field is chosen, or the one that was chosen is no longer offered.
    Field,
    /// The field takes no such value.
    Value(Target, web::Field),
}

fn read_edit(sent: &Sent, custom: &CustomFields) -> Result<(Target, String), Wrong> {
    let field = Target::parse(sent_value(sent, "field"), custom).ok_or(Wrong::Field)?;
    match field.read(sent) {
        Ok(value) => Ok((field, value)),
        Err(sentence) => {
            let wrong = web::Field::wrong(sent_value(sent, "value"), sentence);
            Err(Wrong::Value(field, wrong))
        }
    }
}

async fn ask_again(member: &Member, sent: &Sent, wrong: Wrong) -> Answer {
    match wrong {
        Wrong::Field => {
            let wrong = web::Field::wrong("", "Choose a field.");
            ask_field(member, StatusCode::UNPROCESSABLE_ENTITY, sent, wrong).await
        }
        Wrong::Value(field, wrong) => ask_value(member, StatusCode::UNPROCESSABLE_ENTITY, sent, field, wrong).await,
    }
}

async fn custom_fields(member: &Member) -> Result<CustomFields, PageError> {
    member
        .read(|tx| Ok(custom_fields::store::of(tx, Record::Contact)?))
        .await
}

/// How many are chosen.
pub(super) fn count(tx: &mut OrgTx<'_>, selection: &Selection) -> QueryResult<i64> {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        contacts: i64,
    }
    match contacts::chosen(tx, selection, "SELECT count(*) AS contacts", "")? {
        Some((query, _)) => query.get_result(&mut **tx).map(|row: Count| row.contacts),
        None => Ok(0),
    }
}

impl PreviewPage {
    fn lines(&self) -> Vec<&ValueCount> {
        self.values.without(&self.value)
    }

    fn is_taking_off_a_refusal(&self) -> bool {
        self.field.known().is_some_and(Field::is_refusal) && self.value == "no"
    }

    /// Whether Mailchimp unsubscribes those who are linked with it.
    fn ends_at_mailchimp(&self) -> bool {
        matches!(self.field.known(), Some(Field::DoNotEmail | Field::IsOptOut)) && self.value == "yes"
    }
}
