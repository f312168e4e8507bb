//! The statuses of opportunities, among the settings.

use super::super::model::Outcome;
use super::super::statuses::{self, OpportunityStatus, StatusDraft};
use crate::accounts::Member;
use crate::base::{OpportunityStatusId, StepId};
use crate::crm::type_error::TypeError;
use crate::crm::undoable;
use crate::web::{self, Answer, Began, Choice, Field, Flash, Page, PageError};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Form, Path};
use askama::Template;
use serde::Deserialize;

/// What handlers of one status take.
type StatusPath = Path<(String, OpportunityStatusId)>;

#[derive(Template)]
#[template(path = "opportunities/statuses.html")]
struct ListPage {
    page: Page,
    rows: Vec<Row>,
}

struct Row {
    status: OpportunityStatus,
    opportunities: i64,
}

#[derive(Template)]
#[template(path = "opportunities/status_form.html")]
struct FormPage {
    page: Page,
    /// The status as it is; `None` for a new one.
    status: Option<OpportunityStatus>,
    form: StatusForm,
    outcomes: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "opportunities/status_delete.html")]
struct DeletePage {
    page: Page,
    status: OpportunityStatus,
    opportunities: i64,
}

/// What was typed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    began_with: String,
    name: String,
    outcome: String,
    probability: String,
}

/// Which way a status goes.
#[derive(Deserialize)]
pub struct Way {
    /// "up" or "down".
    way: String,
}

/// The fields.
struct StatusForm {
    began: Began,
    name: Field,
    outcome: Field,
    probability: Field,
}

impl StatusForm {
    fn holding(status: &OpportunityStatus) -> Self {
        Self {
            began: Began::with(&status.draft()),
            name: Field::holding(&status.name),
            outcome: Field::holding(status.outcome.as_str()),
            probability: Field::holding(status.probability.to_string()),
        }
    }

    fn read(typed: &Typed) -> (Self, Option<StatusDraft>) {
        let (name, name_read) = Field::read(&typed.name, statuses::name);
        let (outcome, became) = Field::read(&typed.outcome, |typed| Outcome::parse(typed).ok_or("Choose one."));
        let (probability, percent) = Field::read(&typed.probability, statuses::probability);
        let read = || {
            Some(StatusDraft {
                name: name_read?,
                outcome: became?,
                probability: percent?,
            })
        };
        let draft = read();
        let form = Self {
            began: Began::sent(&typed.began_with),
            name,
            outcome,
            probability,
        };
        (form, draft)
    }
}

/// `GET /o/{organization}/opportunity-statuses`
pub async fn list(member: Member) -> Answer {
    let (all, counts) = member
        .write(|tx| Ok::<_, PageError>((statuses::all(tx)?, statuses::use_counts(tx)?)))
        .await?;
    let rows = all.into_iter().map(|status| Row {
        opportunities: counts.get(&status.id).copied().unwrap_or(0),
        status,
    });
    web::show(ListPage {
        page: member.page("settings"),
        rows: rows.collect(),
    })
}

/// `GET /o/{organization}/opportunity-statuses/new`
pub async fn new(member: Member) -> Answer {
    let form = StatusForm {
        began: Began::default(),
        name: Field::default(),
        outcome: Field::holding(Outcome::Open.as_str()),
        probability: Field::holding("50"),
    };
    ask_for(&member, StatusCode::OK, None, form)
}

/// `POST /o/{organization}/opportunity-statuses/new`
pub async fn add(member: Member, typed: Form<Typed>) -> Answer {
    const WRONG: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;
    let (form, draft) = StatusForm::read(&typed);
    let Some(draft) = draft else {
        return ask_for(&member, WRONG, None, form);
    };
    match member.write(move |tx| statuses::add(tx, &draft)).await {
        Ok(_) => Ok(saved(&member, None)),
        Err(TypeError::Taken) => ask_for(&member, WRONG, None, taken(form)),
        Err(other) => Err(other.into()),
    }
}

