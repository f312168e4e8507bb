//! From a selection to a started action: which field, which value, what would happen; or one question before the trash.

use super::super::actions;
use super::super::field::{Control, Field};
use super::super::model::Deed;
use super::super::preview::{self, ValueCount, Values};
use crate::accounts::Member;
use crate::crm::contacts::{self, Selection};
use crate::db::OrgTx;
use crate::web::{self, Answer, Choice, Page, PageError};
use actix_web::http::StatusCode;
use actix_web::web::Form;
use askama::Template;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

/// A list's form as it was sent: the selection, and what the pages in between add to it.
type Sent = Form<Vec<(String, String)>>;

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
    field: Field,
    /// What was given, and what is wrong with it.
    value: web::Field,
    choices: Vec<Choice>,
    values: Values,
}

#[derive(Template)]
#[template(path = "bulk/preview.html")]
struct PreviewPage {
    page: Page,
    selection: Vec<(&'static str, String)>,
    field: Field,
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
    let chosen = member
        .read(move |tx| Ok::<_, PageError>(count(tx, &selection)?))
        .await?;
    if chosen == 0 {
        return Ok(contacts::nobody_chosen(member));
    }
    let none = [("", "Choose a field")];
    let fields = none
        .into_iter()
        .chain(Field::ALL.map(|field| (field.as_str(), field.label())));
    web::show_with(
        status,
        FieldPage {
            page: member.page("contacts"),
            selection: pairs,
            chosen,
            fields: Choice::list(fields, value_of(sent, "field")),
            field,
        },
    )
}

/// `POST /o/{organization}/bulk/value`: which value? With those the contacts have now.
pub async fn value(member: Member, sent: Sent) -> Answer {
    let Some(field) = Field::parse(value_of(&sent, "field")) else {
        let wrong = web::Field::wrong("", "Choose a field.");
        return ask_field(&member, StatusCode::UNPROCESSABLE_ENTITY, &sent, wrong).await;
    };
    ask_value(&member, StatusCode::OK, &sent, field, web::Field::default()).await
}

async fn ask_value(member: &Member, status: StatusCode, sent: &Sent, field: Field, value: web::Field) -> Answer {
    let selection = Selection::of(sent);
    let pairs = selection.pairs();
    let values = member
        .read(move |tx| Ok::<_, PageError>(preview::values(tx, &selection, field, "")?))
        .await?;
    if values.total == 0 {
        return Ok(contacts::nobody_chosen(member));
    }
    web::show_with(
        status,
        ValuePage {
            page: member.page("contacts"),
            selection: pairs,
            field,
            choices: field.choices(&value.value),
            value,
            values,
        },
    )
}

/// `POST /o/{organization}/bulk/preview`: what would become what.
pub async fn preview(member: Member, sent: Sent) -> Answer {
    let (field, value) = match read_edit(&sent) {
        Ok(edit) => edit,
        Err((field, wrong)) => {
            return ask_value(&member, StatusCode::UNPROCESSABLE_ENTITY, &sent, field, wrong).await;
        }
    };
    let selection = Selection::of(&sent);
    let (pairs, wanted) = (selection.pairs(), value.clone());
    let values = member
        .read(move |tx| Ok::<_, PageError>(preview::values(tx, &selection, field, &wanted)?))
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
    let deed = match value_of(&sent, "deed") {
        "trash" => Deed::Trash,
        "restore" => Deed::Restore,
        _ => match read_edit(&sent) {
            Ok((field, value)) => Deed::Edit { field, value },
            Err((field, wrong)) => {
                return ask_value(&member, StatusCode::UNPROCESSABLE_ENTITY, &sent, field, wrong).await;
            }
        },
    };
    let selection = Selection::of(&sent);
    let started = member.write(move |tx| actions::start(tx, &selection, &deed)).await?;
    Ok(match started {
        Some(action) => member.redirect(&action.path()),
        None => contacts::nobody_chosen(&member),
    })
}

fn read_edit(sent: &Sent) -> Result<(Field, String), (Field, web::Field)> {
    let field = Field::parse(value_of(sent, "field")).unwrap_or(Field::Source);
    let (shown, value) = web::Field::read(value_of(sent, "value"), |typed| field.value(typed));
    value.map(|value| (field, value)).ok_or((field, shown))
}

/// How many are chosen.
pub(super) fn count(tx: &mut OrgTx<'_>, selection: &Selection) -> QueryResult<i64> {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        contacts: i64,
    }
    match contacts::chosen(tx, selection, "SELECT count(*) AS contacts", "")? {
        Some(query) => query.get_result(&mut **tx).map(|row: Count| row.contacts),
        None => Ok(0),
    }
}

fn value_of<'s>(sent: &'s Sent, name: &str) -> &'s str {
    let found = sent.iter().find(|(key, _)| key == name);
    found.map_or("", |(_, value)| value.trim())
}

impl ValuePage {
    fn is_text(&self) -> bool {
        self.field.control() == Control::Text
    }
}

impl PreviewPage {
    fn lines(&self) -> Vec<&ValueCount> {
        self.values.without(&self.value)
    }

    fn is_taking_off_a_refusal(&self) -> bool {
        self.field.is_refusal() && self.value == "no"
    }

    /// Whether Mailchimp unsubscribes those who are linked with it.
    fn ends_at_mailchimp(&self) -> bool {
        matches!(self.field, Field::DoNotEmail | Field::IsOptOut) && self.value == "yes"
    }
}
