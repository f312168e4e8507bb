//! Manage Groups: every group with its size and how it fares at Mailchimp.

use super::super::mailchimp::GroupSync;
use super::super::model::{Counted, Group};
use super::super::store;
use super::Mailchimp;
use crate::accounts::Member;
use crate::base::fold;
use crate::web::{self, Answer, Choice, Page, PageError};
use actix_web::web::Query;
use askama::Template;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "groups/list.html")]
struct ListPage {
    page: Page,
    asked: Asked,
    kinds: Vec<Choice>,
    /// How many groups there are in all.
    total: usize,
    rows: Vec<Row>,
}

struct Row {
    counted: Counted,
    sync: Option<GroupSync>,
}

/// What stands behind the `?`.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// Part of a name or a description.
    q: String,
    /// `smart` or `picked`.
    kind: String,
}

impl Asked {
    /// Whether a group is wanted; capitals and accents do not matter.
    fn fits(&self, group: &Group) -> bool {
        let has = |text: &str| fold(text).contains(&fold(self.q.trim()));
        let is_of_kind = match self.kind.as_str() {
            "smart" => group.is_smart(),
            "picked" => !group.is_smart(),
            _ => true,
        };
        is_of_kind && (has(&group.title) || has(&group.description))
    }
}

/// `GET /o/{organization}/groups`
pub async fn show(member: Member, asked: Query<Asked>, mailchimp: Mailchimp) -> Answer {
    let (groups, mut syncs) = member
        .read(move |tx| Ok::<_, PageError>((store::list(tx)?, mailchimp.column(tx)?)))
        .await?;
    let (asked, total) = (asked.into_inner(), groups.len());
    let rows = groups
        .into_iter()
        .filter(|counted| asked.fits(&counted.group))
        .map(|counted| Row {
            sync: syncs.remove(&counted.group.id),
            counted,
        })
        .collect();
    let kinds = [("", "All Groups"), ("picked", "Hand-picked"), ("smart", "Smart Groups")];
    web::show(ListPage {
        page: member.page("groups"),
        kinds: Choice::list(kinds, &asked.kind),
        asked,
        total,
        rows,
    })
}
