//! The form of the Advanced Search. Every button submits it; the one that searches leads on to the list of contacts.

use crate::accounts::Member;
use crate::base::{GroupId, Role};
use crate::crm::contacts::criteria::{Control, Criteria, Draft, Offers, Press};
use crate::crm::groups;
use crate::crm::groups::model::Group;
use crate::web::{self, Answer, Needs, Page, PageError, Route, get};
use actix_web::http::StatusCode;
use actix_web::web::Query;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

/// What a query string sends, in the order it was sent.
type Pairs = Vec<(String, String)>;
/// A script that wants the form's inside alone says so with this header.
const FRAGMENT: &str = "x-fragment";

/// Every route of the room.
pub fn routes() -> Vec<Route> {
    let reader = Needs::Role(Role::Reader);
    vec![get("/o/{organization}/search/advanced", reader, show)]
}

#[derive(Template)]
#[template(path = "search/advanced.html")]
struct AdvancedPage {
    page: Page,
    /// The smart group whose search is being changed.
    group: Option<Group>,
    /// The search is put together for a smart group that is to be made.
    is_for_a_group: bool,
    form: CriteriaForm,
}

impl AdvancedPage {
    /// What the button that searches leads to.
    fn leads_to(&self) -> &'static str {
        match (&self.group, self.is_for_a_group) {
            (Some(_), _) => "See who would come and go",
            (None, true) => "Next: name the group",
            (None, false) => "Search",
        }
    }
}

/// The inside of the form alone.
#[derive(Template)]
#[template(path = "search/form.html")]
struct FormPart {
    page: Page,
    form: CriteriaForm,
}

/// The conditions with what there is to choose from.
struct CriteriaForm {
    draft: Draft,
    offers: Offers,
    /// Somebody searched without asking anything.
    asks_nothing: bool,
}

/// `GET /o/{organization}/search/advanced`; with `group` to change the search of a smart group, with `for=group` for a new one.
pub async fn show(member: Member, request: HttpRequest, query: Query<Pairs>) -> Answer {
    let value = |name: &str| {
        query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    };
    let mut draft = match value("criteria") {
        Some(word) => Draft::from(&Criteria::parse(word)),
        None => Draft::of(&query),
    };
    let press = value("do").map(Press::read);
    draft.pressed(press.unwrap_or(Press::Update));
    let searched = press == Some(Press::Search);
    let group: Option<GroupId> = value("group").and_then(|id| id.parse().ok());
    let is_for_a_group = value("for") == Some("group") && member.may_write();
    if searched && let Some(criteria) = draft.read() {
        return Ok(found(&member, group, is_for_a_group, &criteria));
    }
    let (offers, group) = member
        .read(move |tx| {
            let group = group.map(|id| groups::store::find(tx, id)).transpose()?;
            Ok::<_, PageError>((Offers::load(tx)?, group.flatten()))
        })
        .await?;
    let form = CriteriaForm {
        asks_nothing: searched && draft.is_blank(),
        draft,
        offers,
    };
    if request.headers().contains_key(FRAGMENT) {
        return web::show(FormPart {
            page: member.part(),
            form,
        });
    }
    let status = if searched {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    web::show_with(
        status,
        AdvancedPage {
            page: member.page(match group.is_some() || is_for_a_group {
                true => "groups",
                false => "contacts",
            }),
            group,
            is_for_a_group,
            form,
        },
    )
}

/// On to the list; for a smart group to the page that says who would come and go, for a new one to its name.
fn found(member: &Member, group: Option<GroupId>, is_for_a_group: bool, criteria: &Criteria) -> HttpResponse {
    let query = serde_urlencoded::to_string([("criteria", criteria.word())]).unwrap_or_default();
    match group {
        Some(group) => member.redirect(&format!("groups/{group}/search?{query}")),
        None if is_for_a_group => member.redirect(&format!("groups/new?{query}")),
        None => member.redirect(&format!("contacts?{query}")),
    }
}
