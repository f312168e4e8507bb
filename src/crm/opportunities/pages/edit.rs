//! Writing an opportunity down, and changing one.

use super::super::model::Opportunity;
use super::super::statuses::{self, OpportunityStatus};
use super::super::{actions, store};
use super::form::{Choices, OpportunityForm};
use super::{OpportunityPath, existing};
use crate::accounts::{self, Member, model::Colleague};
use crate::base::ContactId;
use crate::crm::contacts::{self, Marked, Picker, Sent, sent_value};
use crate::crm::undoable;
use crate::web::{self, Answer, Began, Flash, Page, PageError};
use actix_web::http::StatusCode;
use actix_web::web::Query;
use askama::Template;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "opportunities/form.html")]
struct FormPage {
    page: Page,
    /// The opportunity as it is; `None` for a new one.
    opportunity: Option<Opportunity>,
    form: OpportunityForm,
    choices: Choices,
    picker: Picker,
}

/// What a new opportunity begins with.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Beginning {
    contact: Option<ContactId>,
}

/// `GET /o/{organization}/opportunities/new?contact=7`
pub async fn new(member: Member, asked: Query<Beginning>) -> Answer {
    let prospect: Vec<ContactId> = asked.contact.into_iter().collect();
    let picker = member
        .read(move |tx| Ok::<_, PageError>(Picker::find(tx, "", &prospect, false)?))
        .await?;
    let form = OpportunityForm::beginning(member.person().staff.id);
    ask(&member, StatusCode::OK, None, form, picker).await
}

/// `POST /o/{organization}/opportunities/new`
pub async fn add(member: Member, sent: Sent) -> Answer {
    let (picker, colleagues, statuses) = picked(&member, &sent).await?;
    let prospect = picker.chosen_ids().first().copied();
    let (form, details) = OpportunityForm::read(&sent, None, prospect, (&colleagues, &statuses));
    let only_finds = sent_value(&sent, "then") == "find";
    let Some(details) = details.filter(|_| !only_finds) else {
        let picker = if only_finds || prospect.is_some() {
            picker
        } else {
            picker.says_who_is_missing()
        };
        return ask(&member, StatusCode::UNPROCESSABLE_ENTITY, None, form, picker).await;
    };
    let id = member
        .write(move |tx| {
            contacts::store::name_of(tx, details.contact_id)?.ok_or_else(prospect_is_gone)?;
            Ok::<_, PageError>(actions::add(tx, &details)?)
        })
        .await?;
    member.say(Flash::success("The opportunity has been added."));
    Ok(member.redirect(&format!("opportunities/{id}")))
}

/// `GET /o/{organization}/opportunities/{opportunity}/edit`
pub async fn edit(member: Member, path: OpportunityPath) -> Answer {
    let id = path.1;
    let (opportunity, picker) = member
        .read(move |tx| {
            let opportunity = existing(tx, id)?;
            let picker = Picker::find(tx, "", &[opportunity.is.contact_id], false)?;
            Ok::<_, PageError>((opportunity, picker))
        })
        .await?;
    let form = OpportunityForm::holding(&opportunity);
    ask(&member, StatusCode::OK, Some(opportunity), form, picker).await
}

/// `POST /o/{organization}/opportunities/{opportunity}/edit`
pub async fn save(member: Member, path: OpportunityPath, sent: Sent) -> Answer {
    let id = path.1;
    let opportunity = member.read(move |tx| existing(tx, id)).await?;
    let (picker, colleagues, statuses) = picked(&member, &sent).await?;
    let prospect = picker.chosen_ids().first().copied();
    let (mut form, details) = OpportunityForm::read(&sent, Some(&opportunity), prospect, (&colleagues, &statuses));
    let only_finds = sent_value(&sent, "then") == "find";
    let Some(details) = details.filter(|_| !only_finds) else {
        let picker = if only_finds || prospect.is_some() {
            picker
        } else {
            picker.says_who_is_missing()
        };
        return ask(
            &member,
            StatusCode::UNPROCESSABLE_ENTITY,
            Some(opportunity),
            form,
            picker,
        )
        .await;
    };
    let began = form.began.clone();
    let (saved, step) = member
        .step(&undoable::OPPORTUNITY, id.0, move |tx| {
            contacts::store::name_of(tx, details.contact_id)?.ok_or_else(prospect_is_gone)?;
            let is = actions::locked(tx, id)?;
            Ok::<_, PageError>(match began.misses(&is.is, &details) {
                true => Err(is),
                false => Ok(actions::change(tx, id, &details)?),
            })
        })
        .await?;
    let changed = match saved {
        Ok(changed) => changed,
        Err(is) => {
            form.began = Began::again(&is.is);
            return ask(&member, StatusCode::UNPROCESSABLE_ENTITY, Some(is), form, picker).await;
        }
    };
    let said = Flash::success(match changed {
        true => "The opportunity has been saved.",
        false => "Nothing was different, so nothing was changed.",
    });
    member.say_done(said, step);
    Ok(member.redirect(&format!("opportunities/{id}")))
}

fn prospect_is_gone() -> PageError {
    PageError::Refused(
        "The prospect went into the trash or was erased a moment ago, so nothing was saved. Go back and choose another.".into(),
    )
}

/// Who was chosen or is the only one who fits what was typed, the colleagues whose it may be, and how it may stand.
async fn picked(member: &Member, sent: &Sent) -> Result<(Picker, Vec<Colleague>, Vec<OpportunityStatus>), PageError> {
    let marked = Marked::of(sent);
    member
        .write(move |tx| Ok((marked.picker(tx, false)?, accounts::colleagues(tx)?, statuses::all(tx)?)))
        .await
}

async fn ask(
    member: &Member,
    status: StatusCode,
    opportunity: Option<Opportunity>,
    form: OpportunityForm,
    picker: Picker,
) -> Answer {
    let (types, colleagues, statuses) = member
        .read(|tx| {
            let (types, statuses) = (store::types(tx)?, statuses::shown(tx)?);
            Ok::<_, PageError>((types, accounts::colleagues(tx)?, statuses))
        })
        .await?;
    let page = FormPage {
        page: member.page("opportunities"),
        choices: form.choices(types, (colleagues, &statuses), opportunity.as_ref()),
        opportunity,
        form,
        picker,
    };
    web::show_with(status, page)
}
