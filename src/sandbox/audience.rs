//! An audience (Mailchimp's API says list): its settings, fields, tags and webhooks, and its members with the indexes that find them.

use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::clock::When;
use super::events::{Event, Webhook};
use super::ids::{self, Hash, Ids};
use super::index::Index;
use super::member::{Member, Status};
use super::merge::{MergeField, MergeKind};

/// Everything about an audience except its members; one record of the journal.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct Head {
    /// Ten hexadecimal digits.
    pub id: String,
    pub web_id: u32,
    pub account_id: String,
    pub name: String,
    pub from_name: String,
    pub from_email: String,
    pub permission_reminder: String,
    /// The postal address that stands in every mail.
    pub contact: Contact,
    pub subject: String,
    pub email_type_option: bool,
    pub created_at: When,
    pub double_optin: bool,
    pub merge_fields: Vec<MergeField>,
    /// Numbers given to merge fields, tags, interests and members; never reused.
    pub last_number: u32,
    pub last_merge_id: u16,
    pub categories: Vec<Category>,
    pub tags: Vec<Tag>,
    /// Marketing permissions (GDPR); none means the feature is off.
    pub permissions: Vec<Permission>,
    pub webhooks: Vec<Webhook>,
    pub forgotten: Vec<Forgotten>,
    /// Deleted in Mailchimp: every call answers 404.
    pub deleted: bool,
}

#[derive(Serialize, Deserialize, Clone, Debug)]
#[serde(default)]
pub struct Contact {
    pub company: String,
    pub address1: String,
    pub address2: String,
    pub city: String,
    pub state: String,
    pub zip: String,
    pub country: String,
    pub phone: String,
}

impl Default for Contact {
    /// Where the invented charity lives.
    fn default() -> Contact {
        let text = str::to_owned;
        Contact {
            company: text("Riverside Food Bank"),
            address1: text("12 Riverside Drive"),
            address2: String::new(),
            city: text("Fredericton"),
            state: text("NB"),
            zip: text("E3B 1A1"),
            country: text("CA"),
            phone: String::new(),
        }
    }
}

/// A category of groups ("interest category").
#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct Category {
    pub id: String,
    pub number: u32,
    pub title: String,
    pub display_order: u32,
    /// checkboxes, dropdown, radio or hidden.
    pub kind: String,
    pub interests: Vec<Interest>,
}

#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct Interest {
    pub id: String,
    pub number: u32,
    pub name: String,
    pub display_order: u32,
}

#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct Tag {
    pub number: u32,
    pub name: String,
    pub created_at: When,
}

#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct Permission {
    pub id: String,
    pub text: String,
}

/// An address that was permanently deleted and may only come back by itself.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct Forgotten {
    #[serde(with = "ids::as_hex")]
    pub hash: Hash,
    pub at: When,
}

/// Members in an order somebody asked for, kept while nothing changes, so that paging does not sort anew.
#[derive(Clone)]
pub struct Listing {
    pub question: String,
    pub slots: Arc<[u32]>,
}

pub struct Audience {
    pub head: Head,
    members: Vec<Option<Member>>,
    by_hash: Index,
    by_contact: Index,
    listing: Mutex<Option<Listing>>,
    /// What the journal still has to write.
    pub unsaved_head: bool,
    pub unsaved_members: Vec<u32>,
    /// What the webhooks still have to tell.
    pub events: Vec<Event>,
}

impl Audience {
    pub fn new(head: Head) -> Audience {
        Audience {
            head,
            members: Vec::new(),
            by_hash: Index::by(Member::hash),
            by_contact: Index::by(|member| member.contact_id),
            listing: Mutex::new(None),
            unsaved_head: true,
            unsaved_members: Vec::new(),
            events: Vec::new(),
        }
    }

    /// The settings, to be changed.
    pub fn head_mut(&mut self) -> &mut Head {
        self.unsaved_head = true;
        self.forget_listing();
        &mut self.head
    }

