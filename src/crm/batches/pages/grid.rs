//! The grid of a draft, and what became of a posted batch.

use super::super::actions::{self, PostError};
use super::super::model::{Batch, BatchRow, ROWS_MAX};
use super::super::store;
use super::BatchPath;
use crate::accounts::Member;
use crate::base::BatchId;
use crate::crm::contacts::Picker;
use crate::crm::contacts::rules::Problem;
use crate::crm::contributions::PaymentMethod;
use crate::crm::custom_fields::{self, CustomFields, CustomInput, Kind};
use crate::crm::{
    campaigns::{self, UsualFunds},
    funds,
};
use crate::db::OrgTx;
use crate::web::{self, Answer, Began, Choice, Field, Flash, Page, PageError};
use actix_web::http::StatusCode;
use actix_web::web::Form;
use askama::Template;
use diesel::QueryResult;
use std::collections::HashMap;

/// Rows that "More Rows" adds.
const MORE_ROWS: usize = 5;

#[derive(Template)]
#[template(path = "batches/grid.html")]
struct GridPage {
    page: Page,
    batch: Batch,
    began: Began,
    lines: Vec<Line>,
    /// Rows are not complete.
    has_problems: bool,
    /// Count or total differ from what was counted, and "Post" was pressed.
    differs: bool,
}

/// A row of the grid as it is shown.
struct Line {
    number: usize,
    row: BatchRow,
    picker: Picker,
    problems: HashMap<String, String>,
    methods: Vec<Choice>,
    funds: Vec<Choice>,
    campaigns: Vec<Choice>,
    own: CustomFields,
}

impl Line {
    /// The name of a field: "rows.3.amount".
    fn named(&self, field: &str) -> String {
        format!("rows.{}.{field}", self.number)
    }

    fn field(&self, name: &str) -> Field {
        Field {
            value: self.row.typed(name),
            error: self.problems.get(name).cloned(),
        }
    }

    /// The organization's own fields that must be filled in: they stand among the others.
    fn asked(&self) -> Vec<CustomInput> {
        self.inputs(|input| input.is_required)
    }

    /// Those that may be left empty: they are folded away.
    fn further(&self) -> Vec<CustomInput> {
        self.inputs(|input| !input.is_required)
    }

    fn inputs(&self, wanted: impl Fn(&CustomInput) -> bool) -> Vec<CustomInput> {
        let all = custom_fields::inputs(&self.own, |name| self.field(name)).into_iter();
        all.filter(wanted)
            .map(|input| input.prefixed(&self.named("")))
            .collect()
    }

    /// Whether something stands in a field that is folded away, or is wrong with it.
    fn shows_further(&self) -> bool {
        let is_seen = |input: &CustomInput| {
            let is_chosen = input.kind == Kind::SeveralChoices && input.choices.iter().any(|choice| choice.selected);
            let is_typed = input.kind != Kind::SeveralChoices && !input.field.value.is_empty();
            is_chosen || is_typed || input.field.error.is_some()
        };
        self.further().iter().any(is_seen)
    }
}

#[derive(Template)]
#[template(path = "batches/posted.html")]
struct PostedPage {
    page: Page,
    batch: Batch,
    posted: String,
}

/// `GET /o/{organization}/batches/{batch}`
pub async fn show(member: Member, path: BatchPath) -> Answer {
    let batch = existing(&member, path.1).await?;
    if batch.is_posted || !member.may_write() {
        let posted = batch
            .posted_at
            .map(|moment| member.organization.local(moment))
            .unwrap_or_default();
        let page = member.page("contributions");
        return web::show(PostedPage { page, batch, posted });
    }
    let began = Began::with(&batch.rows);
    let page = grid(&member, batch, began, &HashMap::new(), false).await?;
    web::show(page)
}

