//! Sending a campaign: to whom it goes, what chance makes the recipients do with it, and what that does to the audience.

use serde::{Deserialize, Serialize};

use super::audience::Audience;
use super::campaign::{self, Campaign, Happening, Planned, Recipient, What};
use super::clock::When;
use super::ids::Ids;
use super::member::{Actor, Status};
use super::membership::By;
use super::problem::Problem;
use super::world::World;

/// What recipients do, as probabilities from 0 to 1, drawn from the sandbox's seed.
#[derive(Serialize, Deserialize, Clone, Debug)]
#[serde(default, deny_unknown_fields)]
pub struct Outcome {
    pub opens: f64,
    /// Opened by a mail program's proxy only.
    pub proxy_opens: f64,
    /// Of those who opened.
    pub clicks: f64,
    pub soft_bounces: f64,
    pub hard_bounces: f64,
    pub unsubscribes: f64,
    pub complaints: f64,
    /// Seconds of the sandbox's clock over which all this happens; 0: at once.
    pub spread_seconds: u32,
}

impl Default for Outcome {
    /// Nobody does anything.
    fn default() -> Outcome {
        Outcome {
            opens: 0.0,
            proxy_opens: 0.0,
            clicks: 0.0,
            soft_bounces: 0.0,
            hard_bounces: 0.0,
            unsubscribes: 0.0,
            complaints: 0.0,
            spread_seconds: 0,
        }
    }
}

impl Outcome {
    /// What a small charity's newsletter usually meets.
    pub fn usual() -> Outcome {
        Outcome {
            opens: 0.35,
            proxy_opens: 0.2,
            clicks: 0.15,
            soft_bounces: 0.02,
            hard_bounces: 0.01,
            unsubscribes: 0.01,
            complaints: 0.002,
            spread_seconds: 0,
        }
    }

    /// What one recipient does after the mail was sent.
    fn draw(&self, ids: &mut Ids, sent_at: When, links: usize) -> Vec<Happening> {
        let later = |ids: &mut Ids| sent_at + i64::from(ids.below(self.spread_seconds.saturating_add(1)));
        let happening = |at, what| Happening { at, what };
        if ids.chance(self.hard_bounces) {
            return vec![happening(sent_at, What::HardBounce)];
        }
        if ids.chance(self.soft_bounces) {
            return vec![happening(sent_at, What::SoftBounce)];
        }
        let mut drawn = Vec::new();
        if ids.chance(self.proxy_opens) {
            drawn.push(happening(sent_at, What::ProxyOpen));
        }
        if ids.chance(self.opens) {
            for _ in 0..=ids.below(3) {
                drawn.push(happening(later(ids), What::Open));
            }
            if links > 0 && ids.chance(self.clicks) {
                let link = u16::try_from(ids.below(u32::try_from(links).unwrap_or(1))).unwrap_or(0);
                drawn.push(happening(later(ids), What::Click(link)));
            }
        }
        if ids.chance(self.unsubscribes) {
            let reasons = ["", "No longer interested", "Did not signup for list", "Too many emails"];
            let reason = reasons[ids.below(4) as usize].to_owned();
            drawn.push(happening(later(ids), What::Unsubscribe(reason)));
        } else if ids.chance(self.complaints) {
            drawn.push(happening(later(ids), What::Complaint));
        }
        drawn.sort_by_key(|happening| happening.at);
        drawn
    }
}

impl What {
    /// Whether it changes the member and not only the report.
    fn changes_the_member(&self) -> bool {
        matches!(self, What::HardBounce | What::Unsubscribe(_) | What::Complaint)
    }
}

impl World {
    /// Sends a campaign to everybody who is subscribed, and plans what they do with it.
    pub fn send(&mut self, place: usize, outcome: &Outcome) -> Result<(), Problem> {
        let now = self.now();
        let World {
            ground,
            audiences,
            campaigns,
            unsaved_ground,
            ..
        } = self;
        *unsaved_ground = true;
        let campaign = &mut campaigns[place];
        let list = &campaign.head.list_id;
        let audience = audiences
            .iter_mut()
            .find(|audience| audience.head.id == *list && !audience.head.deleted)
            .ok_or_else(Problem::not_found)?;
        if campaign.is_sent() || campaign.head.subject.is_empty() {
            return Err(Problem::invalid_action(
                "Your Campaign is not ready to send. Please review all the items and try again.",
            ));
        }
        let links = campaign::links(&campaign.head.html, &campaign.head.plain_text);
        let segment = campaign.head.segment;
        for (_, member) in audience.members() {
            let wanted = member.status == Status::Subscribed
                && segment.is_none_or(|tag| member.tags.iter().any(|(has, _)| *has == tag));
            if !wanted {
                continue;
            }
            let drawn = outcome.draw(&mut ground.ids, now, links.len());
            let (effects, happenings): (Vec<Happening>, Vec<Happening>) = drawn
                .into_iter()
                .partition(|happening| happening.what.changes_the_member());
            let recipient = campaign.push(Recipient {
                contact_id: member.contact_id,
                email: member.email.clone(),
                vip: member.vip,
                happenings,
            });
            let planned = effects
                .into_iter()
                .map(|Happening { at, what }| Planned { at, recipient, what });
            campaign.head.planned.extend(planned);
        }
        let head = campaign.head_mut();
        head.links = links;
        head.sent_at = now;
        head.planned.sort_by_key(|planned| planned.at);
        audience.tell_campaign(&head.id, &head.subject, now);
        self.let_happen(now);
        Ok(())
    }

