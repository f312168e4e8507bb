//! The pages of bulk actions on contributions: what is to be done to a selection, what came of it, and all of them.

use super::actions;
use super::model::{Action, CHOSEN_MAX, Deed, Outcome};
use super::store;
use crate::accounts::Member;
use crate::base::{ContributionActionId, ContributionId, Role, grouped};
use crate::crm::contacts::{Sent, sent_value, sent_values};
use crate::crm::contributions::Status;
use crate::crm::contributions::search::{self, Filter};
use crate::crm::{campaigns, funds};
use crate::db::OrgTx;
use crate::web::{self, Answer, Choice, Field, Flash, Needs, PAGE_SIZE, Page, PageError, Pager, Route, day, get, post};
use actix_web::http::StatusCode;
use actix_web::web::{Form, Path, Query};
use askama::Template;
use diesel::QueryResult;
use serde::Deserialize;

type ActionPath = Path<(String, ContributionActionId)>;

/// Every route of the room.
pub fn routes() -> Vec<Route> {
    const READ: Needs = Needs::Role(Role::Reader);
    const CHANGE: Needs = Needs::Role(Role::Staff);
    vec![
        get("/o/{organization}/contributions/bulk", READ, list),
        post("/o/{organization}/contributions/bulk", CHANGE, act),
        post("/o/{organization}/contributions/bulk/choose", CHANGE, choose),
        get("/o/{organization}/contributions/bulk/{action}", READ, show),
        post("/o/{organization}/contributions/bulk/{action}/undo", CHANGE, undo),
    ]
}

/// Which contributions an action is about, as a list sends it.
fn chosen(tx: &mut OrgTx<'_>, sent: &Sent) -> QueryResult<Vec<ContributionId>> {
    match sent_value(sent, "scope") {
        "all" => search::ids(tx, &Filter::of(sent)),
        _ => Ok(sent_values(sent, "id")),
    }
}

#[derive(Template)]
#[template(path = "contributions/bulk/choose.html")]
struct ChoosePage {
    page: Page,
    /// "thank", "fund", "campaign" or "status".
    deed: String,
    /// The selection, to be sent again.
    sent: Vec<(String, String)>,
    count: usize,
    value: Field,
    choices: Vec<Choice>,
}

impl ChoosePage {
    fn count(&self) -> String {
        grouped(&self.count.to_string())
    }
}

/// `POST /o/{organization}/contributions/bulk/choose`: asks for the value.
async fn choose(member: Member, sent: Sent) -> Answer {
    let value = match sent_value(&sent, "deed") {
        "thank" => Field::holding(member.today().to_string()),
        _ => Field::default(),
    };
    match page(&member, sent, value).await? {
        Some(page) => web::show(page),
        None => {
            member.say(
                Flash::error("Nothing was chosen")
                    .with("Tick some contributions, or choose “All Records”. Nothing was changed."),
            );
            Ok(member.redirect("contributions"))
        }
    }
}

/// `None` where nothing is chosen.
async fn page(member: &Member, sent: Sent, value: Field) -> Result<Option<ChoosePage>, PageError> {
    let deed = sent_value(&sent, "deed").to_owned();
    let (asked, selection) = (deed.clone(), Form(sent.clone()));
    let (chosen, choices) = member
        .read(move |tx| Ok::<_, PageError>((chosen(tx, &selection)?, choices(tx, &asked)?)))
        .await?;
    match chosen.len() {
        0 => return Ok(None),
        count if count > CHOSEN_MAX => return Err(actions::too_many()),
        _ => {}
    }
    let own = ["deed", "value", "seen"];
    Ok(Some(ChoosePage {
        page: member.page("contributions"),
        deed,
        count: chosen.len(),
        sent: sent
            .into_inner()
            .into_iter()
            .filter(|(name, _)| !own.contains(&name.as_str()))
            .collect(),
        value,
        choices,
    }))
}

fn choices(tx: &mut OrgTx<'_>, deed: &str) -> QueryResult<Vec<Choice>> {
    let pairs: Vec<(String, String)> = match deed {
        "fund" => {
            let funds = funds::store::list(tx)?.into_iter().filter(|one| one.is.is_enabled);
            funds.map(|one| (one.id.to_string(), one.is.name)).collect()
        }
        "campaign" => {
            let campaigns = campaigns::store::list(tx)?.into_iter().filter(|one| one.is.is_enabled);
            let named = campaigns.map(|one| (one.id.to_string(), one.is.name));
            std::iter::once(("none".to_owned(), "No campaign".to_owned()))
                .chain(named)
                .collect()
        }
        "status" => Status::ALL
            .iter()
            .map(|status| (status.to_string(), status.to_string()))
            .collect(),
        _ => return Ok(Vec::new()),
    };
    let first = std::iter::once((String::new(), "Choose one".to_owned()));
    Ok(Choice::list(first.chain(pairs), ""))
}