/// `POST /o/{organization}/batches/{batch}`: keeps what was typed; `then` says what else.
pub async fn submit(member: Member, path: BatchPath, sent: Form<Vec<(String, String)>>) -> Answer {
    let id = path.1;
    let mut rows = read(&sent);
    let then = sent
        .iter()
        .find(|(name, _)| name == "then")
        .map_or("", |(_, value)| value);
    if then == "more" {
        let last = rows.last().map(BatchRow::next).unwrap_or_default();
        rows.extend(std::iter::repeat_n(last, MORE_ROWS));
        rows.truncate(ROWS_MAX);
    }
    let state = sent.iter().find(|(name, _)| name == "began_with");
    let began = Began::sent(state.map_or("", |(_, state)| state));
    let kept = rows.clone();
    let saved = member
        .write(move |tx| {
            let is = store::locked(tx, id)?;
            Ok::<_, PageError>(match !is.is_posted && began.misses(&is.rows, &kept) {
                true => Err(is),
                false => Ok(actions::save(tx, id, &kept)?),
            })
        })
        .await?;
    if let Err(is) = saved {
        let began = Began::again(&is.rows);
        let page = grid(&member, Batch { rows, ..is }, began, &HashMap::new(), false).await?;
        return web::show_with(StatusCode::UNPROCESSABLE_ENTITY, page);
    }
    match then {
        "post" | "post-anyway" => post(&member, id, rows, then == "post-anyway").await,
        "save" => {
            member.say(Flash::success(
                "The draft was saved. Nothing of it counts before it is posted.",
            ));
            Ok(member.redirect(&format!("batches/{id}")))
        }
        _ => Ok(member.redirect(&format!("batches/{id}"))),
    }
}

async fn post(member: &Member, id: BatchId, rows: Vec<BatchRow>, anyway: bool) -> Answer {
    let today = member.today();
    let posted = member.write(move |tx| actions::post(tx, id, rows, today, anyway)).await;
    let none = HashMap::new();
    let (problems, differs) = match posted {
        Ok(count) => {
            let words = if count == 1 {
                "1 contribution was".to_owned()
            } else {
                format!("{count} contributions were")
            };
            member.say(Flash::success(format!("The batch is posted: {words} added.")));
            return Ok(member.redirect(&format!("batches/{id}")));
        }
        Err(PostError::Empty) => {
            member.say(Flash::error("No gift was typed in yet, so there is nothing to post."));
            return Ok(member.redirect(&format!("batches/{id}")));
        }
        Err(PostError::Rows(problems)) => (problems, false),
        Err(PostError::Differs) => (none, true),
        Err(PostError::Posted) => return Err(actions::already_posted()),
        Err(PostError::Contribution(error)) => return Err(error.into()),
        Err(PostError::Database(error)) => return Err(error.into()),
        Err(PostError::Unavailable(error)) => return Err(error.into()),
    };
    let batch = existing(member, id).await?;
    let began = Began::with(&batch.rows);
    let page = grid(member, batch, began, &problems, differs).await?;
    web::show_with(StatusCode::UNPROCESSABLE_ENTITY, page)
}

async fn existing(member: &Member, id: BatchId) -> Result<Batch, PageError> {
    let found = member.read(move |tx| Ok::<_, PageError>(store::find(tx, id)?)).await?;
    found.ok_or(PageError::NotFound)
}

fn read(sent: &[(String, String)]) -> Vec<BatchRow> {
    let mut rows: Vec<BatchRow> = Vec::new();
    for (name, value) in sent {
        let Some((number, field)) = name.strip_prefix("rows.").and_then(|rest| rest.split_once('.')) else {
            continue;
        };
        let Some(at) = number.parse::<usize>().ok().and_then(|number| number.checked_sub(1)) else {
            continue;
        };
        if at >= ROWS_MAX {
            continue;
        }
        if rows.len() <= at {
            rows.resize_with(at + 1, BatchRow::default);
        }
        rows[at].take(field, value.trim());
    }
    rows
}

