//! `/reports`: the numbers of sent campaigns, worked out from what their recipients did until now.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Value, json};

use super::campaigns::of_account;
use super::json::{collection_links, link, links};
use crate::sandbox::call::{Answer, Call, Outcome};
use crate::sandbox::campaign::{Campaign, What};
use crate::sandbox::clock::{When, iso};
use crate::sandbox::ids;
use crate::sandbox::problem::Problem;
use crate::sandbox::world::World;

/// Hours after the sending that the report breaks down.
const HOURS: i64 = 24;
const HOUR: i64 = 3600;

pub fn all(world: &World, call: &Call) -> Outcome {
    let page = call.page()?;
    let fits = |campaign: &&Campaign| {
        let sent_at = campaign.head.sent_at;
        campaign.is_sent()
            && call.query("type").is_none_or(|kind| kind == "regular")
            && call.date("since_send_time").is_none_or(|since| sent_at > since)
            && call.date("before_send_time").is_none_or(|before| sent_at < before)
    };
    let found: Vec<&Campaign> = of_account(world, call).filter(fits).collect();
    let total = found.len();
    let reports: Vec<Value> = page
        .of(found)
        .into_iter()
        .map(|campaign| show(world, campaign, call))
        .collect();
    Ok(Answer::json(json!({
        "reports": reports,
        "total_items": total,
        "_links": collection_links(&call.base, "/reports", "Reports", ("", "Definitions/Root/Response")),
    })))
}

pub fn one(world: &World, call: &Call) -> Outcome {
    Ok(Answer::json(show(world, sent(world, call)?, call)))
}

/// The campaign a report is asked for; one that was never sent has none.
pub fn sent<'a>(world: &'a World, call: &'a Call) -> Result<&'a Campaign, Problem> {
    of_account(world, call)
        .find(|campaign| campaign.head.id == call.param(0) && campaign.is_sent())
        .ok_or_else(Problem::not_found)
}

/// The numbers of a campaign until some time.
#[derive(Default)]
struct Numbers {
    sent: usize,
    hard: usize,
    soft: usize,
    opens: usize,
    proxy_opens: usize,
    openers: usize,
    /// Openers of whom at least one open did not come through a proxy.
    true_openers: usize,
    last_open: When,
    clicks: usize,
    clickers: usize,
    /// Pairs of recipient and link.
    unique_clicks: usize,
    last_click: When,
    unsubscribed: usize,
    complaints: usize,
}

impl Numbers {
    fn count(campaign: &Campaign, now: When) -> Numbers {
        let mut numbers = Numbers {
            sent: campaign.recipients().len(),
            ..Numbers::default()
        };
        for recipient in campaign.recipients() {
            let (mut opens, mut proxy_opens, mut unsubscribed) = (0, 0, false);
            let mut links = HashSet::new();
            for happening in recipient.until(now) {
                match &happening.what {
                    What::Open => {
                        opens += 1;
                        numbers.last_open = numbers.last_open.max(happening.at);
                    }
                    What::ProxyOpen => {
                        proxy_opens += 1;
                        numbers.last_open = numbers.last_open.max(happening.at);
                    }
                    What::Click(link) => {
                        links.insert(link);
                        numbers.clicks += 1;
                        numbers.last_click = numbers.last_click.max(happening.at);
                    }
                    What::HardBounce => numbers.hard += 1,
                    What::SoftBounce => numbers.soft += 1,
                    What::Unsubscribe(_) => unsubscribed = true,
                    What::Complaint => numbers.complaints += 1,
                }
            }
            numbers.opens += opens + proxy_opens;
            numbers.proxy_opens += proxy_opens;
            numbers.openers += usize::from(opens + proxy_opens > 0);
            numbers.true_openers += usize::from(opens > 0);
            numbers.clickers += usize::from(!links.is_empty());
            numbers.unique_clicks += links.len();
            numbers.unsubscribed += usize::from(unsubscribed);
        }
        numbers
    }

