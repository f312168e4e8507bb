//! The sync as the groups below it see it: what staff are told at once, and how each contact stands.

use super::decide::{Barrier, MemberStatus, Refusal, Standing, Wait};
use super::facts::{self, Mapping};
use super::mirror::MirrorMember;
use super::person::Person;
use super::{additions, connection, deleting, erasing, merging, standing};
use crate::accounts;
use crate::base::{ContactId, GroupId};
use crate::crm::groups::mailchimp::{
    self as seam, GroupStanding, GroupSync, MailchimpView, OptOut, PersonThere, Refusals,
};
use crate::db::OrgTx;
use crate::db::schema::{due_contacts, planned_calls, sync_standings};
use crate::mailchimp::Status;
use diesel::prelude::*;
use std::collections::HashMap;

/// What the groups ask through their seam.
pub struct View;

impl MailchimpView for View {
    fn refusals_on_adding(
        &self,
        tx: &mut OrgTx<'_>,
        group: GroupId,
        contacts: &[ContactId],
        limit: usize,
    ) -> QueryResult<Refusals> {
        let Some(mapping) = mapping_of(tx, group)? else {
            return Ok(Refusals::default());
        };
        let mut refusals = Refusals::default();
        for chunk in contacts.chunks(PEOPLE_AT_ONCE) {
            for person in facts::gather(tx, &mapping, chunk)? {
                let Standing::Refused(why) = person.decide(mapping.policy).standing else {
                    continue;
                };
                refusals.total += 1;
                if refusals.first.len() < limit {
                    let words = format!(
                        "There was a problem trying to subscribe this contact at Mailchimp: {}",
                        refusal_words(&person, why)
                    );
                    refusals.first.push(seam::Refusal {
                        contact: person.contact.id,
                        words,
                    });
                }
            }
        }
        Ok(refusals)
    }

    fn standings(&self, tx: &mut OrgTx<'_>, contact: ContactId) -> QueryResult<Vec<GroupStanding>> {
        let mut all = Vec::new();
        for mapping in facts::mappings_of(tx)? {
            let Some(person) = facts::gather(tx, &mapping, &[contact])?.pop() else {
                continue;
            };
            let standing = person.decide(mapping.policy).standing;
            if standing == Standing::Out {
                continue;
            }
            let sentence = sentence(tx, &mapping, &person, standing)?;
            all.push(GroupStanding {
                group: mapping.group,
                tone: if mapping.is_on { standing::tone(standing) } else { "bad" },
                state: if mapping.is_on {
                    standing::label(standing).into()
                } else {
                    "Broken".into()
                },
                sentence,
                checked_at: person.member.as_ref().map(|member| member.read_at),
                help: Some((
                    format!("mailchimp/links/{}/contacts/{contact}", mapping.id),
                    if super::consent::may_be_asked(standing) {
                        "What you can do".into()
                    } else {
                        "Why?".into()
                    },
                )),
            });
        }
        Ok(all)
    }

    fn standings_version(&self, tx: &mut OrgTx<'_>, contact: ContactId) -> QueryResult<String> {
        let organization = tx.organization();
        let decided = sync_standings::table
            .filter(sync_standings::organization_id.eq(organization))
            .filter(sync_standings::contact_id.eq(contact))
            .select(diesel::dsl::max(sync_standings::decided_at))
            .first::<Option<chrono::DateTime<chrono::Utc>>>(&mut **tx)?;
        let call: Option<(i64, String)> = planned_calls::table
            .filter(planned_calls::organization_id.eq(organization))
            .filter(planned_calls::contact_id.eq(contact))
            .order(planned_calls::id.desc())
            .select((planned_calls::id, planned_calls::state))
            .first(&mut **tx)
            .optional()?;
        let due: Option<i64> = due_contacts::table
            .find((organization.0, contact.0))
            .select(due_contacts::mark)
            .first(&mut **tx)
            .optional()?;
        Ok(format!(
            "{:?}-{:?}-{:?}",
            decided.map(|at| at.timestamp_micros()),
            call,
            due
        ))
    }

    fn opt_outs(&self, tx: &mut OrgTx<'_>, contacts: &[ContactId]) -> QueryResult<Vec<OptOut>> {
        merging::opt_outs(tx, contacts)
    }

    fn unanswered(&self, tx: &mut OrgTx<'_>, contacts: &[ContactId]) -> QueryResult<Option<ContactId>> {
        merging::unanswered(tx, contacts)
    }

