//! The pages of campaigns: their list, a form, and the question before one is deleted.

use super::actions::{self, CampaignError};
use super::model::{self, Campaign, CampaignDraft, CampaignType};
use super::store::{self, Raised};
use crate::accounts::Member;
use crate::base::{CampaignId, Currency, Money, Role, StepId};
use crate::crm::{funds, undoable};
use crate::db::OrgTx;
use crate::web::{self, Answer, Began, Choice, Field, Flash, Needs, Page, PageError, Route, day, get, long_text, post};
use actix_web::http::StatusCode;
use actix_web::web::{Form, Path, Query};
use askama::Template;
use chrono::NaiveDate;
use diesel::result::Error as QueryError;
use serde::Deserialize;

/// What handlers below `/o/{organization}/campaigns/{campaign}` take.
type CampaignPath = Path<(String, CampaignId)>;

/// Every route of the room; the page of one campaign belongs to the contributions.
pub fn routes() -> Vec<Route> {
    const READ: Needs = Needs::Role(Role::Reader);
    const CHANGE: Needs = Needs::Role(Role::Staff);
    vec![
        get("/o/{organization}/campaigns", READ, list),
        get("/o/{organization}/campaigns/new", CHANGE, show_new),
        post("/o/{organization}/campaigns/new", CHANGE, create),
        get("/o/{organization}/campaigns/{campaign}/settings", CHANGE, show),
        post("/o/{organization}/campaigns/{campaign}/settings", CHANGE, save),
        get("/o/{organization}/campaigns/{campaign}/delete", CHANGE, ask),
        post("/o/{organization}/campaigns/{campaign}/delete", CHANGE, delete),
    ]
}

#[derive(Template)]
#[template(path = "campaigns/list.html")]
struct ListPage {
    page: Page,
    rows: Vec<Row>,
    /// There is none yet.
    is_empty: bool,
    types: Vec<Choice>,
    states: Vec<Choice>,
}

struct Row {
    campaign: Campaign,
    parent: Option<String>,
    raised: Raised,
}

impl Row {
    /// How much of the goal has come, in percent, rounded down.
    fn percent(&self) -> Option<i128> {
        let goal = self.campaign.is.goal()?;
        let same = |amount: &&Money| amount.currency == goal.currency;
        let raised = self.raised.amounts.iter().find(same).map_or(0, |amount| amount.minor);
        Some(i128::from(raised) * 100 / i128::from(goal.minor.max(1)))
    }
}

/// What may stand in the address of the list.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    #[serde(rename = "type")]
    of_type: String,
    state: String,
}

/// How campaigns stand, as the list is filtered.
const STATES: [(&str, &str); 4] = [
    ("", "Any"),
    ("running", "Running today"),
    ("over", "Over"),
    ("disabled", "Disabled"),
];

impl Asked {
    fn wants(&self, is: &CampaignDraft, today: NaiveDate) -> bool {
        let has_begun = is.start_date.is_none_or(|day| day <= today);
        let is_over = is.end_date.is_some_and(|day| day < today);
        let stands = match self.state.as_str() {
            "running" => is.is_enabled && has_begun && !is_over,
            "over" => is_over,
            "disabled" => !is.is_enabled,
            _ => true,
        };
        stands && CampaignType::parse(&self.of_type).is_none_or(|wanted| wanted == is.campaign_type)
    }
}

async fn list(member: Member, asked: Query<Asked>) -> Answer {
    let (all, mut raised) = member
        .read(|tx| Ok::<_, PageError>((store::list(tx)?, store::raised(tx)?)))
        .await?;
    let name_of = |id: CampaignId| all.iter().find(|one| one.id == id).map(|one| one.is.name.clone());
    let today = member.today();
    let wanted = all.iter().filter(|campaign| asked.wants(&campaign.is, today));
    let rows = wanted.map(|campaign| Row {
        parent: campaign.is.parent_id.and_then(name_of),
        raised: raised.remove(&campaign.id).unwrap_or_default(),
        campaign: campaign.clone(),
    });
    web::show(ListPage {
        page: member.page("campaigns"),
        rows: rows.collect(),
        is_empty: all.is_empty(),
        types: Choice::list(
            std::iter::once(("", "All types")).chain(CampaignType::ALL.iter().map(|one| (one.as_str(), one.as_str()))),
            &asked.of_type,
        ),
        states: Choice::list(STATES, &asked.state),
    })
}

#[derive(Template)]
#[template(path = "campaigns/form.html")]
struct FormPage {
    page: Page,
    /// `None` for a new one.
    campaign: Option<Campaign>,
    form: CampaignForm,
    parents: Vec<Choice>,
    funds: Vec<Choice>,
    types: Vec<Choice>,
    currencies: Vec<Choice>,
}

