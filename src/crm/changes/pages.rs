//! The Change Log of the whole organization, with filters: by whom, what, and from when until when.

use super::{Asked, AskedForm, Line};
use crate::accounts::Member;
use crate::changelog::{self, ChangeFilter};
use crate::db::OrgTx;
use crate::web::{self, Answer, PAGE_SIZE, Page, PageError, Pager};
use actix_web::web::Query;
use askama::Template;

#[derive(Template)]
#[template(path = "changelog/organization.html")]
struct ChangesPage {
    page: Page,
    lines: Vec<Line>,
    pager: Pager,
    form: AskedForm,
    names_contacts: bool,
}

/// `GET /o/{organization}/changes`
pub async fn show(member: Member, asked: Query<Asked>) -> Answer {
    let asked = asked.into_inner();
    let (filter, reading) = (asked.filter(&member.organization), asked.clone());
    let wanted = asked.page.parse().unwrap_or(1);
    let ((number, total, changes), form) = member
        .read(move |tx| Ok::<_, PageError>((one_page(tx, &filter, wanted)?, reading.form(tx)?)))
        .await?;

    let organization = &member.organization;
    web::show(ChangesPage {
        page: member.page("changes"),
        lines: changes
            .into_iter()
            .map(|change| Line::of(change, organization))
            .collect(),
        pager: Pager::of(number, total, |page| {
            member.at(&format!("changes?{}", asked.query(page)))
        }),
        form,
        names_contacts: true,
    })
}

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
