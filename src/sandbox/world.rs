//! Everything the stand-in Mailchimp knows, and the one door through which it is changed: what changed is journalled and told before the door closes.

use serde::{Deserialize, Serialize};

use super::audience::{Audience, Head};
use super::batch::{Batch, BatchWebhook};
use super::campaign::Campaign;
use super::clock::{Clock, When};
use super::events::Event;
use super::ids::Ids;
use super::journal::Record;
use super::member::Actor;
use super::membership::By;
use super::settings::Settings;

/// An account of a charity; one login may own several.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct Account {
    /// Twenty-five hexadecimal digits.
    pub id: String,
    pub user_id: u32,
    /// The person; simultaneous connections are counted per login.
    pub login_id: u32,
    pub name: String,
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    pub member_since: When,
    /// Deactivated: calls answer 403 User Disabled.
    pub disabled: bool,
}

/// A token given to an application for one account.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct Token {
    /// Its place in the order of tokens, from 1; logs name tokens by it.
    pub number: u16,
    pub secret: String,
    pub account_id: String,
    pub revoked: bool,
    pub made_at: When,
}

/// An authorization code on its way from the consent page to the token.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct Code {
    pub code: String,
    pub account_id: String,
    pub redirect_uri: String,
    pub made_at: When,
}

/// What is small and changes together; one record of the journal.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct Ground {
    pub ids: Ids,
    pub clock: Clock,
    pub settings: Settings,
    pub accounts: Vec<Account>,
    pub tokens: Vec<Token>,
    pub codes: Vec<Code>,
    #[serde(default)]
    pub batch_webhooks: Vec<BatchWebhook>,
}

pub struct World {
    pub ground: Ground,
    pub audiences: Vec<Audience>,
    pub campaigns: Vec<Campaign>,
    pub batches: Vec<Batch>,
    pub unsaved_ground: bool,
    unsaved_batches: Vec<usize>,
    /// What batch webhooks still have to be told.
    pub events: Vec<Event>,
}

impl World {
    pub fn empty(seed: u64) -> World {
        let ground = Ground {
            ids: Ids::new(seed),
            clock: Clock::real(),
            settings: Settings::default(),
            accounts: Vec::new(),
            tokens: Vec::new(),
            codes: Vec::new(),
            batch_webhooks: Vec::new(),
        };
        World {
            ground,
            audiences: Vec::new(),
            campaigns: Vec::new(),
            batches: Vec::new(),
            unsaved_ground: true,
            unsaved_batches: Vec::new(),
            events: Vec::new(),
        }
    }

    /// The accounts, tokens and switches, to be changed.
    pub fn ground_mut(&mut self) -> &mut Ground {
        self.unsaved_ground = true;
        &mut self.ground
    }

    pub fn now(&self) -> When {
        self.ground.clock.now()
    }

    pub fn settings(&self) -> &Settings {
        &self.ground.settings
    }

    /// Somebody acting now by a page rather than by a token.
    pub fn by(&self, actor: Actor) -> By {
        By {
            actor,
            at: self.now(),
            token: 0,
            ip: String::new(),
            campaign: String::new(),
            customs: self.settings().customs(),
        }
    }

    /// When something next happens by itself.
    pub fn next_due(&self) -> Option<When> {
        let next = [self.next_batch_step(), self.next_planned(), self.next_expiry()];
        next.into_iter().flatten().min()
    }

    /// Lets everything happen whose time has come.
    pub fn catch_up(&mut self) {
        let now = self.now();
        self.move_batches(now);
        self.let_happen(now);
        self.expire(now);
    }

    /// A batch to be changed.
    pub fn batch_mut(&mut self, place: usize) -> &mut Batch {
        self.unsaved_batches.push(place);
        &mut self.batches[place]
    }

    pub fn add_batch(&mut self, batch: Batch) {
        self.unsaved_batches.push(self.batches.len());
        self.batches.push(batch);
    }

    /// Whether a webhook still exists and wants to be told.
    pub fn wants_deliveries(&self, webhook_id: &str) -> bool {
        let of_audiences = self.audiences.iter().flat_map(|audience| &audience.head.webhooks);
        of_audiences
            .clone()
            .any(|webhook| webhook.id == webhook_id && !webhook.disabled)
            || self
                .ground
                .batch_webhooks
                .iter()
                .any(|webhook| webhook.id == webhook_id && webhook.enabled)
    }

    pub fn account(&self, id: &str) -> Option<&Account> {
        self.ground.accounts.iter().find(|account| account.id == id)
    }

    pub fn token(&self, secret: &str) -> Option<&Token> {
        self.ground.tokens.iter().find(|token| token.secret == secret)
    }

    /// An audience that exists, whosever it is.
    pub fn audience(&self, id: &str) -> Option<&Audience> {
        self.audiences
            .iter()
            .find(|audience| audience.head.id == id && !audience.head.deleted)
    }

