//! Tagging contacts chosen in a list, or taking tags off them. The page in between says how many have each tag already.

use super::super::actions;
use super::super::model::{BulkAction, Deed, State};
use super::choose::count;
use super::with_undo;
use crate::accounts::Member;
use crate::base::TagId;
use crate::crm::contacts::{Selection, Sent, nobody_chosen, sent_value, sent_values};
use crate::crm::tags::model::{self, Colour, Tag, TagDraft};
use crate::crm::tags::{self, TagBox, boxes, store};
use crate::db::OrgTx;
use crate::web::{self, Answer, Field, Flash, Page, PageError};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use std::collections::HashMap;

#[derive(Template)]
#[template(path = "bulk/tag.html")]
struct ChoosePage {
    page: Page,
    /// Carries the selection on: ids, or the filter of the list.
    selection: Vec<(&'static str, String)>,
    chosen: i64,
    boxes: Vec<TagBox>,
    /// What is wrong with the choice.
    tags: Field,
    /// A tag that is still to be made.
    name: Field,
}

#[derive(Template)]
#[template(path = "bulk/tag_removal.html")]
struct ChooseRemovalPage {
    page: Page,
    selection: Vec<(&'static str, String)>,
    chosen: i64,
    /// Only tags that one of the chosen has.
    boxes: Vec<TagBox>,
    tags: Field,
}

const NO_TAG: &str = "Tick a tag.";

/// `POST /o/{organization}/tags/choose`
pub async fn show(member: Member, sent: Sent) -> Answer {
    ask(&member, StatusCode::OK, &sent, Field::default(), Field::default()).await
}

async fn ask(member: &Member, status: StatusCode, sent: &Sent, tags: Field, name: Field) -> Answer {
    let selection = Selection::of(sent);
    let pairs = selection.pairs();
    let chosen = member.read(move |tx| chosen(tx, &selection)).await?;
    if chosen.contacts == 0 {
        return Ok(nobody_chosen(member));
    }
    let ticked: Vec<TagId> = sent_values(sent, "tag");
    let page = ChoosePage {
        page: member.page("contacts"),
        selection: pairs,
        chosen: chosen.contacts,
        boxes: boxes(chosen.tags, |tag| {
            let note = chosen.had.get(&tag.id).map(|had| have_it(*had, chosen.contacts));
            Some((ticked.contains(&tag.id), note.unwrap_or_default()))
        }),
        tags,
        name,
    };
    web::show_with(status, page)
}

/// `POST /o/{organization}/tags/additions`: every `tag` that is ticked, and a new one called `name` if one is named.
pub async fn add(member: Member, sent: Sent) -> Answer {
    const WRONG: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;
    let ticked: Vec<TagId> = sent_values(&sent, "tag");
    let (name_field, name) = Field::read(sent_value(&sent, "name"), |typed| match typed {
        "" => Ok(None),
        typed => model::name(typed).map(Some),
    });
    let Some(name) = name else {
        return ask(&member, WRONG, &sent, Field::default(), name_field).await;
    };
    if ticked.is_empty() && name.is_none() {
        let none = Field::wrong("", "Tick a tag, or name a new one.");
        return ask(&member, WRONG, &sent, none, Field::default()).await;
    }
    let selection = Selection::of(&sent);
    let started = member
        .write(move |tx| {
            let mut tags = ticked;
            match name {
                Some(name) if store::find_by_name(tx, &name)?.is_some() => return Ok(None),
                Some(name) => tags.push(create(tx, name)?),
                None => {}
            }
            let deeds = deeds(tx, &tags, |tag, name| Deed::Tag { tag, name })?;
            Ok::<_, PageError>(Some(actions::start_all(tx, &selection, &deeds)?))
        })
        .await?;
    let Some(started) = started else {
        let taken = Field::wrong(
            sent_value(&sent, "name"),
            "A tag of this name already exists. Tick it above.",
        );
        return ask(&member, WRONG, &sent, Field::default(), taken).await;
    };
    Ok(told(&member, &started))
}

/// What is to be done with each tag. `NotFound`: one of them is not there.
fn deeds(tx: &mut OrgTx<'_>, wanted: &[TagId], deed: fn(TagId, String) -> Deed) -> Result<Vec<Deed>, PageError> {
    let mut deeds = Vec::new();
    for id in wanted {
        let tag = store::find(tx, *id)?.ok_or(PageError::NotFound)?;
        deeds.push(deed(tag.id, tag.name));
    }
    Ok(deeds)
}

/// Says what came of it where that is known already, and goes on to where it is seen.
fn told(member: &Member, started: &[BulkAction]) -> HttpResponse {
    for action in started.iter().filter(|action| action.state == State::Done) {
        member.say(with_undo(member, said(action), action));
    }
    match started {
        [] => nobody_chosen(member),
        [action] if action.state == State::Running => member.redirect(&action.path()),
        [action] => match &action.deed {
            Deed::Tag { tag, .. } => member.redirect(&format!("contacts?tagged={tag}")),
            _ => member.redirect("contacts"),
        },
        several if several.iter().any(|action| action.state == State::Running) => member.redirect("bulk"),
        _ => member.redirect("contacts"),
    }
}

fn create(tx: &mut OrgTx<'_>, name: String) -> Result<TagId, PageError> {
    let draft = TagDraft {
        name,
        colour: Colour::default(),
        ..TagDraft::default()
    };
    Ok(tags::actions::create(tx, &draft)?)
}

/// `POST /o/{organization}/tags/choose-removal`
pub async fn show_removal(member: Member, sent: Sent) -> Answer {
    ask_removal(&member, StatusCode::OK, &sent, Field::default()).await
}

async fn ask_removal(member: &Member, status: StatusCode, sent: &Sent, tags: Field) -> Answer {
    let selection = Selection::of(sent);
    let pairs = selection.pairs();
    let chosen = member.read(move |tx| chosen(tx, &selection)).await?;
    if chosen.contacts == 0 {
        return Ok(nobody_chosen(member));
    }
    let page = ChooseRemovalPage {
        page: member.page("contacts"),
        selection: pairs,
        chosen: chosen.contacts,
        boxes: boxes(chosen.tags, |tag| {
            Some((false, have_it(*chosen.had.get(&tag.id)?, chosen.contacts)))
        }),
        tags,
    };
    web::show_with(status, page)
}

/// `POST /o/{organization}/tags/removals`
pub async fn remove(member: Member, sent: Sent) -> Answer {
    let ticked: Vec<TagId> = sent_values(&sent, "tag");
    if ticked.is_empty() {
        let none = Field::wrong("", NO_TAG);
        return ask_removal(&member, StatusCode::UNPROCESSABLE_ENTITY, &sent, none).await;
    }
    let selection = Selection::of(&sent);
    let started = member
        .write(move |tx| {
            let deeds = deeds(tx, &ticked, |tag, name| Deed::Untag { tag, name })?;
            actions::start_all(tx, &selection, &deeds)
        })
        .await?;
    Ok(told(&member, &started))
}

/// Who is chosen, and what they have.
struct Chosen {
    contacts: i64,
    /// Every tag.
    tags: Vec<Tag>,
    /// How many of the chosen have each.
    had: HashMap<TagId, i64>,
}

fn chosen(tx: &mut OrgTx<'_>, selection: &Selection) -> Result<Chosen, PageError> {
    Ok(Chosen {
        contacts: count(tx, selection)?,
        tags: store::all(tx)?,
        had: store::had_among(tx, selection)?,
    })
}

fn have_it(had: i64, chosen: i64) -> String {
    match had {
        1 => format!("1 of {chosen} has it"),
        had => format!("{had} of {chosen} have it"),
    }
}

fn said(action: &BulkAction) -> Flash {
    let changed = contacts_in_words(action.result.changed);
    let (Deed::Tag { name, .. } | Deed::Untag { name, .. }) = &action.deed else {
        return Flash::success(action.deed.name());
    };
    if matches!(action.deed, Deed::Untag { .. }) {
        return Flash::success(format!("The tag “{name}” has been taken off {changed}."));
    }
    let said = Flash::success(format!("Tagged {changed} with “{name}”."));
    match action.result.unchanged {
        0 => said,
        1 => said.with("1 contact had it already"),
        more => said.with(format!("{more} contacts had it already")),
    }
}

fn contacts_in_words(number: i32) -> String {
    match number {
        1 => "1 contact".into(),
        more => format!("{more} contacts"),
    }
}
