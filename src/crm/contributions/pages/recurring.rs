//! A contact's recurring contributions: beginning one and ending one.

use crate::accounts::Member;
use crate::base::{ContactId, Currency, Money, RecurringId};
use crate::crm::contributions::recurring::{self, Frequency, RecurringDraft};
use crate::crm::funds;
use crate::crm::profile::{Frame, Tab};
use crate::crm::undoable;
use crate::web::{self, Answer, Choice, Field, Flash, Page, PageError, day};
use actix_web::http::StatusCode;
use actix_web::web::{Form, Path};
use askama::Template;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "contributions/recurring.html")]
struct NewPage {
    page: Page,
    frame: Frame,
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
}

/// `GET /o/{organization}/contacts/{contact}/recurring`
pub async fn show(member: Member, path: Path<(String, ContactId)>) -> Answer {
    let typed = Typed {
        currency: "CAD".into(),
        frequency: Frequency::Monthly.to_string(),
        start_date: member.today().to_string(),
        ..Typed::default()
    };
    web::show(page(&member, path.1, &typed).await?)
}

async fn page(member: &Member, contact: ContactId, typed: &Typed) -> Result<NewPage, PageError> {
    let (frame, funds, default) = member
        .read(move |tx| {
            let frame = Frame::load(tx, contact, Tab::Contributions)?;
            Ok::<_, PageError>((frame, funds::store::list(tx)?, funds::store::default(tx)?.id))
        })
        .await?;
    let enabled = funds.into_iter().filter(|fund| fund.is.is_enabled);
    let chosen = if typed.fund.is_empty() {
        default.to_string()
    } else {
        typed.fund.clone()
    };
    Ok(NewPage {
        page: member.page("contacts"),
        frame,
        amount: Field::holding(&typed.amount),
        start_date: Field::holding(&typed.start_date),
        end_date: Field::holding(&typed.end_date),
        currencies: Choice::list(Currency::OFFERED.map(|one| (one, one)), &typed.currency),
        frequencies: Choice::list(Frequency::ALL.iter().map(|one| (one, one)), &typed.frequency),
        funds: Choice::list(enabled.map(|fund| (fund.id.to_string(), fund.is.name)), &chosen),
    })
}

/// `POST /o/{organization}/contacts/{contact}/recurring`
pub async fn begin(member: Member, path: Path<(String, ContactId)>, typed: Form<Typed>) -> Answer {
    let contact = path.1;
    let currency = Currency::parse(&typed.currency).unwrap_or(Currency::CAD);
    let (amount, read_amount) = Field::read(&typed.amount, |typed| match Money::parse(typed, currency)? {
        money if money.minor > 0 => Ok(money),
        _ => Err("A contribution is more than nothing."),
    });
    let (start_date, start) = Field::read(&typed.start_date, |typed| day(typed)?.ok_or("Write the first day."));
    let (mut end_date, mut end) = Field::read(&typed.end_date, day);
    if let (Some(start), Some(Some(last))) = (start, end)
        && last < start
    {
        (end_date, end) = (Field::wrong(&typed.end_date, "It ends before it starts."), None);
    }
    let fund = typed.fund.parse().map_err(|_| PageError::NotFound)?;
    let (Some(money), Some(start), Some(end)) = (read_amount, start, end) else {
        let mut page = page(&member, contact, &typed).await?;
        (page.amount, page.start_date, page.end_date) = (amount, start_date, end_date);
        return web::show_with(StatusCode::UNPROCESSABLE_ENTITY, page);
    };
    let draft = RecurringDraft {
        contact_id: contact,
        amount: money.minor,
        currency,
        frequency: Frequency::parse(&typed.frequency).unwrap_or(Frequency::Monthly),
        start_date: start,
        end_date: end,
        fund_id: fund,
    };
    member
        .write(move |tx| Ok::<_, PageError>(recurring::add(tx, &draft)?))
        .await?;
    member.say(Flash::success("The recurring contribution was added."));
    Ok(member.redirect(&format!("contacts/{contact}/contributions")))
}

/// `POST /o/{organization}/contacts/{contact}/recurring/{recurring}/end`: ends today.
pub async fn end(member: Member, path: Path<(String, ContactId, RecurringId)>) -> Answer {
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
