//! The pages of funds: their list, a form, and the question before one is deleted.

use super::actions::{self, FundError};
use super::model::{self, Fund, FundDraft};
use super::store;
use crate::accounts::Member;
use crate::base::{FundId, Money, Role, StepId};
use crate::crm::undoable;
use crate::db::OrgTx;
use crate::web::{self, Answer, Began, Field, Flash, Needs, Page, PageError, Route, get, long_text, post};
use actix_web::http::StatusCode;
use actix_web::web::{Form, Path};
use askama::Template;
use serde::Deserialize;

/// What handlers below `/o/{organization}/funds/{fund}` take.
type FundPath = Path<(String, FundId)>;

/// Every route of the room; the page of one fund belongs to the contributions.
pub fn routes() -> Vec<Route> {
    const READ: Needs = Needs::Role(Role::Reader);
    const CHANGE: Needs = Needs::Role(Role::Administrator);
    vec![
        get("/o/{organization}/funds", READ, list),
        get("/o/{organization}/funds/new", CHANGE, show_new),
        post("/o/{organization}/funds/new", CHANGE, create),
        get("/o/{organization}/funds/{fund}/settings", CHANGE, show),
        post("/o/{organization}/funds/{fund}/settings", CHANGE, save),
        get("/o/{organization}/funds/{fund}/delete", CHANGE, ask),
        post("/o/{organization}/funds/{fund}/delete", CHANGE, delete),
    ]
}

#[derive(Template)]
#[template(path = "funds/list.html")]
struct ListPage {
    page: Page,
    /// With how many contributions it was given, and what they add up to.
    rows: Vec<(Fund, i64, Vec<Money>)>,
}

async fn list(member: Member) -> Answer {
    let rows = member
        .read(|tx| {
            let mut raised = store::raised(tx)?;
            let all = store::list(tx)?.into_iter();
            let rows = all.map(|fund| {
                let (count, amounts) = raised.remove(&fund.id).unwrap_or_default();
                (fund, count, amounts)
            });
            Ok::<_, PageError>(rows.collect())
        })
        .await?;
    web::show(ListPage {
        page: member.page("funds"),
        rows,
    })
}

#[derive(Template)]
#[template(path = "funds/form.html")]
struct FormPage {
    page: Page,
    /// `None` for a new one.
    fund: Option<Fund>,
    began: Began,
    name: Field,
    description: Field,
    gl_code: Field,
    is_receiptable: bool,
    is_enabled: bool,
    is_default: bool,
}

/// What was typed.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Typed {
    began_with: String,
    name: String,
    description: String,
    gl_code: String,
    is_receiptable: Option<String>,
    is_enabled: Option<String>,
    is_default: Option<String>,
}

impl FormPage {
    fn of(member: &Member, fund: Option<Fund>) -> Self {
        let is = fund.as_ref().map(|fund| fund.is.clone());
        let text = |of: fn(&FundDraft) -> &str| Field::holding(is.as_ref().map_or("", of));
        Self {
            page: member.page("funds"),
            began: is.as_ref().map(Began::with).unwrap_or_default(),
            name: text(|is| &is.name),
            description: text(|is| &is.description),
            gl_code: text(|is| &is.gl_code),
            is_receiptable: is.as_ref().is_none_or(|is| is.is_receiptable),
            is_enabled: is.as_ref().is_none_or(|is| is.is_enabled),
            is_default: is.as_ref().is_some_and(|is| is.is_default),
            fund,
        }
    }

    fn refused(mut self, typed: &Typed, name_problem: Option<&str>) -> Answer {
        if !self.began.is_outdated {
            self.began = Began::sent(&typed.began_with);
        }
        (self.name, _) = Field::read(&typed.name, model::name);
        if let Some(sentence) = name_problem {
            self.name = Field::wrong(&typed.name, sentence);
        }
        (self.description, _) = Field::read(&typed.description, long_text);
        (self.gl_code, _) = Field::read(&typed.gl_code, model::gl_code);
        self.is_receiptable = typed.is_receiptable.is_some();
        self.is_enabled = typed.is_enabled.is_some();
        self.is_default = typed.is_default.is_some();
        web::show_with(StatusCode::UNPROCESSABLE_ENTITY, self)
    }
}