    /// When a recipient next does something that changes more than a report.
    pub fn next_planned(&self) -> Option<When> {
        self.campaigns
            .iter()
            .filter_map(|campaign| campaign.head.planned.first())
            .map(|planned| planned.at)
            .min()
    }

    /// Lets everything happen whose time has come.
    pub fn let_happen(&mut self, now: When) {
        for place in 0..self.campaigns.len() {
            let planned = &self.campaigns[place].head.planned;
            let due = planned.iter().take_while(|planned| planned.at <= now).count();
            if due > 0 {
                let planned: Vec<Planned> = self.campaigns[place].head_mut().planned.drain(..due).collect();
                for Planned { at, recipient, what } in planned {
                    self.happen(place, recipient, what, at);
                }
            }
        }
    }

    /// A recipient does something with a campaign's mail, or the mail bounces.
    pub fn happen(&mut self, place: usize, recipient: u32, what: What, at: When) {
        let mut by = self.by(if what == What::HardBounce {
            Actor::Mailchimp
        } else {
            Actor::Contact
        });
        let campaign = &mut self.campaigns[place];
        by.at = at;
        by.campaign.clone_from(&campaign.head.id);
        let list = campaign.head.list_id.clone();
        let Some(recipient) = campaign.recipient_mut(recipient) else {
            return;
        };
        recipient.happenings.push(Happening { at, what: what.clone() });
        let contact = hex::encode(recipient.contact_id);
        if let Some(audience) = self.audience_mut(&list)
            && let Some(slot) = audience.find(&contact)
        {
            act(audience, &by, slot, &what);
        }
    }

    /// How many campaigns went to an audience, and when the last one did.
    pub fn sendings_to(&self, list_id: &str) -> (usize, When) {
        let sent = self
            .campaigns
            .iter()
            .filter(|campaign| campaign.head.list_id == list_id && campaign.is_sent());
        sent.fold((0, 0), |(count, last), campaign| {
            (count + 1, last.max(campaign.head.sent_at))
        })
    }

    /// The campaign with this id, whosever it is.
    pub fn campaign_place(&self, id: &str) -> Option<usize> {
        self.campaigns
            .iter()
            .position(|campaign| campaign.head.id == id && !campaign.head.deleted)
    }

    /// A campaign of an account that is still to be written and sent; answers its place.
    pub fn add_campaign(&mut self, account_id: &str, list_id: &str) -> usize {
        let created_at = self.now();
        let (from_name, reply_to) = self
            .audience(list_id)
            .map(|audience| (audience.head.from_name.clone(), audience.head.from_email.clone()))
            .unwrap_or_default();
        let ids = &mut self.ground_mut().ids;
        let head = campaign::Head {
            id: ids.hex(10),
            web_id: 1_000_000 + ids.below(9_000_000),
            account_id: account_id.to_owned(),
            list_id: list_id.to_owned(),
            segment: None,
            title: String::new(),
            subject: String::new(),
            preview: String::new(),
            from_name,
            reply_to,
            html: String::new(),
            plain_text: String::new(),
            created_at,
            sent_at: 0,
            links: Vec::new(),
            planned: Vec::new(),
            deleted: false,
        };
        self.campaigns.push(Campaign::new(head));
        self.campaigns.len() - 1
    }
}

fn act(audience: &mut Audience, by: &By, slot: u32, what: &What) {
    match what {
        What::HardBounce => audience.clean(by, slot),
        What::Unsubscribe(reason) => audience.unsubscribe_self(by, slot, reason),
        What::Complaint => audience.complain(by, slot),
        What::Open | What::ProxyOpen | What::Click(_) | What::SoftBounce => {}
    }
}
