//! The rules of joining, leaving and coming back: who may change a member's status to what, and what is remembered and told when it happens.

use super::audience::{Audience, Forgotten};
use super::clock::When;
use super::events::Leaving;
use super::ids::Ids;
use super::member::{Actor, Change, Member, OptOut, Source, Status, What};
use super::merge::MergeValue;
use super::problem::Problem;
use super::settings::Customs;

/// Who acts, when and from where.
#[derive(Clone, Debug)]
pub struct By {
    pub actor: Actor,
    pub at: When,
    /// The number of the token of an API call, 0 otherwise.
    pub token: u16,
    pub ip: String,
    /// The campaign whose mail made the person act; empty if none did.
    pub campaign: String,
    pub customs: Customs,
}

/// Details to change; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    pub html: Option<bool>,
    pub vip: Option<bool>,
    pub language: Option<String>,
    pub location: Option<(f64, f64)>,
    /// `None` clears the field.
    pub merges: Vec<(u16, Option<MergeValue>)>,
    pub interests: Vec<(u32, bool)>,
    pub permissions: Vec<(String, bool)>,
    pub ip_signup: Option<String>,
    pub ip_opt: Option<String>,
    pub signed_up_at: Option<When>,
    pub opted_in_at: Option<When>,
}

impl Audience {
    /// Adds somebody who is not on the list.
    pub fn add(&mut self, by: &By, ids: &mut Ids, email: &str, status: Status, profile: &Profile) -> u32 {
        let opt_out = opt_out_after(OptOut::None, status, by.actor);
        let signed_up_at = if by.actor == Actor::Contact { by.at } else { 0 };
        let source = match by.actor {
            Actor::Api => Source::Api,
            Actor::Contact => Source::Form,
            Actor::Admin | Actor::Mailchimp => Source::Import,
        };
        let web_id = self.head_mut().next_number();
        let joined = Change {
            at: by.at,
            actor: by.actor,
            what: What::Joined,
            status,
            against: OptOut::None,
            token: by.token,
            note: None,
        };
        let slot = self.push(Member {
            email: email.trim().into(),
            contact_id: ids.bytes(),
            web_id,
            status,
            opt_out,
            html: true,
            vip: false,
            rating: 2,
            source,
            merges: Box::default(),
            interests: Box::default(),
            tags: Box::default(),
            signed_up_at,
            opted_in_at: by.at,
            last_changed: by.at,
            rare: None,
            history: vec![joined],
        });
        if let Some(member) = self.member_mut(slot) {
            if !by.ip.is_empty() {
                member.rare_mut().ip_opt.clone_from(&by.ip);
            }
            write_profile(member, profile);
        }
        self.tell_status(slot, by, None, status);
        slot
    }

    /// Changes details and, if asked, the status, as a program or an admin does it: nothing happens if the status is refused, and nothing is
    /// told, dated or remembered if everything is as it was.
    pub fn update(&mut self, by: &By, slot: u32, status: Option<Status>, profile: &Profile) -> Result<(), Problem> {
        let to = match status {
            Some(to) => self.allow_status(by, slot, to)?,
            None => None,
        };
        let Some(member) = self.member(slot) else {
            return Err(Problem::not_found());
        };
        let mut written = member.clone();
        let changed = write_profile(&mut written, profile);
        let from = member.status;
        if changed && let Some(member) = self.member_mut(slot) {
            *member = written;
        }
        match to {
            Some(to) if from == Status::Archived => self.revive(by, slot, to),
            Some(to) => self.move_to(by, slot, to, What::StatusSet),
            None if changed => {
                if let Some(member) = self.member_mut(slot) {
                    remember(member, by, What::ProfileChanged, None);
                }
                self.tell_profile(slot, by.actor, by.at);
            }
            None => {}
        }
        Ok(())
    }

    /// The status to move to, if it is another one. The person's own opt-out and a bounce forbid some moves to everybody else.
    fn allow_status(&mut self, by: &By, slot: u32, to: Status) -> Result<Option<Status>, Problem> {
        let Some(member) = self.member(slot) else {
            return Err(Problem::not_found());
        };
        if member.status == to {
            return Ok(None);
        }
        let only_the_person_can = to == Status::Subscribed && member.opt_out.binds_the_api();
        let bounced = member.status == Status::Cleaned
            && match to {
                Status::Pending => !by.customs.cleaned_can_be_pending,
                Status::Unsubscribed => !by.customs.cleaned_can_be_unsubscribed,
                _ => false,
            };
        if only_the_person_can || bounced {
            let problem = Problem::compliance(&member.email);
            self.note_refusal(by, slot);
            return Err(problem);
        }
        Ok(Some(to))
    }

