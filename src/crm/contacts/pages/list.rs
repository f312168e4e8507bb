//! The list of contacts, and the search box that leads to it.

use super::Pairs;
use crate::accounts::Member;
use crate::accounts::model::Organization;
use crate::base::{ContactId, TagId};
use crate::crm::contacts::criteria::{Criteria, Offers};
use crate::crm::contacts::model::ContactType;
use crate::crm::contacts::search::{self, ContactRow, ListFilter, Sort};
use crate::crm::tags::{self, model::Tag};
use crate::web::{self, Answer, Choice, Page, PageError, Pager};
use actix_web::web::Query;
use askama::Template;

#[derive(Template)]
#[template(path = "contacts/list.html")]
struct ListPage {
    page: Page,
    title: &'static str,
    filter: ListFilter,
    headings: Vec<Heading>,
    rows: Vec<Listed>,
    pager: Pager,
    types: Vec<Choice>,
    searched: Option<Searched>,
    /// The tag whose people are shown.
    tag: Option<Tag>,
    /// The first of them is none.
    tag_choices: Vec<Choice>,
}

/// What an advanced search asked for.
struct Searched {
    /// "City is Toronto"; empty when it cannot be read.
    sentence: String,
    /// The form that changes it.
    form: String,
    /// Where it becomes a smart group.
    group: String,
}

/// The head of a column: pressing it sorts by it, pressing again turns the order around.
struct Heading {
    label: &'static str,
    url: String,
    /// `ascending`, `descending`, or nothing where the list is sorted by another.
    sorted: &'static str,
}

struct Listed {
    id: ContactId,
    contact_type: ContactType,
    name: String,
    city: String,
    province: String,
    phone: String,
    created: String,
    modified: String,
}

/// `GET /o/{organization}/contacts`
pub async fn show(member: Member, query: Query<Pairs>) -> Answer {
    let filter = ListFilter {
        in_trash: false,
        ..ListFilter::of(&query)
    };
    let (asked, wanted) = (filter.clone(), wanted_page(&query));
    let (found, offers, tags) = member
        .read(move |tx| {
            let page = search::page(tx, &asked, wanted)?;
            let offers = asked.criteria.is_some().then(|| Offers::load(tx)).transpose()?;
            Ok::<_, PageError>((page, offers, tags::store::all(tx)?))
        })
        .await?;

    let organization = &member.organization;
    web::show(ListPage {
        title: filter.contact_type.map_or("Contacts", ContactType::plural),
        headings: Sort::ALL.map(|sort| heading(&member, &filter, sort)).into(),
        rows: found.rows.into_iter().map(|row| listed(row, organization)).collect(),
        pager: Pager::of(found.number, found.total, |page| at(&member, &filter, page)),
        types: types(filter.contact_type),
        searched: filter.criteria.as_ref().zip(offers).map(|(criteria, offers)| Searched {
            sentence: criteria.sentence(&offers),
            form: with_criteria(&member, "search/advanced", criteria),
            group: with_criteria(&member, "groups/new", criteria),
        }),
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

fn heading(member: &Member, filter: &ListFilter, sort: Sort) -> Heading {
    let is_current = filter.sort == sort;
    // The newest first is what somebody wants who sorts by a date.
    let starts_descending = matches!(sort, Sort::DateCreated | Sort::LastModified);
    let pressed = ListFilter {
        sort,
        descending: if is_current {
            !filter.descending
        } else {
            starts_descending
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

fn listed(row: ContactRow, organization: &Organization) -> Listed {
    Listed {
        id: row.id,
        contact_type: row.contact_type,
        name: row.sort_name,
        city: row.city,
        province: row.province,
        phone: row.phone,
        created: organization.local(row.created_at),
        modified: organization.local(row.modified_at),
    }
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
