//! Linking a group with an audience: choose the two, read the audience, look at the preview, decide, switch on.

use crate::accounts::Member;
use crate::base::GroupId;
use crate::crm::groups;
use crate::crm::groups::actions::TitleError;
use crate::sync::audiences::{self, Audience};
use crate::sync::connection;
use crate::sync::decide::{Policy, Removal};
use crate::sync::facts::{self, Mapping};
use crate::sync::preview::{self, Preview};
use crate::sync::switch::{self, SwitchError};
use crate::web::{self, Answer, Choice, Field, Flash, Page, PageError};
use actix_web::http::StatusCode;
use actix_web::web::{Form, Query};
use askama::Template;
use serde::Deserialize;

/// Which group and audience, and how; carried from step to step.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Chosen {
    group: String,
    /// The name of a group to make, where none was chosen.
    new_group: String,
    audience: String,
    /// `archive`, `unsubscribe` or `leave`.
    removal: String,
    /// `true`: new members confirm by mail first.
    double_optin: String,
    /// `none`, `group`, `audience` or `both`.
    include: String,
}

impl Chosen {
    fn group(&self) -> Result<GroupId, PageError> {
        self.group.parse().map_err(|_| PageError::NotFound)
    }

    fn policy(&self, audience: &Audience) -> Policy {
        let removal = match self.removal.as_str() {
            "unsubscribe" => Removal::Unsubscribe,
            "leave" => Removal::Leave,
            _ => Removal::Archive,
        };
        Policy {
            removal,
            double_optin: self.double_optin == "true" || audience.double_optin,
        }
    }

    /// The link as it would be.
    pub fn hypothesis(&self, audience: &Audience) -> Result<Mapping, PageError> {
        Ok(preview::hypothesis(self.group()?, &audience.id, self.policy(audience)))
    }

    /// The audience it is about.
    pub fn audience(&self, tx: &mut crate::db::OrgTx<'_>) -> Result<Audience, PageError> {
        audiences::find(tx, &self.audience)?.ok_or(PageError::NotFound)
    }

    fn query(&self) -> String {
        serde_urlencoded::to_string([
            ("group", &self.group),
            ("audience", &self.audience),
            ("removal", &self.removal),
            ("double_optin", &self.double_optin),
        ])
        .unwrap_or_default()
    }
}

#[derive(Template)]
#[template(path = "mailchimp/link_new.html")]
struct ChoosePage {
    page: Page,
    group: Field,
    groups: Vec<Choice>,
    new_group: Field,
    audience: Field,
    audiences: Vec<Choice>,
}

/// What is wrong with what was chosen.
#[derive(Default)]
struct Wrong {
    group: Option<String>,
    new_group: Option<String>,
    audience: Option<String>,
}

/// `GET /o/{organization}/mailchimp/links/new`
pub async fn choose(member: Member, chosen: Query<Chosen>) -> Answer {
    choose_page(&member, &chosen, Wrong::default(), StatusCode::OK).await
}

async fn choose_page(member: &Member, chosen: &Chosen, wrong: Wrong, status: StatusCode) -> Answer {
    let (group_id, audience_id) = (chosen.group.clone(), chosen.audience.clone());
    let (groups, audiences) = member
        .read(move |tx| {
            let linked = facts::mappings_of(tx)?;
            let groups: Vec<(String, String)> = groups::store::list(tx)?
                .into_iter()
                .filter(|counted| linked.iter().all(|link| link.group != counted.group.id))
                .map(|counted| {
                    (
                        counted.group.id.to_string(),
                        format!("{} ({})", counted.group.title, counted.members),
                    )
                })
                .collect();
            let audiences: Vec<(String, String)> = audiences::list(tx)?
                .into_iter()
                .filter(|audience| audience.gone_at.is_none() && linked.iter().all(|link| link.audience != audience.id))
                .map(|audience| {
                    (
                        audience.id,
                        format!("{} ({} subscribed)", audience.name, audience.member_count),
                    )
                })
                .collect();
            Ok::<_, PageError>((groups, audiences))
        })
        .await?;
    let page = ChoosePage {
        page: member.page("mailchimp"),
        groups: Choice::list(groups, &group_id),
        audiences: Choice::list(audiences, &audience_id),
        group: Field {
            value: group_id,
            error: wrong.group,
        },
        new_group: Field {
            value: chosen.new_group.clone(),
            error: wrong.new_group,
        },
        audience: Field {
            value: audience_id,
            error: wrong.audience,
        },
    };
    web::show_with(status, page)
}

