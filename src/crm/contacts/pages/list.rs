//! The list of contacts, and the search box that leads to it.

use super::Pairs;
use crate::accounts::Member;
use crate::accounts::model::Organization;
use crate::base::{ContactId, GroupId, TagId};
use crate::crm::contacts::belongs::Belongs;
use crate::crm::contacts::cells;
use crate::crm::contacts::columns::{self, Cell, Column};
use crate::crm::contacts::criteria::{Criteria, Offers};
use crate::crm::contacts::model::ContactType;
use crate::crm::contacts::search::{self, ContactRow, ListFilter};
use crate::crm::contacts::sort::Sort;
use crate::crm::custom_fields::{self, CustomFields, Record};
use crate::crm::tags::{self, model::Tag};
use crate::db::OrgTx;
use crate::db::schema::groups;
use crate::web::{self, Answer, Choice, Page, PageError, Pager};
use actix_web::web::Query;
use askama::Template;
use diesel::prelude::*;
use std::collections::HashMap;

#[derive(Template)]
#[template(path = "contacts/list.html")]
struct ListPage {
    page: Page,
    title: &'static str,
    filter: ListFilter,
    headings: Vec<Heading>,
    /// What there is to choose from, under two headings.
    offered: [(&'static str, Vec<Choice>); 2],
    rows: Vec<Listed>,
    pager: Pager,
    types: Vec<Choice>,
    searched: Option<Searched>,
    /// Where the list becomes a smart group; nowhere where it cannot.
    as_group: String,
    /// The group whose contacts are shown.
    group: Option<InGroup>,
    /// The tag whose people are shown.
    tag: Option<Tag>,
    /// The first of them is none.
    tag_choices: Vec<Choice>,
}

impl ListPage {
    /// Whether there is something a smart group could search for.
    fn can_be_a_group(&self) -> bool {
        let is_readable = |searched: &Searched| !searched.sentence.is_empty();
        !self.as_group.is_empty() && self.searched.as_ref().is_none_or(is_readable)
    }
}

/// What an advanced search asked for.
struct Searched {
    /// "City is Toronto"; empty when it cannot be read.
    sentence: String,
    /// The form that changes it.
    form: String,
}

/// The group whose contacts are shown.
struct InGroup {
    id: GroupId,
    title: String,
    /// "Past members"; nothing for everybody in it.
    which: &'static str,
}

impl InGroup {
    fn of(tx: &mut OrgTx<'_>, filter: &ListFilter) -> QueryResult<Option<Self>> {
        let Some(id) = filter.group else { return Ok(None) };
        let title = groups::table
            .find((tx.organization(), id))
            .select(groups::title)
            .first(&mut **tx)
            .optional()?;
        Ok(title.map(|title| Self {
            id,
            title,
            which: match filter.belongs {
                Belongs::Now => "",
                other => other.label(),
            },
        }))
    }
}

/// The head of a column: pressing it sorts by it, pressing again turns the order around.
#[derive(Clone)]
struct Heading {
    label: String,
    /// Nowhere where sorting by it is not sensible.
    url: String,
    is_number: bool,
    /// `ascending`, `descending`, or nothing where the list is sorted by another.
    sorted: &'static str,
}

struct Listed {
    id: ContactId,
    contact_type: ContactType,
    name: String,
    /// In the order of the headings behind the name.
    cells: Vec<String>,
}

/// `GET /o/{organization}/contacts`
pub async fn show(member: Member, query: Query<Pairs>) -> Answer {
    let filter = ListFilter {
        in_trash: false,
        ..ListFilter::of(&query)
    };
    let (asked, wanted) = (filter.clone(), wanted_page(&query));
    let by = member.person().staff.id;
    let (found, offers, tags, custom, columns, cells, group) = member
        .read(move |tx| {
            let page = search::page(tx, &asked, wanted)?;
            let offers = asked.criteria.is_some().then(|| Offers::load(tx)).transpose()?;
            let custom = custom_fields::store::of(tx, Record::Contact)?;
            let columns = columns::chosen(tx, by, &custom)?;
            let cells = cells_of(tx, &page.rows, &columns, &custom)?;
            let group = InGroup::of(tx, &asked)?;
            Ok::<_, PageError>((page, offers, tags::store::all(tx)?, custom, columns, cells, group))
        })
        .await?;

    let (organization, all) = (&member.organization, filter.as_criteria());
    web::show(ListPage {
        title: filter.contact_type.map_or("Contacts", ContactType::plural),
        headings: headings(&member, &filter, &columns, &custom),
        offered: offered(&columns, &custom),
        rows: listed(found.rows, cells, organization),
        pager: Pager::of(found.number, found.total, |page| at(&member, &filter, page)),
        types: types(filter.contact_type),
        searched: filter.criteria.as_ref().zip(offers).map(|(criteria, offers)| Searched {
            sentence: criteria.sentence(&offers),
            form: with_criteria(&member, "search/advanced", all.as_ref().unwrap_or(criteria)),
        }),
        as_group: match &all {
            Some(criteria) => with_criteria(&member, "groups/new", criteria),
            None => String::new(),
        },
        group,
        tag: tags.iter().find(|tag| Some(tag.id) == filter.tag).cloned(),
        tag_choices: tag_choices(tags, filter.tag),
        page: Page {
            query: filter.query.clone(),
            ..member.page("contacts")
        },
        filter,
    })
}

#[derive(Template)]
#[template(path = "contacts/in_trash.html")]
struct InTrashPage {
    page: Page,
    filter: ListFilter,
    rows: Vec<Trashed>,
    pager: Pager,
}

struct Trashed {
    id: ContactId,
    contact_type: ContactType,
    name: String,
    city: String,
    email: String,
    since: String,
}

/// `GET /o/{organization}/contacts/trash`: who is in the trash, the latest first, to be restored.
pub async fn show_trash(member: Member, query: Query<Pairs>) -> Answer {
    let filter = ListFilter {
        query: ListFilter::of(&query).query,
        in_trash: true,
        ..ListFilter::default()
    };
    let (asked, wanted) = (filter.clone(), wanted_page(&query));
    let found = member
        .read(move |tx| Ok::<_, PageError>(search::page(tx, &asked, wanted)?))
        .await?;
    let since = |row: &ContactRow| row.deleted_at.map(|at| member.organization.local(at));
    let rows = found.rows.into_iter().map(|row| Trashed {
        since: since(&row).unwrap_or_default(),
        id: row.id,
        contact_type: row.contact_type,
        name: row.sort_name,
        city: row.city,
        email: row.email,
    });
    web::show(InTrashPage {
        rows: rows.collect(),
        pager: Pager::of(found.number, found.total, |page| {
            let pairs = [("q", filter.query.clone()), ("page", page.to_string())];
            let query = serde_urlencoded::to_string(pairs).unwrap_or_default();
            member.at(&format!("contacts/trash?{query}"))
        }),
        page: member.page("contacts"),
        filter,
    })
}

fn wanted_page(query: &Pairs) -> i64 {
    let wanted = query.iter().find(|(name, _)| name == "page");
    wanted.and_then(|(_, number)| number.parse().ok()).unwrap_or(1)
}

/// `GET /o/{organization}/search?q=`: straight to the contact when exactly one is found, else to the list.
pub async fn search(member: Member, query: Query<Pairs>) -> Answer {
    let filter = ListFilter {
        query: ListFilter::of(&query).query,
        ..ListFilter::default()
    };
    let asked = filter.clone();
    let found = member
        .read(move |tx| match asked.is_open() {
            true => Ok::<_, PageError>(Vec::new()),
            false => Ok(search::list(tx, &asked, 0, 2)?),
        })
        .await?;
    match found.as_slice() {
        [only] => Ok(member.redirect(&format!("contacts/{}", only.id))),
        _ => Ok(web::redirect(&at(&member, &filter, 1))),
    }
}

fn with_criteria(member: &Member, path: &str, criteria: &Criteria) -> String {
    let query = serde_urlencoded::to_string([("criteria", criteria.word())]).unwrap_or_default();
    member.at(&format!("{path}?{query}"))
}

fn at(member: &Member, filter: &ListFilter, page: i64) -> String {
    let mut pairs = filter.pairs();
    if page > 1 {
        pairs.push(("page", page.to_string()));
    }
    let query = serde_urlencoded::to_string(pairs).unwrap_or_default();
    match query.as_str() {
        "" => member.at("contacts"),
        query => member.at(&format!("contacts?{query}")),
    }
}

fn headings(member: &Member, filter: &ListFilter, columns: &[Column], custom: &CustomFields) -> Vec<Heading> {
    let name = heading(member, filter, "Name", Some(Sort::Name));
    let others = columns.iter().map(|column| Heading {
        is_number: column.is_number(custom),
        ..heading(member, filter, column.label(custom), column.sort(custom))
    });
    std::iter::once(name).chain(others).collect()
}

fn heading(member: &Member, filter: &ListFilter, label: &str, sort: Option<Sort>) -> Heading {
    let is_current = sort == Some(filter.sort);
    let pressed = |sort: Sort| ListFilter {
        sort,
        descending: if is_current {
            !filter.descending
        } else {
            sort.starts_descending()
        },
        ..filter.clone()
    };
    Heading {
        label: label.to_owned(),
        url: sort.map(|sort| at(member, &pressed(sort), 1)).unwrap_or_default(),
        is_number: false,
        sorted: match (is_current, filter.descending) {
            (false, _) => "",
            (true, false) => "ascending",
            (true, true) => "descending",
        },
    }
}

/// What stands in the columns. A line tells much of itself; only for more are the contacts read.
fn cells_of(
    tx: &mut OrgTx<'_>,
    rows: &[ContactRow],
    columns: &[Column],
    custom: &CustomFields,
) -> QueryResult<HashMap<ContactId, Vec<Cell>>> {
    let told = |row: &ContactRow| -> Option<(ContactId, Vec<Cell>)> {
        let cells: Option<Vec<Cell>> = columns.iter().map(|column| column.of_row(row)).collect();
        Some((row.id, cells?))
    };
    if let Some(told) = rows.iter().map(told).collect() {
        return Ok(told);
    }
    let ids: Vec<ContactId> = rows.iter().map(|row| row.id).collect();
    cells::cells(tx, &ids, columns, custom)
}

fn listed(rows: Vec<ContactRow>, mut cells: HashMap<ContactId, Vec<Cell>>, organization: &Organization) -> Vec<Listed> {
    let listed = rows.into_iter().map(|row| Listed {
        cells: {
            let cells = cells.remove(&row.id).unwrap_or_default();
            cells.iter().map(|cell| cell.shown(organization)).collect()
        },
        id: row.id,
        contact_type: row.contact_type,
        name: row.sort_name,
    });
    listed.collect()
}

fn offered(chosen: &[Column], custom: &CustomFields) -> [(&'static str, Vec<Choice>); 2] {
    let choice = |column: Column| Choice {
        value: column.key(),
        label: column.label(custom).to_owned(),
        selected: chosen.contains(&column),
    };
    let (known, own): (Vec<Column>, Vec<Column>) = Column::all(custom)
        .into_iter()
        .partition(|column| matches!(column, Column::Known(_)));
    [
        ("Columns", known.into_iter().map(choice).collect()),
        ("Custom Fields", own.into_iter().map(choice).collect()),
    ]
}

fn types(chosen: Option<ContactType>) -> Vec<Choice> {
    let all = std::iter::once(("", "All Contacts"));
    let kinds = ContactType::ALL.map(|kind| (kind.as_str(), kind.plural()));
    Choice::list(all.chain(kinds), chosen.map_or("", ContactType::as_str))
}

fn tag_choices(tags: Vec<Tag>, chosen: Option<TagId>) -> Vec<Choice> {
    let any = std::iter::once((String::new(), "Any".to_owned()));
    let tags = tags::model::placed(tags).into_iter();
    let tags = tags.map(|placed| (placed.tag.id.to_string(), placed.path()));
    Choice::list(any.chain(tags), &chosen.map(|id| id.to_string()).unwrap_or_default())
}
