//! What an audience tells its webhooks: which webhooks listen to what, and the form fields of each event.

use serde::{Deserialize, Serialize};

use super::audience::Audience;
use super::clock::{self, When};
use super::ids;
use super::member::{Actor, Member};
use super::membership::By;
use super::merge::{ADDRESS_PARTS, MergeField, MergeKind, MergeValue};

/// A webhook of an audience.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct Webhook {
    /// Ten hexadecimal digits.
    pub id: String,
    pub url: String,
    pub events: WebhookEvents,
    pub sources: WebhookSources,
    /// Signs deliveries; shown once, when the webhook is made.
    pub secret: Option<String>,
    /// Set when the receiver answered 410.
    pub disabled: bool,
}

#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default)]
pub struct WebhookEvents {
    pub subscribe: bool,
    pub unsubscribe: bool,
    pub profile: bool,
    pub cleaned: bool,
    pub upemail: bool,
    pub campaign: bool,
}

#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default)]
pub struct WebhookSources {
    pub user: bool,
    pub admin: bool,
    pub api: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Subscribe,
    Unsubscribe,
    Profile,
    Cleaned,
    Upemail,
    Campaign,
    /// Goes to batch webhooks only.
    BatchCompleted,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Subscribe => "subscribe",
            Kind::Unsubscribe => "unsubscribe",
            Kind::Profile => "profile",
            Kind::Cleaned => "cleaned",
            Kind::Upemail => "upemail",
            Kind::Campaign => "campaign",
            Kind::BatchCompleted => "batch_operation_completed",
        }
    }
}

/// Something that happened, ready to be delivered to the webhooks that listen.
#[derive(Clone, Debug)]
pub struct Event {
    pub kind: Kind,
    pub webhooks: Vec<Webhook>,
    /// The decoded form, in order.
    pub fields: Vec<(String, String)>,
}

impl Webhook {
    fn listens_to(&self, kind: Kind, actor: Actor) -> bool {
        let event = match kind {
            Kind::Subscribe => self.events.subscribe,
            Kind::Unsubscribe => self.events.unsubscribe,
            Kind::Profile => self.events.profile,
            Kind::Cleaned => self.events.cleaned,
            Kind::Upemail => self.events.upemail,
            Kind::Campaign => self.events.campaign,
            Kind::BatchCompleted => false,
        };
        let source = match actor {
            Actor::Contact => self.sources.user,
            Actor::Admin => self.sources.admin,
            Actor::Api => self.sources.api,
            Actor::Mailchimp => true,
        };
        event && source && !self.disabled
    }
}

/// Collects the fields of one event.
struct Fields(Vec<(String, String)>);

impl Fields {
    fn add(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.0.push((key.into(), value.into()));
    }

    fn data(&mut self, key: &str, value: impl Into<String>) {
        self.add(format!("data[{key}]"), value);
    }
}

/// How an unsubscribe came about, in the words of the payload.
#[derive(Clone, Copy)]
pub struct Leaving<'a> {
    /// `unsub` or `delete`; absent when the switch says so.
    pub action: Option<&'static str>,
    /// `manual` or `abuse`.
    pub reason: &'static str,
    /// The campaign that made the person leave; empty if none did.
    pub campaign: &'a str,
}

impl Audience {
    pub fn tell_subscribe(&mut self, slot: u32, actor: Actor, at: When) {
        self.tell_member(Kind::Subscribe, slot, actor, at, None);
        self.tell_member(Kind::Profile, slot, actor, at, None);
    }

    pub fn tell_profile(&mut self, slot: u32, actor: Actor, at: When) {
        self.tell_member(Kind::Profile, slot, actor, at, None);
    }

    pub fn tell_unsubscribe(&mut self, slot: u32, actor: Actor, at: When, leaving: Leaving) {
        self.tell_member(Kind::Unsubscribe, slot, actor, at, Some(leaving));
    }

    pub fn tell_cleaned(&mut self, slot: u32, by: &By, reason: &str) {
        let Some(email) = self.member(slot).map(|member| member.email.to_string()) else {
            return;
        };
        self.tell(Kind::Cleaned, by.actor, by.at, |audience, fields| {
            fields.data("list_id", &audience.head.id);
            fields.data("campaign_id", &by.campaign);
            fields.data("reason", reason);
            fields.data("email", email);
        });
    }