/// What was typed.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Typed {
    began_with: String,
    name: String,
    campaign_type: String,
    description: String,
    goal: String,
    goal_currency: String,
    start_date: String,
    end_date: String,
    parent: String,
    fund: String,
    is_enabled: Option<String>,
}

impl Typed {
    fn of(campaign: Option<&Campaign>) -> Self {
        let new = CampaignDraft::named("");
        let is = campaign.map_or(&new, |campaign| &campaign.is);
        let date = |date: Option<chrono::NaiveDate>| date.map(|date| date.to_string()).unwrap_or_default();
        Self {
            began_with: campaign
                .map(|campaign| Began::with(&campaign.is).with)
                .unwrap_or_default(),
            name: is.name.clone(),
            campaign_type: is.campaign_type.to_string(),
            description: is.description.clone(),
            goal: is.goal().map(|goal| goal.digits()).unwrap_or_default(),
            goal_currency: is.goal_currency.to_string(),
            start_date: date(is.start_date),
            end_date: date(is.end_date),
            parent: is.parent_id.map(|id| id.to_string()).unwrap_or_default(),
            fund: is.fund_id.map(|id| id.to_string()).unwrap_or_default(),
            is_enabled: is.is_enabled.then(String::new),
        }
    }
}

/// The form's fields with what is wrong in them.
struct CampaignForm {
    began: Began,
    name: Field,
    description: Field,
    goal: Field,
    start_date: Field,
    end_date: Field,
    parent: Field,
    is_enabled: bool,
}

/// Reads the form: the draft where everything is right, and the fields to show it again.
fn read(typed: &Typed) -> (CampaignForm, Option<CampaignDraft>) {
    let currency = Currency::parse(&typed.goal_currency).unwrap_or(Currency::CAD);
    let (name, read_name) = Field::read(&typed.name, model::name);
    let (description, read_description) = Field::read(&typed.description, long_text);
    let (goal, read_goal) = Field::read(&typed.goal, |typed| amount(typed, currency));
    let (start_date, start) = Field::read(&typed.start_date, day);
    let (mut end_date, mut end) = Field::read(&typed.end_date, day);
    if let (Some(Some(first)), Some(Some(last))) = (start, end)
        && last < first
    {
        (end_date, end) = (Field::wrong(&typed.end_date, "It ends before it starts."), None);
    }
    let draft = || {
        Some(CampaignDraft {
            name: read_name?,
            campaign_type: CampaignType::parse(&typed.campaign_type).unwrap_or(CampaignType::Other),
            description: read_description?,
            goal: read_goal?.map(|goal| goal.minor),
            goal_currency: currency,
            start_date: start?,
            end_date: end?,
            parent_id: typed.parent.parse().ok(),
            fund_id: typed.fund.parse().ok(),
            is_enabled: typed.is_enabled.is_some(),
        })
    };
    let draft = draft();
    let form = CampaignForm {
        began: Began::sent(&typed.began_with),
        name,
        description,
        goal,
        start_date,
        end_date,
        parent: Field::default(),
        is_enabled: typed.is_enabled.is_some(),
    };
    (form, draft)
}

fn amount(typed: &str, currency: Currency) -> Result<Option<Money>, &'static str> {
    match typed.trim() {
        "" => Ok(None),
        typed => Money::parse(typed, currency).and_then(|money| match money.minor {
            0 => Err("A goal is more than nothing. Leave it empty if there is none."),
            _ => Ok(Some(money)),
        }),
    }
}

async fn page(
    member: &Member,
    campaign: Option<Campaign>,
    typed: &Typed,
    form: CampaignForm,
) -> Result<FormPage, PageError> {
    let (all, funds) = member
        .read(|tx| Ok::<_, PageError>((store::list(tx)?, funds::store::list(tx)?)))
        .await?;
    let own = campaign.as_ref().map(|campaign| campaign.id);
    let others = all.into_iter().filter(|one| Some(one.id) != own);
    let none = [(String::new(), "No other campaign".to_owned())];
    let parents = others.map(|one| (one.id.to_string(), one.is.name));
    let funds = funds
        .into_iter()
        .filter(|one| one.is.is_enabled || one.id.to_string() == typed.fund)
        .map(|one| (one.id.to_string(), one.is.name));
    let no_fund = [(String::new(), "The default fund".to_owned())];
    let word = |word: &'static str| (word, word);
    let types = CampaignType::ALL.iter().map(|one| word(one.as_str()));
    Ok(FormPage {
        page: member.page("campaigns"),
        parents: Choice::list(none.into_iter().chain(parents), &typed.parent),
        funds: Choice::list(no_fund.into_iter().chain(funds), &typed.fund),
        types: Choice::list(types, &typed.campaign_type),
        currencies: Choice::list(Currency::OFFERED.map(|one| (one, one)), &typed.goal_currency),
        campaign,
        form,
    })
}