    fn of_delivered(&self, part: usize) -> f64 {
        share(part, self.sent.saturating_sub(self.hard + self.soft))
    }
}

/// A part of a whole, from 0 to 1.
#[expect(clippy::cast_precision_loss, reason = "counts of recipients are far below 2^52")]
pub fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// The few numbers shown on the campaign itself.
pub fn summary(campaign: &Campaign, now: When) -> Value {
    let numbers = Numbers::count(campaign, now);
    json!({
        "opens": numbers.opens,
        "unique_opens": numbers.openers,
        "open_rate": numbers.of_delivered(numbers.openers),
        "clicks": numbers.clicks,
        "subscriber_clicks": numbers.clickers,
        "click_rate": numbers.of_delivered(numbers.clickers),
        "ecommerce": {"total_orders": 0, "total_spent": 0, "total_revenue": 0},
    })
}

fn show(world: &World, campaign: &Campaign, call: &Call) -> Value {
    let head = &campaign.head;
    let numbers = Numbers::count(campaign, world.now());
    let audience = world.audience(&head.list_id);
    json!({
        "id": head.id,
        "campaign_title": head.title,
        "type": "regular",
        "list_id": head.list_id,
        "list_is_active": audience.is_some(),
        "list_name": audience.map_or("", |audience| &audience.head.name),
        "subject_line": head.subject,
        "preview_text": head.preview,
        "emails_sent": numbers.sent,
        "abuse_reports": numbers.complaints,
        "unsubscribed": numbers.unsubscribed,
        "send_time": iso(head.sent_at),
        "bounces": {"hard_bounces": numbers.hard, "soft_bounces": numbers.soft, "syntax_errors": 0},
        "forwards": {"forwards_count": 0, "forwards_opens": 0},
        "opens": {
            "opens_total": numbers.opens,
            "proxy_excluded_opens": numbers.opens - numbers.proxy_opens,
            "unique_opens": numbers.openers,
            "proxy_excluded_unique_opens": numbers.true_openers,
            "open_rate": numbers.of_delivered(numbers.openers),
            "proxy_excluded_open_rate": numbers.of_delivered(numbers.true_openers),
            "last_open": iso(numbers.last_open),
        },
        "clicks": {
            "clicks_total": numbers.clicks,
            "unique_clicks": numbers.unique_clicks,
            "unique_subscriber_clicks": numbers.clickers,
            "click_rate": numbers.of_delivered(numbers.clickers),
            "last_click": iso(numbers.last_click),
        },
        "facebook_likes": {"recipient_likes": 0, "unique_likes": 0, "facebook_likes": 0},
        "list_stats": {"sub_rate": 0, "unsub_rate": 0, "open_rate": 0, "proxy_excluded_open_rate": 0, "click_rate": 0},
        "timeseries": timeseries(campaign, world.now()),
        "ecommerce": {"total_orders": 0, "total_spent": 0, "total_revenue": 0, "currency_code": "CAD"},
        "delivery_status": {"enabled": false},
        "_links": report_links(&call.base, &head.id),
    })
}

/// First opens and first clicks by the hour, from the sending on.
fn timeseries(campaign: &Campaign, now: When) -> Value {
    let mut hours: BTreeMap<i64, [usize; 3]> = (0..HOURS).map(|hour| (hour, [0; 3])).collect();
    let mut note = |at: Option<When>, column: usize| {
        let hour = at.map(|at| (at - campaign.head.sent_at) / HOUR);
        if let Some(counts) = hour.and_then(|hour| hours.get_mut(&hour)) {
            counts[column] += 1;
        }
    };
    for recipient in campaign.recipients() {
        let first = |fits: fn(&What) -> bool| {
            let fitting = recipient.until(now).filter(|happening| fits(&happening.what));
            fitting.map(|happening| happening.at).min()
        };
        note(first(|what| matches!(what, What::Open | What::ProxyOpen)), 0);
        note(first(|what| matches!(what, What::Open)), 1);
        note(first(|what| matches!(what, What::Click(_))), 2);
    }
    let shown = hours.into_iter().map(|(hour, [opens, true_opens, clicks])| {
        json!({
            "timestamp": iso(campaign.head.sent_at + hour * HOUR),
            "emails_sent": if hour == 0 { campaign.recipients().len() } else { 0 },
            "unique_opens": opens,
            "proxy_excluded_unique_opens": true_opens,
            "recipients_clicks": clicks,
        })
    });
    shown.collect()
}

