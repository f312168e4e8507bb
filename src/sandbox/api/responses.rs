//! What recipients did with a campaign, one by one: sent to, activity, opens, clicks, unsubscribes, complaints.

use serde_json::{Value, json};

use super::json::{collection_links, link, links, merges};
use super::reports::{link_place, sent};
use crate::sandbox::call::{Answer, Call, Outcome};
use crate::sandbox::campaign::{Campaign, Happening, Recipient, What};
use crate::sandbox::clock::{When, iso};
use crate::sandbox::member::{Member, Status};
use crate::sandbox::problem::Problem;
use crate::sandbox::world::World;

/// A sent campaign in the eyes of one call.
struct Report<'a> {
    world: &'a World,
    call: &'a Call,
    campaign: &'a Campaign,
    now: When,
}

impl<'a> Report<'a> {
    fn read(world: &'a World, call: &'a Call) -> Result<Report<'a>, Problem> {
        Ok(Report {
            world,
            call,
            campaign: sent(world, call)?,
            now: world.now(),
        })
    }

    /// The recipient named second in the path.
    fn recipient(&self) -> Result<&'a Recipient, Problem> {
        let place = self.campaign.find(self.call.who(1)?).ok_or_else(Problem::not_found)?;
        self.campaign
            .recipients()
            .get(place as usize)
            .ok_or_else(Problem::not_found)
    }

    fn member(&self, recipient: &Recipient) -> Option<&'a Member> {
        let audience = self.world.audience(&self.campaign.head.list_id)?;
        audience.member(audience.find(&hex::encode(recipient.contact_id))?)
    }

    /// What the member has in the merge fields today; nothing if it was deleted for good.
    fn merges(&self, recipient: &Recipient) -> Value {
        let audience = self.world.audience(&self.campaign.head.list_id);
        match (audience, self.member(recipient)) {
            (Some(audience), Some(member)) => merges(audience, member),
            _ => json!({}),
        }
    }

    fn status(&self, recipient: &Recipient) -> &'static str {
        self.member(recipient).map_or("deleted", |member| match member.status {
            Status::Archived => "archived",
            status => status.name(),
        })
    }

    fn list_is_active(&self) -> bool {
        self.world.audience(&self.campaign.head.list_id).is_some()
    }

    fn path(&self, room: &str, recipient: &Recipient) -> String {
        format!("/reports/{}/{room}/{}", self.campaign.head.id, recipient.id())
    }

    fn own_links(&self, room: &str, recipient: &Recipient) -> Value {
        let own = self.path(room, recipient);
        let member = format!("/lists/{}/members/{}", self.campaign.head.list_id, recipient.id());
        links([
            link(&self.call.base, "self", &own, "GET", "", ""),
            link(
                &self.call.base,
                "member",
                &member,
                "GET",
                "Definitions/Lists/Members/Response",
                "",
            ),
        ])
    }

    /// A page of a collection under a campaign's report.
    fn collection(&self, key: &str, room: &str, all: Vec<Value>, more: &[(&str, Value)]) -> Outcome {
        let total = all.len();
        let own = format!("/reports/{}", self.campaign.head.id);
        let mut body = json!({key: self.call.page()?.of(all), "campaign_id": self.campaign.head.id});
        for (key, value) in more {
            body[*key] = value.clone();
        }
        body["total_items"] = json!(total);
        let schema = (own.as_str(), "Definitions/Reports/Response");
        body["_links"] = collection_links(&self.call.base, &format!("{own}/{room}"), "Reports/Recipients", schema);
        Ok(Answer::json(body))
    }

    /// One page without showing what is not on it: recipients are many.
    fn paged(&self, key: &str, room: &str, show: impl Fn(&Report<'a>, &Recipient) -> Value) -> Outcome {
        let page = self.call.page()?;
        let recipients = self.campaign.recipients();
        let end = page.offset.saturating_add(page.count).min(recipients.len());
        let shown = recipients.get(page.offset.min(end)..end).unwrap_or_default();
        let own = format!("/reports/{}", self.campaign.head.id);
        let schema = (own.as_str(), "Definitions/Reports/Response");
        Ok(Answer::json(json!({
            key: shown.iter().map(|recipient| show(self, recipient)).collect::<Vec<_>>(),
            "campaign_id": self.campaign.head.id,
            "total_items": recipients.len(),
            "_links": collection_links(&self.call.base, &format!("{own}/{room}"), "Reports/Recipients", schema),
        })))
    }

    fn show_sent_to(&self, recipient: &Recipient) -> Value {
        let opened = |happening: &&Happening| matches!(happening.what, What::Open | What::ProxyOpen);
        let opens: Vec<When> = recipient
            .until(self.now)
            .filter(opened)
            .map(|happening| happening.at)
            .collect();
        let status = if recipient.has(&What::HardBounce, self.now) {
            "hard"
        } else if recipient.has(&What::SoftBounce, self.now) {
            "soft"
        } else {
            "sent"
        };
        json!({
            "email_id": recipient.id(),
            "email_address": recipient.email,
            "merge_fields": self.merges(recipient),
            "vip": recipient.vip,
            "status": status,
            "open_count": opens.len(),
            "last_open": iso(opens.into_iter().max().unwrap_or(0)),
            "absplit_group": "",
            "gmt_offset": 0,
            "campaign_id": self.campaign.head.id,
            "list_id": self.campaign.head.list_id,
            "list_is_active": self.list_is_active(),
            "_links": self.own_links("sent-to", recipient),
        })
    }

    fn show_activity(&self, recipient: &Recipient) -> Value {
        let since = self.call.date("since").unwrap_or(0);
        let entries = recipient.until(self.now).filter(|happening| happening.at > since);
        let activity = entries.filter_map(|happening| {
            let timestamp = iso(happening.at);
            match &happening.what {
                What::Open | What::ProxyOpen => {
                    Some(json!({"action": "open", "timestamp": timestamp, "ip": "192.0.2.1"}))
                }
                What::Click(link) => {
                    let url = self.campaign.head.links.get(usize::from(*link));
                    Some(json!({"action": "click", "timestamp": timestamp, "url": url, "ip": "192.0.2.1"}))
                }
                What::HardBounce => Some(json!({"action": "bounce", "type": "hard", "timestamp": timestamp})),
                What::SoftBounce => Some(json!({"action": "bounce", "type": "soft", "timestamp": timestamp})),
                What::Unsubscribe(_) | What::Complaint => None,
            }
        });
        json!({
            "campaign_id": self.campaign.head.id,
            "list_id": self.campaign.head.list_id,
            "list_is_active": self.list_is_active(),
            "email_id": recipient.id(),
            "email_address": recipient.email,
            "activity": activity.collect::<Vec<_>>(),
            "_links": self.own_links("email-activity", recipient),
        })
    }

    fn show_unsubscribe(&self, recipient: &Recipient) -> Option<Value> {
        let (at, reason) = recipient.until(self.now).find_map(|happening| match &happening.what {
            What::Unsubscribe(reason) => Some((happening.at, reason)),
            _ => None,
        })?;
        Some(json!({
            "email_id": recipient.id(),
            "email_address": recipient.email,
            "merge_fields": self.merges(recipient),
            "vip": recipient.vip,
            "timestamp": iso(at),
            "reason": if reason.is_empty() { "None given" } else { reason },
            "campaign_id": self.campaign.head.id,
            "list_id": self.campaign.head.list_id,
            "list_is_active": self.list_is_active(),
            "_links": self.own_links("unsubscribed", recipient),
        }))
    }

    fn show_opens(&self, recipient: &Recipient) -> Option<Value> {
        let since = self.call.date("since").unwrap_or(0);
        let opens: Vec<(When, bool)> = recipient
            .until(self.now)
            .filter(|happening| happening.at > since)
            .filter_map(|happening| match happening.what {
                What::Open => Some((happening.at, false)),
                What::ProxyOpen => Some((happening.at, true)),
                _ => None,
            })
            .collect();
        if opens.is_empty() {
            return None;
        }
        Some(json!({
            "campaign_id": self.campaign.head.id,
            "list_id": self.campaign.head.list_id,
            "list_is_active": self.list_is_active(),
            "contact_status": self.status(recipient),
            "email_id": recipient.id(),
            "email_address": recipient.email,
            "merge_fields": self.merges(recipient),
            "vip": recipient.vip,
            "opens_count": opens.len(),
            "proxy_excluded_opens_count": opens.iter().filter(|(_, by_proxy)| !by_proxy).count(),
            "opens": opens.iter().map(|(at, by_proxy)| json!({"timestamp": iso(*at), "is_proxy_open": by_proxy})).collect::<Vec<_>>(),
            "_links": self.own_links("open-details", recipient),
        }))
    }
}

