//! The types of relationships, among the settings.

use super::super::model::{self, RelationshipType, TypeDraft};
use super::super::types;
use crate::accounts::Member;
use crate::base::{RelationshipTypeId, StepId};
use crate::crm::contacts::ContactType;
use crate::crm::type_error::TypeError;
use crate::crm::undoable;
use crate::web::{self, Answer, Choice, Field, Flash, Page, PageError};
use actix_web::http::StatusCode;
use actix_web::web::{Form, Path};
use askama::Template;
use serde::Deserialize;

/// What handlers of one type take.
type TypePath = Path<(String, RelationshipTypeId)>;

#[derive(Template)]
#[template(path = "relationships/types.html")]
struct ListPage {
    page: Page,
    rows: Vec<Row>,
}

struct Row {
    of_type: RelationshipType,
    relationships: i64,
}

impl Row {
    /// "Individual", or "Anybody".
    fn who(&self, contact_type: &Option<ContactType>) -> &'static str {
        contact_type.map_or("Anybody", ContactType::label)
    }
}

#[derive(Template)]
#[template(path = "relationships/type_form.html")]
struct FormPage {
    page: Page,
    /// The type as it is; `None` for a new one.
    of_type: Option<RelationshipType>,
    label_a_b: Field,
    label_b_a: Field,
    who_a: Vec<Choice>,
    who_b: Vec<Choice>,
    is_offered: bool,
}

#[derive(Template)]
#[template(path = "relationships/type_delete.html")]
struct DeletePage {
    page: Page,
    of_type: RelationshipType,
    relationships: i64,
}

/// What was typed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    label_a_b: String,
    label_b_a: String,
    contact_type_a: String,
    contact_type_b: String,
    is_offered: bool,
}

impl Typed {
    fn of(draft: &TypeDraft) -> Self {
        let word = |contact_type: Option<ContactType>| contact_type.map_or("", ContactType::as_str).to_owned();
        Self {
            label_a_b: draft.label_a_b.clone(),
            label_b_a: draft.label_b_a.clone(),
            contact_type_a: word(draft.contact_type_a),
            contact_type_b: word(draft.contact_type_b),
            is_offered: draft.is_offered,
        }
    }

    /// The labels' fields, and the draft where they are right. The second label may be left out where both are the same.
    fn read(&self) -> (Field, Field, Option<TypeDraft>) {
        let (a_b_field, a_b) = Field::read(&self.label_a_b, model::label);
        let both = |typed: &str| match typed.trim() {
            "" => Ok(a_b.clone().unwrap_or_default()),
            typed => model::label(typed),
        };
        let (b_a_field, b_a) = Field::read(&self.label_b_a, both);
        let draft = a_b.zip(b_a).map(|(label_a_b, label_b_a)| TypeDraft {
            label_a_b,
            label_b_a,
            contact_type_a: ContactType::parse(&self.contact_type_a),
            contact_type_b: ContactType::parse(&self.contact_type_b),
            is_offered: self.is_offered,
        });
        (a_b_field, b_a_field, draft)
    }
}

/// `GET /o/{organization}/relationship-types`
pub async fn list(member: Member) -> Answer {
    let (all, counts) = member
        .write(|tx| Ok::<_, PageError>((types::all(tx)?, types::use_counts(tx)?)))
        .await?;
    let rows = all.into_iter().map(|of_type| Row {
        relationships: counts.get(&of_type.id).copied().unwrap_or(0),
        of_type,
    });
    web::show(ListPage {
        page: member.page("settings"),
        rows: rows.collect(),
    })
}

/// `GET /o/{organization}/relationship-types/new`
pub async fn new(member: Member) -> Answer {
    let typed = Typed {
        is_offered: true,
        ..Typed::default()
    };
    form(
        &member,
        StatusCode::OK,
        None,
        &typed,
        (Field::default(), Field::default()),
    )
}

