//! One contribution: everything known about it, its soft credits, and "thanked".

use super::{ContributionPath, existing};
use crate::accounts::Member;
use crate::base::{ContactId, ContributionId, Money, SoftCreditId};
use crate::crm::contacts::Picker;
use crate::crm::contributions::model::{Contribution, CreditType};
use crate::crm::contributions::recurring::{self, Recurring};
use crate::crm::contributions::search::{self, ContributionRow};
use crate::crm::contributions::soft_credits::{self, SoftCredit};
use crate::crm::contributions::{ContributionDraft, actions, store};
use crate::crm::custom_fields::{self, Record, Shown};
use crate::crm::undoable;
use crate::web::{self, Answer, Choice, Field, Flash, Page, PageError};
use actix_web::http::StatusCode;
use actix_web::web::{Form, Path};
use askama::Template;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "contributions/show.html")]
struct ShowPage {
    page: Page,
    contribution: Contribution,
    row: ContributionRow,
    credits: Vec<SoftCredit>,
    custom: Vec<Shown>,
    /// The series it belongs to.
    recurring: Option<Recurring>,
    /// The series of its contributor, to be chosen from.
    series: Vec<Choice>,
    batch: Option<String>,
    /// The form for one more soft credit.
    picker: Picker,
    credit_amount: Field,
    credit_types: Vec<Choice>,
    added: String,
    modified: String,
}

/// `GET /o/{organization}/contributions/{contribution}`
pub async fn show(member: Member, path: ContributionPath) -> Answer {
    web::show(page(&member, path.1, TypedCredit::default()).await?)
}

async fn page(member: &Member, id: ContributionId, typed: TypedCredit) -> Result<ShowPage, PageError> {
    let (who, chosen) = (typed.who.clone(), typed.contact.parse::<ContactId>().ok());
    let (contribution, row, credits, picker, custom, series, batch) = member
        .read(move |tx| {
            let contribution = existing(tx, id)?;
            let row = search::rows(tx, &[id])?.pop().ok_or(PageError::NotFound)?;
            let credits = soft_credits::of_contribution(tx, id)?;
            let picker = Picker::find(tx, &who, chosen.as_slice(), false)?;
            let custom = custom_fields::store::of(tx, Record::Contribution)?.shown("", &contribution.is.custom);
            let series = recurring::of_contact(tx, contribution.is.contact_id)?;
            let batch = match contribution.is.batch_id {
                Some(batch) => store::batch_name(tx, batch)?,
                None => None,
            };
            Ok::<_, PageError>((contribution, row, credits, picker, custom, series, batch))
        })
        .await?;
    let own = contribution.is.recurring_id;
    let types = CreditType::ALL.iter().map(|one| (one.as_str(), one.as_str()));
    Ok(ShowPage {
        page: member.page("contributions"),
        credit_types: Choice::list(types, &typed.credit_type),
        credit_amount: Field::holding(match typed.amount.as_str() {
            "" => contribution.is.amount().digits(),
            typed => typed.to_owned(),
        }),
        added: member.organization.local(contribution.created_at),
        modified: member.organization.local(contribution.modified_at),
        recurring: series.iter().find(|one| Some(one.id) == own).cloned(),
        series: recurring::choices(&series, own),
        batch,
        contribution,
        row,
        credits,
        custom,
        picker,
    })
}

/// `POST /o/{organization}/contributions/{contribution}/thanks`: thanked today.
pub async fn thank(member: Member, path: ContributionPath) -> Answer {
    let id = path.1;
    let today = member.today();
    let (_, step) = member
        .step(&undoable::CONTRIBUTION, id.0, move |tx| {
            let contribution = actions::locked(tx, &[id])?.pop().ok_or(PageError::NotFound)?;
            let thanked = ContributionDraft {
                thanked_on: Some(today),
                ..contribution.is
            };
            Ok::<_, PageError>(actions::change(tx, id, &thanked, today, "")?)
        })
        .await?;
    member.say_done(Flash::success("Marked as thanked today."), step);
    Ok(member.redirect(&format!("contributions/{id}")))
}

/// Which series a gift belongs to, as it was chosen.
#[derive(Deserialize)]
pub struct Chosen {
    #[serde(default)]
    recurring: String,
}

/// `POST /o/{organization}/contributions/{contribution}/recurring`: it belongs to a series, or to none.
pub async fn attach(member: Member, path: ContributionPath, chosen: Form<Chosen>) -> Answer {
    let id = path.1;
    let today = member.today();
    let series = chosen.recurring.parse().ok();
    let (_, step) = member
        .step(&undoable::CONTRIBUTION, id.0, move |tx| {
            let contribution = actions::locked(tx, &[id])?.pop().ok_or(PageError::NotFound)?;
            let attached = ContributionDraft {
                recurring_id: series,
                ..contribution.is
            };
            Ok::<_, PageError>(actions::change(tx, id, &attached, today, "")?)
        })
        .await?;
    let said = match series {
        Some(_) => "The contribution belongs to the recurring one now.",
        None => "The contribution belongs to no recurring one.",
    };
    member.say_done(Flash::success(said), step);
    Ok(member.redirect(&format!("contributions/{id}")))
}

/// A soft credit as it was typed.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct TypedCredit {
    who: String,
    contact: String,
    amount: String,
    credit_type: String,
    then: String,
}

/// `POST /o/{organization}/contributions/{contribution}/soft-credits`
pub async fn add_credit(member: Member, path: ContributionPath, typed: Form<TypedCredit>) -> Answer {
    let (id, typed) = (path.1, typed.into_inner());
    let mut page = page(&member, id, typed.clone()).await?;
    let is = &page.contribution.is;
    let (amount, read) = Field::read(&typed.amount, |typed| credited(typed, is));
    page.credit_amount = amount;
    let contact = typed.contact.parse::<ContactId>().ok();
    if contact.is_none() && typed.then != "find" {
        page.picker = page.picker.wrong("Choose who is credited.");
    }
    let (Some(amount), Some(contact), false) = (read, contact, typed.then == "find") else {
        return web::show_with(StatusCode::UNPROCESSABLE_ENTITY, page);
    };
    let kind = CreditType::parse(&typed.credit_type).unwrap_or(CreditType::Other);
    let (_, step) = member
        .step(&undoable::CONTRIBUTION, id.0, move |tx| {
            Ok::<_, PageError>(soft_credits::add(tx, id, contact, amount, kind)?)
        })
        .await?;
    member.say_done(Flash::success("The soft credit was added."), step);
    Ok(member.redirect(&format!("contributions/{id}")))
}

fn credited(typed: &str, gift: &ContributionDraft) -> Result<Money, &'static str> {
    let amount = Money::parse(typed, gift.currency)?;
    match amount.minor {
        0 => Err("A soft credit is more than nothing."),
        minor if minor > gift.amount => Err("Nobody can be credited with more than the gift."),
        _ => Ok(amount),
    }
}

/// `POST /o/{organization}/contributions/{contribution}/soft-credits/{credit}/delete`
pub async fn delete_credit(member: Member, path: Path<(String, ContributionId, SoftCreditId)>) -> Answer {
    let (_, id, credit) = path.into_inner();
    let ((), step) = member
        .step(&undoable::CONTRIBUTION, id.0, move |tx| {
            Ok::<_, PageError>(soft_credits::delete(tx, id, credit)?)
        })
        .await?;
    member.say_done(Flash::success("The soft credit was deleted."), step);
    Ok(member.redirect(&format!("contributions/{id}")))
}
