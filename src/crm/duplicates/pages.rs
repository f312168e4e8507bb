//! The pairs to look through, the most likely first, and how far the search is.

use super::actions;
use super::scan::FAILURES_MAX;
use super::store::{self, Pair, Queue, Scan};
use crate::accounts::Member;
use crate::base::{ContactId, Role};
use crate::crm::contacts::{self, ContactRow, Selection};
use crate::crm::merge;
use crate::db::OrgTx;
use crate::web::{self, Answer, Flash, Needs, PAGE_SIZE, Page, PageError, Pager, Route, get, post};
use actix_web::HttpResponse;
use actix_web::web::{Form, Query};
use askama::Template;
use serde::Deserialize;
use std::collections::HashMap;

/// From here on a pair is called very likely, and likely.
const VERY_LIKELY: i32 = 90;
const LIKELY: i32 = 65;

/// Every route of duplicates.
pub fn routes() -> Vec<Route> {
    const READ: Needs = Needs::Role(Role::Reader);
    const CHANGE: Needs = Needs::Role(Role::Staff);
    vec![
        get("/o/{organization}/duplicates", READ, show),
        get("/o/{organization}/duplicates/live", READ, live),
        get("/o/{organization}/duplicates/next", CHANGE, next),
        post("/o/{organization}/duplicates/search", CHANGE, search),
        post("/o/{organization}/duplicates/dismiss", CHANGE, dismiss),
        post("/o/{organization}/duplicates/reopen", CHANGE, reopen),
    ]
}

#[derive(Template)]
#[template(path = "duplicates/list.html")]
struct ListPage {
    page: Page,
    search: SearchState,
    wanted: Wanted,
    open_count: i64,
    dismissed_count: i64,
    merge_count: i64,
    rows: Vec<Shown>,
    pager: Pager,
}

#[derive(Template)]
#[template(path = "duplicates/search.html")]
struct SearchPart {
    page: Page,
    search: SearchState,
}

/// How far the search is.
struct SearchState {
    scan: Option<Scan>,
    last: String,
    /// Contacts that were changed since the last search.
    changed: i64,
}

impl SearchState {
    fn is_at_work(&self) -> bool {
        self.scan.as_ref().is_some_and(Scan::is_running) && !self.is_stuck()
    }

    fn is_stuck(&self) -> bool {
        let stuck = |scan: &Scan| scan.is_running() && scan.failures >= FAILURES_MAX;
        self.scan.as_ref().is_some_and(stuck)
    }
}

struct Shown {
    pair: Pair,
    one: Side,
    other: Side,
    tone: &'static str,
    likely: &'static str,
    /// "Same email anne@lem.ca, same name"
    reasons: String,
}

struct Side {
    id: ContactId,
    picture: &'static str,
    name: String,
    about: String,
}

/// Which part of the queue is looked at: `show=dismissed` for those that are no duplicates, a selection as lists send it for
/// those among certain contacts, and the page.
struct Wanted {
    queue: Queue,
    page: i64,
}

/// What stands behind the `?`.
type Asked = Query<Vec<(String, String)>>;

impl Wanted {
    fn of(asked: &Asked) -> Self {
        let value = |name: &str| {
            let found = asked.iter().find(|(key, _)| key == name);
            found.map_or("", |(_, value)| value.as_str())
        };
        let is_chosen = !value("scope").is_empty();
        Self {
            queue: Queue {
                dismissed: value("show") == "dismissed",
                among: is_chosen.then(|| Selection::of(asked)),
            },
            page: value("page").trim().parse().unwrap_or(1),
        }
    }

    /// What `of` reads again, for an address.
    fn query(&self, page: i64) -> String {
        let mut pairs = self.queue.among.as_ref().map(Selection::pairs).unwrap_or_default();
        if self.queue.dismissed {
            pairs.push(("show", "dismissed".into()));
        }
        if page > 1 {
            pairs.push(("page", page.to_string()));
        }
        serde_urlencoded::to_string(pairs).unwrap_or_default()
    }

