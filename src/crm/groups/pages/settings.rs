//! A new group, and the settings of one that exists.

use super::super::actions::{self, TitleError};
use super::super::mailchimp::GroupSync;
use super::super::model::{self, Group};
use super::super::smart::{self, SearchError};
use super::{GroupPath, Mailchimp, existing};
use crate::accounts::Member;
use crate::base::{GroupId, counted};
use crate::crm::contacts::criteria::{Criteria, Offers};
use crate::crm::contacts::{self, ListFilter};
use crate::crm::undoable;
use crate::web::{self, Answer, Field, Flash, Page, PageError};
use actix_web::http::StatusCode;
use actix_web::web::{Form, Query};
use askama::Template;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "groups/new.html")]
struct NewPage {
    page: Page,
    form: GroupForm,
    search: Option<Search>,
}

/// The search that becomes a smart group.
struct Search {
    sentence: String,
    word: String,
    /// How many fit now: "1,250".
    count: String,
    /// Who they are, and the form that changes it.
    list: String,
    form: String,
}

#[derive(Template)]
#[template(path = "groups/settings.html")]
struct SettingsPage {
    page: Page,
    group: Group,
    sync: Option<GroupSync>,
    form: GroupForm,
}

#[derive(Default)]
struct GroupForm {
    title: Field,
    description: Field,
}

/// What was typed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    title: String,
    description: String,
    /// What a smart group searches for; empty for a hand-picked one.
    criteria: String,
}

/// `GET /o/{organization}/groups/new`, with `criteria` for a smart group.
pub async fn show_new(member: Member, typed: Query<Typed>) -> Answer {
    show_new_with(&member, StatusCode::OK, &typed, GroupForm::default()).await
}

async fn show_new_with(member: &Member, status: StatusCode, typed: &Typed, form: GroupForm) -> Answer {
    let search = match criteria(typed)? {
        None => None,
        Some(criteria) => {
            let word = criteria.word();
            let query = serde_urlencoded::to_string([("criteria", &word)]).unwrap_or_default();
            let filter = ListFilter {
                criteria: Some(criteria.clone()),
                ..ListFilter::default()
            };
            let (sentence, count) = member
                .read(move |tx| {
                    let sentence = criteria.sentence(&Offers::load(tx)?);
                    Ok::<_, PageError>((sentence, contacts::count(tx, &filter)?))
                })
                .await?;
            Some(Search {
                sentence,
                word,
                count: counted(count),
                list: member.at(&format!("contacts?{query}")),
                form: member.at(&format!("search/advanced?for=group&{query}")),
            })
        }
    };
    let page = member.page("groups");
    web::show_with(status, NewPage { page, form, search })
}

/// A search that cannot be read must not become a group of nobody without a word.
fn criteria(typed: &Typed) -> Result<Option<Criteria>, PageError> {
    if typed.criteria.is_empty() {
        return Ok(None);
    }
    let read = serde_json::from_str(&typed.criteria).map_err(|_| {
        PageError::Refused("This search cannot be read. Nothing was changed; please put it together anew.".into())
    })?;
    Ok(Some(read))
}

/// `POST /o/{organization}/groups/new`
pub async fn create(member: Member, typed: Form<Typed>) -> Answer {
    const WRONG: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;
    let criteria = criteria(&typed)?;
    let (title, description) = match read(&typed) {
        Ok(read) => read,
        Err(form) => return show_new_with(&member, WRONG, &typed, form).await,
    };
    let said = saved(&title);
    let created: Result<GroupId, SearchError> = member
        .write(move |tx| match &criteria {
            Some(criteria) => smart::create(tx, &title, &description, criteria),
            None => Ok(actions::create(tx, &title, &description)?),
        })
        .await;
    match created {
        Ok(group) => {
            member.say(said);
            Ok(member.redirect(&format!("groups/{group}")))
        }
        Err(SearchError::Title(TitleError::Taken)) => show_new_with(&member, WRONG, &typed, taken(&typed)).await,
        Err(other) => Err(other.into()),
    }
}

/// `GET /o/{organization}/groups/{group}/settings`
pub async fn show(member: Member, path: GroupPath, mailchimp: Mailchimp) -> Answer {
    let (group, sync) = look_up(&member, path.1, mailchimp).await?;
    let form = GroupForm {
        title: Field::holding(&group.title),
        description: Field::holding(&group.description),
    };
    web::show(SettingsPage {
        page: member.page("groups"),
        group,
        sync,
        form,
    })
}

/// `POST /o/{organization}/groups/{group}/settings`
pub async fn save(member: Member, path: GroupPath, mailchimp: Mailchimp, typed: Form<Typed>) -> Answer {
    let id = path.1;
    let form = match read(&typed) {
        Err(form) => form,
        Ok((title, description)) => {
            let said = saved(&title);
            let changed = member.step(&undoable::GROUP, id.0, move |tx| {
                actions::change(tx, id, &title, &description)
            });
            match changed.await {
                Ok(((), step)) => {
                    member.say_done(said, step);
                    return Ok(member.redirect("groups"));
                }
                Err(TitleError::Taken) => taken(&typed),
                Err(other) => return Err(other.into()),
            }
        }
    };
    let (group, sync) = look_up(&member, id, mailchimp).await?;
    let page = SettingsPage {
        page: member.page("groups"),
        group,
        sync,
        form,
    };
    web::show_with(StatusCode::UNPROCESSABLE_ENTITY, page)
}

async fn look_up(member: &Member, id: GroupId, mailchimp: Mailchimp) -> Result<(Group, Option<GroupSync>), PageError> {
    member
        .read(move |tx| Ok((existing(tx, id)?, mailchimp.column(tx)?.remove(&id))))
        .await
}

fn read(typed: &Typed) -> Result<(String, String), GroupForm> {
    let (title_field, title) = Field::read(&typed.title, model::title);
    let (description_field, description) = Field::read(&typed.description, model::description);
    title.zip(description).ok_or(GroupForm {
        title: title_field,
        description: description_field,
    })
}

fn taken(typed: &Typed) -> GroupForm {
    let sentence = format!("Group “{}” already exists.", typed.title.trim());
    GroupForm {
        title: Field::wrong(&typed.title, sentence),
        description: Field::holding(&typed.description),
    }
}

fn saved(title: &str) -> Flash {
    Flash::success(format!("The group “{title}” has been saved."))
}

impl From<TitleError> for PageError {
    fn from(error: TitleError) -> Self {
        match error {
            TitleError::Taken => Self::Refused("Another group has this name. Nothing was changed.".into()),
            TitleError::Unavailable(error) => error.into(),
            TitleError::Query(error) => error.into(),
        }
    }
}
