//! The contacts of a group, and the page on which others are found and added to it.

use super::super::mailchimp::GroupSync;
use super::super::model::Group;
use super::super::standings::{self, Standing};
use super::super::store;
use super::smart::{self, Freshness};
use super::{GroupPath, Mailchimp, existing};
use crate::accounts::Member;
use crate::accounts::model::Organization;
use crate::base::{ContactId, GroupId};
use crate::crm::contacts::criteria::Offers;
use crate::crm::contacts::{self, Belongs, ContactRow, ListFilter};
use crate::db::OrgTx;
use crate::web::{self, Answer, Choice, PAGE_SIZE, Page, PageError, Pager, page_number};
use actix_web::web::Query;
use askama::Template;
use diesel::QueryResult;
use serde::Deserialize;
use std::collections::{HashMap, HashSet};

#[derive(Template)]
#[template(path = "groups/show.html")]
struct GroupPage {
    page: Page,
    /// The address of the group's page.
    here: String,
    group: Group,
    sync: Option<GroupSync>,
    search: Option<Search>,
    found: Found,
    /// How those who are shown belong to it.
    ways: Vec<Choice>,
    /// Whether somebody belonged to it who no longer does.
    has_past: bool,
    /// The same contacts in the list of contacts, with its columns and actions.
    in_contacts: String,
}

impl GroupPage {
    /// Whether past members are shown.
    fn shows_past(&self) -> bool {
        self.found.filter.belongs == Belongs::Removed
    }

    /// Whether everybody is shown who is in it now.
    fn shows_everybody(&self) -> bool {
        self.found.filter.query.is_empty() && self.found.filter.belongs == Belongs::Now
    }
}

/// What a smart group searches for.
struct Search {
    /// Empty when it can no longer be read.
    sentence: String,
    /// The form that changes it.
    form: String,
    freshness: Freshness,
}

impl Search {
    fn read(tx: &mut OrgTx<'_>, organization: &Organization, group: &Group) -> Result<Option<Self>, PageError> {
        let Some(criteria) = group.criteria() else {
            return Ok(None);
        };
        Ok(Some(Self {
            sentence: criteria.sentence(&Offers::load(tx)?),
            form: criteria.word(),
            freshness: Freshness::read(tx, organization, group)?,
        }))
    }
}

#[derive(Template)]
#[template(path = "groups/add.html")]
struct AddPage {
    page: Page,
    /// The address of the group's page.
    here: String,
    group: Group,
    found: Found,
}

/// The contacts that were found, a page of them.
struct Found {
    filter: ListFilter,
    rows: Vec<Row>,
    pager: Pager,
}

struct Row {
    contact: ContactRow,
    /// On the group's page: "Added (by Admin)", since when, and the reason.
    status: String,
    since: String,
    reason: String,
    /// On the page that adds: in the group already, so there is nothing to tick.
    is_in_already: bool,
    /// In a smart group: the page that says which condition decides.
    why: Option<String>,
}

/// What stands behind the `?`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
    /// How they belong to it.
    show: String,
    #[serde(deserialize_with = "page_number")]
    page: i64,
}