pub fn sent_to(world: &World, call: &Call) -> Outcome {
    Report::read(world, call)?.paged("sent_to", "sent-to", Report::show_sent_to)
}

pub fn sent_to_one(world: &World, call: &Call) -> Outcome {
    let report = Report::read(world, call)?;
    Ok(Answer::json(report.show_sent_to(report.recipient()?)))
}

/// Every recipient, also those who did nothing.
pub fn email_activity(world: &World, call: &Call) -> Outcome {
    Report::read(world, call)?.paged("emails", "email-activity", Report::show_activity)
}

pub fn email_activity_of(world: &World, call: &Call) -> Outcome {
    let report = Report::read(world, call)?;
    Ok(Answer::json(report.show_activity(report.recipient()?)))
}

pub fn unsubscribed(world: &World, call: &Call) -> Outcome {
    let report = Report::read(world, call)?;
    let recipients = report.campaign.recipients().iter();
    let all = recipients
        .filter_map(|recipient| report.show_unsubscribe(recipient))
        .collect();
    report.collection("unsubscribes", "unsubscribed", all, &[])
}

pub fn unsubscribed_one(world: &World, call: &Call) -> Outcome {
    let report = Report::read(world, call)?;
    let shown = report.show_unsubscribe(report.recipient()?);
    shown.map(Answer::json).ok_or_else(Problem::not_found)
}