    pub fn tell_upemail(&mut self, former: &str, new: &str, actor: Actor, at: When) {
        self.tell(Kind::Upemail, actor, at, |audience, fields| {
            fields.data("list_id", &audience.head.id);
            fields.data("new_id", ids::unique_email_id(new));
            fields.data("new_email", new);
            fields.data("old_email", former);
        });
    }

    pub fn tell_campaign(&mut self, id: &str, subject: &str, at: When) {
        self.tell(Kind::Campaign, Actor::Mailchimp, at, |audience, fields| {
            fields.data("id", id);
            fields.data("subject", subject);
            fields.data("status", "sent");
            fields.data("reason", "");
            fields.data("list_id", &audience.head.id);
        });
    }

    fn tell_member(&mut self, kind: Kind, slot: u32, actor: Actor, at: When, leaving: Option<Leaving>) {
        self.tell(kind, actor, at, |audience, fields| {
            let Some(member) = audience.member(slot) else { return };
            if let Some(leaving) = leaving {
                if let Some(action) = leaving.action {
                    fields.data("action", action);
                }
                fields.data("reason", leaving.reason);
                if !leaving.campaign.is_empty() {
                    fields.data("campaign_id", leaving.campaign);
                }
            }
            audience.describe(member, fields);
        });
    }

    fn tell(&mut self, kind: Kind, actor: Actor, at: When, describe: impl FnOnce(&Audience, &mut Fields)) {
        let webhooks: Vec<Webhook> = self
            .head
            .webhooks
            .iter()
            .filter(|webhook| webhook.listens_to(kind, actor))
            .cloned()
            .collect();
        if webhooks.is_empty() {
            return;
        }
        let mut fields = Fields(Vec::new());
        fields.add("type", kind.name());
        fields.add("fired_at", clock::plain(at));
        describe(self, &mut fields);
        self.events.push(Event {
            kind,
            webhooks,
            fields: fields.0,
        });
    }

    fn describe(&self, member: &Member, fields: &mut Fields) {
        fields.data("id", ids::unique_email_id(&member.email));
        fields.data("email", &*member.email);
        fields.data("email_type", if member.html { "html" } else { "text" });
        fields.data("ip_opt", member.rare.as_ref().map_or("", |rare| &rare.ip_opt));
        if let Some(rare) = member.rare.as_ref().filter(|rare| !rare.ip_signup.is_empty()) {
            fields.data("ip_signup", &rare.ip_signup);
        }
        fields.data("web_id", member.web_id.to_string());
        fields.add("data[merges][EMAIL]", &*member.email);
        for field in &self.head.merge_fields {
            describe_merge(field, member.merge(field.id), fields);
        }
        if self.has_interests() {
            self.describe_groups(member, fields);
        }
        fields.data("list_id", &self.head.id);
    }

    fn describe_groups(&self, member: &Member, fields: &mut Fields) {
        let chosen: Vec<String> = self
            .head
            .categories
            .iter()
            .map(|category| {
                let names = category
                    .interests
                    .iter()
                    .filter(|interest| member.interests.contains(&interest.number));
                names
                    .map(|interest| interest.name.replace(',', "\\,"))
                    .collect::<Vec<_>>()
                    .join(", ")
            })
            .collect();
        let all: Vec<&str> = chosen
            .iter()
            .map(String::as_str)
            .filter(|names| !names.is_empty())
            .collect();
        fields.add("data[merges][INTERESTS]", all.join(", "));
        for (index, (category, groups)) in self.head.categories.iter().zip(&chosen).enumerate() {
            let grouping = format!("data[merges][GROUPINGS][{index}]");
            fields.add(format!("{grouping}[id]"), category.number.to_string());
            fields.add(format!("{grouping}[unique_id]"), &category.id);
            fields.add(format!("{grouping}[name]"), &category.title);
            fields.add(format!("{grouping}[groups]"), groups);
        }
    }
}

fn describe_merge(field: &MergeField, value: Option<&MergeValue>, fields: &mut Fields) {
    let key = format!("data[merges][{}]", field.tag);
    match value {
        Some(MergeValue::Address(parts)) if field.kind == MergeKind::Address => {
            for (part, text) in ADDRESS_PARTS.iter().zip(parts.iter()) {
                fields.add(format!("{key}[{part}]"), &**text);
            }
        }
        value => fields.add(key, value.map(MergeValue::plain).unwrap_or_default()),
    }
}
