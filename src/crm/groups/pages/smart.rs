//! What a smart group's search does: who would come and go with another search, why one contact is in the group or not, and
//! how current the group is.

use super::super::model::{Group, Membership};
use super::super::smart::{self, SearchError};
use super::super::store;
use super::{GroupPath, existing};
use crate::accounts::Member;
use crate::accounts::model::Organization;
use crate::base::{ContactId, GroupId};
use crate::crm::contacts::criteria::{Calendar, Criteria, Facts, Offers};
use crate::crm::contacts::{self, Contact, ContactRow};
use crate::crm::undoable;
use crate::db::OrgTx;
use crate::web::{self, Answer, Flash, Page, PageError};
use actix_web::HttpResponse;
use actix_web::web::{Form, Path, Query};
use askama::Template;
use serde::Deserialize;

/// People named on the preview; the numbers tell of the others.
const NAMED_MAX: usize = 50;

/// People named for each condition that almost found them.
const MISSED_NAMED_MAX: i64 = 20;

/// A search on its way from the form.
#[derive(Deserialize)]
pub struct Sent {
    pub(super) criteria: String,
}

#[derive(Template)]
#[template(path = "groups/search.html")]
struct SearchPage {
    page: Page,
    group: Group,
    /// How many belong to the group now.
    members: i64,
    before: String,
    after: String,
    /// The search as a hidden field.
    word: String,
    /// The form, to change it further.
    form: String,
    come: Moving,
    go: Moving,
}

impl SearchPage {
    /// Where all of those are listed who would `come` or `go`.
    fn all(&self, way: &str) -> String {
        let query = serde_urlencoded::to_string([("criteria", &self.word)]).unwrap_or_default();
        self.page.at(&format!("groups/{}/search/{way}?{query}", self.group.id))
    }
}

/// Who comes or goes: all of them counted, the first of them by name.
struct Moving {
    total: usize,
    first: Vec<ContactRow>,
}

impl Moving {
    fn of(tx: &mut OrgTx<'_>, contacts: &[ContactId]) -> Result<Self, PageError> {
        let named = contacts.get(..NAMED_MAX).unwrap_or(contacts);
        Ok(Self {
            total: contacts.len(),
            first: contacts::list_rows(tx, named)?,
        })
    }

    fn more(&self) -> usize {
        self.total.saturating_sub(self.first.len())
    }
}

/// `GET /o/{organization}/groups/{group}/search?criteria=`: what another search would mean, before it is saved.
pub async fn preview(member: Member, path: GroupPath, sent: Query<Sent>) -> Answer {
    let id = path.1;
    let criteria = Criteria::parse(&sent.criteria);
    let word = criteria.word();
    let page = member.page("groups");
    let form = form_of(&member, id, &word);
    let shown = member
        .read(move |tx| {
            let group = existing(tx, id)?;
            let before = group.criteria().ok_or(PageError::NotFound)?;
            let offers = Offers::load(tx)?;
            let difference = smart::difference(tx, id, &criteria, None)?;
            Ok::<_, PageError>(SearchPage {
                page,
                members: store::member_count(tx, id)?,
                before: before.sentence(&offers),
                after: criteria.sentence(&offers),
                word,
                form,
                come: Moving::of(tx, &difference.come)?,
                go: Moving::of(tx, &difference.go)?,
                group,
            })
        })
        .await?;
    match shown.after.is_empty() {
        true => Err(PageError::Refused(
            "This search cannot be read. Nothing was changed; please put it together anew.".into(),
        )),
        false => web::show(shown),
    }
}

/// `POST /o/{organization}/groups/{group}/search`
pub async fn save(member: Member, path: GroupPath, sent: Form<Sent>) -> Answer {
    let id = path.1;
    let criteria: Criteria = serde_json::from_str(&sent.criteria).map_err(|_| {
        PageError::Refused("This search cannot be read. Nothing was changed; please put it together anew.".into())
    })?;
    let ((), step) = member
        .step(&undoable::GROUP, id.0, move |tx| {
            smart::change_search(tx, id, &criteria)
        })
        .await?;
    let said = Flash::success("The search has been saved.");
    member.say_done(said.with("Who comes and goes is being worked out now."), step);
    Ok(member.redirect(&format!("groups/{id}")))
}

