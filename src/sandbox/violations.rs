//! Answers the question a sync is judged by: was anyone ever set to subscribed against a later opt-out of their own?

use serde_json::{Value, json};

use super::audience::Audience;
use super::clock::iso;
use super::member::{Actor, Change, Member, Status, What};
use super::world::World;

/// Everything that looks like a breach of somebody's wish, over all audiences.
pub fn report(world: &World) -> Value {
    let (mut violations, mut attempts, mut against_admin, mut unconfirmed) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for audience in &world.audiences {
        for (_, member) in audience.members() {
            let mut before: Option<&Change> = None;
            for change in &member.history {
                let by_others = matches!(change.actor, Actor::Api | Actor::Admin);
                let was_subscribed = before.is_some_and(|before| before.status == Status::Subscribed);
                let subscribed = change.status == Status::Subscribed && !was_subscribed;
                match change.what {
                    What::SubscribeRefused if by_others => attempts.push(tell(audience, member, change)),
                    _ if subscribed && by_others && change.against.binds_the_api() => {
                        violations.push(tell(audience, member, change))
                    }
                    _ if subscribed
                        && change.actor == Actor::Api
                        && change.against == super::member::OptOut::ByAdmin =>
                    {
                        against_admin.push(tell(audience, member, change));
                    }
                    _ if subscribed && by_others && before.is_some_and(|before| before.status == Status::Pending) => {
                        unconfirmed.push(tell(audience, member, change));
                    }
                    _ => {}
                }
                before = Some(change);
            }
        }
    }
    json!({"violations": violations, "attempts": attempts, "against_admin": against_admin, "unconfirmed": unconfirmed})
}

fn tell(audience: &Audience, member: &Member, change: &Change) -> Value {
    let opted_out = member
        .history
        .iter()
        .rev()
        .filter(|earlier| earlier.at <= change.at)
        .find(|earlier| {
            matches!(earlier.status, Status::Unsubscribed | Status::Cleaned)
                && !std::ptr::eq(*earlier, change)
                && earlier.what != What::SubscribeRefused
        });
    json!({
        "list_id": audience.head.id,
        "email_address": member.email,
        "contact_id": member.contact(),
        "opt_out": change.against.name(),
        "opted_out_at": iso(opted_out.map_or(0, |earlier| earlier.at)),
        "opted_out_through": opted_out.map(|earlier| earlier.actor.name()),
        "at": iso(change.at),
        "through": change.actor.name(),
        "token": change.token,
        "what": change.what,
    })
}

/// A member with everything the sandbox knows of it, including what Mailchimp would not tell.
pub fn whole_truth(audience: &Audience, member: &Member) -> Value {
    let history: Vec<Value> = member
        .history
        .iter()
        .map(|change| {
            json!({
                "at": iso(change.at),
                "actor": change.actor.name(),
                "what": change.what,
                "status": change.status.name(),
                "against": change.against.name(),
                "token": change.token,
                "former_address": change.note,
            })
        })
        .collect();
    let merges = audience
        .head
        .merge_fields
        .iter()
        .filter_map(|field| Some((field.tag.clone(), member.merge(field.id)?.json())));
    let tags = audience
        .head
        .tags
        .iter()
        .filter(|tag| member.tags.iter().any(|(number, _)| *number == tag.number))
        .map(|tag| &tag.name);
    let interests = audience
        .head
        .interests()
        .filter(|interest| member.interests.contains(&interest.number))
        .map(|interest| &interest.name);
    json!({
        "list_id": audience.head.id,
        "id": member.id(),
        "contact_id": member.contact(),
        "email_address": member.email,
        "status": member.status.name(),
        "opt_out": member.opt_out.name(),
        "merge_fields": merges.collect::<serde_json::Map<_, _>>(),
        "tags": tags.collect::<Vec<_>>(),
        "interests": interests.collect::<Vec<_>>(),
        "timestamp_opt": iso(member.opted_in_at),
        "last_changed": iso(member.last_changed),
        "history": history,
    })
}