/// `POST /o/{organization}/relationship-types/new`
pub async fn add(member: Member, typed: Form<Typed>) -> Answer {
    let (a_b, b_a, draft) = typed.read();
    let Some(draft) = draft else {
        return form(&member, StatusCode::UNPROCESSABLE_ENTITY, None, &typed, (a_b, b_a));
    };
    // The first ones come before one's own.
    let added = member
        .write(move |tx| {
            types::all(tx)?;
            types::add(tx, &draft)
        })
        .await;
    match added {
        Ok(_) => Ok(saved(&member, None)),
        Err(TypeError::Taken) => form(&member, StatusCode::UNPROCESSABLE_ENTITY, None, &typed, taken(&typed)),
        Err(other) => Err(other.into()),
    }
}

/// `GET /o/{organization}/relationship-types/{type}/edit`
pub async fn edit(member: Member, path: TypePath) -> Answer {
    let of_type = existing(&member, path.1).await?;
    let typed = Typed::of(&of_type.is);
    let fields = (Field::holding(&typed.label_a_b), Field::holding(&typed.label_b_a));
    form(&member, StatusCode::OK, Some(of_type), &typed, fields)
}

/// `POST /o/{organization}/relationship-types/{type}/edit`
pub async fn save(member: Member, path: TypePath, typed: Form<Typed>) -> Answer {
    let of_type = existing(&member, path.1).await?;
    let (a_b, b_a, draft) = typed.read();
    let Some(draft) = draft else {
        return form(
            &member,
            StatusCode::UNPROCESSABLE_ENTITY,
            Some(of_type),
            &typed,
            (a_b, b_a),
        );
    };
    let id = of_type.id;
    let changed = member.step(&undoable::RELATIONSHIP_TYPE, id.0, move |tx| {
        types::change(tx, id, &draft)
    });
    match changed.await {
        Ok(((), step)) => Ok(saved(&member, step)),
        Err(TypeError::Taken) => form(
            &member,
            StatusCode::UNPROCESSABLE_ENTITY,
            Some(of_type),
            &typed,
            taken(&typed),
        ),
        Err(other) => Err(other.into()),
    }
}

fn form(
    member: &Member,
    status: StatusCode,
    of_type: Option<RelationshipType>,
    typed: &Typed,
    (label_a_b, label_b_a): (Field, Field),
) -> Answer {
    let who = |chosen: &str| {
        let kinds = ContactType::ALL.map(|kind| (kind.as_str(), kind.label()));
        Choice::list(std::iter::once(("", "Anybody")).chain(kinds), chosen)
    };
    let page = FormPage {
        page: member.page("settings"),
        of_type,
        label_a_b,
        label_b_a,
        who_a: who(&typed.contact_type_a),
        who_b: who(&typed.contact_type_b),
        is_offered: typed.is_offered,
    };
    web::show_with(status, page)
}

fn taken(typed: &Typed) -> (Field, Field) {
    let sentence = "A type with these words already exists.";
    (
        Field::wrong(&typed.label_a_b, sentence),
        Field::holding(&typed.label_b_a),
    )
}

fn saved(member: &Member, step: Option<StepId>) -> actix_web::HttpResponse {
    member.say_done(Flash::success("The relationship type has been saved."), step);
    member.redirect("relationship-types")
}

/// `GET /o/{organization}/relationship-types/{type}/delete`
pub async fn ask(member: Member, path: TypePath) -> Answer {
    let of_type = existing(&member, path.1).await?;
    let counts = member.read(|tx| Ok::<_, PageError>(types::use_counts(tx)?)).await?;
    web::show(DeletePage {
        page: member.page("settings"),
        relationships: counts.get(&of_type.id).copied().unwrap_or(0),
        of_type,
    })
}

/// `POST /o/{organization}/relationship-types/{type}/delete`
pub async fn delete(member: Member, path: TypePath) -> Answer {
    let id = path.1;
    let ((), step) = member
        .step(&undoable::RELATIONSHIP_TYPE, id.0, move |tx| types::delete(tx, id))
        .await?;
    member.say_done(Flash::success("The relationship type has been deleted."), step);
    Ok(member.redirect("relationship-types"))
}

async fn existing(member: &Member, id: RelationshipTypeId) -> Result<RelationshipType, PageError> {
    let found = member.read(move |tx| Ok::<_, PageError>(types::find(tx, id)?)).await?;
    found.ok_or(PageError::NotFound)
}
