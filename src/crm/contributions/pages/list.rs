//! The list of contributions with its filters, and what is shown added up.

use super::Pairs;
use super::narrowed::Narrowed;
use crate::accounts::Member;
use crate::base::Currency;
use crate::crm::contributions::custom_filter::FilterInput;
use crate::crm::contributions::model::{PaymentMethod, Status};
use crate::crm::contributions::search::{self, ContributionRow, Filter, Sort, Total};
use crate::crm::custom_fields::{self, Record};
use crate::crm::{campaigns, funds};
use crate::web::{self, Answer, Choice, Field, PAGE_SIZE, Page, PageError, Pager};
use actix_web::web::Query;
use askama::Template;
use chrono::{Datelike, Months, NaiveDate};
use std::collections::HashMap;

#[derive(Template)]
#[template(path = "contributions/list.html")]
struct ListPage {
    page: Page,
    filter: Filter,
    /// Each with the address of the list without it.
    narrowed: Vec<(Narrowed, String)>,
    sums: Sums,
    headings: Vec<Heading>,
    rows: Vec<ContributionRow>,
    pager: Pager,
    periods: Vec<(&'static str, String)>,
    choices: Choices,
    custom: Vec<FilterInput>,
    /// Where what is shown comes as a file.
    export: String,
    least: Field,
    most: Field,
}

impl ListPage {
    fn from(&self) -> Field {
        Field::holding(self.filter.from.map(|day| day.to_string()).unwrap_or_default())
    }

    fn to(&self) -> Field {
        Field::holding(self.filter.to.map(|day| day.to_string()).unwrap_or_default())
    }
}

/// The head of a column: pressing it sorts by it, pressing again turns the order around.
pub struct Heading {
    pub label: &'static str,
    pub url: String,
    /// `ascending`, `descending`, or nothing where the list is sorted by another.
    pub sorted: &'static str,
}

/// What is shown, added up; each sum with the address of its contributions.
pub struct Sums {
    /// Completed ones, a line a currency.
    pub completed: Vec<(Total, String)>,
    /// All others.
    pub others: Vec<(Total, String)>,
    donors: HashMap<Currency, i64>,
}

impl Sums {
    /// Sums whose addresses lead into the list.
    pub fn of(member: &Member, filter: &Filter, totals: Vec<Total>) -> Self {
        let linked = totals.into_iter().map(|total| {
            let only = Filter {
                currency: Some(total.currency),
                ..filter.with_status(total.status)
            };
            let url = at(member, &only, 1);
            (total, url)
        });
        let (completed, others) = linked.partition(|(total, _)| total.status == Status::Completed);
        Self {
            completed,
            others,
            donors: HashMap::new(),
        }
    }

    /// The same with how many donors they came from.
    pub fn with_donors(self, donors: HashMap<Currency, i64>) -> Self {
        Self { donors, ..self }
    }

    /// From how many donors the Completed ones of a currency came.
    pub fn donors(&self, currency: &Currency) -> i64 {
        self.donors.get(currency).copied().unwrap_or(0)
    }