fn report_links(base: &str, id: &str) -> Value {
    let own = format!("/reports/{id}");
    let below = [
        "sent-to",
        "email-activity",
        "unsubscribed",
        "open-details",
        "click-details",
        "abuse-reports",
    ];
    let parent = link(
        base,
        "parent",
        "/reports",
        "GET",
        "Definitions/Reports/CollectionResponse",
        "Paths/Reports/Collection",
    );
    let itself = link(base, "self", &own, "GET", "Definitions/Reports/Response", "");
    let others = below.map(|rel| link(base, rel, &format!("{own}/{rel}"), "GET", "", ""));
    links([parent, itself].into_iter().chain(others))
}

/// The id of a link in a campaign.
pub fn link_id(campaign: &Campaign, index: usize) -> String {
    ids::unique_email_id(&format!("{} {index}", campaign.head.id))
}

pub fn click_details(world: &World, call: &Call) -> Outcome {
    let campaign = sent(world, call)?;
    let mut clicked: Vec<Value> = (0..campaign.head.links.len())
        .map(|index| show_link(campaign, index, call, world.now()))
        .collect();
    if let Some(field) = call.query("sort_field") {
        clicked.sort_by_key(|shown| shown[field].as_u64());
        if call
            .query("sort_dir")
            .is_some_and(|dir| dir.eq_ignore_ascii_case("DESC"))
        {
            clicked.reverse();
        }
    }
    let total = clicked.len();
    let own = format!("/reports/{}", campaign.head.id);
    Ok(Answer::json(json!({
        "urls_clicked": call.page()?.of(clicked),
        "campaign_id": campaign.head.id,
        "total_items": total,
        "_links": collection_links(&call.base, &format!("{own}/click-details"), "Reports/ClickDetails", (&own, "Definitions/Reports/Response")),
    })))
}

pub fn click_detail(world: &World, call: &Call) -> Outcome {
    let campaign = sent(world, call)?;
    let index = link_place(campaign, call.param(1))?;
    Ok(Answer::json(show_link(campaign, index, call, world.now())))
}

pub fn link_place(campaign: &Campaign, id: &str) -> Result<usize, Problem> {
    (0..campaign.head.links.len())
        .find(|index| link_id(campaign, *index) == id)
        .ok_or_else(Problem::not_found)
}

fn show_link(campaign: &Campaign, index: usize, call: &Call, now: When) -> Value {
    let (mut total, mut unique, mut last, mut all, mut all_unique) = (0, 0, 0, 0, 0);
    for recipient in campaign.recipients() {
        let mut clicked = HashSet::new();
        for happening in recipient.until(now) {
            let What::Click(link) = happening.what else { continue };
            all += 1;
            clicked.insert(usize::from(link));
            if usize::from(link) == index {
                total += 1;
                last = last.max(happening.at);
            }
        }
        all_unique += clicked.len();
        unique += usize::from(clicked.contains(&index));
    }
    let id = link_id(campaign, index);
    let own = format!("/reports/{}/click-details/{id}", campaign.head.id);
    json!({
        "id": id,
        "url": campaign.head.links[index],
        "total_clicks": total,
        "click_percentage": share(total, all),
        "unique_clicks": unique,
        "unique_click_percentage": share(unique, all_unique),
        "last_click": iso(last),
        "campaign_id": campaign.head.id,
        "_links": links([
            link(&call.base, "self", &own, "GET", "Definitions/Reports/ClickDetails/Response", ""),
            link(&call.base, "members", &format!("{own}/members"), "GET", "Definitions/Reports/ClickDetails/Members/CollectionResponse", ""),
        ]),
    })
}