/// `GET /o/{organization}/groups/{group}`
pub async fn show(member: Member, path: GroupPath, asked: Query<Asked>, mailchimp: Mailchimp) -> Answer {
    let id = path.1;
    let filter = ListFilter {
        query: asked.q.clone(),
        group: Some(id),
        belongs: Belongs::parse(&asked.show).unwrap_or_default(),
        ..ListFilter::default()
    };
    let (wanted, number) = (filter.clone(), asked.page);
    let organization = member.organization.clone();
    let (group, sync, search, list) = member
        .read(move |tx| {
            let group = existing(tx, id)?;
            let sync = mailchimp.column(tx)?.remove(&id);
            let search = Search::read(tx, &organization, &group)?;
            let list = List::read(tx, &wanted, number)?;
            let standings = standings::standings(tx, id, &list.ids())?;
            let has_past = store::has_past_members(tx, id)?;
            Ok::<_, PageError>((group, sync, search, (list, standings, has_past)))
        })
        .await?;
    let (list, standings, has_past) = list;
    let query = serde_urlencoded::to_string(filter.pairs()).unwrap_or_default();
    let known = Belongs::ALL
        .into_iter()
        .filter(|way| group.is_smart() || *way != Belongs::Smart)
        .map(|way| (way.word(), way.label()));
    web::show(GroupPage {
        has_past,
        ways: Choice::list(known, filter.belongs.word()),
        in_contacts: member.at(&format!("contacts?{query}")),
        found: list.found(
            &member,
            filter,
            &format!("groups/{id}"),
            &Known {
                standings,
                explained: group.is_smart().then_some(id),
                ..Known::default()
            },
        ),
        page: member.page("groups"),
        here: member.at(&format!("groups/{id}")),
        search: search.map(|search| Search {
            form: smart::form_of(&member, id, &search.form),
            ..search
        }),
        group,
        sync,
    })
}

/// `GET /o/{organization}/groups/{group}/add`: everybody, or who is found, to be ticked and added.
pub async fn show_others(member: Member, path: GroupPath, asked: Query<Asked>) -> Answer {
    let id = path.1;
    let filter = ListFilter {
        query: asked.q.clone(),
        ..ListFilter::default()
    };
    let (wanted, number) = (filter.clone(), asked.page);
    let (group, list, members) = member
        .read(move |tx| {
            let group = existing(tx, id)?;
            let list = List::read(tx, &wanted, number)?;
            let members = store::members_among(tx, id, &list.ids())?;
            Ok::<_, PageError>((group, list, members))
        })
        .await?;
    web::show(AddPage {
        found: list.found(
            &member,
            filter,
            &format!("groups/{id}/add"),
            &Known {
                members,
                ..Known::default()
            },
        ),
        page: member.page("groups"),
        here: member.at(&format!("groups/{id}")),
        group,
    })
}

/// A page of the contacts that fit, as it was read.
struct List {
    number: i64,
    total: i64,
    contacts: Vec<ContactRow>,
}

impl List {
    fn read(tx: &mut OrgTx<'_>, filter: &ListFilter, number: i64) -> QueryResult<Self> {
        let total = contacts::count(tx, filter)?;
        let number = Pager::number(number, total);
        let contacts = contacts::list(tx, filter, (number - 1) * PAGE_SIZE, PAGE_SIZE)?;
        Ok(Self {
            number,
            total,
            contacts,
        })
    }

    fn ids(&self) -> Vec<ContactId> {
        self.contacts.iter().map(|row| row.id).collect()
    }

    fn found(self, member: &Member, filter: ListFilter, here: &str, known: &Known) -> Found {
        let link = |page: i64| {
            let pairs = [
                ("q", filter.query.clone()),
                ("show", filter.belongs.word().to_owned()),
                ("page", page.to_string()),
            ];
            let query = serde_urlencoded::to_string(pairs).unwrap_or_default();
            member.at(&format!("{here}?{query}"))
        };
        let rows = self.contacts.into_iter().map(|contact| {
            let standing = known.standings.get(&contact.id);
            let since = standing.map(|standing| member.organization.local(standing.since()));
            Row {
                status: standing.map(Standing::in_words).unwrap_or_default(),
                since: since.unwrap_or_default(),
                reason: standing.map(|standing| standing.why.clone()).unwrap_or_default(),
                is_in_already: known.members.contains(&contact.id),
                why: known
                    .explained
                    .map(|group| member.at(&format!("groups/{group}/why/{}", contact.id))),
                contact,
            }
        });
        Found {
            rows: rows.collect(),
            pager: Pager::of(self.number, self.total, link),
            filter,
        }
    }
}

/// What is known of the contacts of a page beside themselves.
#[derive(Default)]
struct Known {
    /// Where they stand in the group.
    standings: HashMap<ContactId, Standing>,
    /// On the page that adds: who is in the group already.
    members: HashSet<ContactId>,
    /// The smart group whose search is to be explained for each.
    explained: Option<GroupId>,
}