    fn merge(&self, tx: &mut OrgTx<'_>, survivor: ContactId, loser: ContactId) -> QueryResult<serde_json::Value> {
        merging::merge(tx, survivor, loser)
    }

    fn take_merge_back(
        &self,
        tx: &mut OrgTx<'_>,
        survivor: ContactId,
        loser: ContactId,
        taken: &serde_json::Value,
    ) -> QueryResult<()> {
        merging::take_back(tx, survivor, loser, taken)
    }

    fn person_there(&self, tx: &mut OrgTx<'_>, person: ContactId) -> QueryResult<PersonThere> {
        erasing::there(tx, person)
    }

    fn delete_person(&self, tx: &mut OrgTx<'_>, person: ContactId) -> QueryResult<()> {
        deleting::ask(tx, person)
    }

    fn not_deleted(&self, tx: &mut OrgTx<'_>) -> QueryResult<Vec<ContactId>> {
        deleting::refused(tx)
    }

    fn erase(&self, tx: &mut OrgTx<'_>, contacts: &[ContactId]) -> anyhow::Result<()> {
        erasing::erase(tx, contacts)
    }

    fn column(&self, tx: &mut OrgTx<'_>) -> QueryResult<HashMap<GroupId, GroupSync>> {
        let mut column = HashMap::new();
        let stopped = connection::find(tx)?.is_some_and(|connection| !connection.is_connected());
        for mapping in facts::mappings_of(tx)? {
            let counts = counts(tx, &mapping)?;
            let of = |name: &str| {
                counts
                    .iter()
                    .filter(|(kind, _)| kind == name)
                    .map(|(_, n)| n)
                    .sum::<i64>()
            };
            let (tone, text) = if !mapping.is_on {
                ("bad", "Broken".to_owned())
            } else if stopped {
                ("bad", "Stopped: Mailchimp is not connected".to_owned())
            } else if of("refused") > 0 {
                ("warn", format!("{} blocked at Mailchimp", of("refused")))
            } else if of("waiting") > 0 {
                ("info", format!("{} waiting", of("waiting")))
            } else {
                ("good", "In sync".to_owned())
            };
            let link = format!("mailchimp/links/{}", mapping.id);
            column.insert(mapping.group, GroupSync { tone, text, link });
        }
        Ok(column)
    }

    fn holds(&self, tx: &mut OrgTx<'_>, group: GroupId) -> QueryResult<Option<String>> {
        Ok(mapping_of(tx, group)?
            .map(|_| "This group is linked to Mailchimp. Switch the link off first, then delete the group.".into()))
    }
}

/// People whose facts are gathered in one go.
pub const PEOPLE_AT_ONCE: usize = 500;

fn mapping_of(tx: &mut OrgTx<'_>, group: GroupId) -> QueryResult<Option<Mapping>> {
    Ok(facts::mappings_of(tx)?
        .into_iter()
        .find(|mapping| mapping.group == group))
}

fn counts(tx: &mut OrgTx<'_>, mapping: &Mapping) -> QueryResult<Vec<(String, i64)>> {
    sync_standings::table
        .filter(sync_standings::organization_id.eq(tx.organization()))
        .filter(sync_standings::mapping_id.eq(mapping.id))
        .group_by(sync_standings::standing)
        .select((sync_standings::standing, diesel::dsl::count_star()))
        .load(&mut **tx)
}

/// What Mailchimp says, or would say, about subscribing somebody: in its own words where we have them.
fn refusal_words(person: &Person, why: Refusal) -> String {
    let address = person.member.as_ref().map_or_else(
        || person.address.clone().unwrap_or_default(),
        |member| member.address.clone(),
    );
    match why {
        Refusal::Unsubscribed | Refusal::InCompliance | Refusal::Cleaned => format!(
            "Mailchimp API said: Member In Compliance State ({address} is in a compliance state due to unsubscribe, bounce, \
             or compliance review and cannot be subscribed.)"
        ),
        Refusal::Forgotten => format!(
            "Mailchimp API said: Forgotten Email Not Subscribed ({address} was permanently deleted and cannot be \
             re-imported. The contact must re-subscribe to get back on the list.)"
        ),
        Refusal::Archived => format!("{address} was archived at Mailchimp by somebody there."),
        Refusal::NotMarketing => format!("{address} is at Mailchimp, but does not receive newsletters."),
        Refusal::Row => {
            let words = person
                .stored
                .as_ref()
                .map(|stored| stored.words.as_str())
                .unwrap_or_default();
            format!("Mailchimp API said: {words}")
        }
    }
}