/// The form with a search, to change it for a group.
pub(super) fn form_of(member: &Member, group: GroupId, word: &str) -> String {
    let query = serde_urlencoded::to_string([("group", group.to_string().as_str()), ("criteria", word)]);
    member.at(&format!("search/advanced?{}", query.unwrap_or_default()))
}

impl From<SearchError> for PageError {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::Title(error) => error.into(),
            SearchError::AsksAboutItself => Self::Refused(
                "This search asks who is in the group itself, directly or through another smart group, so it could never \
                 come to rest. Nothing was changed. Ask about other groups."
                    .into(),
            ),
            SearchError::AsksAboutAll => Self::Refused(
                "This search asks whether somebody is in any group at all. Those it finds would be in one at once, this one, so \
                 it could never come to rest. Nothing was changed. Choose the groups that are meant by name."
                    .into(),
            ),
            SearchError::HandPicked => Self::Refused("This group is hand-picked. Nothing was changed.".into()),
        }
    }
}

#[derive(Template)]
#[template(path = "groups/why.html")]
struct WhyPage {
    page: Page,
    group: Group,
    contact: ContactId,
    name: String,
    /// Whether they belong to the group, and by whose word.
    verdict: String,
    lines: Vec<Line>,
    /// How the sets of conditions are joined, where there are several.
    joined: &'static str,
}

/// One condition with what the contact has there.
struct Line {
    /// Which set of conditions it stands in, counted from one; zero where there is only one.
    set: usize,
    words: String,
    holds: bool,
    /// With this one answered otherwise the whole search would be answered otherwise.
    decides: bool,
    theirs: String,
}

/// `GET /o/{organization}/groups/{group}/why/{contact}`: which condition decides.
pub async fn why(member: Member, path: Path<(String, GroupId, ContactId)>) -> Answer {
    let (_, id, contact) = path.into_inner();
    let page = member.page("groups");
    let shown = member
        .read(move |tx| {
            let group = existing(tx, id)?;
            let criteria = group.criteria().ok_or(PageError::NotFound)?;
            let (calendar, offers) = (Calendar::of(tx)?, Offers::load(tx)?);
            let facts = Facts::load(tx, &[contact], &calendar)?.pop();
            let facts = facts.ok_or(PageError::NotFound)?;
            let membership = store::memberships(tx, contact)?.into_iter().find(|one| one.group == id);
            let is_found = criteria.holds(&facts, &calendar);
            Ok::<_, PageError>(WhyPage {
                page,
                group,
                contact,
                name: facts.contact.display_name.clone(),
                verdict: verdict(&facts.contact, membership.as_ref(), is_found),
                lines: lines(&criteria, &facts, &calendar, &offers),
                joined: criteria.joined(),
            })
        })
        .await?;
    web::show(shown)
}

fn verdict(contact: &Contact, membership: Option<&Membership>, is_found: bool) -> String {
    let name = &contact.display_name;
    let by_hand = membership.filter(|membership| !membership.is_smart());
    match by_hand {
        _ if contact.deleted_at.is_some() => {
            format!("{name} is in the trash, and nobody in the trash belongs to a group.")
        }
        Some(membership) if membership.is_current() => {
            format!("{name} was added by hand, so they belong to the group whatever the search says.")
        }
        Some(membership) => {
            let why = match membership.why.as_str() {
                "" => String::new(),
                why => format!(" ({why})"),
            };
            format!(
                "{name} was removed{why}, and stays out whatever the search says, until they rejoin or the record of it is \
                 deleted."
            )
        }
        None if is_found => format!("The search finds {name}, so they belong to the group."),
        None => format!("The search does not find {name}, so they do not belong to the group."),
    }
}

