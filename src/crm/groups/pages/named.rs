//! Whom the numbers of a smart group's search mean, page by page: who would come, who would go, who is missed by one condition.

use super::super::smart;
use super::existing;
use super::smart::Sent;
use crate::accounts::Member;
use crate::base::GroupId;
use crate::crm::contacts::criteria::{Criteria, Offers};
use crate::crm::contacts::{self, ContactRow};
use crate::db::OrgTx;
use crate::web::{self, Answer, PAGE_SIZE, Page, PageError, Pager, page_number};
use actix_web::web::{Path, Query};
use askama::Template;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "groups/named.html")]
struct NamedPage {
    page: Page,
    group: (GroupId, String),
    title: &'static str,
    /// What the search asks, or the condition they miss.
    about: String,
    /// Where it goes on from here, and in which words.
    back: (String, &'static str),
    /// Whether the group's own search is meant, so that it can be explained for each.
    explains: bool,
    rows: Vec<ContactRow>,
    pager: Pager,
}

/// Which page.
#[derive(Deserialize)]
pub struct Wanted {
    #[serde(default, deserialize_with = "page_number")]
    page: i64,
}

/// `GET /o/{organization}/groups/{group}/search/{way}?criteria=`: all who would `come`, or `go`.
pub async fn moving(
    member: Member,
    path: Path<(String, GroupId, String)>,
    sent: Query<Sent>,
    wanted: Query<Wanted>,
) -> Answer {
    let (_, id, way) = path.into_inner();
    let title = match way.as_str() {
        "come" => "Who would come",
        "go" => "Who would go",
        _ => return Err(PageError::NotFound),
    };
    let criteria = Criteria::parse(&sent.criteria);
    let query = serde_urlencoded::to_string([("criteria", criteria.word())]).unwrap_or_default();
    let (would_come, wanted) = (way == "come", wanted.page);
    let (group, about, number, total, rows) = member
        .read(move |tx| {
            let group = existing(tx, id)?;
            let about = format!("Contacts for whom {}", criteria.sentence(&Offers::load(tx)?));
            let difference = smart::difference(tx, id, &criteria, None)?;
            let ids = if would_come { difference.come } else { difference.go };
            let total = i64::try_from(ids.len()).unwrap_or(i64::MAX);
            let number = Pager::number(wanted, total);
            let mut pages = ids.chunks(usize::try_from(PAGE_SIZE).unwrap_or(1));
            let shown = pages.nth(usize::try_from(number - 1).unwrap_or(0));
            let rows = contacts::list_rows(tx, shown.unwrap_or_default())?;
            Ok::<_, PageError>((group, about, number, total, rows))
        })
        .await?;
    let here = format!("groups/{id}/search");
    web::show(NamedPage {
        page: member.page("groups"),
        group: (group.id, group.title),
        title,
        about,
        back: (member.at(&format!("{here}?{query}")), "Back to who would come and go"),
        explains: false,
        rows,
        pager: Pager::of(number, total, |page| {
            member.at(&format!("{here}/{way}?{query}&page={page}"))
        }),
    })
}

/// `GET /o/{organization}/groups/{group}/almost/{condition}`: all who would belong to the group but for this condition, counted
/// from one.
pub async fn missed(member: Member, path: Path<(String, GroupId, usize)>, wanted: Query<Wanted>) -> Answer {
    let (_, id, condition) = path.into_inner();
    let wanted = wanted.page.max(1);
    let (group, about, number, total, rows) = member
        .read(move |tx| {
            let group = existing(tx, id)?;
            let criteria = group.criteria().ok_or(PageError::NotFound)?;
            let at = condition.checked_sub(1).ok_or(PageError::NotFound)?;
            let asked = criteria.conditions().nth(at).ok_or(PageError::NotFound)?;
            let about = format!("but for: {}", asked.words(&Offers::load(tx)?));
            let (number, total, rows) = missed_page(tx, &criteria, at, id, wanted)?;
            Ok::<_, PageError>((group, about, number, total, rows))
        })
        .await?;
    let here = format!("groups/{id}/almost");
    web::show(NamedPage {
        page: member.page("groups"),
        group: (group.id, group.title),
        title: "Who is almost in",
        about,
        back: (member.at(&here), "Back to all conditions"),
        explains: true,
        rows,
        pager: Pager::of(number, total, |page| {
            member.at(&format!("{here}/{condition}?page={page}"))
        }),
    })
}

/// The page, or the first where there are not so many.
fn missed_page(
    tx: &mut OrgTx<'_>,
    criteria: &Criteria,
    condition: usize,
    group: GroupId,
    wanted: i64,
) -> Result<(i64, i64, Vec<ContactRow>), PageError> {
    let from = (wanted - 1) * PAGE_SIZE;
    let (total, ids) = contacts::near_misses(tx, criteria, condition, group, (from, PAGE_SIZE))?;
    match (ids.is_empty(), wanted) {
        (true, 2..) => missed_page(tx, criteria, condition, group, 1),
        _ => Ok((wanted, total, contacts::list_rows(tx, &ids)?)),
    }
}
