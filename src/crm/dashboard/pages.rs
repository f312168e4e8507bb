//! The page one lands on.

use super::figures::{self, Days, Retention, TopDonor};
use super::tasks::{Task, Waiting};
use crate::accounts::Member;
use crate::base::Role;
use crate::crm::contacts::{self, ListFilter};
use crate::crm::contributions::Status;
use crate::crm::contributions::search::{self, ContributionRow, Filter, Total};
use crate::crm::groups::mailchimp::MailchimpView;
use crate::web::{self, Answer, Needs, Page, PageError, Route, get};
use actix_web::web::Data;
use askama::Template;
use diesel::QueryResult;
use serde_json::json;

/// Latest gifts and top donors shown.
const LINES: i64 = 8;

/// Every route of the Dashboard.
pub fn routes() -> Vec<Route> {
    vec![get("/o/{organization}/dashboard", Needs::Role(Role::Reader), show)]
}

/// What was given in some days, beside the same days a year earlier.
struct Compared {
    label: String,
    now: Vec<(String, String)>,
    earlier_label: String,
    earlier: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "dashboard/show.html")]
struct DashboardPage {
    page: Page,
    tasks: Vec<Task>,
    compared: Vec<Compared>,
    retention: Retention,
    /// The list of the donors who could give again, and of those who have.
    gave_before: String,
    gave_again: String,
    last_year: String,
    /// Completed ones: a promise or a payment that failed is no gift.
    latest: Vec<ContributionRow>,
    /// Nothing was ever typed in, whatever became of it.
    has_no_gifts: bool,
    /// Whether there is nobody yet who could give.
    has_nobody: bool,
    /// Each with the list of what they gave.
    top: Vec<(TopDonor, String)>,
}

/// `GET /o/{organization}/dashboard`
async fn show(member: Member, mailchimp: Data<dyn MailchimpView>) -> Answer {
    let today = member.today();
    let (month, year) = (Days::this_month(today), Days::this_year(today));
    let spans = [month, month.a_year_earlier(), year, year.a_year_earlier()];
    let last_year = year.year_before();
    let me = member.person().staff.id;
    let read = member
        .read(move |tx| {
            let totals: Vec<Vec<Total>> = spans
                .into_iter()
                .map(|days| search::totals(tx, &completed(days)))
                .collect::<QueryResult<_>>()?;
            let twelve = Days::last_twelve_months(today);
            let currency = search::totals(tx, &completed(twelve))?
                .first()
                .map(|total| total.currency);
            let top = currency.map(|currency| figures::top_donors(tx, twelve, currency, LINES));
            let given = Filter::default().with_status(Status::Completed);
            let latest = search::list(tx, &given, 0, LINES)?;
            Ok::<_, PageError>(Read {
                totals,
                top: top.transpose()?.unwrap_or_default(),
                retention: figures::retention(tx, last_year, year)?,
                has_no_gifts: latest.is_empty() && search::list(tx, &Filter::default(), 0, 1)?.is_empty(),
                has_nobody: latest.is_empty() && contacts::count(tx, &ListFilter::default())? == 0,
                latest,
                waiting: Waiting::read(tx, mailchimp.as_ref(), me, today)?,
            })
        })
        .await?;
    let sums = |at: usize| sums(&member, spans[at], &read.totals[at]);
    web::show(DashboardPage {
        page: member.page("dashboard"),
        compared: vec![
            Compared {
                label: format!("In {} so far", today.format("%B")),
                now: sums(0),
                earlier_label: format!("by this day {}", spans[1].to.format("%B %Y")),
                earlier: sums(1),
            },
            Compared {
                label: format!("In {} so far", today.format("%Y")),
                now: sums(2),
                earlier_label: format!("by this day {}", spans[3].to.format("%Y")),
                earlier: sums(3),
            },
        ],
        tasks: read.waiting.tasks(&member, today),
        retention: read.retention,
        gave_before: donors(&member, &["previous"]),
        gave_again: donors(&member, &["previous", "this"]),
        last_year: last_year.from.format("%Y").to_string(),
        latest: read.latest,
        has_no_gifts: read.has_no_gifts,
        has_nobody: read.has_nobody,
        top: read
            .top
            .into_iter()
            .map(|donor| {
                let gifts = gifts_of(&member, &donor, Days::last_twelve_months(today));
                (donor, gifts)
            })
            .collect(),
    })
}

struct Read {
    totals: Vec<Vec<Total>>,
    top: Vec<TopDonor>,
    retention: Retention,
    latest: Vec<ContributionRow>,
    /// Nothing was ever typed in, whatever became of it.
    has_no_gifts: bool,
    has_nobody: bool,
    waiting: Waiting,
}

pub(super) fn completed(days: Days) -> Filter {
    Filter {
        from: Some(days.from),
        to: Some(days.to),
        status: Some(Status::Completed),
        ..Filter::default()
    }
}

/// The list of whoever gave in each of these calendar years: the `previous` one, `this` one.
fn donors(member: &Member, years: &[&str]) -> String {
    let gave_in =
        |year: &&str| json!({"about": "giving_count", "op": "at_least", "values": ["1", year, "year", "any"]});
    let conditions: Vec<_> = years.iter().map(gave_in).collect();
    let criteria = json!({"blocks": [{"conditions": conditions}]}).to_string();
    let query = serde_urlencoded::to_string([("criteria", criteria)]).unwrap_or_default();
    member.at(&format!("contacts?{query}"))
}

/// The list of what somebody gave in these days.
fn gifts_of(member: &Member, donor: &TopDonor, days: Days) -> String {
    let theirs = Filter {
        contact: Some(donor.contact_id),
        currency: Some(donor.total().currency),
        ..completed(days)
    };
    link(member, &theirs)
}

/// Each currency's sum, with the contributions it is made of.
fn sums(member: &Member, days: Days, totals: &[Total]) -> Vec<(String, String)> {
    let of = |total: &Total| {
        let only = Filter {
            currency: Some(total.currency),
            ..completed(days)
        };
        (total.total().to_string(), link(member, &only))
    };
    totals.iter().map(of).collect()
}

pub(super) fn link(member: &Member, filter: &Filter) -> String {
    let query = serde_urlencoded::to_string(filter.pairs()).unwrap_or_default();
    member.at(&format!("contributions?{query}"))
}
