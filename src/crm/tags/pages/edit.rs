//! Making a tag, and changing one.

use super::super::actions::{self, TagError};
use super::super::model::{self, Colour, Tag, TagDraft, placed, with_all_below};
use super::super::store;
use super::TagPath;
use crate::accounts::Member;
use crate::base::TagId;
use crate::crm::undoable;
use crate::web::{self, Answer, Choice, Field, Flash, Page, PageError};
use actix_web::http::StatusCode;
use actix_web::web::Form;
use askama::Template;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "tags/form.html")]
struct FormPage {
    page: Page,
    /// The tag as it is; `None` for a new one.
    tag: Option<Tag>,
    name: Field,
    description: Field,
    colours: Vec<Choice>,
    parents: Vec<Choice>,
    parent: Field,
}

/// What was typed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    name: String,
    colour: String,
    description: String,
    parent: String,
}

/// The fields, with what is wrong in them.
#[derive(Default)]
struct Fields {
    name: Field,
    description: Field,
    parent: Field,
}

impl Typed {
    fn of(tag: &Tag) -> Self {
        Self {
            name: tag.name.clone(),
            colour: tag.colour.as_str().into(),
            description: tag.description.clone(),
            parent: tag.parent_id.map(|id| id.to_string()).unwrap_or_default(),
        }
    }

    /// The fields as they were typed, and the tag where all of them are right.
    fn read(&self) -> (Fields, Option<TagDraft>) {
        let (name_field, name) = Field::read(&self.name, model::name);
        let (description_field, description) = Field::read(&self.description, model::description);
        let (parent_field, parent) = Field::read(&self.parent, |typed| match typed {
            "" => Ok(None),
            id => id.parse().map(Some).map_err(|_| "Choose a tag from the list."),
        });
        let draft = match (name, description, parent) {
            (Some(name), Some(description), Some(parent)) => Some(TagDraft {
                name,
                colour: Colour::parse(&self.colour).unwrap_or_default(),
                description,
                parent,
            }),
            _ => None,
        };
        let fields = Fields {
            name: name_field,
            description: description_field,
            parent: parent_field,
        };
        (fields, draft)
    }

    fn name_taken(&self) -> Fields {
        Fields {
            name: Field::wrong(&self.name, format!("Tag “{}” already exists.", self.name.trim())),
            description: Field::holding(&self.description),
            parent: Field::default(),
        }
    }

    fn below_itself(&self) -> Fields {
        Fields {
            name: Field::holding(&self.name),
            description: Field::holding(&self.description),
            parent: Field::wrong(&self.parent, "A tag cannot stand below itself."),
        }
    }
}

/// `GET /o/{organization}/tags/new`
pub async fn new(member: Member) -> Answer {
    ask(&member, StatusCode::OK, None, &Typed::default(), Fields::default()).await
}

/// `POST /o/{organization}/tags/new`
pub async fn create(member: Member, typed: Form<Typed>) -> Answer {
    let fields = match typed.read() {
        (fields, None) => fields,
        (_, Some(draft)) => {
            let said = saved(&draft.name);
            match member.write(move |tx| actions::create(tx, &draft)).await {
                Ok(_) => {
                    member.say(said);
                    return Ok(member.redirect("tags"));
                }
                Err(TagError::NameTaken) => typed.name_taken(),
                Err(other) => return Err(other.into()),
            }
        }
    };
    ask(&member, StatusCode::UNPROCESSABLE_ENTITY, None, &typed, fields).await
}

/// `GET /o/{organization}/tags/{tag}/edit`
pub async fn edit(member: Member, path: TagPath) -> Answer {
    let id = path.1;
    let tag = member.read(move |tx| super::existing(tx, id)).await?;
    let typed = Typed::of(&tag);
    let as_it_is = Fields {
        name: Field::holding(&tag.name),
        description: Field::holding(&tag.description),
        parent: Field::default(),
    };
    ask(&member, StatusCode::OK, Some(id), &typed, as_it_is).await
}

/// `POST /o/{organization}/tags/{tag}/edit`
pub async fn save(member: Member, path: TagPath, typed: Form<Typed>) -> Answer {
    let id = path.1;
    let fields = match typed.read() {
        (fields, None) => fields,
        (_, Some(draft)) => {
            let said = saved(&draft.name);
            let changed = member.step(&undoable::TAG, id.0, move |tx| actions::change(tx, id, &draft));
            match changed.await {
                Ok(((), step)) => {
                    member.say_done(said, step);
                    return Ok(member.redirect("tags"));
                }
                Err(TagError::NameTaken) => typed.name_taken(),
                Err(TagError::BelowItself) => typed.below_itself(),
                Err(other) => return Err(other.into()),
            }
        }
    };
    ask(&member, StatusCode::UNPROCESSABLE_ENTITY, Some(id), &typed, fields).await
}

async fn ask(member: &Member, status: StatusCode, id: Option<TagId>, typed: &Typed, fields: Fields) -> Answer {
    let tags = member.read(|tx| Ok::<_, PageError>(store::all(tx)?)).await?;
    let tag = match id {
        None => None,
        Some(id) => Some(
            tags.iter()
                .find(|tag| tag.id == id)
                .cloned()
                .ok_or(PageError::NotFound)?,
        ),
    };
    let not_below = id.map(|id| with_all_below(id, &tags)).unwrap_or_default();
    let parents = placed(tags)
        .into_iter()
        .filter(|placed| !not_below.contains(&placed.tag.id))
        .map(|placed| (placed.tag.id.to_string(), placed.path()));
    let none = (String::new(), "No other tag".to_owned());
    let colours = Colour::ALL.map(|colour| (colour.as_str(), colour.label()));
    let page = FormPage {
        page: member.page("tags"),
        tag,
        name: fields.name,
        description: fields.description,
        colours: Choice::list(colours, Colour::parse(&typed.colour).unwrap_or_default().as_str()),
        parents: Choice::list(std::iter::once(none).chain(parents), &typed.parent),
        parent: fields.parent,
    };
    web::show_with(status, page)
}

fn saved(name: &str) -> Flash {
    Flash::success(format!("The tag “{name}” has been saved."))
}
