//! Adding a contact and changing one. A form that is not accepted comes back with everything that was typed.

use super::Pairs;
use super::duplicates::Match;
use super::form::ContactForm;
use crate::accounts::Member;
use crate::base::ContactId;
use crate::crm::contacts::actions::{self, ContactError};
use crate::crm::contacts::duplicates::{Duplicate, possible_duplicates};
use crate::crm::contacts::model::{Contact, ContactDraft, ContactType};
use crate::crm::contacts::rules::Problem;
use crate::crm::contacts::{many, store};
use crate::crm::custom_fields::{self, CustomFields, Record};
use crate::crm::undoable;
use crate::db::OrgTx;
use crate::web::{self, Answer, Began, Field, Flash, Page, PageError};
use actix_web::http::StatusCode;
use actix_web::web::{Form, Path, Query};
use askama::Template;
use diesel::QueryResult;
use diesel::result::Error as QueryError;

#[derive(Template)]
#[template(path = "contacts/form.html")]
struct FormPage {
    page: Page,
    form: ContactForm,
    /// `None` for a new contact.
    contact: Option<Contact>,
    /// Contacts that look like the new one; a second "Save" adds it all the same.
    duplicates: Vec<Match>,
    began: Began,
    /// Where a new contact belongs to at once.
    place: Option<Place>,
}

/// Where a new contact belongs to from the beginning, such as a group.
#[derive(Clone)]
pub struct Place {
    pub title: String,
    /// Its page inside the organization; below it, `new-contact` is the form.
    pub path: String,
}

impl Place {
    fn form(&self, kind: ContactType) -> String {
        format!("{}/new-contact?type={}", self.path, kind.as_str())
    }
}

impl FormPage {
    fn of(member: &Member, form: ContactForm, contact: Option<Contact>) -> Self {
        Self {
            page: member.page("contacts"),
            began: match (form.value("began_with"), &contact) {
                ("", Some(contact)) => Began::with(&contact.draft()),
                (sent, _) => Began::sent(sent),
            },
            form,
            contact,
            duplicates: Vec::new(),
            place: None,
        }
    }

    /// The form of a new contact.
    fn of_new(member: &Member, form: ContactForm, place: Option<Place>) -> Self {
        Self {
            place,
            ..Self::of(member, form, None)
        }
    }

    /// Where somebody goes who gives it up.
    fn given_up(&self) -> String {
        self.page.at(&match (&self.contact, &self.place) {
            (Some(contact), _) => format!("contacts/{}", contact.id),
            (None, Some(place)) => place.path.clone(),
            (None, None) => "contacts".to_owned(),
        })
    }

    fn refused(self) -> Answer {
        web::show_with(StatusCode::UNPROCESSABLE_ENTITY, self)
    }

    /// The duplicates on this page, so that saving it again means "all the same".
    fn seen(&self) -> String {
        let ids: Vec<String> = self.duplicates.iter().map(|found| found.id.to_string()).collect();
        ids.join(",")
    }

    /// Problems that belong to a list as a whole.
    fn problem_of(&self, list: &str) -> Field {
        self.form.field(list)
    }
}

/// `GET /o/{organization}/contacts/new?type=individual`
pub async fn new(member: Member, query: Query<Pairs>) -> Answer {
    new_in(member, &query, None).await
}

/// The form of a contact who belongs to a place from the beginning.
pub async fn new_in(member: Member, query: &Pairs, place: Option<Place>) -> Answer {
    let wanted = query.iter().find(|(name, _)| name == "type");
    let contact_type = wanted.and_then(|(_, word)| ContactType::parse(word));
    let custom = custom_fields(&member).await?;
    let form = ContactForm::blank(contact_type.unwrap_or_default(), &custom);
    web::show(FormPage::of_new(&member, form, place))
}

enum Adding {
    /// With what else is to be said.
    Added(ContactId, Vec<Flash>),
    LooksLike(Vec<Duplicate>),
}

/// `POST /o/{organization}/contacts/new`
pub async fn create(member: Member, sent: Form<Pairs>) -> Answer {
    create_in(member, &sent, None, |_, _| Ok(Vec::new())).await
}