    /// Remembers that somebody tried to subscribe a member who must not be.
    pub fn note_refusal(&mut self, by: &By, slot: u32) {
        if let Some(member) = self.member_mut(slot) {
            let against = member.opt_out;
            member
                .history
                .push(change(member.status, by, What::SubscribeRefused, against, None));
        }
    }

    fn revive(&mut self, by: &By, slot: u32, to: Status) {
        if let Some(member) = self.member_mut(slot) {
            member.opted_in_at = by.at;
        }
        self.move_to(by, slot, to, What::Revived);
    }

    /// The move itself, once it is allowed.
    pub fn move_to(&mut self, by: &By, slot: u32, to: Status, what: What) {
        let Some(member) = self.member_mut(slot) else { return };
        let (from, against) = (member.status, member.opt_out);
        member.status = to;
        member.opt_out = opt_out_after(against, to, by.actor);
        if to == Status::Subscribed
            && let Some(rare) = member.rare.as_mut()
        {
            rare.unsubscribe_reason.clear();
        }
        member.last_changed = by.at;
        member.history.push(change(to, by, what, against, None));
        self.tell_status(slot, by, Some(from), to);
    }

    fn tell_status(&mut self, slot: u32, by: &By, from: Option<Status>, to: Status) {
        let action = |action| if by.customs.omit_action { None } else { Some(action) };
        let archived = if by.customs.archiving_is_unsub {
            "unsub"
        } else {
            "delete"
        };
        match to {
            Status::Subscribed => self.tell_subscribe(slot, by.actor, by.at),
            Status::Unsubscribed if from.is_some_and(|from| from != Status::Archived) => {
                self.tell_unsubscribe(
                    slot,
                    by.actor,
                    by.at,
                    Leaving {
                        action: action("unsub"),
                        reason: "manual",
                        campaign: &by.campaign,
                    },
                );
            }
            Status::Archived => self.tell_unsubscribe(
                slot,
                by.actor,
                by.at,
                Leaving {
                    action: action(archived),
                    reason: "manual",
                    campaign: &by.campaign,
                },
            ),
            Status::Cleaned if from.is_some() => self.tell_cleaned(slot, by, "hard"),
            _ => {}
        }
    }

    /// Whether a member that stands (or will stand) so may get another address.
    pub fn allow_address(&self, slot: u32, new: &str, status: Status) -> Result<(), Problem> {
        if status != Status::Subscribed {
            let detail = format!(
                "This member's status is \"{}.\" You can only update email addresses for members with a status of \"subscribed.\"",
                status.name()
            );
            return Err(Problem::invalid(detail));
        }
        if self.by_email(new).is_some_and(|other| other != slot) {
            return Err(Problem::member_exists(new));
        }
        if self.is_forgotten(new) {
            return Err(Problem::forgotten(new));
        }
        Ok(())
    }

    /// Gives a member another address, once that is allowed.
    pub fn change_address(&mut self, by: &By, slot: u32, new: &str) {
        let Some(member) = self.member(slot) else { return };
        let former = member.email.clone();
        self.rename(slot, new);
        if let Some(member) = self.member_mut(slot) {
            remember(member, by, What::AddressChanged, Some(former.clone()));
        }
        self.tell_upemail(&former, new, by.actor, by.at);
        self.tell_profile(slot, by.actor, by.at);
    }

    /// Puts a member into the archive; Mailchimp refuses that for bounced, pending and archived ones.
    pub fn archive(&mut self, by: &By, slot: u32) -> Result<(), Problem> {
        let Some(member) = self.member(slot) else {
            return Err(Problem::not_found());
        };
        if matches!(member.status, Status::Cleaned | Status::Pending | Status::Archived) {
            return Err(Problem::cannot_archive());
        }
        self.move_to(by, slot, Status::Archived, What::Archived);
        Ok(())
    }

    /// Deletes a member for good; the address may only come back by itself.
    pub fn erase(&mut self, by: &By, slot: u32) {
        let Some(member) = self.member(slot) else { return };
        let (hash, status) = (member.hash(), member.status);
        if status == Status::Subscribed {
            self.tell_status(slot, by, Some(status), Status::Archived);
        }
        self.remove(slot);
        self.head_mut().forgotten.push(Forgotten { hash, at: by.at });
    }