/// How somebody stands, in one sentence, and what helps in a second one.
pub fn sentence(tx: &mut OrgTx<'_>, mapping: &Mapping, person: &Person, standing: Standing) -> QueryResult<String> {
    let id = tx.organization();
    let organization = accounts::organization(tx, id)?;
    let address = person.address.as_deref().unwrap_or_default();
    let since = person
        .member
        .as_ref()
        .and_then(|member| member.last_changed)
        .map_or_else(String::new, |at| format!(" on {}", organization.local(at)));
    let campaign = person
        .member
        .as_ref()
        .filter(|member| !member.unsubscribe_campaign.is_empty())
        .map_or_else(String::new, |member| {
            format!(" (campaign {})", member.unsubscribe_campaign)
        });
    let owner = match person.owner {
        Some(owner) => name_of(tx, owner)?,
        None => String::new(),
    };
    let text = match standing {
        Standing::InSync => format!("Receives Mailchimp mail at {address}."),
        Standing::Waiting(Wait::Call) if additions::wait_until(tx)?.is_some() => {
            format!("{address} waits: Mailchimp takes no new people at the moment. They are added as soon as it does.")
        }
        Standing::Waiting(Wait::Call) => format!("{address} will be added at Mailchimp in a moment."),
        Standing::Waiting(Wait::Confirmation) => {
            format!("Mailchimp asked {address} to confirm; they receive mail once they have.")
        }
        Standing::Excluded(Barrier::DoNotEmail) => opted_out_here("Do Not Email", person),
        Standing::Excluded(Barrier::NoBulkEmails) => opted_out_here("NO BULK EMAILS (User Opt Out)", person),
        Standing::Excluded(Barrier::Deceased) => "Not mailed: the contact is deceased.".into(),
        Standing::Excluded(Barrier::NoEmail) => "Not mailed: there is no email address.".into(),
        Standing::Excluded(Barrier::OnHold) => "Not mailed: the email address is on hold.".into(),
        Standing::Excluded(Barrier::AddressChanged) if person.member.as_ref().is_some_and(has_bounced) => format!(
            "Mail to the former address {address} bounced. To have the new one mailed, remove the contact from the group and add \
             them again."
        ),
        Standing::Excluded(Barrier::AddressChanged) => format!(
            "Mailchimp still has the former address {address}. Until it is changed there, the new one is not mailed."
        ),
        Standing::Excluded(Barrier::SharesAddress) => format!("Shares {owner}'s address, which is sent once."),
        Standing::Refused(Refusal::Unsubscribed) => {
            format!("Blocked at Mailchimp: {address} unsubscribed{since}{campaign}. Only they can sign up again.")
        }
        Standing::Refused(Refusal::Cleaned) => {
            format!("Blocked at Mailchimp: mail to {address} bounced, so Mailchimp stopped writing there{since}.")
        }
        Standing::Refused(why) => format!("Blocked at Mailchimp. {}", refusal_words(person, why)),
        Standing::HereBefore => {
            "Was in the group before the link was switched on, and is not sent to Mailchimp.".into()
        }
        Standing::Out => "Not in the group.".into(),
    };
    Ok(if mapping.is_on {
        text
    } else {
        format!("The link to Mailchimp is broken. Last known: {text}")
    })
}

fn has_bounced(member: &MirrorMember) -> bool {
    member.member_status() == MemberStatus::Known(Status::Cleaned)
}

/// Our own mark holds, also over a later sign-up at Mailchimp; and what to do should it no longer be meant.
fn opted_out_here(mark: &str, person: &Person) -> String {
    let text = format!("Not mailed: {mark} is set here.");
    let was_ended = person.member.as_ref().is_some_and(|member| {
        member.ended_by_us && member.member_status() == MemberStatus::Known(Status::Unsubscribed)
    });
    if !was_ended {
        return text;
    }
    format!(
        "{text} That is why we unsubscribed them at Mailchimp, even if they signed up there themselves. Should they want mail \
         after all, take the mark off the contact first; then Mailchimp can ask them to confirm."
    )
}

fn name_of(tx: &mut OrgTx<'_>, contact: ContactId) -> QueryResult<String> {
    use crate::db::schema::contacts;
    contacts::table
        .find((tx.organization().0, contact.0))
        .select(contacts::display_name)
        .first(&mut **tx)
}
