//! Campaigns: mails to an audience, to whom they went (under the address of that day), and what each recipient did with them.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::clock::When;
use super::ids::{self, Hash};

/// Everything about a campaign except its recipients; one record of the journal.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct Head {
    /// Ten hexadecimal digits.
    pub id: String,
    pub web_id: u32,
    pub account_id: String,
    pub list_id: String,
    /// The tag of those it goes to; absent: everybody.
    pub segment: Option<u32>,
    pub title: String,
    pub subject: String,
    pub preview: String,
    pub from_name: String,
    pub reply_to: String,
    pub html: String,
    pub plain_text: String,
    pub created_at: When,
    /// 0 until it is sent.
    pub sent_at: When,
    /// What the mail links to, in order; known when it is sent.
    pub links: Vec<String>,
    /// What recipients will yet do that changes more than the report.
    pub planned: Vec<Planned>,
    pub deleted: bool,
}

#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct Planned {
    pub at: When,
    pub recipient: u32,
    pub what: What,
}

/// Somebody a campaign was sent to.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct Recipient {
    #[serde(with = "ids::as_hex")]
    pub contact_id: [u8; 16],
    /// The address it went to, whatever the member's address is now.
    pub email: Box<str>,
    pub vip: bool,
    pub happenings: Vec<Happening>,
}

#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct Happening {
    pub at: When,
    pub what: What,
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum What {
    Open,
    /// A mail program's proxy loaded the pictures; nobody need have looked.
    ProxyOpen,
    /// The place of the link among the campaign's links.
    Click(u16),
    SoftBounce,
    HardBounce,
    /// With the reason given, if any.
    Unsubscribe(String),
    Complaint,
}

impl Recipient {
    pub fn hash(&self) -> Hash {
        ids::subscriber_hash(&self.email)
    }

    pub fn id(&self) -> String {
        hex::encode(self.hash())
    }

    /// What has happened until now; the rest of the outcome is still to come.
    pub fn until(&self, now: When) -> impl Iterator<Item = &Happening> {
        self.happenings.iter().filter(move |happening| happening.at <= now)
    }

    pub fn has(&self, what: &What, now: When) -> bool {
        self.until(now).any(|happening| happening.what == *what)
    }

    pub fn bounced(&self, now: When) -> bool {
        self.has(&What::HardBounce, now) || self.has(&What::SoftBounce, now)
    }
}

pub struct Campaign {
    pub head: Head,
    recipients: Vec<Recipient>,
    by_contact: HashMap<[u8; 16], u32>,
    pub unsaved_head: bool,
    pub unsaved_recipients: Vec<u32>,
}

impl Campaign {
    pub fn new(head: Head) -> Campaign {
        Campaign {
            head,
            recipients: Vec::new(),
            by_contact: HashMap::new(),
            unsaved_head: true,
            unsaved_recipients: Vec::new(),
        }
    }

    pub fn head_mut(&mut self) -> &mut Head {
        self.unsaved_head = true;
        &mut self.head
    }

    pub fn is_sent(&self) -> bool {
        self.head.sent_at != 0
    }

    pub fn recipients(&self) -> &[Recipient] {
        &self.recipients
    }

    /// Sets whom a place holds, without noting it for the journal; places come in order.
    pub fn put(&mut self, place: u32, recipient: Recipient) {
        self.by_contact.insert(recipient.contact_id, place);
        match self.recipients.get_mut(place as usize) {
            Some(former) => *former = recipient,
            None => self.recipients.push(recipient),
        }
    }

    pub fn push(&mut self, recipient: Recipient) -> u32 {
        let place = u32::try_from(self.recipients.len()).unwrap_or(u32::MAX);
        self.put(place, recipient);
        self.unsaved_recipients.push(place);
        place
    }

    pub fn recipient_mut(&mut self, place: u32) -> Option<&mut Recipient> {
        self.unsaved_recipients.push(place);
        self.recipients.get_mut(place as usize)
    }

    pub fn place_of(&self, contact_id: &[u8; 16]) -> Option<u32> {
        self.by_contact.get(contact_id).copied()
    }

    pub fn recipient_by_contact(&self, contact_id: &[u8; 16]) -> Option<&Recipient> {
        self.recipients.get(self.place_of(contact_id)? as usize)
    }

    /// A recipient by the hash of the address it was sent to, or by the contact id.
    pub fn find(&self, who: &str) -> Option<u32> {
        let mut key = [0; 16];
        if who.contains('@') {
            key = ids::subscriber_hash(who);
        } else {
            hex::decode_to_slice(who.to_lowercase(), &mut key).ok()?;
        }
        self.place_of(&key).or_else(|| {
            let place = self.recipients.iter().position(|recipient| recipient.hash() == key)?;
            u32::try_from(place).ok()
        })
    }
}

/// What a mail links to: whatever stands in `href="…"`, or starts with http in a text.
pub fn links(html: &str, plain_text: &str) -> Vec<String> {
    let mut links: Vec<String> = Vec::new();
    let in_html = html.split("href=").skip(1).filter_map(|rest| {
        let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        rest[1..].split(quote).next()
    });
    let in_text = plain_text.split_whitespace();
    for link in in_html.chain(in_text) {
        let is_web = link.starts_with("http://") || link.starts_with("https://");
        if is_web && !links.iter().any(|known| known == link) {
            links.push(link.to_owned());
        }
    }
    links
}

/// The words of an HTML mail, without its tags.
pub fn words(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for letter in html.chars() {
        match letter {
            '<' => inside = true,
            '>' => {
                inside = false;
                text.push(' ');
            }
            letter if !inside => text.push(letter),
            _ => {}
        }
    }
    let text = text
        .replace("&nbsp;", " ")
        .replace("&amp;", "&")
        .replace("&lt;", "<")
        .replace("&gt;", ">");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