    /// Replaces or adds tags, as numbers. Tags are dated but told to nobody.
    pub fn tag(&mut self, by: &By, slot: u32, add: &[u32], remove: impl Fn(u32) -> bool) {
        let Some(member) = self.member(slot) else { return };
        let mut tags: Vec<(u32, When)> = member
            .tags
            .iter()
            .copied()
            .filter(|(tag, _)| add.contains(tag) || !remove(*tag))
            .collect();
        for tag in add {
            if !tags.iter().any(|(has, _)| has == tag) {
                tags.push((*tag, by.at));
            }
        }
        if *tags == *member.tags {
            return;
        }
        if let Some(member) = self.member_mut(slot) {
            member.tags = tags.into();
            remember(member, by, What::ProfileChanged, None);
        }
    }
}

/// The opt-out that stands after a move: only the person's own steps lift the person's own opt-out.
fn opt_out_after(before: OptOut, to: Status, actor: Actor) -> OptOut {
    match (to, actor) {
        (Status::Subscribed, _) => OptOut::None,
        (Status::Unsubscribed, Actor::Contact) => OptOut::ByContact,
        (Status::Cleaned, _) if !before.is_the_persons_own() => OptOut::Bounced,
        _ if before.binds_the_api() => before,
        (Status::Unsubscribed, Actor::Api) => OptOut::ByApi,
        (Status::Unsubscribed, _) => OptOut::ByAdmin,
        (Status::Archived | Status::Transactional, _) => before,
        (Status::Pending | Status::Cleaned, _) => OptOut::None,
    }
}

pub fn change(status: Status, by: &By, what: What, against: OptOut, note: Option<Box<str>>) -> Change {
    Change {
        at: by.at,
        actor: by.actor,
        what,
        status,
        against,
        token: by.token,
        note,
    }
}

pub fn remember(member: &mut Member, by: &By, what: What, note: Option<Box<str>>) {
    member.last_changed = by.at;
    member
        .history
        .push(change(member.status, by, what, member.opt_out, note));
}

/// Writes details into a member; answers whether anything became different.
pub fn write_profile(member: &mut Member, profile: &Profile) -> bool {
    let mut changed = write_merges(member, &profile.merges)
        | write_interests(member, &profile.interests)
        | write_rare(member, profile);
    let mut set_flag = |flag: &mut bool, wanted: Option<bool>| {
        if let Some(wanted) = wanted {
            changed |= *flag != wanted;
            *flag = wanted;
        }
    };
    set_flag(&mut member.html, profile.html);
    set_flag(&mut member.vip, profile.vip);
    let mut set_time = |time: &mut When, wanted: Option<When>| {
        if let Some(wanted) = wanted {
            changed |= *time != wanted;
            *time = wanted;
        }
    };
    set_time(&mut member.signed_up_at, profile.signed_up_at);
    set_time(&mut member.opted_in_at, profile.opted_in_at);
    changed
}

fn write_merges(member: &mut Member, wanted: &[(u16, Option<MergeValue>)]) -> bool {
    let mut merges = member.merges.to_vec();
    for (id, value) in wanted {
        match (merges.iter().position(|(has, _)| has == id), value) {
            (Some(place), Some(value)) => merges[place].1 = value.clone(),
            (Some(place), None) => drop(merges.remove(place)),
            (None, Some(value)) => merges.push((*id, value.clone())),
            (None, None) => {}
        }
    }
    let changed = *merges != *member.merges;
    member.merges = merges.into();
    changed
}

fn write_interests(member: &mut Member, wanted: &[(u32, bool)]) -> bool {
    let mut interests = member.interests.to_vec();
    for (number, chosen) in wanted {
        interests.retain(|has| has != number);
        if *chosen {
            interests.push(*number);
        }
    }
    interests.sort_unstable();
    let changed = *interests != *member.interests;
    member.interests = interests.into();
    changed
}

fn write_rare(member: &mut Member, profile: &Profile) -> bool {
    let mut rare = member.rare.clone().unwrap_or_default();
    let before = rare.clone();
    let texts = [
        (&mut rare.language, &profile.language),
        (&mut rare.ip_signup, &profile.ip_signup),
        (&mut rare.ip_opt, &profile.ip_opt),
    ];
    for (has, wanted) in texts {
        if let Some(wanted) = wanted {
            has.clone_from(wanted);
        }
    }
    if let Some((latitude, longitude)) = profile.location {
        (rare.latitude, rare.longitude) = (latitude, longitude);
    }
    for (id, given) in &profile.permissions {
        rare.permissions.retain(|has| has != id);
        if *given {
            rare.permissions.push(id.clone());
        }
    }
    rare.permissions.sort();
    let changed = rare != before;
    if changed {
        member.rare = Some(rare);
    }
    changed
}