/// `POST /o/{organization}/mailchimp/links/preview`: asks for the audience to be read, and shows how far that is.
pub async fn read(member: Member, chosen: Form<Chosen>) -> Answer {
    let mut chosen = chosen.into_inner();
    let mut wrong = Wrong::default();
    if chosen.group.is_empty() && chosen.new_group.trim().is_empty() {
        wrong.group = Some("Choose a group, or write the name of a new one.".into());
    }
    if chosen.audience.is_empty() {
        wrong.audience = Some("Choose an audience.".into());
    }
    if wrong.group.is_some() || wrong.audience.is_some() {
        return choose_page(&member, &chosen, wrong, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    let new_group = match chosen.new_group.trim() {
        "" => None,
        typed => match groups::model::title(typed) {
            Ok(title) => Some(title),
            Err(sentence) => {
                wrong.new_group = Some(sentence.into());
                return choose_page(&member, &chosen, wrong, StatusCode::UNPROCESSABLE_ENTITY).await;
            }
        },
    };
    let audience = chosen.audience.clone();
    let prepared: Result<Option<GroupId>, TitleError> = member
        .write(move |tx| {
            audiences::want_full_read(tx, &audience)?;
            new_group
                .map(|title| groups::actions::create(tx, &title, ""))
                .transpose()
        })
        .await;
    match prepared {
        Ok(made) => {
            chosen.group = made.map_or(chosen.group, |group| group.to_string());
            Ok(member.redirect(&format!("mailchimp/links/preview?{}", chosen.query())))
        }
        Err(TitleError::Taken) => {
            wrong.new_group = Some("Another group has this name. Choose it above, or write another name.".into());
            choose_page(&member, &chosen, wrong, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Err(TitleError::Unavailable(error)) => Err(error.into()),
        Err(TitleError::Query(error)) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "mailchimp/reading.html")]
struct ReadingPage {
    page: Page,
    audience: Audience,
    query: String,
}

#[derive(Template)]
#[template(path = "mailchimp/reading_state.html")]
struct ReadingState {
    page: Page,
    audience: Audience,
    query: String,
}

#[derive(Template)]
#[template(path = "mailchimp/preview.html")]
struct PreviewPage {
    page: Page,
    chosen: Chosen,
    group: String,
    /// Nobody is brought in from the audience.
    is_smart: bool,
    audience: Audience,
    preview: Preview,
    /// New members confirm by mail first.
    double_optin: bool,
    /// What Mailchimp calls the account's plan, readable.
    plan: String,
    query: String,
}

/// `GET /o/{organization}/mailchimp/links/preview`: the progress of reading, and then the preview.
pub async fn preview(member: Member, chosen: Query<Chosen>) -> Answer {
    let chosen = chosen.into_inner();
    let asked = chosen.clone();
    let (audience, group, preview, plan) = member
        .read(move |tx| {
            let plan = connection::find(tx)?.map(|connection| connection.plan_in_words());
            let audience = asked.audience(tx)?;
            let group = groups::store::find(tx, asked.group()?)?.ok_or(PageError::NotFound)?;
            let preview = match audience.read_done_at {
                Some(_) => Some(preview::count(tx, &asked.hypothesis(&audience)?)?),
                None => None,
            };
            Ok::<_, PageError>((audience, group, preview, plan.unwrap_or_default()))
        })
        .await?;
    let query = chosen.query();
    let page = member.page("mailchimp");
    match preview {
        Some(preview) => web::show(PreviewPage {
            page,
            double_optin: chosen.policy(&audience).double_optin,
            plan,
            chosen,
            is_smart: group.is_smart(),
            group: group.title,
            audience,
            preview,
            query,
        }),
        None => web::show(ReadingPage { page, audience, query }),
    }
}

/// `GET /o/{organization}/mailchimp/links/preview/progress`: the live part of the reading page.
pub async fn progress(member: Member, chosen: Query<Chosen>) -> Answer {
    let asked = chosen.clone();
    let audience = member.read(move |tx| asked.audience(tx)).await?;
    web::show(ReadingState {
        page: member.part(),
        audience,
        query: chosen.query(),
    })
}

/// `POST /o/{organization}/mailchimp/links/new`
pub async fn switch_on(member: Member, chosen: Form<Chosen>) -> Answer {
    let chosen = chosen.into_inner();
    let group = chosen.group()?;
    let switched = member
        .write(move |tx| {
            let audience = audiences::find(tx, &chosen.audience)?.ok_or(diesel::result::Error::NotFound)?;
            let choice = switch::Choice {
                group,
                policy: chosen.policy(&audience),
                audience: audience.id,
                include_group: matches!(chosen.include.as_str(), "group" | "both"),
                include_audience: matches!(chosen.include.as_str(), "audience" | "both"),
            };
            switch::on(tx, &choice)
        })
        .await;
    match switched {
        Ok(id) => {
            member.say(
                Flash::success("The link is switched on.")
                    .with("The audience as it was before has been saved; you can download it here."),
            );
            Ok(member.redirect(&format!("mailchimp/links/{id}")))
        }
        Err(SwitchError::Database(error)) => Err(error.into()),
        Err(SwitchError::Unavailable(error)) => Err(error.into()),
        Err(SwitchError::Unexpected(error)) => Err(error.into()),
        Err(refused) => Err(PageError::Refused(format!("{refused} Nothing was changed."))),
    }
}