    /// How many contributions there are in all.
    pub fn count(&self) -> i64 {
        let all = self.completed.iter().chain(&self.others);
        all.map(|(total, _)| total.contributions).sum()
    }
}

/// What the selects offer.
struct Choices {
    funds: Vec<Choice>,
    campaigns: Vec<Choice>,
    methods: Vec<Choice>,
    statuses: Vec<Choice>,
    currencies: Vec<Choice>,
    thanked: Vec<Choice>,
    soft_credit: Vec<Choice>,
}

/// `GET /o/{organization}/contributions`
pub async fn show(member: Member, asked: Query<Pairs>) -> Answer {
    let filter = Filter::of(&asked);
    let wanted = value(&asked, "page").parse().unwrap_or(1);
    let given = filter.clone();
    let (totals, number, rows, choices, custom, narrowed) = member
        .read(move |tx| {
            let totals = search::totals(tx, &given)?;
            let count = totals.iter().map(|total| total.contributions).sum();
            let number = Pager::number(wanted, count);
            let rows = search::list(tx, &given, (number - 1) * PAGE_SIZE, PAGE_SIZE)?;
            let funds = funds::store::list(tx)?;
            let funds = funds.into_iter().map(|one| (one.id.to_string(), one.is.name));
            let campaigns = campaigns::store::list(tx)?;
            let campaigns = campaigns.into_iter().map(|one| (one.id.to_string(), one.is.name));
            let choices = Choices::of(&given, funds.collect(), campaigns.collect());
            let custom = custom_fields::store::of(tx, Record::Contribution)?;
            let narrowed = Narrowed::of(tx, &given)?;
            let custom = given.custom.inputs(&custom);
            Ok::<_, PageError>((totals, number, rows, choices, custom, narrowed))
        })
        .await?;
    let sums = Sums::of(&member, &filter, totals);
    let today = member.today();
    web::show(ListPage {
        page: member.page("contributions"),
        narrowed: narrowed
            .into_iter()
            .map(|one| {
                let without = one.without(&member);
                (one, without)
            })
            .collect(),
        headings: Sort::ALL.map(|sort| heading(&member, &filter, sort)).into(),
        pager: Pager::of(number, sums.count(), |page| at(&member, &filter, page)),
        periods: periods(today)
            .into_iter()
            .map(|(label, from, to)| (label, within(&member, &filter, from, to)))
            .collect(),
        least: Field::holding(value(&asked, "amount_from")),
        most: Field::holding(value(&asked, "amount_to")),
        rows,
        sums,
        choices,
        custom,
        export: export_of(&member, &filter),
        filter,
    })
}

fn export_of(member: &Member, filter: &Filter) -> String {
    let query = serde_urlencoded::to_string(filter.pairs()).unwrap_or_default();
    member.at(&format!("contributions/export?{query}"))
}

/// The address of a page of the list.
pub fn at(member: &Member, filter: &Filter, page: i64) -> String {
    let mut pairs = filter.pairs();
    if page > 1 {
        pairs.push(("page".into(), page.to_string()));
    }
    let query = serde_urlencoded::to_string(pairs).unwrap_or_default();
    match query.as_str() {
        "" => member.at("contributions"),
        query => member.at(&format!("contributions?{query}")),
    }
}

fn within(member: &Member, filter: &Filter, from: NaiveDate, to: NaiveDate) -> String {
    let within = Filter {
        from: Some(from),
        to: Some(to),
        ..filter.clone()
    };
    at(member, &within, 1)
}

/// The periods people ask for most, by their days.
fn periods(today: NaiveDate) -> Vec<(&'static str, NaiveDate, NaiveDate)> {
    let first_of = |year: i32, month: u32| NaiveDate::from_ymd_opt(year, month, 1);
    let this_month = first_of(today.year(), today.month());
    let last_month = this_month.and_then(|day| day.checked_sub_months(Months::new(1)));
    let this_year = first_of(today.year(), 1);
    let last_year = first_of(today.year() - 1, 1);
    let before = |day: Option<NaiveDate>| day.and_then(|day| day.pred_opt());
    [
        ("This month", this_month, Some(today)),
        ("Last month", last_month, before(this_month)),
        ("This year", this_year, Some(today)),
        ("Last year", last_year, before(this_year)),
    ]
    .into_iter()
    .filter_map(|(label, from, to)| Some((label, from?, to?)))
    .collect()
}

fn heading(member: &Member, filter: &Filter, sort: Sort) -> Heading {
    let is_current = filter.sort == sort;
    let pressed = Filter {
        sort,
        descending: match is_current {
            true => !filter.descending,
            false => sort.starts_descending(),
        },
        ..filter.clone()
    };
    Heading {
        label: sort.label(),
        url: at(member, &pressed, 1),
        sorted: match (is_current, filter.descending) {
            (false, _) => "",
            (true, false) => "ascending",
            (true, true) => "descending",
        },
    }
}

fn value(asked: &Pairs, name: &str) -> String {
    let found = asked.iter().find(|(key, _)| key == name);
    found.map(|(_, value)| value.clone()).unwrap_or_default()
}

impl Choices {
    fn of(filter: &Filter, funds: Vec<(String, String)>, campaigns: Vec<(String, String)>) -> Self {
        let any = |words: &str| std::iter::once((String::new(), words.to_owned()));
        let word = |word: &str| (word.to_owned(), word.to_owned());
        let chosen = |id: Option<i64>| id.map(|id| id.to_string()).unwrap_or_default();
        let currency = filter.currency.unwrap_or(Currency::CAD);
        let other = (!Currency::OFFERED.contains(&currency)).then_some(currency);
        let currencies = Currency::OFFERED.into_iter().chain(other);
        let thanked = [("", "Thanked or not"), ("yes", "Thanked"), ("no", "Not thanked yet")];
        Self {
            funds: Choice::list(any("All funds").chain(funds), &chosen(filter.fund.map(|id| id.0))),
            campaigns: Choice::list(
                any("All campaigns").chain(campaigns),
                &chosen(filter.campaign.map(|id| id.0)),
            ),
            methods: Choice::list(
                any("All methods").chain(PaymentMethod::ALL.iter().map(|one| word(one.as_str()))),
                filter.method.map_or("", PaymentMethod::as_str),
            ),
            statuses: Choice::list(
                any("All statuses").chain(Status::ALL.iter().map(|one| word(one.as_str()))),
                filter.status.map_or("", Status::as_str),
            ),
            currencies: Choice::list(
                any("All currencies").chain(currencies.map(|one| word(one.code()))),
                filter.currency.as_ref().map_or("", |one| one.code()),
            ),
            thanked: Choice::list(thanked, yes_or_no(filter.thanked)),
            soft_credit: Choice::list(
                [
                    ("", "With or without"),
                    ("yes", "With a soft credit"),
                    ("no", "Without one"),
                ],
                yes_or_no(filter.has_credit),
            ),
        }
    }
}

fn yes_or_no(asked: Option<bool>) -> &'static str {
    match asked {
        Some(true) => "yes",
        Some(false) => "no",
        None => "",
    }
}