    pub fn member(&self, slot: u32) -> Option<&Member> {
        self.members.get(slot as usize)?.as_ref()
    }

    /// The member, to be changed.
    pub fn member_mut(&mut self, slot: u32) -> Option<&mut Member> {
        self.note_change(slot);
        self.members.get_mut(slot as usize)?.as_mut()
    }

    /// All members with their slots, in the order they came.
    pub fn members(&self) -> impl Iterator<Item = (u32, &Member)> {
        (0..)
            .zip(&self.members)
            .filter_map(|(slot, member)| Some((slot, member.as_ref()?)))
    }

    pub fn reserve(&mut self, more: usize) {
        self.members.reserve_exact(more);
        self.by_hash.reserve(&self.members, more);
        self.by_contact.reserve(&self.members, more);
    }

    /// Slots handed out so far, including those of erased members.
    pub fn slots(&self) -> usize {
        self.members.len()
    }

    pub fn push(&mut self, member: Member) -> u32 {
        let slot = u32::try_from(self.members.len()).unwrap_or(u32::MAX);
        self.put(slot, Some(member));
        self.note_change(slot);
        slot
    }

    /// Sets what a slot holds, without noting it for the journal: the journal itself does this while it is read.
    pub fn put(&mut self, slot: u32, member: Option<Member>) {
        let index = slot as usize;
        if self.members.len() <= index {
            self.members.resize_with(index + 1, || None);
        }
        if self.members[index].is_some() {
            self.by_hash.remove(&self.members, slot);
            self.by_contact.remove(&self.members, slot);
        }
        self.members[index] = member;
        if self.members[index].is_some() {
            self.by_hash.insert(&self.members, slot);
            self.by_contact.insert(&self.members, slot);
        }
    }

    /// Takes a member out for good.
    pub fn remove(&mut self, slot: u32) {
        self.put(slot, None);
        self.note_change(slot);
    }

    /// Gives a member another address and the hash that goes with it.
    pub fn rename(&mut self, slot: u32, email: &str) {
        self.by_hash.remove(&self.members, slot);
        if let Some(member) = self.member_mut(slot) {
            member.email = email.into();
            self.by_hash.insert(&self.members, slot);
        }
    }

    fn note_change(&mut self, slot: u32) {
        if self.unsaved_members.last() != Some(&slot) {
            self.unsaved_members.push(slot);
        }
        self.forget_listing();
    }