fn lines(criteria: &Criteria, facts: &Facts, calendar: &Calendar, offers: &Offers) -> Vec<Line> {
    let deciding = criteria.deciding(facts, calendar);
    let several = criteria.blocks.len() > 1;
    let sets = criteria.blocks.iter().enumerate().flat_map(|(at, block)| {
        let set = if several { at + 1 } else { 0 };
        block.conditions.iter().map(move |condition| (set, condition))
    });
    sets.zip(deciding)
        .map(|((set, condition), decides)| Line {
            set,
            words: condition.words(offers),
            holds: condition.holds(facts, calendar),
            decides,
            theirs: condition.value_of(facts, calendar, offers).join(", "),
        })
        .collect()
}

#[derive(Template)]
#[template(path = "groups/almost.html")]
struct AlmostPage {
    page: Page,
    group: Group,
    misses: Vec<Misses>,
}

/// Who is missed because of one condition alone.
struct Misses {
    condition: String,
    /// Which condition it is, counted from one.
    number: usize,
    total: i64,
    first: Vec<ContactRow>,
}

impl Misses {
    fn more(&self) -> i64 {
        self.total - i64::try_from(self.first.len()).unwrap_or(0)
    }
}

/// `GET /o/{organization}/groups/{group}/almost`: whom the search misses by one condition.
pub async fn almost(member: Member, path: GroupPath) -> Answer {
    let id = path.1;
    let page = member.page("groups");
    let shown = member
        .read(move |tx| {
            let group = existing(tx, id)?;
            let criteria = group.criteria().ok_or(PageError::NotFound)?;
            let offers = Offers::load(tx)?;
            let mut misses = Vec::new();
            for (number, condition) in criteria.conditions().enumerate() {
                let (total, first) = contacts::near_misses(tx, &criteria, number, id, (0, MISSED_NAMED_MAX))?;
                misses.push(Misses {
                    condition: condition.words(&offers),
                    number: number + 1,
                    total,
                    first: contacts::list_rows(tx, &first)?,
                });
            }
            Ok::<_, PageError>(AlmostPage { page, group, misses })
        })
        .await?;
    web::show(shown)
}

#[derive(Template)]
#[template(path = "groups/freshness.html")]
struct FreshnessPart {
    freshness: Freshness,
}

/// How current a smart group is.
pub(super) struct Freshness {
    pub version: String,
    pub members: i64,
    /// How many are on the list that is shown.
    pub shown: i64,
    pub checked_at: Option<String>,
    pub is_waiting: bool,
    /// The address of the group's page.
    pub here: String,
}

impl Freshness {
    pub(super) fn read(tx: &mut OrgTx<'_>, organization: &Organization, group: &Group) -> Result<Self, PageError> {
        let members = store::member_count(tx, group.id)?;
        let now = tx.now();
        let is_waiting = group.is_being_searched(now) || smart::is_work_waiting(tx)?;
        let checked = group.search_checked_at;
        Ok(Self {
            version: format!(
                "{members}-{}-{is_waiting}",
                checked.map_or(0, |at| at.timestamp_micros())
            ),
            members,
            shown: members,
            checked_at: checked.map(|at| organization.local(at)),
            is_waiting,
            here: String::new(),
        })
    }
}

/// What a page that shows the part has already.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Known {
    version: String,
    shown: Option<i64>,
}

/// `GET /o/{organization}/groups/{group}/freshness`: 204 while nothing changed.
pub async fn freshness(member: Member, path: GroupPath, known: Query<Known>) -> Answer {
    let (id, organization) = (path.1, member.organization.clone());
    let freshness = member
        .read(move |tx| {
            let group = existing(tx, id)?;
            Freshness::read(tx, &organization, &group)
        })
        .await?;
    if freshness.version == known.version {
        return Ok(HttpResponse::NoContent().finish());
    }
    web::show(FreshnessPart {
        freshness: Freshness {
            shown: known.shown.unwrap_or(freshness.members),
            here: member.at(&format!("groups/{id}")),
            ..freshness
        },
    })
}
