//! Adding a contribution and changing one. A form that is not accepted comes back with everything that was typed.

use super::form::{ContributionForm, KEPT_FOR_THE_NEXT};
use super::{ContributionPath, Pairs, existing};
use crate::accounts::Member;
use crate::base::Currency;
use crate::crm::contacts::Picker;
use crate::crm::contributions::actions::{self, ContributionError};
use crate::crm::contributions::model::{Contribution, Dedication, PaymentMethod, Status};
use crate::crm::contributions::recurring;
use crate::crm::custom_fields::{self, CustomFields, Record};
use crate::crm::{
    campaigns::{self, UsualFunds},
    funds, undoable,
};
use crate::db::OrgTx;
use crate::web::{self, Answer, Began, Choice, Flash, Page, PageError};
use actix_web::http::StatusCode;
use actix_web::web::{Form, Query};
use askama::Template;
use diesel::QueryResult;
use diesel::result::Error as QueryError;

#[derive(Template)]
#[template(path = "contributions/form.html")]
struct FormPage {
    page: Page,
    form: ContributionForm,
    /// `None` for a new one.
    contribution: Option<Contribution>,
    picker: Picker,
    choices: Choices,
}

/// What the selects offer.
struct Choices {
    currencies: Vec<Choice>,
    methods: Vec<Choice>,
    statuses: Vec<Choice>,
    funds: Vec<Choice>,
    campaigns: Vec<Choice>,
    dedications: Vec<Choice>,
    /// The contributor's series; nothing to choose from where there is none.
    recurring: Vec<Choice>,
}

impl Choices {
    /// Enabled funds and campaigns, and the one that is chosen.
    fn of(tx: &mut OrgTx<'_>, form: &ContributionForm) -> QueryResult<Self> {
        let currency = form.value("currency");
        let mut currencies: Vec<String> = Currency::OFFERED.map(|one| one.to_string()).into();
        if Currency::parse(currency).is_some() && !currencies.iter().any(|one| one == currency) {
            currencies.push(currency.to_owned());
        }
        let (fund, campaign) = (form.value("fund").to_owned(), form.value("campaign").to_owned());
        let usual = UsualFunds::load(tx)?;
        let chosen = match fund.as_str() {
            "" => usual.chosen(),
            _ => fund.clone(),
        };
        let funds = funds::store::list(tx)?
            .into_iter()
            .filter(|one| one.is.is_enabled || one.id.to_string() == fund);
        let campaigns = campaigns::store::list(tx)?
            .into_iter()
            .filter(|one| one.is.is_enabled || one.id.to_string() == campaign);
        let series = match form.contact() {
            Some(contact) => recurring::of_contact(tx, contact)?,
            None => Vec::new(),
        };
        let none = |words: &str| std::iter::once((String::new(), words.to_owned()));
        let words = |all: Vec<&'static str>| all.into_iter().map(|word| (word.to_owned(), word.to_owned()));
        Ok(Self {
            currencies: Choice::list(currencies.iter().map(|code| (code, code)), currency),
            methods: Choice::list(
                words(PaymentMethod::ALL.iter().map(|one| one.as_str()).collect()),
                form.value("payment_method"),
            ),
            statuses: Choice::list(
                words(Status::ALL.iter().map(|one| one.as_str()).collect()),
                form.value("status"),
            ),
            funds: Choice::list(
                usual
                    .offered()
                    .into_iter()
                    .chain(funds.map(|one| (one.id.to_string(), one.is.name))),
                &chosen,
            ),
            campaigns: Choice::list(
                none("No campaign").chain(campaigns.map(|one| (one.id.to_string(), one.is.name))),
                &campaign,
            ),
            recurring: recurring::choices(&series, form.value("recurring").parse().ok()),
            dedications: Choice::list(
                none("Nobody").chain(words(Dedication::ALL.iter().map(|one| one.as_str()).collect())),
                form.value("dedication"),
            ),
        })
    }
}

async fn page(
    member: &Member,
    form: ContributionForm,
    contribution: Option<Contribution>,
) -> Result<FormPage, PageError> {
    let (form, picker, choices) = member
        .read(move |tx| {
            let mut picker = Picker::find(tx, form.value("who"), form.contact().as_slice(), false)?;
            picker.who.error = form.field("who").error;
            let choices = Choices::of(tx, &form)?;
            Ok::<_, PageError>((form, picker, choices))
        })
        .await?;
    Ok(FormPage {
        page: member.page("contributions"),
        form,
        contribution,
        picker,
        choices,
    })
}

