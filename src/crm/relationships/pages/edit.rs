//! Tying a contact to another, and changing since when, until when and how it is described.

use super::super::actions;
use super::super::model::{self, Details, Seen, Side, Tie};
use super::super::types;
use super::{ContactPath, RelationshipPath, back, existing};
use crate::accounts::Member;
use crate::base::{ContactId, RelationshipTypeId};
use crate::crm::contacts::{self, ContactRow, Marked, Picker, Sent, sent_value};
use crate::crm::undoable;
use crate::db::OrgTx;
use crate::web::{self, Answer, Began, Choice, Field, Flash, Page, PageError, day};
use actix_web::http::StatusCode;
use askama::Template;
use chrono::NaiveDate;

#[derive(Template)]
#[template(path = "relationships/new.html")]
struct NewPage {
    page: Page,
    contact: ContactId,
    name: String,
    kind: Field,
    kinds: Vec<Choice>,
    picker: Picker,
    form: DetailsForm,
}

#[derive(Template)]
#[template(path = "relationships/edit.html")]
struct EditPage {
    page: Page,
    contact: ContactId,
    name: String,
    seen: Seen,
    form: DetailsForm,
}

/// The fields both pages have.
#[derive(Default)]
struct DetailsForm {
    began: Began,
    start_date: Field,
    end_date: Field,
    description: Field,
    has_ended: bool,
}

impl DetailsForm {
    fn holding(details: &Details) -> Self {
        let holding = |day: Option<NaiveDate>| Field::holding(day.map(|day| day.to_string()).unwrap_or_default());
        Self {
            began: Began::with(details),
            start_date: holding(details.start_date),
            end_date: holding(details.end_date),
            description: Field::holding(&details.description),
            has_ended: !details.is_active,
        }
    }

    /// The fields as they were typed, and what they say where all of them are right.
    fn read(sent: &Sent) -> (Self, Option<Details>) {
        let (start_date, start) = Field::read(sent_value(sent, "start_date"), day);
        let (mut end_date, end) = Field::read(sent_value(sent, "end_date"), day);
        let (description, text) = Field::read(sent_value(sent, "description"), model::description);
        let has_ended = sent_value(sent, "has_ended") == "true";
        let is_backwards = matches!((start, end), (Some(Some(start)), Some(Some(end))) if end < start);
        if is_backwards {
            end_date.error = Some("The end cannot be before the start.".into());
        }
        let details = match (start, end, text) {
            (Some(start_date), Some(end_date), Some(description)) if !is_backwards => Some(Details {
                start_date,
                end_date,
                is_active: !has_ended,
                description,
            }),
            _ => None,
        };
        let form = Self {
            began: Began::sent(sent_value(sent, "began_with")),
            start_date,
            end_date,
            description,
            has_ended,
        };
        (form, details)
    }
}

/// `GET /o/{organization}/contacts/{contact}/relationships/new`
pub async fn new(member: Member, path: ContactPath) -> Answer {
    let contact = path.1;
    let (row, kinds) = member.write(move |tx| beginning(tx, contact, "")).await?;
    web::show(NewPage {
        page: member.page("contacts"),
        contact,
        name: row.display_name,
        kind: Field::default(),
        kinds,
        picker: Picker::default(),
        form: DetailsForm::default(),
    })
}

/// `POST /o/{organization}/contacts/{contact}/relationships/new`: `kind` is a type's id and the side of this contact,
/// `contact` the other one.
pub async fn add(member: Member, path: ContactPath, sent: Sent) -> Answer {
    let contact = path.1;
    let (kind, kind_read) = Field::read(sent_value(&sent, "kind"), read_kind);
    let (form, details) = DetailsForm::read(&sent);
    let only_finds = sent_value(&sent, "then") == "find";
    let marked = Marked::of(&sent);
    let picker = member
        .read(move |tx| Ok::<_, PageError>(marked.picker(tx, false)?))
        .await?;
    let other = picker.chosen_ids().first().copied();

    let mut refusal = None;
    if let (Some((type_id, side)), Some(other), Some(details), false) = (kind_read, other, details, only_finds) {
        let (contact_a, contact_b) = match side {
            Side::A => (contact, other),
            Side::B => (other, contact),
        };
        let tie = Tie {
            type_id,
            contact_a,
            contact_b,
        };
        match member.write(move |tx| actions::add(tx, &tie, &details)).await {
            Ok(_) => {
                member.say(Flash::success(
                    "The relationship has been added. Both contacts show it.",
                ));
                return Ok(back(&member, contact));
            }
            Err(error) => match error.words() {
                Some(words) => refusal = Some(words),
                None => return Err(error.into()),
            },
        }
    }
    let picker = match (refusal, other, only_finds) {
        (Some(words), ..) => picker.wrong(&words),
        (None, None, false) => picker.says_who_is_missing(),
        _ => picker,
    };
    let chosen = kind.value.clone();
    let (row, kinds) = member.write(move |tx| beginning(tx, contact, &chosen)).await?;
    let page = NewPage {
        page: member.page("contacts"),
        contact,
        name: row.display_name,
        kind: if only_finds { Field::holding(kind.value) } else { kind },
        kinds,
        picker,
        form,
    };
    web::show_with(StatusCode::UNPROCESSABLE_ENTITY, page)
}