pub fn open_details(world: &World, call: &Call) -> Outcome {
    let report = Report::read(world, call)?;
    let recipients = report.campaign.recipients().iter();
    let mut all: Vec<Value> = recipients
        .filter_map(|recipient| report.show_opens(recipient))
        .collect();
    let sum = |key: &str| json!(all.iter().filter_map(|shown| shown[key].as_u64()).sum::<u64>());
    let totals = [
        ("total_opens", sum("opens_count")),
        ("total_proxy_excluded_opens", sum("proxy_excluded_opens_count")),
    ];
    if call.query("sort_field") == Some("opens_count") {
        all.sort_by_key(|shown| shown["opens_count"].as_u64());
        if call
            .query("sort_dir")
            .is_some_and(|dir| dir.eq_ignore_ascii_case("DESC"))
        {
            all.reverse();
        }
    }
    report.collection("members", "open-details", all, &totals)
}

pub fn clickers(world: &World, call: &Call) -> Outcome {
    let report = Report::read(world, call)?;
    let index = link_place(report.campaign, call.param(1))?;
    let on_link = |happening: &&Happening| matches!(happening.what, What::Click(link) if usize::from(link) == index);
    let clicked = report.campaign.recipients().iter().filter_map(|recipient| {
        let clicks = recipient.until(report.now).filter(on_link).count();
        (clicks > 0).then(|| {
            json!({
                "email_id": recipient.id(),
                "email_address": recipient.email,
                "merge_fields": report.merges(recipient),
                "vip": recipient.vip,
                "clicks": clicks,
                "campaign_id": report.campaign.head.id,
                "url_id": call.param(1),
                "list_id": report.campaign.head.list_id,
                "list_is_active": report.list_is_active(),
                "contact_status": report.status(recipient),
                "_links": report.own_links("click-details", recipient),
            })
        })
    });
    report.collection(
        "members",
        &format!("click-details/{}/members", call.param(1)),
        clicked.collect(),
        &[],
    )
}

pub fn abuse_reports(world: &World, call: &Call) -> Outcome {
    let report = Report::read(world, call)?;
    let complained = (1..)
        .zip(report.campaign.recipients())
        .filter_map(|(number, recipient)| {
            let mut complaints = recipient
                .until(report.now)
                .filter(|happening| happening.what == What::Complaint);
            let at = complaints.next()?.at;
            Some(json!({
                "id": number,
                "campaign_id": report.campaign.head.id,
                "list_id": report.campaign.head.list_id,
                "list_is_active": report.list_is_active(),
                "email_id": recipient.id(),
                "email_address": recipient.email,
                "merge_fields": report.merges(recipient),
                "vip": recipient.vip,
                "date": iso(at),
                "_links": report.own_links("abuse-reports", recipient),
            }))
        });
    report.collection("abuse_reports", "abuse-reports", complained.collect(), &[])
}