    fn forget_listing(&mut self) {
        *self.listing.get_mut().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub fn by_email(&self, email: &str) -> Option<u32> {
        self.by_hash.find(&self.members, &ids::subscriber_hash(email))
    }

    /// A member by what may stand in a path: the hash of the address, the address, or the contact id.
    pub fn find(&self, who: &str) -> Option<u32> {
        if who.contains('@') {
            return self.by_email(who);
        }
        let mut key = [0; 16];
        hex::decode_to_slice(who.to_lowercase(), &mut key).ok()?;
        self.by_hash
            .find(&self.members, &key)
            .or_else(|| self.by_contact.find(&self.members, &key))
    }

    pub fn is_forgotten(&self, email: &str) -> bool {
        let hash = ids::subscriber_hash(email);
        self.head.forgotten.iter().any(|forgotten| forgotten.hash == hash)
    }

    pub fn count(&self, status: Status) -> usize {
        self.members().filter(|(_, member)| member.status == status).count()
    }

    pub fn has_interests(&self) -> bool {
        self.head
            .categories
            .iter()
            .any(|category| !category.interests.is_empty())
    }

    /// Deletes an interest and everybody's choice of it; false if there is no such interest.
    pub fn delete_interest(&mut self, id: &str) -> bool {
        let Some(number) = self
            .head
            .interests()
            .find(|interest| interest.id == id)
            .map(|found| found.number)
        else {
            return false;
        };
        for category in &mut self.head_mut().categories {
            category.interests.retain(|interest| interest.number != number);
        }
        let chose = |(_, member): &(u32, &Member)| member.interests.contains(&number);
        let choosers: Vec<u32> = self.members().filter(chose).map(|(slot, _)| slot).collect();
        for slot in choosers {
            if let Some(member) = self.member_mut(slot) {
                let others = member.interests.iter().copied().filter(|has| *has != number);
                member.interests = others.collect();
            }
        }
        true
    }

    /// The members that answer a question, from memory if the same was asked just before.
    pub fn listing(&self, question: &str, work_out: impl FnOnce() -> Vec<u32>) -> Arc<[u32]> {
        let mut kept = self.listing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(listing) = kept.as_ref().filter(|listing| listing.question == question) {
            return Arc::clone(&listing.slots);
        }
        let slots: Arc<[u32]> = work_out().into();
        *kept = Some(Listing {
            question: question.to_owned(),
            slots: Arc::clone(&slots),
        });
        slots
    }
}

impl Head {
    /// An audience as Mailchimp sets it up, with the four merge fields every fresh one has.
    pub fn fresh(ids: &mut Ids, account_id: &str, name: &str, now: When) -> Head {
        let standard = [
            ("FNAME", "First Name", MergeKind::Text, true),
            ("LNAME", "Last Name", MergeKind::Text, true),
            ("ADDRESS", "Address", MergeKind::Address, false),
            ("PHONE", "Phone Number", MergeKind::Phone, false),
        ];
        let mut head = Head {
            id: ids.hex(10),
            web_id: 100_000 + ids.below(900_000),
            account_id: account_id.to_owned(),
            name: name.to_owned(),
            from_name: String::new(),
            from_email: String::new(),
            permission_reminder: "You asked for our news on our website.".to_owned(),
            contact: Contact::default(),
            subject: String::new(),
            email_type_option: false,
            created_at: now,
            double_optin: false,
            merge_fields: Vec::new(),
            last_number: 400_000_000 + ids.below(1_000_000) * 10,
            last_merge_id: 0,
            categories: Vec::new(),
            tags: Vec::new(),
            permissions: Vec::new(),
            webhooks: Vec::new(),
            forgotten: Vec::new(),
            deleted: false,
        };
        for (tag, name, kind, public) in standard {
            let id = head.next_merge_id();
            head.merge_fields.push(MergeField {
                id,
                tag: tag.to_owned(),
                name: name.to_owned(),
                kind,
                required: false,
                default_value: String::new(),
                public,
                display_order: u32::from(id) + 1,
                options: kind.default_options(),
                help_text: String::new(),
            });
        }
        head
    }

    /// Lets members give the marketing permissions (GDPR) Mailchimp proposes, or others.
    pub fn offer_permissions(&mut self, ids: &mut Ids, texts: &[String]) {
        let permission = |text: &String| Permission {
            id: ids.hex(10),
            text: text.clone(),
        };
        self.permissions = texts.iter().map(permission).collect();
    }

    pub fn next_merge_id(&mut self) -> u16 {
        self.last_merge_id += 1;
        self.last_merge_id
    }

    pub fn next_number(&mut self) -> u32 {
        self.last_number += 1;
        self.last_number
    }

    pub fn merge_field(&self, tag: &str) -> Option<&MergeField> {
        self.merge_fields
            .iter()
            .find(|field| field.tag.eq_ignore_ascii_case(tag))
    }

    /// The number of a tag, made on demand.
    pub fn tag_number(&mut self, name: &str, at: When) -> u32 {
        if let Some(number) = self.find_tag(name) {
            return number;
        }
        let number = self.next_number();
        self.tags.push(Tag {
            number,
            name: name.trim().to_owned(),
            created_at: at,
        });
        number
    }

    /// Tags are the same whatever their case.
    pub fn find_tag(&self, name: &str) -> Option<u32> {
        let name = name.trim().to_lowercase();
        self.tags
            .iter()
            .find(|tag| tag.name.to_lowercase() == name)
            .map(|tag| tag.number)
    }

    pub fn interests(&self) -> impl Iterator<Item = &Interest> {
        self.categories.iter().flat_map(|category| &category.interests)
    }
}