/// `GET /o/{organization}/opportunity-statuses/{status}/edit`
pub async fn edit(member: Member, path: StatusPath) -> Answer {
    let status = existing(&member, path.1).await?;
    let form = StatusForm::holding(&status);
    ask_for(&member, StatusCode::OK, Some(status), form)
}

/// `POST /o/{organization}/opportunity-statuses/{status}/edit`
pub async fn save(member: Member, path: StatusPath, typed: Form<Typed>) -> Answer {
    const WRONG: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;
    let status = existing(&member, path.1).await?;
    let (mut form, draft) = StatusForm::read(&typed);
    let (id, Some(draft)) = (status.id, draft) else {
        return ask_for(&member, WRONG, Some(status), form);
    };
    let began = form.began.clone();
    let done = member
        .step(&undoable::OPPORTUNITY_STATUS, id.0, move |tx| {
            let is = statuses::locked(tx, id)?;
            Ok(match began.misses(&is.draft(), &draft) {
                true => Err(is),
                false => Ok(statuses::change(tx, id, &draft)?),
            })
        })
        .await;
    match done {
        Ok((Ok(()), step)) => Ok(saved(&member, step)),
        Ok((Err(is), _)) => {
            form.began = Began::again(&is.draft());
            ask_for(&member, WRONG, Some(is), form)
        }
        Err(TypeError::Taken) => ask_for(&member, WRONG, Some(status), taken(form)),
        Err(other) => Err(other.into()),
    }
}

fn ask_for(member: &Member, code: StatusCode, status: Option<OpportunityStatus>, form: StatusForm) -> Answer {
    let labels = [
        ("Open", "Open: it is still to be decided"),
        ("Won", "Won: it came, or was promised"),
        ("Lost", "Lost: nothing came of it"),
    ];
    let page = FormPage {
        page: member.page("settings"),
        status,
        outcomes: Choice::list(labels, &form.outcome.value),
        form,
    };
    web::show_with(code, page)
}

fn taken(form: StatusForm) -> StatusForm {
    StatusForm {
        name: Field::wrong(&form.name.value, "A status of this name already exists."),
        ..form
    }
}

fn saved(member: &Member, step: Option<StepId>) -> HttpResponse {
    member.say_done(Flash::success("The opportunity status has been saved."), step);
    member.redirect("opportunity-statuses")
}

/// `POST /o/{organization}/opportunity-statuses/{status}/place`
pub async fn shift(member: Member, path: StatusPath, way: Form<Way>) -> Answer {
    let (id, up) = (path.1, way.way == "up");
    member
        .write(move |tx| Ok::<_, PageError>(statuses::shift(tx, id, up)?))
        .await?;
    Ok(member.redirect("opportunity-statuses"))
}

/// `GET /o/{organization}/opportunity-statuses/{status}/delete`
pub async fn ask(member: Member, path: StatusPath) -> Answer {
    let status = existing(&member, path.1).await?;
    let counts = member.read(|tx| Ok::<_, PageError>(statuses::use_counts(tx)?)).await?;
    web::show(DeletePage {
        page: member.page("settings"),
        opportunities: counts.get(&status.id).copied().unwrap_or(0),
        status,
    })
}

/// `POST /o/{organization}/opportunity-statuses/{status}/delete`
pub async fn delete(member: Member, path: StatusPath) -> Answer {
    let id = path.1;
    let ((), step) = member
        .step(&undoable::OPPORTUNITY_STATUS, id.0, move |tx| statuses::delete(tx, id))
        .await?;
    member.say_done(Flash::success("The opportunity status has been deleted."), step);
    Ok(member.redirect("opportunity-statuses"))
}

async fn existing(member: &Member, id: OpportunityStatusId) -> Result<OpportunityStatus, PageError> {
    let found = member
        .read(move |tx| Ok::<_, PageError>(statuses::find(tx, id)?))
        .await?;
    found.ok_or(PageError::NotFound)
}