/// Adds a contact to the records and, in the same transaction, to a place; `join` says what is to be told of that.
pub async fn create_in(
    member: Member,
    sent: &Pairs,
    place: Option<Place>,
    join: impl FnOnce(&mut OrgTx<'_>, ContactId) -> QueryResult<Vec<Flash>> + Send + 'static,
) -> Answer {
    let mut form = ContactForm::read(sent, None, &custom_fields(&member).await?);
    let then = form.value("then").to_owned();
    if form.show_another(&then) {
        return web::show(FormPage::of_new(&member, form, place));
    }
    let (draft, problems) = form.draft(None);
    if !problems.is_empty() {
        form.show_problems(problems);
        return FormPage::of_new(&member, form, place).refused();
    }
    let name = draft.display_name();
    let seen: Vec<ContactId> = form.value("seen").split(',').filter_map(|id| id.parse().ok()).collect();
    match member.write(move |tx| add_unless_known(tx, &draft, &seen, join)).await {
        Ok(Adding::Added(id, said)) => {
            said.into_iter().for_each(|flash| member.say(flash));
            member.say(Flash::success(match &place {
                Some(place) => format!("{name} was added to the contacts and to {}.", place.title),
                None => format!("{name} was added."),
            }));
            Ok(member.redirect(&match (then.as_str(), place) {
                ("new", Some(place)) => place.form(form.contact_type),
                ("new", None) => format!("contacts/new?type={}", form.contact_type.as_str()),
                (_, Some(place)) => place.path,
                (_, None) => format!("contacts/{id}"),
            }))
        }
        Ok(Adding::LooksLike(found)) => {
            let mut page = FormPage::of_new(&member, form, place);
            page.duplicates = found.into_iter().map(|found| Match::of(&member, found)).collect();
            page.refused()
        }
        Err(error) => {
            let page = refused_by(&member, form, None, error)?;
            FormPage { place, ..page }.refused()
        }
    }
}

/// Asks about duplicates that were not on the page yet.
fn add_unless_known(
    tx: &mut OrgTx<'_>,
    draft: &ContactDraft,
    seen: &[ContactId],
    join: impl FnOnce(&mut OrgTx<'_>, ContactId) -> QueryResult<Vec<Flash>>,
) -> Result<Adding, ContactError> {
    let found = possible_duplicates(tx, draft)?;
    if found.iter().any(|duplicate| !seen.contains(&duplicate.row.id)) {
        return Ok(Adding::LooksLike(found));
    }
    let id = actions::add(tx, draft)?;
    Ok(Adding::Added(id, join(tx, id)?))
}

/// `GET /o/{organization}/contacts/{contact}/edit`
pub async fn edit(member: Member, path: Path<(String, ContactId)>) -> Answer {
    let (contact, custom) = existing(&member, path.into_inner().1).await?;
    if let Some(answer) = gone(&member, &contact) {
        return answer;
    }
    web::show(FormPage::of(&member, ContactForm::of(&contact, &custom), Some(contact)))
}

/// `POST /o/{organization}/contacts/{contact}/edit`
pub async fn save(member: Member, path: Path<(String, ContactId)>, sent: Form<Pairs>) -> Answer {
    let (contact, custom) = existing(&member, path.into_inner().1).await?;
    if let Some(answer) = gone(&member, &contact) {
        return answer;
    }
    let mut form = ContactForm::read(&sent, Some(&contact), &custom);
    let then = form.value("then").to_owned();
    if form.show_another(&then) {
        return web::show(FormPage::of(&member, form, Some(contact)));
    }
    let (draft, problems) = form.draft(Some(&contact));
    if !problems.is_empty() {
        form.show_problems(problems);
        return FormPage::of(&member, form, Some(contact)).refused();
    }
    let (id, began) = (contact.id, Began::sent(form.value("began_with")));
    let saved = member
        .step(&undoable::CONTACT, id.0, move |tx| {
            let is = many::locked(tx, &[id])?.pop().ok_or(QueryError::NotFound)?;
            let is_gone = is.merged_into.is_some() || is.erased_at.is_some();
            Ok(match is_gone || began.misses(&is.draft(), &draft) {
                true => Err(is),
                false => Ok(actions::change(tx, id, &draft, "")?),
            })
        })
        .await;
    match saved {
        Ok((Err(is), _)) => {
            if let Some(answer) = gone(&member, &is) {
                return answer;
            }
            let began = Began::again(&is.draft());
            let page = FormPage::of(&member, form, Some(is));
            FormPage { began, ..page }.refused()
        }
        Ok((Ok(was_changed), step)) => {
            let said = Flash::success(match was_changed {
                true => "Your changes were saved.",
                false => "Nothing was different, so nothing was changed.",
            });
            member.say_done(said, step);
            Ok(member.redirect(&format!("contacts/{id}")))
        }
        Err(error) => refused_by(&member, form, Some(contact), error)?.refused(),
    }
}

/// The form again with what is wrong.
fn refused_by(
    member: &Member,
    mut form: ContactForm,
    contact: Option<Contact>,
    error: ContactError,
) -> Result<FormPage, PageError> {
    form.show_problems(match error {
        ContactError::Invalid(problems) => problems,
        ContactError::IdentifierTaken(_) => {
            let words = "Another contact has this External Identifier. Each may be used once.";
            vec![Problem::new("external_identifier", words)]
        }
        other => return Err(other.into()),
    });
    Ok(FormPage::of(member, form, contact))
}

async fn existing(member: &Member, id: ContactId) -> Result<(Contact, CustomFields), PageError> {
    member
        .read(move |tx| {
            let contact = store::find(tx, id)?.ok_or(PageError::NotFound)?;
            Ok((contact, custom_fields::store::of(tx, Record::Contact)?))
        })
        .await
}

async fn custom_fields(member: &Member) -> Result<CustomFields, PageError> {
    member
        .read(|tx| Ok(custom_fields::store::of(tx, Record::Contact)?))
        .await
}

/// What is answered instead of the form of a contact that is none of its own any more: what was typed would be hidden with it.
fn gone(member: &Member, contact: &Contact) -> Option<Answer> {
    if contact.erased_at.is_some() {
        let words = "This person was erased for good, so nothing was saved.";
        return Some(Err(PageError::Refused(words.into())));
    }
    let survivor = contact.merged_into?;
    member.say(Flash::warning(format!(
        "{} was merged into this contact, so nothing was saved. Make your changes here.",
        contact.display_name
    )));
    Some(Ok(member.redirect(&format!("contacts/{survivor}/edit"))))
}
