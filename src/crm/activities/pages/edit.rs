//! Adding an activity, also as a follow-up of another, and changing one.

use super::super::model::Activity;
use super::super::{actions, store, types};
use super::form::{ActivityForm, Choices};
use super::{ActivityPath, Settings, existing};
use crate::accounts::{self, Member, model::Colleague};
use crate::base::{ActivityId, ContactId};
use crate::crm::contacts::{Marked, Picker, Sent, sent_value};
use crate::crm::undoable;
use crate::web::{self, Answer, Began, Flash, Page, PageError};
use actix_web::http::StatusCode;
use actix_web::web::Query;
use askama::Template;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "activities/form.html")]
struct FormPage {
    page: Page,
    /// The activity as it is; `None` for a new one.
    activity: Option<Activity>,
    /// What a new one goes on from.
    goes_on_from: Option<Activity>,
    form: ActivityForm,
    choices: Choices,
    picker: Picker,
}

/// What a new activity begins with.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Beginning {
    contact: Option<ContactId>,
    follow_up_of: Option<ActivityId>,
}

/// `GET /o/{organization}/activities/new?contact=7&follow_up_of=3`
pub async fn new(member: Member, asked: Query<Beginning>) -> Answer {
    let mut with: Vec<ContactId> = asked.contact.into_iter().collect();
    let before = asked.follow_up_of;
    let (goes_on_from, picker) = member
        .read(move |tx| {
            let goes_on_from = before.map(|id| existing(tx, id)).transpose()?;
            if let Some(before) = &goes_on_from {
                with.extend(&before.is.with);
            }
            Ok::<_, PageError>((goes_on_from, Picker::find(tx, "", &with, true)?))
        })
        .await?;
    let form = ActivityForm::beginning(&member.organization, member.person().db().clock().now());
    ask(&member, StatusCode::OK, None, goes_on_from, form, picker).await
}

/// `POST /o/{organization}/activities/new`
pub async fn add(member: Member, sent: Sent, config: Settings) -> Answer {
    let (picker, colleagues) = picked(&member, &sent).await?;
    let chosen = (picker.chosen_ids(), colleagues.as_slice());
    let (form, draft) = ActivityForm::read(&sent, &member.organization, None, chosen);
    let before: Option<ActivityId> = sent_value(&sent, "follow_up_of").parse().ok();
    let goes_on_from = member
        .read(move |tx| before.map(|id| existing(tx, id)).transpose())
        .await?;
    let only_finds = sent_value(&sent, "then") == "find" || picker.is_undecided();
    let Some(mut draft) = draft.filter(|_| !only_finds) else {
        return ask(
            &member,
            StatusCode::UNPROCESSABLE_ENTITY,
            None,
            goes_on_from,
            form,
            picker,
        )
        .await;
    };
    draft.follow_up_of = before;
    let id = member
        .write(move |tx| Ok::<_, PageError>(actions::add(tx, &config, &draft)?))
        .await?;
    member.say(Flash::success("The activity has been added."));
    Ok(member.redirect(&format!("activities/{id}")))
}

/// `GET /o/{organization}/activities/{activity}/edit`
pub async fn edit(member: Member, path: ActivityPath) -> Answer {
    let id = path.1;
    let (activity, picker) = member
        .read(move |tx| {
            let activity = existing(tx, id)?;
            let picker = Picker::find(tx, "", &activity.is.with, true)?;
            Ok::<_, PageError>((activity, picker))
        })
        .await?;
    let form = ActivityForm::holding(&activity.is, &member.organization);
    ask(&member, StatusCode::OK, Some(activity), None, form, picker).await
}

/// `POST /o/{organization}/activities/{activity}/edit`
pub async fn save(member: Member, path: ActivityPath, sent: Sent, config: Settings) -> Answer {
    let id = path.1;
    let activity = member.read(move |tx| existing(tx, id)).await?;
    let (picker, colleagues) = picked(&member, &sent).await?;
    let chosen = (picker.chosen_ids(), colleagues.as_slice());
    let (mut form, draft) = ActivityForm::read(&sent, &member.organization, Some(&activity), chosen);
    let only_finds = sent_value(&sent, "then") == "find" || picker.is_undecided();
    let Some(draft) = draft.filter(|_| !only_finds) else {
        return ask(
            &member,
            StatusCode::UNPROCESSABLE_ENTITY,
            Some(activity),
            None,
            form,
            picker,
        )
        .await;
    };
    let began = form.began.clone();
    let (saved, step) = member
        .step(&undoable::ACTIVITY, id.0, move |tx| {
            let is = store::locked(tx, &[id])?.pop().ok_or(PageError::NotFound)?;
            Ok::<_, PageError>(match began.misses(&is.is, &draft) {
                true => Err(is),
                false => Ok(actions::change(tx, &config, id, &draft)?),
            })
        })
        .await?;
    let changed = match saved {
        Ok(changed) => changed,
        Err(is) => {
            form.began = Began::again(&is.is);
            return ask(&member, StatusCode::UNPROCESSABLE_ENTITY, Some(is), None, form, picker).await;
        }
    };
    let said = Flash::success(match changed {
        true => "The activity has been saved.",
        false => "Nothing was different, so nothing was changed.",
    });
    member.say_done(said, step);
    Ok(member.redirect(&format!("activities/{id}")))
}

/// Who was ticked and who fits what else was typed, and the colleagues it may be assigned to. A name that only one contact
/// fits is taken as it is meant.
async fn picked(member: &Member, sent: &Sent) -> Result<(Picker, Vec<Colleague>), PageError> {
    let marked = Marked::of(sent);
    member
        .read(move |tx| Ok((marked.picker(tx, true)?, accounts::colleagues(tx)?)))
        .await
}

async fn ask(
    member: &Member,
    status: StatusCode,
    activity: Option<Activity>,
    goes_on_from: Option<Activity>,
    form: ActivityForm,
    picker: Picker,
) -> Answer {
    let (types, colleagues) = member
        .write(|tx| Ok::<_, PageError>((types::all(tx)?, accounts::colleagues(tx)?)))
        .await?;
    let page = FormPage {
        page: member.page("activities"),
        choices: form.choices(types, colleagues, activity.as_ref()),
        activity,
        goes_on_from,
        form,
        picker: if status == StatusCode::OK {
            picker
        } else {
            picker.with_a_word()
        },
    };
    web::show_with(status, page)
}
