//! Recurring contributions: all of them with what is overdue, and a contact's: beginning, changing, ending and deleting one.

use crate::accounts::Member;
use crate::base::{ContactId, Currency, Money, RecurringId};
use crate::crm::contributions::recurring::{self, Frequency, Recurring, RecurringDraft, State};
use crate::crm::funds;
use crate::crm::profile::{Frame, Tab};
use crate::crm::undoable;
use crate::db::OrgTx;
use crate::web::{self, Answer, Began, Choice, Field, Flash, PAGE_SIZE, Page, PageError, Pager, day};
use actix_web::http::StatusCode;
use actix_web::web::{Form, Path, Query};
use askama::Template;
use chrono::NaiveDate;
use serde::Deserialize;

type SeriesPath = Path<(String, ContactId, RecurringId)>;

#[derive(Template)]
#[template(path = "contributions/all_recurring.html")]
struct ListPage {
    page: Page,
    /// Each with whose it is.
    rows: Vec<(Recurring, String)>,
    states: Vec<Choice>,
    pager: Pager,
    /// Nobody gives again and again yet.
    is_empty: bool,
    today: NaiveDate,
}

/// What may stand in the address.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    state: String,
    #[serde(default)]
    page: String,
}

/// `GET /o/{organization}/recurring`
pub async fn list(member: Member, asked: Query<Asked>) -> Answer {
    let today = member.today();
    let state = State::ALL.into_iter().find(|state| state.as_str() == asked.state);
    let state = state.unwrap_or_default();
    let wanted = asked.page.parse().unwrap_or(1);
    let (total, number, rows, all) = member
        .read(move |tx| {
            let total = recurring::count(tx, state, today)?;
            let number = Pager::number(wanted, total);
            let rows = recurring::list(tx, state, today, (number - 1) * PAGE_SIZE, PAGE_SIZE)?;
            Ok::<_, PageError>((total, number, rows, recurring::count(tx, State::Any, today)?))
        })
        .await?;
    let states = State::ALL.map(|state| (state.as_str(), state.label()));
    web::show(ListPage {
        page: member.page("contributions"),
        rows,
        states: Choice::list(states, state.as_str()),
        pager: Pager::of(number, total, |page| {
            member.at(&format!("recurring?state={}&page={page}", state.as_str()))
        }),
        is_empty: all == 0,
        today,
    })
}

#[derive(Template)]
#[template(path = "contributions/recurring.html")]
struct FormPage {
    page: Page,
    frame: Frame,
    /// `None` for a new one.
    series: Option<RecurringId>,
    began: Began,
    amount: Field,
    start_date: Field,
    end_date: Field,
    currencies: Vec<Choice>,
    frequencies: Vec<Choice>,
    funds: Vec<Choice>,
}

/// What was typed.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    amount: String,
    currency: String,
    frequency: String,
    start_date: String,
    end_date: String,
    fund: String,
    began_with: String,
}

impl Typed {
    fn of(is: &RecurringDraft) -> Self {
        Self {
            amount: is.amount().digits(),
            currency: is.currency.to_string(),
            frequency: is.frequency.to_string(),
            start_date: is.start_date.to_string(),
            end_date: is.end_date.map(|day| day.to_string()).unwrap_or_default(),
            fund: is.fund_id.to_string(),
            began_with: String::new(),
        }
    }

    /// The three fields that may be wrong, and the draft where none is.
    fn read(&self, contact: ContactId) -> Result<([Field; 3], Option<RecurringDraft>), PageError> {
        let currency = Currency::parse(&self.currency).unwrap_or(Currency::CAD);
        let (amount, money) = Field::read(&self.amount, |typed| match Money::parse(typed, currency)? {
            money if money.minor > 0 => Ok(money),
            _ => Err("A contribution is more than nothing."),
        });
        let (start_date, start) = Field::read(&self.start_date, |typed| day(typed)?.ok_or("Write the first day."));
        let (mut end_date, mut end) = Field::read(&self.end_date, day);
        if let (Some(start), Some(Some(last))) = (start, end)
            && last < start
        {
            (end_date, end) = (Field::wrong(&self.end_date, "It ends before it starts."), None);
        }
        let fund_id = self.fund.parse().map_err(|_| PageError::NotFound)?;
        let read = money.zip(start).zip(end);
        let draft = read.map(|((money, start_date), end_date)| RecurringDraft {
            contact_id: contact,
            amount: money.minor,
            currency,
            frequency: Frequency::parse(&self.frequency).unwrap_or(Frequency::Monthly),
            start_date,
            end_date,
            fund_id,
        });
        Ok(([amount, start_date, end_date], draft))
    }
}

async fn page(
    member: &Member,
    contact: ContactId,
    series: Option<RecurringId>,
    began: Began,
    typed: &Typed,
) -> Result<FormPage, PageError> {
    let (frame, funds, default) = member
        .read(move |tx| {
            let frame = Frame::load(tx, contact, Tab::Contributions)?;
            Ok::<_, PageError>((frame, funds::store::list(tx)?, funds::store::default(tx)?.id))
        })
        .await?;
    let chosen = if typed.fund.is_empty() {
        default.to_string()
    } else {
        typed.fund.clone()
    };
    let offered = funds
        .into_iter()
        .filter(|fund| fund.is.is_enabled || fund.id.to_string() == chosen);
    let mut currencies: Vec<String> = Currency::OFFERED.map(|one| one.to_string()).into();
    if Currency::parse(&typed.currency).is_some() && !currencies.contains(&typed.currency) {
        currencies.push(typed.currency.clone());
    }
    Ok(FormPage {
        page: member.page("contacts"),
        frame,
        series,
        began,
        amount: Field::holding(&typed.amount),
        start_date: Field::holding(&typed.start_date),
        end_date: Field::holding(&typed.end_date),
        currencies: Choice::list(currencies.iter().map(|one| (one, one)), &typed.currency),
        frequencies: Choice::list(Frequency::ALL.iter().map(|one| (one, one)), &typed.frequency),
        funds: Choice::list(offered.map(|fund| (fund.id.to_string(), fund.is.name)), &chosen),
    })
}