async fn grid(
    member: &Member,
    batch: Batch,
    began: Began,
    problems: &HashMap<usize, Vec<Problem>>,
    differs: bool,
) -> Result<GridPage, PageError> {
    let today = member.today().to_string();
    let problems = problems.clone();
    let has_problems = !problems.is_empty();
    let (batch, lines) = member
        .read(move |tx| {
            let lines = lines(tx, &batch, &problems, &today)?;
            Ok::<_, PageError>((batch, lines))
        })
        .await?;
    Ok(GridPage {
        page: member.page("contributions"),
        batch,
        began,
        lines,
        has_problems,
        differs,
    })
}

/// The rows that were typed, and empty ones up to the number of gifts in the pile.
fn lines(
    tx: &mut OrgTx<'_>,
    batch: &Batch,
    problems: &HashMap<usize, Vec<Problem>>,
    today: &str,
) -> QueryResult<Vec<Line>> {
    let usual = UsualFunds::load(tx)?;
    let funds = funds::store::list(tx)?.into_iter();
    let funds: Vec<Offered> = funds
        .map(|fund| (fund.id.to_string(), fund.is.name, fund.is.is_enabled))
        .collect();
    let campaigns = campaigns::store::list(tx)?.into_iter();
    let campaigns: Vec<Offered> = campaigns
        .map(|campaign| (campaign.id.to_string(), campaign.is.name, campaign.is.is_enabled))
        .collect();
    let no_campaign = Some((String::new(), "No campaign".to_owned()));
    // A gift in kind needs a description: it is typed in by itself.
    let methods = PaymentMethod::ALL
        .iter()
        .filter(|method| **method != PaymentMethod::InKind);
    let methods: Vec<&str> = methods.map(|method| method.as_str()).collect();
    let own = store::own_fields(tx)?;
    let first = BatchRow {
        received_on: today.to_owned(),
        payment_method: PaymentMethod::Cheque.to_string(),
        fund: usual.chosen(),
        ..BatchRow::default()
    };
    let wanted = usize::try_from(batch.control_count).unwrap_or(1).max(batch.rows.len());
    let mut rows = batch.rows.clone();
    while rows.len() < wanted.min(ROWS_MAX) {
        let next = rows.last().map_or_else(|| first.clone(), BatchRow::next);
        rows.push(next);
    }
    let mut lines = Vec::new();
    for (at, row) in rows.into_iter().enumerate() {
        let chosen = row.contact();
        // Whoever is chosen stands alone; typing on offers others.
        let typed = if chosen.is_some() { "" } else { row.who.as_str() };
        let fund = match row.fund.as_str() {
            "" => usual.chosen(),
            fund => fund.to_owned(),
        };
        let wrong = problems.get(&at).cloned().unwrap_or_default().into_iter();
        let problems: HashMap<String, String> = wrong.map(|problem| (problem.field, problem.words)).collect();
        let mut picker = Picker::find(tx, typed, chosen.as_slice(), false)?.prefixed(&format!("rows.{}.", at + 1));
        picker.who.error = problems.get("who").cloned();
        lines.push(Line {
            number: at + 1,
            picker,
            problems,
            methods: Choice::list(methods.iter().map(|word| (word, word)), &row.payment_method),
            funds: choices(usual.offered(), &funds, &fund),
            campaigns: choices(no_campaign.clone(), &campaigns, &row.campaign),
            own: own.clone(),
            row,
        });
    }
    Ok(lines)
}

/// A fund or a campaign: its id, its name, and whether it is enabled.
type Offered = (String, String, bool);

/// Those that are enabled, and the one that is chosen.
fn choices(first: Option<(String, String)>, all: &[Offered], chosen: &str) -> Vec<Choice> {
    let offered = all.iter().filter(|(id, _, is_enabled)| *is_enabled || id == chosen);
    let pairs = offered.map(|(id, name, _)| (id.clone(), name.clone()));
    Choice::list(first.into_iter().chain(pairs), chosen)
}
