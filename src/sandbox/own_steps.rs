//! What only the person does, by a form or a link in a mail, and what the mail does that does not arrive: no rule stands against it.

use super::audience::Audience;
use super::events::Leaving;
use super::ids::{self, Ids};
use super::member::{OptOut, Status, What};
use super::membership::{By, Profile, change, remember, write_profile};

impl Audience {
    /// The person unsubscribes, by a link or in the preferences.
    pub fn unsubscribe_self(&mut self, by: &By, slot: u32, reason: &str) {
        let Some(member) = self.member_mut(slot) else { return };
        if member.status == Status::Unsubscribed && member.opt_out.is_the_persons_own() {
            return;
        }
        if !reason.is_empty() {
            member.rare_mut().unsubscribe_reason = reason.to_owned();
        }
        if matches!(member.status, Status::Unsubscribed | Status::Archived | Status::Cleaned) {
            // The status stays, but from now on it is the person's own wish.
            let against = member.opt_out;
            member.opt_out = OptOut::ByContact;
            member
                .history
                .push(change(member.status, by, What::StatusSet, against, None));
            return;
        }
        self.move_to(by, slot, Status::Unsubscribed, What::StatusSet);
    }

    /// The person reports a mail as spam.
    pub fn complain(&mut self, by: &By, slot: u32) {
        let Some(member) = self.member_mut(slot) else { return };
        let against = member.opt_out;
        member.status = Status::Unsubscribed;
        member.opt_out = OptOut::Complaint;
        member.last_changed = by.at;
        member
            .history
            .push(change(Status::Unsubscribed, by, What::Complained, against, None));
        let action = (!by.customs.omit_action).then_some("unsub");
        self.tell_unsubscribe(
            slot,
            by.actor,
            by.at,
            Leaving {
                action,
                reason: "abuse",
                campaign: &by.campaign,
            },
        );
    }

    /// Mail to the address bounces for good.
    pub fn clean(&mut self, by: &By, slot: u32) {
        self.move_to(by, slot, Status::Cleaned, What::Bounced);
    }

    /// The person signs up by the audience's form: what no program may do. Answers whether a confirmation is still needed.
    pub fn sign_up(&mut self, by: &By, ids: &mut Ids, email: &str, profile: &Profile) -> (u32, bool) {
        let hash = ids::subscriber_hash(email);
        if self.is_forgotten(email) {
            self.head_mut().forgotten.retain(|forgotten| forgotten.hash != hash);
        }
        let to = if self.head.double_optin {
            Status::Pending
        } else {
            Status::Subscribed
        };
        let Some(slot) = self.by_email(email) else {
            return (self.add(by, ids, email, to, profile), to == Status::Pending);
        };
        let Some(status) = self.member(slot).map(|member| member.status) else {
            return (slot, false);
        };
        if status == Status::Subscribed {
            return (slot, false);
        }
        if let Some(member) = self.member_mut(slot) {
            write_profile(member, profile);
            member.opted_in_at = by.at;
        }
        if status != to {
            let what = if status == Status::Archived {
                What::Revived
            } else {
                What::StatusSet
            };
            self.move_to(by, slot, to, what);
        }
        (slot, to == Status::Pending)
    }

    /// The person follows the link of the confirmation mail.
    pub fn confirm(&mut self, by: &By, slot: u32) -> bool {
        match self.member_mut(slot) {
            Some(member) if member.status == Status::Pending => member.opted_in_at = by.at,
            _ => return false,
        }
        self.move_to(by, slot, Status::Subscribed, What::Confirmed);
        true
    }

    /// Archives a member that did not confirm; it was never told of, so neither is this.
    pub fn give_up_waiting(&mut self, by: &By, slot: u32) {
        if let Some(member) = self.member_mut(slot) {
            member.status = Status::Archived;
            remember(member, by, What::Archived, None);
        }
    }
}