/// `GET /o/{organization}/contacts/{contact}/recurring`
pub async fn show(member: Member, path: Path<(String, ContactId)>) -> Answer {
    let typed = Typed {
        currency: "CAD".into(),
        frequency: Frequency::Monthly.to_string(),
        start_date: member.today().to_string(),
        ..Typed::default()
    };
    web::show(page(&member, path.1, None, Began::default(), &typed).await?)
}

/// `POST /o/{organization}/contacts/{contact}/recurring`
pub async fn begin(member: Member, path: Path<(String, ContactId)>, typed: Form<Typed>) -> Answer {
    let contact = path.1;
    let (fields, draft) = typed.read(contact)?;
    let Some(draft) = draft else {
        let mut page = page(&member, contact, None, Began::default(), &typed).await?;
        [page.amount, page.start_date, page.end_date] = fields;
        return web::show_with(StatusCode::UNPROCESSABLE_ENTITY, page);
    };
    member
        .write(move |tx| Ok::<_, PageError>(recurring::add(tx, &draft)?))
        .await?;
    member.say(Flash::success("The recurring contribution was added."));
    Ok(member.redirect(&format!("contacts/{contact}/contributions")))
}

fn existing(tx: &mut OrgTx<'_>, contact: ContactId, id: RecurringId) -> Result<Recurring, PageError> {
    recurring::find(tx, id)?
        .filter(|series| series.is.contact_id == contact)
        .ok_or(PageError::NotFound)
}

/// `GET /o/{organization}/contacts/{contact}/recurring/{recurring}/edit`
pub async fn edit(member: Member, path: SeriesPath) -> Answer {
    let (_, contact, id) = path.into_inner();
    let series = member.read(move |tx| existing(tx, contact, id)).await?;
    let began = Began::with(&series.is);
    web::show(page(&member, contact, Some(id), began, &Typed::of(&series.is)).await?)
}

/// `POST /o/{organization}/contacts/{contact}/recurring/{recurring}/edit`
pub async fn save(member: Member, path: SeriesPath, typed: Form<Typed>) -> Answer {
    let (_, contact, id) = path.into_inner();
    member.read(move |tx| existing(tx, contact, id)).await?;
    let began = Began::sent(&typed.began_with);
    let (fields, draft) = typed.read(contact)?;
    let Some(draft) = draft else {
        let mut page = page(&member, contact, Some(id), began, &typed).await?;
        [page.amount, page.start_date, page.end_date] = fields;
        return web::show_with(StatusCode::UNPROCESSABLE_ENTITY, page);
    };
    let (saved, step) = member
        .step(&undoable::RECURRING, id.0, move |tx| {
            let series = recurring::locked(tx, id)?;
            // A merge may have made it another contact's since.
            if series.is.contact_id != contact {
                return Err(PageError::NotFound);
            }
            Ok::<_, PageError>(match began.misses(&series.is, &draft) {
                true => Err(series),
                false => Ok(recurring::change(tx, &series, &draft)?),
            })
        })
        .await?;
    match saved {
        Err(series) => {
            let page = page(&member, contact, Some(id), Began::again(&series.is), &typed).await?;
            web::show_with(StatusCode::UNPROCESSABLE_ENTITY, page)
        }
        Ok(was_changed) => {
            let said = Flash::success(match was_changed {
                true => "The recurring contribution was changed. Gifts that came stay as they are.",
                false => "Nothing was different, so nothing was changed.",
            });
            member.say_done(said, step);
            Ok(member.redirect(&format!("contacts/{contact}/contributions")))
        }
    }
}

/// `POST /o/{organization}/contacts/{contact}/recurring/{recurring}/delete`
pub async fn delete(member: Member, path: SeriesPath) -> Answer {
    let (_, contact, id) = path.into_inner();
    let (_, step) = member
        .step(&undoable::RECURRING, id.0, move |tx| {
            existing(tx, contact, id)?;
            recurring::delete(tx, id)
        })
        .await?;
    member.say_done(Flash::success("The recurring contribution was deleted."), step);
    Ok(member.redirect(&format!("contacts/{contact}/contributions")))
}

/// `POST /o/{organization}/contacts/{contact}/recurring/{recurring}/end`: ends today.
pub async fn end(member: Member, path: SeriesPath) -> Answer {
    let (_, contact, id) = path.into_inner();
    let today = member.today();
    let (_, step) = member
        .step(&undoable::RECURRING, id.0, move |tx| {
            Ok::<_, PageError>(recurring::end(tx, id, today)?)
        })
        .await?;
    let said = Flash::success("The recurring contribution has ended. What was given stays.");
    member.say_done(said, step);
    Ok(member.redirect(&format!("contacts/{contact}/contributions")))
}
