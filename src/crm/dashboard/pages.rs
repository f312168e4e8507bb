//! The page one lands on.

use super::figures::{self, Days, Retention, TopDonor};
use crate::accounts::Member;
use crate::base::Role;
use crate::crm::contributions::Status;
use crate::crm::contributions::search::{self, ContributionRow, Filter, Total};
use crate::crm::groups;
use crate::crm::groups::mailchimp::MailchimpView;
use crate::db::OrgTx;
use crate::web::{self, Answer, Needs, Page, PageError, Route, get};
use actix_web::web::Data;
use askama::Template;
use chrono::{NaiveDate, TimeDelta};
use diesel::QueryResult;

/// Latest gifts and top donors shown.
const LINES: i64 = 8;
/// Gifts of so many days are looked at for thanks that are missing; older ones are nobody's task of today.
const THANKS_DAYS: i64 = 60;

/// Every route of the Dashboard.
pub fn routes() -> Vec<Route> {
    vec![get("/o/{organization}/dashboard", Needs::Role(Role::Reader), show)]
}

/// Something that waits for somebody.
struct Task {
    /// The mark's colour: `warn`, `bad` or `info`.
    tone: &'static str,
    icon: &'static str,
    what: String,
    why: &'static str,
    link: String,
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
    /// The contributions of the donors who could give again.
    gave_before: String,
    last_year: String,
    latest: Vec<ContributionRow>,
    top: Vec<TopDonor>,
}

/// `GET /o/{organization}/dashboard`
async fn show(member: Member, mailchimp: Data<dyn MailchimpView>) -> Answer {
    let today = member.today();
    let (month, year) = (Days::this_month(today), Days::this_year(today));
    let spans = [month, month.a_year_earlier(), year, year.a_year_earlier()];
    let last_year = year.year_before();
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
            Ok::<_, PageError>(Read {
                totals,
                top: top.transpose()?.unwrap_or_default(),
                retention: figures::retention(tx, last_year, year)?,
                latest: search::list(tx, &Filter::default(), 0, LINES)?,
                unthanked: unthanked(tx, today)?,
                troubles: troubles(tx, mailchimp.as_ref())?,
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
        tasks: tasks(&member, today, read.unthanked, read.troubles),
        retention: read.retention,
        gave_before: link(&member, &completed(last_year)),
        last_year: last_year.from.format("%Y").to_string(),
        latest: read.latest,
        top: read.top,
    })
}

struct Read {
    totals: Vec<Vec<Total>>,
    top: Vec<TopDonor>,
    retention: Retention,
    latest: Vec<ContributionRow>,
    unthanked: i64,
    troubles: Vec<(String, groups::mailchimp::GroupSync)>,
}

fn completed(days: Days) -> Filter {
    Filter {
        from: Some(days.from),
        to: Some(days.to),
        status: Some(Status::Completed),
        ..Filter::default()
    }
}

/// Gifts of the last weeks that nobody has thanked for.
fn without_thanks(today: NaiveDate) -> Filter {
    let recent = Days {
        from: today - TimeDelta::days(THANKS_DAYS),
        to: today,
    };
    Filter {
        thanked: Some(false),
        ..completed(recent)
    }
}

fn unthanked(tx: &mut OrgTx<'_>, today: NaiveDate) -> QueryResult<i64> {
    let totals = search::totals(tx, &without_thanks(today))?;
    Ok(totals.iter().map(|total| total.contributions).sum())
}

/// The linked groups with somebody Mailchimp does not take, or that have stopped.
fn troubles(
    tx: &mut OrgTx<'_>,
    mailchimp: &dyn MailchimpView,
) -> QueryResult<Vec<(String, groups::mailchimp::GroupSync)>> {
    let titles = groups::store::titles(tx)?;
    let mut column = mailchimp.column(tx)?;
    column.retain(|_, sync| matches!(sync.tone, "bad" | "warn"));
    let troubled = titles
        .into_iter()
        .filter_map(|(group, title)| Some((title, column.remove(&group)?)));
    Ok(troubled.collect())
}

fn tasks(
    member: &Member,
    today: NaiveDate,
    unthanked: i64,
    troubles: Vec<(String, groups::mailchimp::GroupSync)>,
) -> Vec<Task> {
    let mut tasks: Vec<Task> = troubles
        .into_iter()
        .map(|(title, sync)| Task {
            tone: sync.tone,
            icon: "mailchimp",
            what: format!("{title}: {}", sync.text),
            why: "These people get no mail from Mailchimp. The page says why, and what helps.",
            link: member.at(&sync.link),
        })
        .collect();
    if unthanked > 0 {
        let gifts = if unthanked == 1 { "gift is" } else { "gifts are" };
        tasks.push(Task {
            tone: "info",
            icon: "contributions",
            what: format!("{unthanked} {gifts} not thanked for yet"),
            why: "Received in the last two months.",
            link: link(member, &without_thanks(today)),
        });
    }
    tasks
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

fn link(member: &Member, filter: &Filter) -> String {
    let query = serde_urlencoded::to_string(filter.pairs()).unwrap_or_default();
    member.at(&format!("contributions?{query}"))
}