async fn refused(member: &Member, form: ContributionForm, contribution: Option<Contribution>) -> Answer {
    let page = page(member, form, contribution).await?;
    web::show_with(StatusCode::UNPROCESSABLE_ENTITY, page)
}

async fn custom_fields(member: &Member) -> Result<CustomFields, PageError> {
    member
        .read(|tx| Ok(custom_fields::store::of(tx, Record::Contribution)?))
        .await
}

async fn usual_funds(member: &Member) -> Result<UsualFunds, PageError> {
    member.read(|tx| Ok(UsualFunds::load(tx)?)).await
}

/// `GET /o/{organization}/contributions/new?contact=7`
pub async fn new(member: Member, given: Query<Pairs>) -> Answer {
    let form = ContributionForm::blank(&given, member.today(), &custom_fields(&member).await?);
    web::show(page(&member, form, None).await?)
}

/// `POST /o/{organization}/contributions/new`
pub async fn create(member: Member, sent: Form<Pairs>) -> Answer {
    let mut form = ContributionForm::read(&sent, None, &custom_fields(&member).await?);
    if form.value("then") == "find" {
        return web::show(page(&member, form, None).await?);
    }
    let today = member.today();
    let Some(draft) = form.draft(None, &usual_funds(&member).await?, today) else {
        return refused(&member, form, None).await;
    };
    let (amount, contact) = (draft.amount(), draft.contact_id);
    match member.write(move |tx| actions::add(tx, &draft, today)).await {
        Ok(id) => {
            member.say(Flash::success(format!("The contribution of {amount} was added.")));
            Ok(member.redirect(&match form.value("then") {
                "new" => format!("contributions/new?{}", kept(&form)),
                "contact" => format!("contacts/{contact}/contributions"),
                _ => format!("contributions/{id}"),
            }))
        }
        Err(error) => refuse(&member, form, None, error).await,
    }
}

fn kept(form: &ContributionForm) -> String {
    let kept = KEPT_FOR_THE_NEXT.map(|name| (name, form.value(name)));
    serde_urlencoded::to_string(kept).unwrap_or_default()
}

/// `GET /o/{organization}/contributions/{contribution}/edit`
pub async fn edit(member: Member, path: ContributionPath) -> Answer {
    let id = path.1;
    let contribution = member.read(move |tx| existing(tx, id)).await?;
    let form = ContributionForm::of(&contribution, &custom_fields(&member).await?);
    web::show(page(&member, form, Some(contribution)).await?)
}

/// `POST /o/{organization}/contributions/{contribution}/edit`
pub async fn save(member: Member, path: ContributionPath, sent: Form<Pairs>) -> Answer {
    let id = path.1;
    let contribution = member.read(move |tx| existing(tx, id)).await?;
    let mut form = ContributionForm::read(&sent, Some(&contribution), &custom_fields(&member).await?);
    if form.value("then") == "find" {
        return web::show(page(&member, form, Some(contribution)).await?);
    }
    let today = member.today();
    let Some(draft) = form.draft(Some(&contribution.is), &usual_funds(&member).await?, today) else {
        return refused(&member, form, Some(contribution)).await;
    };
    let began = form.began.clone();
    let saved = member
        .step(&undoable::CONTRIBUTION, id.0, move |tx| {
            let is = actions::locked_with(tx, &[id], &[draft.contact_id])?.pop();
            let is = is.ok_or(QueryError::NotFound)?;
            Ok(match began.misses(&is.is, &draft) {
                true => Err(is),
                false => Ok(actions::change(tx, id, &draft, today, "")?),
            })
        })
        .await;
    match saved {
        Ok((Err(is), _)) => {
            form.began = Began::again(&is.is);
            refused(&member, form, Some(is)).await
        }
        Ok((Ok(was_changed), step)) => {
            let said = Flash::success(match was_changed {
                true => "Your changes were saved.",
                false => "Nothing was different, so nothing was changed.",
            });
            member.say_done(said, step);
            Ok(member.redirect(&format!("contributions/{id}")))
        }
        Err(error) => refuse(&member, form, Some(contribution), error).await,
    }
}

async fn refuse(
    member: &Member,
    mut form: ContributionForm,
    contribution: Option<Contribution>,
    error: ContributionError,
) -> Answer {
    let ContributionError::Invalid(problems) = error else {
        return Err(error.into());
    };
    form.show_problems(problems);
    refused(member, form, contribution).await
}
