//! Whoever does not confirm within the days of the switch goes to the archive, without a word to anybody. By default nobody does: how long
//! Mailchimp waits is not known.

use super::audience::Audience;
use super::clock::When;
use super::member::{Actor, Member, Status};
use super::membership::By;
use super::world::World;

const DAY: i64 = 86_400;

impl World {
    /// How long a member may stay pending, in seconds; nothing if for ever.
    fn patience_with_pending(&self) -> Option<i64> {
        let days = self.settings().pending_days;
        (days > 0).then_some(days * DAY)
    }

    /// When the next pending member is archived, if any is.
    pub fn next_expiry(&self) -> Option<When> {
        let patience = self.patience_with_pending()?;
        let waiting = self.audiences.iter().flat_map(Audience::members);
        let pending = waiting.filter(|(_, member)| member.status == Status::Pending);
        pending.map(|(_, member)| member.last_changed + patience).min()
    }

    /// Archives whoever did not confirm in time.
    pub fn expire(&mut self, now: When) {
        let Some(patience) = self.patience_with_pending() else {
            return;
        };
        let by = By {
            at: now,
            ..self.by(Actor::Mailchimp)
        };
        let is_late = |member: &Member| member.status == Status::Pending && member.last_changed + patience <= now;
        for audience in &mut self.audiences {
            let late: Vec<u32> = audience
                .members()
                .filter(|(_, member)| is_late(member))
                .map(|(slot, _)| slot)
                .collect();
            late.into_iter().for_each(|slot| audience.give_up_waiting(&by, slot));
        }
    }
}