async fn show_new(member: Member) -> Answer {
    let typed = Typed::of(None);
    let (mut form, _) = read(&typed);
    form.name = Field::default();
    web::show(page(&member, None, &typed, form).await?)
}

async fn create(member: Member, typed: Form<Typed>) -> Answer {
    let (form, draft) = read(&typed);
    let Some(draft) = draft else {
        return refused(&member, None, &typed, form).await;
    };
    let name = draft.name.clone();
    match member.write(move |tx| actions::add(tx, &draft)).await {
        Ok(id) => Ok(saved(&member, id, &name, None)),
        Err(error) => refuse(&member, None, &typed, form, error).await,
    }
}

async fn show(member: Member, path: CampaignPath) -> Answer {
    let id = path.1;
    let campaign = member.read(move |tx| existing(tx, id)).await?;
    let typed = Typed::of(Some(&campaign));
    let (form, _) = read(&typed);
    web::show(page(&member, Some(campaign), &typed, form).await?)
}

async fn save(member: Member, path: CampaignPath, typed: Form<Typed>) -> Answer {
    let id = path.1;
    let campaign = member.read(move |tx| existing(tx, id)).await?;
    let (mut form, draft) = read(&typed);
    let Some(draft) = draft else {
        return refused(&member, Some(campaign), &typed, form).await;
    };
    let (name, began) = (draft.name.clone(), form.began.clone());
    let done = member
        .step(&undoable::CAMPAIGN, id.0, move |tx| {
            let mut all = store::locked(tx)?.into_iter();
            let is = all.find(|one| one.id == id).ok_or(QueryError::NotFound)?;
            Ok(match began.misses(&is.is, &draft) {
                true => Err(is),
                false => Ok(actions::change(tx, id, &draft)?),
            })
        })
        .await;
    match done {
        Ok((Ok(()), step)) => Ok(saved(&member, id, &name, step)),
        Ok((Err(is), _)) => {
            form.began = Began::again(&is.is);
            refused(&member, Some(is), &typed, form).await
        }
        Err(error) => refuse(&member, Some(campaign), &typed, form, error).await,
    }
}

fn saved(member: &Member, id: CampaignId, name: &str, step: Option<StepId>) -> actix_web::HttpResponse {
    member.say_done(Flash::success(format!("The campaign “{name}” has been saved.")), step);
    member.redirect(&format!("campaigns/{id}"))
}

async fn refused(member: &Member, campaign: Option<Campaign>, typed: &Typed, form: CampaignForm) -> Answer {
    web::show_with(
        StatusCode::UNPROCESSABLE_ENTITY,
        page(member, campaign, typed, form).await?,
    )
}

async fn refuse(
    member: &Member,
    campaign: Option<Campaign>,
    typed: &Typed,
    mut form: CampaignForm,
    error: CampaignError,
) -> Answer {
    match error {
        CampaignError::Taken => {
            form.name = Field::wrong(
                &typed.name,
                "Another campaign has this name. Each name may be used once.",
            );
        }
        CampaignError::PartOfItself => {
            form.parent = Field::wrong(&typed.parent, "That campaign is a part of this one. Choose another.");
        }
        other => return Err(other.into()),
    }
    refused(member, campaign, typed, form).await
}

#[derive(Template)]
#[template(path = "campaigns/delete.html")]
struct DeletePage {
    page: Page,
    campaign: Campaign,
}

async fn ask(member: Member, path: CampaignPath) -> Answer {
    let id = path.1;
    let campaign = member.read(move |tx| existing(tx, id)).await?;
    web::show(DeletePage {
        page: member.page("campaigns"),
        campaign,
    })
}

async fn delete(member: Member, path: CampaignPath) -> Answer {
    let id = path.1;
    let (name, step) = member
        .step(&undoable::CAMPAIGN, id.0, move |tx| actions::delete(tx, id))
        .await?;
    member.say_done(Flash::success(format!("The campaign “{name}” has been deleted.")), step);
    Ok(member.redirect("campaigns"))
}

fn existing(tx: &mut OrgTx<'_>, id: CampaignId) -> Result<Campaign, PageError> {
    store::find(tx, id)?.ok_or(PageError::NotFound)
}

impl From<CampaignError> for PageError {
    fn from(error: CampaignError) -> Self {
        match error {
            CampaignError::Taken => Self::Refused("Another campaign has this name. Nothing was changed.".into()),
            CampaignError::PartOfItself => {
                Self::Refused("A campaign cannot be a part of itself. Nothing was changed.".into())
            }
            CampaignError::InUse => Self::Refused(
                "Nothing was changed: contributions went to this campaign, or other campaigns are parts of it, and they \
                 must keep saying so. Untick “Enabled” under its Settings, then it is no longer offered."
                    .into(),
            ),
            CampaignError::Unavailable(error) => error.into(),
            CampaignError::Query(error) => error.into(),
        }
    }
}