/// `POST /o/{organization}/contributions/bulk`: does it.
async fn act(member: Member, sent: Sent) -> Answer {
    let selection = Form(sent.clone());
    let done = member
        .write(move |tx| {
            let chosen = chosen(tx, &selection)?;
            // The list may have grown since somebody looked at it.
            if chosen.len().to_string() != sent_value(&selection, "seen") {
                return Ok(Err(
                    "The list changed meanwhile, so nothing was done yet. Look at the number, then press again.",
                ));
            }
            Ok::<_, PageError>(match deed(tx, &selection)? {
                Ok(deed) => Ok(actions::act(tx, &deed, &chosen)?),
                Err(words) => Err(words),
            })
        })
        .await?;
    match done {
        Ok(id) => Ok(member.redirect(&format!("contributions/bulk/{id}"))),
        Err(words) => {
            let value = Field::wrong(sent_value(&sent, "value"), words);
            match page(&member, sent, value).await? {
                Some(page) => web::show_with(StatusCode::UNPROCESSABLE_ENTITY, page),
                None => Ok(member.redirect("contributions")),
            }
        }
    }
}

/// What is to be done; the error is said at the field.
fn deed(tx: &mut OrgTx<'_>, sent: &Sent) -> Result<Result<Deed, &'static str>, PageError> {
    let value = sent_value(sent, "value");
    Ok(match sent_value(sent, "deed") {
        "thank" => day(value)
            .and_then(|day| day.ok_or("Write the day of the thank-you."))
            .map(|on| Deed::Thank { on }),
        "fund" => {
            let mut funds = funds::store::list(tx)?.into_iter();
            funds
                .find(|one| one.id.to_string() == value)
                .map(|one| Deed::Fund {
                    fund: one.id,
                    name: one.is.name,
                })
                .ok_or("Choose a fund.")
        }
        "campaign" if value == "none" => Ok(Deed::Campaign {
            campaign: None,
            name: String::new(),
        }),
        "campaign" => {
            let mut campaigns = campaigns::store::list(tx)?.into_iter();
            campaigns
                .find(|one| one.id.to_string() == value)
                .map(|one| Deed::Campaign {
                    campaign: Some(one.id),
                    name: one.is.name,
                })
                .ok_or("Choose a campaign, or “No campaign”.")
        }
        "status" => Status::parse(value)
            .map(|status| Deed::Status { status })
            .ok_or("Choose a status."),
        _ => return Err(PageError::NotFound),
    })
}

#[derive(Template)]
#[template(path = "contributions/bulk/show.html")]
struct ShowPage {
    page: Page,
    action: Action,
    done: String,
    undone: String,
    can_be_undone: bool,
    kept_until: String,
    /// Why some were skipped, or not taken back, and how many each time.
    reasons: Vec<(String, i64)>,
}

impl ShowPage {
    /// What came of how many, with the list of them where there is one.
    fn tally(&self) -> Vec<(i32, &'static str, &'static str, Option<Outcome>)> {
        let action = &self.action;
        match action.undone_at {
            None => vec![
                (action.changed, "changed", "good", Some(Outcome::Changed)),
                (action.unchanged, "so already, left as they are", "quiet", None),
                (action.skipped, "skipped", "warn", Some(Outcome::Skipped)),
            ],
            Some(_) => vec![
                (action.taken_back, "as before", "good", Some(Outcome::Undone)),
                (action.kept, "not taken back", "warn", Some(Outcome::Kept)),
            ],
        }
    }
}

/// `GET /o/{organization}/contributions/bulk/{action}`
async fn show(member: Member, path: ActionPath) -> Answer {
    let id = path.1;
    let (action, reasons, now) = member
        .read(move |tx| {
            let action = store::find(tx, id)?.ok_or(PageError::NotFound)?;
            let told = match action.undone_at {
                None => Outcome::Skipped,
                Some(_) => Outcome::Kept,
            };
            Ok::<_, PageError>((action, store::reasons(tx, id, told)?, tx.now()))
        })
        .await?;
    let local = |moment| member.organization.local(moment);
    web::show(ShowPage {
        page: member.page("contributions"),
        done: local(action.done_at),
        undone: action.undone_at.map(local).unwrap_or_default(),
        can_be_undone: member.may_write() && action.can_be_undone(now),
        kept_until: local(action.kept_until()),
        action,
        reasons,
    })
}

/// `POST /o/{organization}/contributions/bulk/{action}/undo`
async fn undo(member: Member, path: ActionPath) -> Answer {
    let id = path.1;
    member.write(move |tx| actions::undo(tx, id)).await?;
    member.say(Flash::success("The bulk action was undone."));
    Ok(member.redirect(&format!("contributions/bulk/{id}")))
}

#[derive(Template)]
#[template(path = "contributions/bulk/list.html")]
struct ListPage {
    page: Page,
    /// Each with when it was done.
    rows: Vec<(Action, String)>,
    pager: Pager,
}

/// Which part of the list.
#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    page: String,
}

/// `GET /o/{organization}/contributions/bulk`
async fn list(member: Member, asked: Query<Asked>) -> Answer {
    let wanted = asked.page.parse().unwrap_or(1);
    let (total, number, actions) = member
        .read(move |tx| {
            let total = store::count(tx)?;
            let number = Pager::number(wanted, total);
            let actions = store::list(tx, (number - 1) * PAGE_SIZE, PAGE_SIZE)?;
            Ok::<_, PageError>((total, number, actions))
        })
        .await?;
    let rows = actions.into_iter().map(|action| {
        let when = member.organization.local(action.done_at);
        (action, when)
    });
    web::show(ListPage {
        page: member.page("contributions"),
        rows: rows.collect(),
        pager: Pager::of(number, total, |page| {
            member.at(&format!("contributions/bulk?page={page}"))
        }),
    })
}
