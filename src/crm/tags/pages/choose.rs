//! Tagging contacts chosen in a list, or taking tags off them. The page in between says how many have each tag already.

use super::super::model::{self, Colour, Tag, TagDraft};
use super::super::{actions, store};
use super::{TagBox, boxes, existing};
use crate::accounts::Member;
use crate::base::TagId;
use crate::crm::contacts::{self, Selection, Sent, nobody_chosen, sent_value, sent_values};
use crate::db::OrgTx;
use crate::web::{self, Answer, Field, Flash, Page, PageError};
use actix_web::http::StatusCode;
use askama::Template;
use std::collections::HashMap;

#[derive(Template)]
#[template(path = "tags/choose.html")]
struct ChoosePage {
    page: Page,
    /// Carries the selection on: ids, or the filter of the list.
    selection: Vec<(&'static str, String)>,
    chosen: usize,
    boxes: Vec<TagBox>,
    /// What is wrong with the choice.
    tags: Field,
    /// A tag that is still to be made.
    name: Field,
}

#[derive(Template)]
#[template(path = "tags/choose_removal.html")]
struct ChooseRemovalPage {
    page: Page,
    selection: Vec<(&'static str, String)>,
    chosen: usize,
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
    let tagged = member
        .write(move |tx| {
            let mut tags = ticked;
            match name {
                Some(name) if store::find_by_name(tx, &name)?.is_some() => return Ok(None),
                Some(name) => tags.push(create(tx, name)?),
                None => {}
            }
            let who = contacts::select(tx, &selection)?;
            let mut tagged = Vec::new();
            for tag in tags {
                let got_it = actions::tag_contacts(tx, tag, &who)?.len();
                tagged.push((existing(tx, tag)?, got_it, who.len() - got_it));
            }
            Ok::<_, PageError>(Some(tagged))
        })
        .await?;
    let Some(tagged) = tagged else {
        let taken = Field::wrong(
            sent_value(&sent, "name"),
            "A tag of this name already exists. Tick it above.",
        );
        return ask(&member, WRONG, &sent, Field::default(), taken).await;
    };
    for (tag, got_it, had_it) in &tagged {
        member.say(said(
            &format!("Tagged {}", contacts_in_words(*got_it)),
            &tag.name,
            *had_it,
        ));
    }
    Ok(match tagged.as_slice() {
        [(tag, ..)] => member.redirect(&format!("contacts?tagged={}", tag.id)),
        _ => member.redirect("contacts"),
    })
}

fn create(tx: &mut OrgTx<'_>, name: String) -> Result<TagId, PageError> {
    let draft = TagDraft {
        name,
        colour: Colour::default(),
        ..TagDraft::default()
    };
    Ok(actions::create(tx, &draft)?)
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
    let removed = member
        .write(move |tx| {
            let who = contacts::select(tx, &selection)?;
            let mut removed = Vec::new();
            for tag in ticked {
                let name = existing(tx, tag)?.name;
                removed.push((name, actions::untag_contacts(tx, tag, &who, "")?.len()));
            }
            Ok::<_, PageError>(removed)
        })
        .await?;
    for (name, lost_it) in removed {
        member.say(Flash::success(format!(
            "The tag “{name}” has been taken off {}.",
            contacts_in_words(lost_it)
        )));
    }
    Ok(member.redirect("contacts"))
}

/// Who is chosen, and what they have.
struct Chosen {
    contacts: usize,
    /// Every tag.
    tags: Vec<Tag>,
    /// How many of the chosen have each.
    had: HashMap<TagId, i64>,
}

fn chosen(tx: &mut OrgTx<'_>, selection: &Selection) -> Result<Chosen, PageError> {
    let who = contacts::select(tx, selection)?;
    Ok(Chosen {
        contacts: who.len(),
        tags: store::all(tx)?,
        had: store::had_among(tx, &who)?,
    })
}

fn have_it(had: i64, chosen: usize) -> String {
    match had {
        1 => format!("1 of {chosen} has it"),
        had => format!("{had} of {chosen} have it"),
    }
}

fn said(beginning: &str, name: &str, had_it: usize) -> Flash {
    let said = Flash::success(format!("{beginning} with “{name}”."));
    match had_it {
        0 => said,
        1 => said.with("1 contact had it already"),
        more => said.with(format!("{more} contacts had it already")),
    }
}

fn contacts_in_words(number: usize) -> String {
    match number {
        1 => "1 contact".into(),
        more => format!("{more} contacts"),
    }
}