fn read(typed: &Typed) -> Result<FundDraft, &'static str> {
    Ok(FundDraft {
        name: model::name(&typed.name)?,
        description: long_text(&typed.description)?,
        gl_code: model::gl_code(&typed.gl_code)?,
        is_receiptable: typed.is_receiptable.is_some(),
        is_enabled: typed.is_enabled.is_some(),
        is_default: typed.is_default.is_some(),
    })
}

async fn show_new(member: Member) -> Answer {
    web::show(FormPage::of(&member, None))
}

async fn create(member: Member, typed: Form<Typed>) -> Answer {
    let Ok(draft) = read(&typed) else {
        return FormPage::of(&member, None).refused(&typed, None);
    };
    let name = draft.name.clone();
    match member.write(move |tx| actions::add(tx, &draft)).await {
        Ok(_) => Ok(saved(&member, &name, None)),
        Err(error) => refuse(&member, None, &typed, error),
    }
}

async fn show(member: Member, path: FundPath) -> Answer {
    let id = path.1;
    let fund = member.read(move |tx| existing(tx, id)).await?;
    web::show(FormPage::of(&member, Some(fund)))
}

async fn save(member: Member, path: FundPath, typed: Form<Typed>) -> Answer {
    let id = path.1;
    let fund = member.read(move |tx| existing(tx, id)).await?;
    let Ok(draft) = read(&typed) else {
        return FormPage::of(&member, Some(fund)).refused(&typed, None);
    };
    let (name, began) = (draft.name.clone(), Began::sent(&typed.began_with));
    let done = member
        .step(&undoable::FUND, id.0, move |tx| {
            let is = store::locked(tx, id)?;
            Ok(match began.misses(&is.is, &draft) {
                true => Err(is),
                false => Ok(actions::change(tx, id, &draft)?),
            })
        })
        .await;
    match done {
        Ok((Ok(()), step)) => Ok(saved(&member, &name, step)),
        Ok((Err(is), _)) => {
            let began = Began::again(&is.is);
            let page = FormPage::of(&member, Some(is));
            FormPage { began, ..page }.refused(&typed, None)
        }
        Err(error) => refuse(&member, Some(fund), &typed, error),
    }
}

fn saved(member: &Member, name: &str, step: Option<StepId>) -> actix_web::HttpResponse {
    member.say_done(Flash::success(format!("The fund “{name}” has been saved.")), step);
    member.redirect("funds")
}

fn refuse(member: &Member, fund: Option<Fund>, typed: &Typed, error: FundError) -> Answer {
    match error {
        FundError::Taken => {
            FormPage::of(member, fund).refused(typed, Some("Another fund has this name. Each name may be used once."))
        }
        other => Err(other.into()),
    }
}

#[derive(Template)]
#[template(path = "funds/delete.html")]
struct DeletePage {
    page: Page,
    fund: Fund,
    contributions: i64,
}

async fn ask(member: Member, path: FundPath) -> Answer {
    let id = path.1;
    let (fund, contributions) = member
        .read(move |tx| {
            let counts = store::contribution_counts(tx)?;
            Ok::<_, PageError>((existing(tx, id)?, counts.get(&id).copied().unwrap_or(0)))
        })
        .await?;
    web::show(DeletePage {
        page: member.page("funds"),
        fund,
        contributions,
    })
}

async fn delete(member: Member, path: FundPath) -> Answer {
    let id = path.1;
    let (name, step) = member
        .step(&undoable::FUND, id.0, move |tx| actions::delete(tx, id))
        .await?;
    member.say_done(Flash::success(format!("The fund “{name}” has been deleted.")), step);
    Ok(member.redirect("funds"))
}

fn existing(tx: &mut OrgTx<'_>, id: FundId) -> Result<Fund, PageError> {
    store::find(tx, id)?.ok_or(PageError::NotFound)
}

impl From<FundError> for PageError {
    fn from(error: FundError) -> Self {
        match error {
            FundError::Taken => Self::Refused("Another fund has this name. Nothing was changed.".into()),
            FundError::IsDefault => Self::Refused(
                "Nothing was changed: this is the default fund, which is chosen where nobody says otherwise. Make \
                 another fund the default first."
                    .into(),
            ),
            FundError::InUse => Self::Refused(
                "Nothing was changed: contributions or campaigns name this fund, and they must keep saying so. Untick “Enabled” \
                 under its Settings, then it is no longer offered."
                    .into(),
            ),
            FundError::Unavailable(error) => error.into(),
            FundError::Query(error) => error.into(),
        }
    }
}
