//! The Change Log of the whole organization, with filters: by whom, and from when until when.

use super::Line;
use crate::accounts::Member;
use crate::changelog::{self, ChangeFilter};
use crate::db::OrgTx;
use crate::web::{self, Answer, Choice, Field, PAGE_SIZE, Page, PageError, Pager, day};
use actix_web::web::Query;
use askama::Template;
use serde::Deserialize;

/// What may stand in the address.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    by: String,
    /// First day, as "2026-04-27".
    #[serde(default)]
    from: String,
    /// Last day, which counts.
    #[serde(default)]
    to: String,
    #[serde(default)]
    page: String,
}

#[derive(Template)]
#[template(path = "changelog/organization.html")]
struct ChangesPage {
    page: Page,
    lines: Vec<Line>,
    pager: Pager,
    by: Vec<Choice>,
    from: Field,
    to: Field,
    is_filtered: bool,
    names_contacts: bool,
}

/// `GET /o/{organization}/changes`
pub async fn show(member: Member, asked: Query<Asked>) -> Answer {
    let asked = asked.into_inner();
    let here = &member.organization;
    let (from, first_day) = Field::read(&asked.from, day);
    let (to, last_day) = Field::read(&asked.to, day);
    let filter = ChangeFilter {
        actor_kind: Some(asked.by.clone()).filter(|kind| KINDS.iter().any(|(word, _)| word == kind)),
        from: first_day.flatten().and_then(|day| here.beginning_of(day)),
        until: last_day.flatten().and_then(|day| here.beginning_of(day.succ_opt()?)),
        ..ChangeFilter::default()
    };
    let is_filtered = filter.actor_kind.is_some() || filter.from.is_some() || filter.until.is_some();
    let wanted = asked.page.parse().unwrap_or(1);
    let (number, total, changes) = member.read(move |tx| one_page(tx, &filter, wanted)).await?;

    let organization = &member.organization;
    web::show(ChangesPage {
        page: member.page("changes"),
        lines: changes
            .into_iter()
            .map(|change| Line::of(change, organization))
            .collect(),
        pager: Pager::of(number, total, |page| at(&member, &asked, page)),
        by: Choice::list(std::iter::once(("", "Everybody")).chain(KINDS), &asked.by),
        from,
        to,
        is_filtered,
        names_contacts: true,
    })
}

/// Who can be asked for: the stored word and what people call it.
const KINDS: [(&str, &str); 4] = [
    ("staff", "People"),
    ("import", "Imports"),
    ("mailchimp", "Mailchimp"),
    ("system", "DMS itself"),
];

/// The lines of a page, with its number (the last one where a later is asked for) and how many lines there are in all.
pub(crate) fn one_page(
    tx: &mut OrgTx<'_>,
    filter: &ChangeFilter,
    wanted: i64,
) -> Result<(i64, i64, Vec<changelog::Change>), PageError> {
    let total = changelog::count(tx, filter)?;
    let number = Pager::number(wanted, total);
    let changes = changelog::list(tx, filter, (number - 1) * PAGE_SIZE, PAGE_SIZE)?;
    Ok((number, total, changes))
}

fn at(member: &Member, asked: &Asked, page: i64) -> String {
    let page = page.to_string();
    let pairs = [
        ("by", &asked.by),
        ("from", &asked.from),
        ("to", &asked.to),
        ("page", &page),
    ];
    let given: Vec<_> = pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    let query = serde_urlencoded::to_string(given).unwrap_or_default();
    member.at(&format!("changes?{query}"))
}