    /// The address of a page of it inside the organization.
    fn address(&self, page: i64) -> String {
        match self.query(page).as_str() {
            "" => "duplicates".to_owned(),
            query => format!("duplicates?{query}"),
        }
    }

    /// What `of` reads again, with this page of it.
    fn here(&self) -> String {
        self.query(self.page)
    }

    /// Whether all pairs are looked through, not only those among certain contacts.
    fn is_of_all(&self) -> bool {
        self.queue.among.is_none()
    }
}

/// Two contacts, as the buttons send them: "7-12".
#[derive(Deserialize)]
pub struct Chosen {
    #[serde(default)]
    pair: String,
}

impl Chosen {
    fn ids(&self) -> Result<(ContactId, ContactId), PageError> {
        two(&self.pair).ok_or(PageError::NotFound)
    }
}

/// Reads two contacts: "7-12".
fn two(pair: &str) -> Option<(ContactId, ContactId)> {
    let (one, other) = pair.split_once('-')?;
    let (one, other) = (one.parse().ok()?, other.parse().ok()?);
    (one != other).then_some((one, other))
}

/// `GET /o/{organization}/duplicates`
pub async fn show(member: Member, asked: Asked) -> Answer {
    let mut wanted = Wanted::of(&asked);
    let (queue, page) = (wanted.queue.clone(), wanted.page);
    let (mut list, scan, changed) = member
        .read(move |tx| {
            let (scan, changed) = state(tx)?;
            Ok::<_, PageError>((List::read(tx, &queue, page)?, scan, changed))
        })
        .await?;
    wanted.page = list.number;
    let rows = std::mem::take(&mut list.pairs).into_iter();
    web::show(ListPage {
        page: member.page("contacts"),
        search: in_words(&member, scan, changed),
        open_count: list.open_count,
        dismissed_count: list.dismissed_count,
        merge_count: list.merge_count,
        rows: rows.filter_map(|pair| list.shown(pair)).collect(),
        pager: Pager::of(list.number, list.total, |page| member.at(&wanted.address(page))),
        wanted,
    })
}

/// `GET /o/{organization}/duplicates/next?after=7-12`: on to the pair behind these two, else back to the list.
pub async fn next(member: Member, asked: Asked) -> Answer {
    let wanted = Wanted::of(&asked);
    let after = asked.iter().find(|(name, _)| name == "after");
    let (one, other) = two(after.map_or("", |(_, pair)| pair)).ok_or(PageError::NotFound)?;
    let queue = wanted.queue.clone();
    let next = member
        .read(move |tx| Ok::<_, PageError>(store::next(tx, &queue, one, other)?))
        .await?;
    Ok(match next {
        Some(pair) => {
            let (first, second, here) = (pair.first, pair.second, wanted.here());
            member.redirect(&format!("contacts/{first}/merge/{second}?from=duplicates&{here}"))
        }
        None => {
            member.say(Flash::info("That was the last of these pairs."));
            back(&member, &wanted)
        }
    })
}

fn back(member: &Member, wanted: &Wanted) -> HttpResponse {
    member.redirect(&wanted.address(wanted.page))
}

/// `GET /o/{organization}/duplicates/live`
pub async fn live(member: Member) -> Answer {
    let (scan, changed) = member.read(state).await?;
    web::show(SearchPart {
        page: member.part(),
        search: in_words(&member, scan, changed),
    })
}

/// `POST /o/{organization}/duplicates/search`
pub async fn search(member: Member, asked: Asked) -> Answer {
    member.write(|tx| Ok::<_, PageError>(actions::search(tx)?)).await?;
    Ok(back(&member, &Wanted::of(&asked)))
}

