//! Adding a custom field and changing one.

use super::super::actions::{self, CustomFieldError, Definition};
use super::super::model::{CustomField, Record};
use super::super::store;
use super::form::DefinitionForm;
use super::{FieldPath, Pairs, existing};
use crate::accounts::Member;
use crate::crm::undoable;
use crate::web::{self, Answer, Began, Field, Flash, Page};
use actix_web::http::StatusCode;
use actix_web::web::{Form, Query};
use askama::Template;

#[derive(Template)]
#[template(path = "custom_fields/form.html")]
struct FormPage {
    page: Page,
    /// `None` for a new one.
    field: Option<CustomField>,
    form: DefinitionForm,
}

/// `GET /o/{organization}/custom-fields/new?record=Contact`
pub async fn new(member: Member, query: Query<Pairs>) -> Answer {
    let record = query.iter().find(|(name, _)| name == "record");
    let record = record.and_then(|(_, word)| Record::parse(word));
    show(
        &member,
        StatusCode::OK,
        None,
        DefinitionForm::blank(record.unwrap_or(Record::Contact)),
    )
}

/// `POST /o/{organization}/custom-fields/new`
pub async fn add(member: Member, sent: Form<Pairs>) -> Answer {
    let mut form = DefinitionForm::read(&sent, None);
    if form.pressed(button(&sent)) {
        return show(&member, StatusCode::OK, None, form);
    }
    let Some(definition) = form.definition() else {
        return show(&member, StatusCode::UNPROCESSABLE_ENTITY, None, form);
    };
    let (record, kind, label) = (form.record, form.kind, definition.label.clone());
    match member
        .write(move |tx| actions::add(tx, record, kind, &definition))
        .await
    {
        Ok(_) => {
            member.say(Flash::success(format!("The field {label} has been added.")));
            Ok(member.redirect("custom-fields"))
        }
        Err(error) => refused(&member, None, form, error),
    }
}

/// `GET /o/{organization}/custom-fields/{field}/edit`
pub async fn edit(member: Member, path: FieldPath) -> Answer {
    let field = existing(&member, path.1).await?;
    let form = DefinitionForm::of(&field);
    show(&member, StatusCode::OK, Some(field), form)
}

/// `POST /o/{organization}/custom-fields/{field}/edit`
pub async fn save(member: Member, path: FieldPath, sent: Form<Pairs>) -> Answer {
    let field = existing(&member, path.1).await?;
    let mut form = DefinitionForm::read(&sent, Some(&field));
    if form.pressed(button(&sent)) {
        return show(&member, StatusCode::OK, Some(field), form);
    }
    let Some(definition) = form.definition() else {
        return show(&member, StatusCode::UNPROCESSABLE_ENTITY, Some(field), form);
    };
    let id = field.id;
    let began = form.began.clone();
    let saved = member
        .step(&undoable::CUSTOM_FIELD, id.0, move |tx| {
            let is = store::locked(tx, id)?;
            Ok(match began.misses(&Definition::of(&is), &definition) {
                true => Err(is),
                false => Ok(actions::change(tx, id, &definition)?),
            })
        })
        .await;
    match saved {
        Ok((Err(is), _)) => {
            form.began = Began::again(&Definition::of(&is));
            show(&member, StatusCode::UNPROCESSABLE_ENTITY, Some(is), form)
        }
        Ok((Ok(was_changed), step)) => {
            let said = Flash::success(match was_changed {
                true => "The field has been saved.",
                false => "Nothing was different, so nothing was changed.",
            });
            member.say_done(said, step);
            Ok(member.redirect("custom-fields"))
        }
        Err(error) => refused(&member, Some(field), form, error),
    }
}

fn refused(member: &Member, field: Option<CustomField>, mut form: DefinitionForm, error: CustomFieldError) -> Answer {
    match error {
        CustomFieldError::LabelTaken => {
            form.label = Field::wrong(&form.label.value, "Another custom field has this label.");
        }
        CustomFieldError::OptionInUse(option, records) => {
            form.choices = Field::wrong("", actions::in_use(&option, records));
        }
        other => return Err(other.into()),
    }
    show(member, StatusCode::UNPROCESSABLE_ENTITY, field, form)
}

fn show(member: &Member, status: StatusCode, field: Option<CustomField>, form: DefinitionForm) -> Answer {
    let page = FormPage {
        page: member.page("settings"),
        field,
        form,
    };
    web::show_with(status, page)
}

fn button(sent: &Pairs) -> &str {
    sent.iter()
        .find(|(name, _)| name == "then")
        .map_or("", |(_, value)| value)
}
