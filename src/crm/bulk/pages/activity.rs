//! An activity with contacts chosen in a list: one for each of them, or one with all where they are few.

use super::super::actions;
use super::super::model::Deed;
use super::choose::count;
use crate::accounts::{self, Member};
use crate::base::ActivityId;
use crate::config::Config;
use crate::crm::activities::model::ActivityDraft;
use crate::crm::activities::{self, ActivityForm, Choices, types};
use crate::crm::contacts::{self, Selection, Sent, sent_value};
use crate::db::OrgTx;
use crate::web::{self, Answer, Flash, Page, PageError};
use actix_web::http::StatusCode;
use askama::Template;

/// With how many contacts one activity may be: whom it is with stands on its page and in the Change Log of each.
const TOGETHER_MAX: i64 = 50;

#[derive(Template)]
#[template(path = "bulk/activity.html")]
struct ActivityPage {
    page: Page,
    /// Carries the selection on: ids, or the filter of the list.
    selection: Vec<(&'static str, String)>,
    chosen: i64,
    is_together: bool,
    form: ActivityForm,
    choices: Choices,
}

impl ActivityPage {
    fn may_be_one(&self) -> bool {
        (2..=TOGETHER_MAX).contains(&self.chosen)
    }
}

/// `POST /o/{organization}/activities/choose`
pub async fn show(member: Member, sent: Sent) -> Answer {
    let form = ActivityForm::beginning(&member.organization, member.person().db().clock().now());
    ask(&member, StatusCode::OK, &sent, form).await
}

async fn ask(member: &Member, status: StatusCode, sent: &Sent, form: ActivityForm) -> Answer {
    let selection = Selection::of(sent);
    let pairs = selection.pairs();
    let (chosen, types, colleagues) = member
        .write(move |tx| Ok::<_, PageError>((count(tx, &selection)?, types::all(tx)?, accounts::colleagues(tx)?)))
        .await?;
    if chosen == 0 {
        return Ok(contacts::nobody_chosen(member));
    }
    let page = ActivityPage {
        page: member.page("contacts"),
        selection: pairs,
        chosen,
        is_together: sent_value(sent, "together") == "yes",
        choices: form.choices(types, colleagues, None),
        form,
    };
    web::show_with(status, page)
}

/// `POST /o/{organization}/activities/additions`
pub async fn add(member: Member, sent: Sent, config: actix_web::web::Data<Config>) -> Answer {
    let colleagues = member.read(|tx| Ok::<_, PageError>(accounts::colleagues(tx)?)).await?;
    let (form, draft) = ActivityForm::read(&sent, &member.organization, None, (Vec::new(), &colleagues));
    let Some(draft) = draft else {
        return ask(&member, StatusCode::UNPROCESSABLE_ENTITY, &sent, form).await;
    };
    let selection = Selection::of(&sent);
    if sent_value(&sent, "together") == "yes" {
        let added = member.write(move |tx| add_one(tx, &config, &selection, draft)).await?;
        return Ok(match added {
            Some(id) => {
                member.say(Flash::success("The activity has been added."));
                member.redirect(&format!("activities/{id}"))
            }
            None => contacts::nobody_chosen(&member),
        });
    }
    let started = member
        .write(move |tx| {
            let of_type = types::find(tx, draft.type_id)?.ok_or(PageError::NotFound)?;
            let deed = Deed::AddActivity {
                title: draft.title(&of_type.name),
                activity: Box::new(draft.clone()),
            };
            let started = actions::start(tx, &selection, &deed)?;
            if let Some(action) = &started {
                activities::actions::tell_of_many(tx, &config, &draft, action.contact_count)?;
            }
            Ok::<_, PageError>(started)
        })
        .await?;
    Ok(match started {
        Some(action) => member.redirect(&action.path()),
        None => contacts::nobody_chosen(&member),
    })
}

/// One activity with all who are chosen. `None`: nobody is.
fn add_one(
    tx: &mut OrgTx<'_>,
    config: &Config,
    selection: &Selection,
    draft: ActivityDraft,
) -> Result<Option<ActivityId>, PageError> {
    if count(tx, selection)? > TOGETHER_MAX {
        return Err(PageError::Refused(format!(
            "One activity can be with up to {TOGETHER_MAX} contacts, and more are chosen. Nothing was changed. Go back and \
             add one for each of them."
        )));
    }
    let with = contacts::select(tx, selection)?;
    if with.is_empty() {
        return Ok(None);
    }
    let draft = ActivityDraft { with, ..draft };
    Ok(Some(activities::actions::add(tx, config, &draft)?))
}