/// `POST /o/{organization}/duplicates/dismiss`: back to the list, or on to the next pair with `then=next`.
pub async fn dismiss(member: Member, asked: Asked, chosen: Form<Chosen>) -> Answer {
    let (one, other) = chosen.ids()?;
    let name = member
        .write(move |tx| {
            let names = merge::store::names(tx, &[one, other])?;
            let [Some(one_name), Some(other_name)] = [names.get(&one), names.get(&other)] else {
                return Err(PageError::NotFound);
            };
            actions::dismiss(tx, one, other)?;
            Ok(format!("{one_name} and {other_name}"))
        })
        .await?;
    member.say(Flash::success(format!("{name} are two. This is remembered.")));
    let wanted = Wanted::of(&asked);
    Ok(
        match asked.iter().any(|(name, value)| name == "then" && value == "next") {
            true => member.redirect(&format!("duplicates/next?after={one}-{other}&{}", wanted.here())),
            false => back(&member, &wanted),
        },
    )
}

/// `POST /o/{organization}/duplicates/reopen`
pub async fn reopen(member: Member, asked: Asked, chosen: Form<Chosen>) -> Answer {
    let (one, other) = chosen.ids()?;
    member
        .write(move |tx| Ok::<_, PageError>(actions::take_dismissal_back(tx, one, other)?))
        .await?;
    Ok(back(&member, &Wanted::of(&asked)))
}

fn state(tx: &mut OrgTx<'_>) -> Result<(Option<Scan>, i64), PageError> {
    let scan = store::scan(tx)?;
    let now = tx.now();
    let changed = match &scan {
        Some(scan) => store::changed_between(tx, scan.until, now)?,
        None => 0,
    };
    Ok((scan, changed))
}

fn in_words(member: &Member, scan: Option<Scan>, changed: i64) -> SearchState {
    let last = scan.as_ref().and_then(|scan| scan.finished_at);
    SearchState {
        last: last.map(|at| member.organization.local(at)).unwrap_or_default(),
        scan,
        changed,
    }
}

/// A page of pairs with the lines of their contacts.
struct List {
    number: i64,
    total: i64,
    open_count: i64,
    dismissed_count: i64,
    merge_count: i64,
    pairs: Vec<Pair>,
    lines: HashMap<ContactId, ContactRow>,
}

impl List {
    fn read(tx: &mut OrgTx<'_>, queue: &Queue, wanted: i64) -> Result<Self, PageError> {
        let total = store::count_of(tx, queue)?;
        let number = Pager::number(wanted, total);
        let pairs = store::pairs(tx, queue, (number - 1) * PAGE_SIZE, PAGE_SIZE)?;
        let mut ids: Vec<ContactId> = pairs.iter().flat_map(|pair| [pair.first, pair.second]).collect();
        ids.sort();
        ids.dedup();
        Ok(Self {
            number,
            total,
            open_count: store::count(tx, false)?,
            dismissed_count: store::count(tx, true)?,
            merge_count: merge::store::count(tx)?,
            pairs,
            lines: contacts::list_rows(tx, &ids)?
                .into_iter()
                .map(|row| (row.id, row))
                .collect(),
        })
    }

    fn shown(&self, pair: Pair) -> Option<Shown> {
        let (tone, likely) = match pair.score {
            VERY_LIKELY.. => ("good", "Very likely"),
            LIKELY.. => ("info", "Likely"),
            _ => ("quiet", "Possible"),
        };
        let reasons = pair.reasons.join(", ");
        Some(Shown {
            one: side(self.lines.get(&pair.first)?),
            other: side(self.lines.get(&pair.second)?),
            reasons: reasons.replacen(['s', 'n'], &reasons[..reasons.len().min(1)].to_uppercase(), 1),
            pair,
            tone,
            likely,
        })
    }
}

fn side(row: &ContactRow) -> Side {
    let about: Vec<&str> = [row.email.as_str(), &row.phone, &row.city]
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect();
    Side {
        id: row.id,
        picture: row.contact_type.as_str(),
        name: row.sort_name.clone(),
        about: about.join(", "),
    }
}
