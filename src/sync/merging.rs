//! What becomes of the sync when two contacts are merged. The survivor is followed by the address that was agreed on, so that
//! nobody is subscribed anew; nothing that either opted out of is lost; and no other address of theirs brings the survivor
//! into a group.

use super::decide::Agreed;
use super::facts::{self, Mapping};
use super::mirror::{self, MirrorMember, status_of};
use super::standing;
use crate::base::{ContactId, MappingId};
use crate::crm::contacts;
use crate::crm::groups::mailchimp::OptOut;
use crate::db::OrgTx;
use crate::db::schema::{planned_calls, sync_standings};
use crate::work;
use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Jsonb;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Of whom of these contacts a call has left whose answer was not heard. Calls that have not left are held until the transaction
/// ends.
pub(super) fn unanswered(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<Option<ContactId>> {
    let open: Vec<(ContactId, Option<DateTime<Utc>>)> = planned_calls::table
        .filter(planned_calls::organization_id.eq(tx.organization()))
        .filter(planned_calls::contact_id.eq_any(ids))
        .filter(planned_calls::settled_at.is_null())
        .order(planned_calls::id)
        .select((planned_calls::contact_id, planned_calls::asked_at))
        .for_update()
        .load(&mut **tx)?;
    Ok(open.into_iter().find(|(_, asked)| asked.is_some()).map(|(id, _)| id))
}

/// Out of what these contacts have opted.
pub(super) fn opt_outs(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<Vec<OptOut>> {
    let mut opt_outs = Vec::new();
    for mapping in facts::mappings_of(tx)? {
        for (contact, members) in members_of(tx, &mapping, ids)? {
            let said = members.iter().find_map(opted_out);
            opt_outs.extend(said.map(|words| OptOut {
                contact,
                group: mapping.group,
                words,
            }));
        }
    }
    Ok(opt_outs)
}

/// How somebody opted out, in words; `None` for what we ended ourselves: the wish behind that stands in our records.
fn opted_out(member: &MirrorMember) -> Option<&'static str> {
    let status = status_of(&member.status);
    if member.is_active() {
        None
    } else if member.in_compliance {
        Some("cannot be subscribed at Mailchimp (Member In Compliance State)")
    } else if !status.is_opt_out() || member.ended_by_us {
        None
    } else {
        Some(match member.status.as_str() {
            "forgotten" => "was deleted for good at Mailchimp",
            "cleaned_for_abuse" => "reported spam at Mailchimp",
            _ => "unsubscribed at Mailchimp",
        })
    }
}

/// A standing that went over to the survivor, with the one it had itself.
#[derive(Serialize, Deserialize)]
struct Taken {
    mapping: MappingId,
    /// The survivor's own row as it stood.
    before: Option<serde_json::Value>,
}

/// The survivor takes over the standings of the loser that tell more than its own. Returns what went over.
pub(super) fn merge(tx: &mut OrgTx<'_>, survivor: ContactId, loser: ContactId) -> QueryResult<serde_json::Value> {
    let mut taken = Vec::new();
    for mapping in facts::mappings_of(tx)? {
        let (ours, theirs) = (held(tx, &mapping, survivor)?, held(tx, &mapping, loser)?);
        if theirs.is_some_and(|theirs| tells_more(theirs, ours)) {
            taken.push(Taken {
                mapping: mapping.id,
                before: take_away(tx, &mapping, survivor)?,
            });
            hand_over(tx, &mapping, loser, survivor)?;
        }
        let found = members_of(tx, &mapping, &[survivor, loser])?;
        let keys: Vec<String> = found.into_values().flatten().map(|member| member.address_key).collect();
        mirror::leave_alone(tx, &mapping.audience, &keys)?;
    }
    work::contacts_are_due(tx, &[survivor, loser])?;
    Ok(serde_json::json!(taken))
}

/// Gives the standings back, and the survivor the ones it had.
pub(super) fn take_back(
    tx: &mut OrgTx<'_>,
    survivor: ContactId,
    loser: ContactId,
    taken: &serde_json::Value,
) -> QueryResult<()> {
    let taken: Vec<Taken> = serde_json::from_value(taken.clone()).unwrap_or_default();
    for mapping in facts::mappings_of(tx)? {
        let Some(taken) = taken.iter().find(|taken| taken.mapping == mapping.id) else {
            continue;
        };
        take_away(tx, &mapping, loser)?;
        hand_over(tx, &mapping, survivor, loser)?;
        if let Some(before) = &taken.before {
            diesel::sql_query(
                "INSERT INTO sync_standings SELECT * FROM jsonb_populate_record(NULL::sync_standings, $1) \
                 ON CONFLICT DO NOTHING",
            )
            .bind::<Jsonb, _>(before)
            .execute(&mut **tx)?;
        }
    }
    work::contacts_are_due(tx, &[survivor, loser])
}

/// What was agreed about a contact, and whether the member they are followed by has opted out.
#[derive(Clone, Copy)]
struct Held {
    agreed: Agreed,
    opted_out: bool,
}

/// Whether what was agreed about the one who goes is to hold for the survivor. Both together: the survivor's own stays, and
/// the other address is archived. Opted out: that is never given up for anything else.
fn tells_more(theirs: Held, ours: Option<Held>) -> bool {
    let Some(ours) = ours.filter(|ours| ours.agreed != Agreed::Nothing) else {
        return true;
    };
    let is_final = ours.agreed == Agreed::In || ours.has_left();
    !is_final && (theirs.agreed == Agreed::In || theirs.has_left())
}

impl Held {
    /// Left by themselves, or is held out of the group by an opt-out.
    fn has_left(self) -> bool {
        self.agreed == Agreed::Left || self.agreed == Agreed::Out && self.opted_out
    }
}

fn held(tx: &mut OrgTx<'_>, mapping: &Mapping, contact: ContactId) -> QueryResult<Option<Held>> {
    let row: Option<(String, Option<String>)> = sync_standings::table
        .find((tx.organization().0, mapping.id.0, contact.0))
        .select((sync_standings::agreed, sync_standings::address_key))
        .first(&mut **tx)
        .optional()?;
    let Some((agreed, key)) = row else { return Ok(None) };
    let keys: Vec<String> = key.into_iter().collect();
    let members = mirror::members(tx, &mapping.audience, &keys)?;
    Ok(Some(Held {
        agreed: standing::read_agreement(&agreed),
        opted_out: members.values().any(|member| status_of(&member.status).is_opt_out()),
    }))
}

/// Deletes a standing; returns the row as it stood.
fn take_away(tx: &mut OrgTx<'_>, mapping: &Mapping, contact: ContactId) -> QueryResult<Option<serde_json::Value>> {
    diesel::delete(sync_standings::table.find((tx.organization().0, mapping.id.0, contact.0)))
        .returning(sql::<Jsonb>("to_jsonb(sync_standings)"))
        .get_result(&mut **tx)
        .optional()
}

fn hand_over(tx: &mut OrgTx<'_>, mapping: &Mapping, from: ContactId, to: ContactId) -> QueryResult<usize> {
    diesel::update(sync_standings::table.find((tx.organization().0, mapping.id.0, from.0)))
        .set(sync_standings::contact_id.eq(to.0))
        .execute(&mut **tx)
}

/// The members that the audience has under any address of these contacts, or under the one each is followed by.
fn members_of(
    tx: &mut OrgTx<'_>,
    mapping: &Mapping,
    ids: &[ContactId],
) -> QueryResult<HashMap<ContactId, Vec<MirrorMember>>> {
    let mut keys: HashMap<ContactId, Vec<String>> = HashMap::new();
    for contact in contacts::store::find_all(tx, ids)? {
        let own = contact.emails.iter().map(|email| email.address.key());
        keys.entry(contact.id).or_default().extend(own);
    }
    let followed: Vec<(ContactId, Option<String>)> = sync_standings::table
        .filter(sync_standings::organization_id.eq(tx.organization()))
        .filter(sync_standings::mapping_id.eq(mapping.id))
        .filter(sync_standings::contact_id.eq_any(ids))
        .select((sync_standings::contact_id, sync_standings::address_key))
        .load(&mut **tx)?;
    for (contact, key) in followed {
        keys.entry(contact).or_default().extend(key);
    }
    let all: Vec<String> = keys.values().flatten().cloned().collect();
    let members = mirror::members(tx, &mapping.audience, &all)?;
    let of = |keys: Vec<String>| keys.iter().filter_map(|key| members.get(key)).cloned().collect();
    Ok(keys.into_iter().map(|(contact, keys)| (contact, of(keys))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opt_out_is_never_given_up_for_an_agreement_to_be_mailed() {
        let of = |agreed, opted_out| Held { agreed, opted_out };
        let (together, unsubscribed, archived) = (of(Agreed::In, false), of(Agreed::Out, true), of(Agreed::Out, false));
        let here_before = of(Agreed::HereBefore, false);
        assert!(!tells_more(together, Some(unsubscribed)));
        assert!(tells_more(unsubscribed, Some(here_before)));
        assert!(tells_more(unsubscribed, None));
        let left = of(Agreed::Left, true);
        assert!(!tells_more(together, Some(left)));
        assert!(tells_more(left, Some(archived)));
        // Who was left as before the link is not pushed because of the merge.
        assert!(tells_more(here_before, Some(of(Agreed::Nothing, false))));
        assert!(!tells_more(here_before, Some(together)));
        // Who is followed by one address stays followed by it.
        assert!(tells_more(together, Some(archived)));
        assert!(!tells_more(together, Some(together)));
    }
}
