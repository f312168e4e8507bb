//! The types of activities, among the settings.

use super::super::types::{self, ActivityType};
use crate::accounts::Member;
use crate::base::{ActivityTypeId, StepId};
use crate::crm::type_error::TypeError;
use crate::crm::undoable;
use crate::web::{self, Answer, Field, Flash, Page, PageError};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Form, Path};
use askama::Template;
use serde::Deserialize;

/// What handlers of one type take.
type TypePath = Path<(String, ActivityTypeId)>;

#[derive(Template)]
#[template(path = "activities/types.html")]
struct ListPage {
    page: Page,
    rows: Vec<Row>,
}

struct Row {
    of_type: ActivityType,
    activities: i64,
}

#[derive(Template)]
#[template(path = "activities/type_form.html")]
struct FormPage {
    page: Page,
    /// The type as it is; `None` for a new one.
    of_type: Option<ActivityType>,
    name: Field,
    is_offered: bool,
}

#[derive(Template)]
#[template(path = "activities/type_delete.html")]
struct DeletePage {
    page: Page,
    of_type: ActivityType,
    activities: i64,
}

/// What was typed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    name: String,
    is_offered: bool,
}

/// `GET /o/{organization}/activity-types`
pub async fn list(member: Member) -> Answer {
    let (all, counts) = member
        .write(|tx| Ok::<_, PageError>((types::all(tx)?, types::use_counts(tx)?)))
        .await?;
    let rows = all.into_iter().map(|of_type| Row {
        activities: counts.get(&of_type.id).copied().unwrap_or(0),
        of_type,
    });
    web::show(ListPage {
        page: member.page("settings"),
        rows: rows.collect(),
    })
}

/// `GET /o/{organization}/activity-types/new`
pub async fn new(member: Member) -> Answer {
    form(&member, StatusCode::OK, None, Field::default(), true)
}

/// `POST /o/{organization}/activity-types/new`
pub async fn add(member: Member, typed: Form<Typed>) -> Answer {
    let (field, name) = Field::read(&typed.name, types::name);
    let is_offered = typed.is_offered;
    let Some(name) = name else {
        return form(&member, StatusCode::UNPROCESSABLE_ENTITY, None, field, is_offered);
    };
    // The first ones come before one's own.
    let added = member
        .write(move |tx| {
            types::all(tx)?;
            types::add(tx, &name, is_offered)
        })
        .await;
    match added {
        Ok(_) => Ok(saved(&member, None)),
        Err(TypeError::Taken) => form(
            &member,
            StatusCode::UNPROCESSABLE_ENTITY,
            None,
            taken(&typed),
            is_offered,
        ),
        Err(other) => Err(other.into()),
    }
}

/// `GET /o/{organization}/activity-types/{type}/edit`
pub async fn edit(member: Member, path: TypePath) -> Answer {
    let of_type = existing(&member, path.1).await?;
    let (name, is_offered) = (Field::holding(&of_type.name), of_type.is_offered);
    form(&member, StatusCode::OK, Some(of_type), name, is_offered)
}

/// `POST /o/{organization}/activity-types/{type}/edit`
pub async fn save(member: Member, path: TypePath, typed: Form<Typed>) -> Answer {
    let of_type = existing(&member, path.1).await?;
    let (field, name) = Field::read(&typed.name, types::name);
    let (id, is_offered) = (of_type.id, typed.is_offered);
    let Some(name) = name else {
        return form(
            &member,
            StatusCode::UNPROCESSABLE_ENTITY,
            Some(of_type),
            field,
            is_offered,
        );
    };
    let changed = member.step(&undoable::ACTIVITY_TYPE, id.0, move |tx| {
        types::change(tx, id, &name, is_offered)
    });
    match changed.await {
        Ok(((), step)) => Ok(saved(&member, step)),
        Err(TypeError::Taken) => {
            let name = taken(&typed);
            form(
                &member,
                StatusCode::UNPROCESSABLE_ENTITY,
                Some(of_type),
                name,
                is_offered,
            )
        }
        Err(other) => Err(other.into()),
    }
}

fn form(member: &Member, status: StatusCode, of_type: Option<ActivityType>, name: Field, is_offered: bool) -> Answer {
    let page = FormPage {
        page: member.page("settings"),
        of_type,
        name,
        is_offered,
    };
    web::show_with(status, page)
}

fn taken(typed: &Typed) -> Field {
    Field::wrong(&typed.name, "A type of this name already exists.")
}

fn saved(member: &Member, step: Option<StepId>) -> HttpResponse {
    member.say_done(Flash::success("The activity type has been saved."), step);
    member.redirect("activity-types")
}

/// `GET /o/{organization}/activity-types/{type}/delete`
pub async fn ask(member: Member, path: TypePath) -> Answer {
    let of_type = existing(&member, path.1).await?;
    let counts = member.read(|tx| Ok::<_, PageError>(types::use_counts(tx)?)).await?;
    web::show(DeletePage {
        page: member.page("settings"),
        activities: counts.get(&of_type.id).copied().unwrap_or(0),
        of_type,
    })
}

/// `POST /o/{organization}/activity-types/{type}/delete`
pub async fn delete(member: Member, path: TypePath) -> Answer {
    let id = path.1;
    let ((), step) = member
        .step(&undoable::ACTIVITY_TYPE, id.0, move |tx| types::delete(tx, id))
        .await?;
    member.say_done(Flash::success("The activity type has been deleted."), step);
    Ok(member.redirect("activity-types"))
}

async fn existing(member: &Member, id: ActivityTypeId) -> Result<ActivityType, PageError> {
    let found = member.read(move |tx| Ok::<_, PageError>(types::find(tx, id)?)).await?;
    found.ok_or(PageError::NotFound)
}