    pub fn audience_mut(&mut self, id: &str) -> Option<&mut Audience> {
        self.audiences
            .iter_mut()
            .find(|audience| audience.head.id == id && !audience.head.deleted)
    }

    /// An audience to be changed, together with the ids that new members draw from.
    pub fn audience_and_ids(&mut self, id: &str) -> Option<(&mut Audience, &mut Ids)> {
        self.unsaved_ground = true;
        let audience = self
            .audiences
            .iter_mut()
            .find(|audience| audience.head.id == id && !audience.head.deleted)?;
        Some((audience, &mut self.ground.ids))
    }

    pub fn audiences_of<'a>(&'a self, account_id: &'a str) -> impl Iterator<Item = &'a Audience> {
        self.audiences
            .iter()
            .filter(move |audience| audience.head.account_id == account_id && !audience.head.deleted)
    }

    pub fn add_account(&mut self, name: &str, email: &str, owner: (&str, &str), login_id: Option<u32>) -> String {
        let now = self.now();
        let ground = self.ground_mut();
        let user_id = 100_000_000 + ground.ids.below(90_000_000);
        let account = Account {
            id: ground.ids.hex(25),
            user_id,
            login_id: login_id.unwrap_or(user_id),
            name: name.to_owned(),
            email: email.to_owned(),
            first_name: owner.0.to_owned(),
            last_name: owner.1.to_owned(),
            member_since: now,
            disabled: false,
        };
        let id = account.id.clone();
        ground.accounts.push(account);
        id
    }

    /// Adds an audience with Mailchimp's standard merge fields; answers its id.
    pub fn add_audience(&mut self, account_id: &str, name: &str, double_optin: bool) -> String {
        let now = self.now();
        let mut head = Head::fresh(&mut self.ground_mut().ids, account_id, name, now);
        head.double_optin = double_optin;
        if let Some(account) = self.account(account_id) {
            head.from_name.clone_from(&account.name);
            head.from_email.clone_from(&account.email);
        }
        let id = head.id.clone();
        self.audiences.push(Audience::new(head));
        id
    }

    /// Gives an application access to an account.
    pub fn add_token(&mut self, account_id: &str) -> Token {
        let now = self.now();
        let ground = self.ground_mut();
        let number = u16::try_from(ground.tokens.len() + 1).unwrap_or(u16::MAX);
        let token = Token {
            number,
            secret: ground.ids.hex(32),
            account_id: account_id.to_owned(),
            revoked: false,
            made_at: now,
        };
        ground.tokens.push(token.clone());
        token
    }

    /// What the journal has not seen yet; afterwards it counts as saved.
    pub fn take_unsaved(&mut self) -> Vec<Record> {
        let mut records = Vec::new();
        if std::mem::take(&mut self.unsaved_ground) {
            records.push(Record::Ground(Box::new(self.ground.clone())));
        }
        for audience in &mut self.audiences {
            if std::mem::take(&mut audience.unsaved_head) {
                records.push(Record::Audience(Box::new(audience.head.clone())));
            }
            let mut slots = std::mem::take(&mut audience.unsaved_members);
            slots.sort_unstable();
            slots.dedup();
            for slot in slots {
                let member = audience.member(slot).cloned().map(Box::new);
                records.push(Record::Member {
                    list: audience.head.id.clone(),
                    slot,
                    member,
                });
            }
        }
        for campaign in &mut self.campaigns {
            if std::mem::take(&mut campaign.unsaved_head) {
                records.push(Record::Campaign(Box::new(campaign.head.clone())));
            }
            let mut places = std::mem::take(&mut campaign.unsaved_recipients);
            places.sort_unstable();
            places.dedup();
            for place in places {
                if let Some(recipient) = campaign.recipients().get(place as usize) {
                    let recipient = Box::new(recipient.clone());
                    records.push(Record::Recipient {
                        campaign: campaign.head.id.clone(),
                        place,
                        recipient,
                    });
                }
            }
        }
        let mut places = std::mem::take(&mut self.unsaved_batches);
        places.sort_unstable();
        places.dedup();
        records.extend(
            places
                .into_iter()
                .map(|place| Record::Batch(Box::new(self.batches[place].clone()))),
        );
        records
    }

    /// Forgets what the journal has not seen, where there is no journal.
    pub fn drop_unsaved(&mut self) {
        self.unsaved_ground = false;
        for audience in &mut self.audiences {
            audience.unsaved_head = false;
            audience.unsaved_members = Vec::new();
        }
        for campaign in &mut self.campaigns {
            campaign.unsaved_head = false;
            campaign.unsaved_recipients = Vec::new();
        }
        self.unsaved_batches = Vec::new();
    }

    /// What the webhooks have not been told yet.
    pub fn take_events(&mut self) -> Vec<Event> {
        let of_audiences = self
            .audiences
            .iter_mut()
            .flat_map(|audience| std::mem::take(&mut audience.events));
        of_audiences.chain(std::mem::take(&mut self.events)).collect()
    }
}