/// The contact, and what it can be to others.
fn beginning(tx: &mut OrgTx<'_>, contact: ContactId, chosen: &str) -> Result<(ContactRow, Vec<Choice>), PageError> {
    let row = contacts::list_rows(tx, &[contact])?.pop().ok_or(PageError::NotFound)?;
    let types = types::all(tx)?;
    let mut kinds: Vec<(String, String)> = Vec::new();
    for of_type in types.iter().filter(|of_type| of_type.is.is_offered) {
        for side in of_type.is.sides_for(row.contact_type) {
            let value = format!("{}:{}", of_type.id, side.as_str());
            kinds.push((value, of_type.is.label(side).to_owned()));
        }
    }
    kinds.sort_by(|one, next| one.1.cmp(&next.1));
    let none = (String::new(), "Choose one".to_owned());
    Ok((row, Choice::list(std::iter::once(none).chain(kinds), chosen)))
}

fn read_kind(typed: &str) -> Result<(RelationshipTypeId, Side), &'static str> {
    let read = || {
        let (id, side) = typed.split_once(':')?;
        let side = [Side::A, Side::B].into_iter().find(|known| known.as_str() == side)?;
        Some((id.parse().ok()?, side))
    };
    read().ok_or("Choose how the two are related.")
}

/// `GET /o/{organization}/contacts/{contact}/relationships/{relationship}/edit`
pub async fn edit(member: Member, path: RelationshipPath) -> Answer {
    let (_, contact, id) = path.into_inner();
    let today = member.today();
    let seen = member.read(move |tx| existing(tx, contact, id, today)).await?;
    let form = DetailsForm::holding(&seen.details);
    ask(&member, StatusCode::OK, contact, seen, form).await
}

/// `POST /o/{organization}/contacts/{contact}/relationships/{relationship}/edit`
pub async fn save(member: Member, path: RelationshipPath, sent: Sent) -> Answer {
    let (_, contact, id) = path.into_inner();
    let today = member.today();
    let seen = member.read(move |tx| existing(tx, contact, id, today)).await?;
    let (mut form, details) = DetailsForm::read(&sent);
    let Some(details) = details else {
        return ask(&member, StatusCode::UNPROCESSABLE_ENTITY, contact, seen, form).await;
    };
    let began = form.began.clone();
    let (saved, step) = member
        .step(&undoable::RELATIONSHIP, id.0, move |tx| {
            let is = actions::locked(tx, &[id])?.pop().ok_or(PageError::NotFound)?.details;
            Ok::<_, PageError>(match began.misses(&is, &details) {
                true => Err(is),
                false => Ok(actions::change(tx, id, &details, "")?),
            })
        })
        .await?;
    let changed = match saved {
        Ok(changed) => changed,
        Err(is) => {
            form.began = Began::again(&is);
            return ask(&member, StatusCode::UNPROCESSABLE_ENTITY, contact, seen, form).await;
        }
    };
    let said = Flash::success(match changed {
        true => "The relationship has been saved.",
        false => "Nothing was different, so nothing was changed.",
    });
    member.say_done(said, step);
    Ok(back(&member, contact))
}

async fn ask(member: &Member, status: StatusCode, contact: ContactId, seen: Seen, form: DetailsForm) -> Answer {
    let name = member
        .read(move |tx| contacts::store::name_of(tx, contact)?.ok_or(PageError::NotFound))
        .await?;
    let page = EditPage {
        page: member.page("contacts"),
        contact,
        name,
        seen,
        form,
    };
    web::show_with(status, page)
}
