//! `/lists/{id}/members`: reading, adding, changing, archiving and erasing members.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::body::{Manner, Wanted};
use super::json;
use crate::sandbox::address;
use crate::sandbox::audience::Audience;
use crate::sandbox::call::{Answer, Call, Outcome};
use crate::sandbox::clock::When;
use crate::sandbox::ids::Ids;
use crate::sandbox::member::{Member, OptOut, Status};
use crate::sandbox::membership::By;
use crate::sandbox::problem::Problem;
use crate::sandbox::settings::Settings;
use crate::sandbox::world::World;

pub fn all(world: &World, call: &Call) -> Outcome {
    let audience = call.audience(world)?;
    let page = call.page()?;
    let (_, last_sent) = world.sendings_to(&audience.head.id);
    let filter = Filter::read(audience, call, last_sent)?;
    let slots = audience.listing(&filter.question, || filter.work_out(audience));
    let with_links = call.wants_links("members");
    let members = page
        .of(slots.iter())
        .into_iter()
        .filter_map(|slot| audience.member(*slot));
    let members: Vec<Value> = members
        .map(|member| json::member(audience, member, &call.base, with_links))
        .collect();
    let list = format!("/lists/{}", audience.head.id);
    Ok(Answer::json(json!({
        "members": members,
        "list_id": audience.head.id,
        "total_items": slots.len(),
        "_links": json::collection_links(&call.base, &format!("{list}/members"), "Lists/Members", (&list, "Definitions/Lists/Members/Response")),
    })))
}

/// Which members a call asks for, and in which order. Read once: it is asked about hundreds of thousands of members.
struct Filter<'a> {
    status: Option<Status>,
    changed: Stretch,
    opted_in: Stretch,
    unsubscribed: Stretch,
    /// Only those who changed since the last campaign went out, which was then.
    since_campaign: Option<When>,
    vip_only: bool,
    email_type: Option<&'a str>,
    unique_email_id: Option<&'a str>,
    /// Numbers of the interests asked for, and how they are to match.
    interests: Vec<u32>,
    interest_match: Option<&'a str>,
    sort_field: Option<&'a str>,
    backwards: bool,
    /// Everything that decides the answer, as a key to remember it by.
    question: String,
}

impl<'a> Filter<'a> {
    fn read(audience: &Audience, call: &'a Call, last_sent: When) -> Result<Filter<'a>, Problem> {
        let status = match call.query("status") {
            None => None,
            Some(name) => Some(Status::named(name).ok_or_else(|| {
                let names = Status::ALL.map(Status::name).join(", ");
                Problem::shape(
                    "status",
                    format!("Data presented is not one of the accepted values: {names}."),
                )
            })?),
        };
        if call.flag("since_last_campaign") && status.is_none() {
            return Err(Problem::bad_request(
                "Status is required when using since_last_campaign filter.",
            ));
        }
        if call.query("unsubscribed_since").is_some() && status != Some(Status::Unsubscribed) {
            return Err(Problem::bad_request(
                "Status must be unsubscribed when using unsubscribed_since filter.",
            ));
        }
        let mut asked: Vec<String> = call
            .query
            .iter()
            .filter(|(key, _)| !matches!(key.as_str(), "count" | "offset" | "fields" | "exclude_fields"))
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        asked.sort();
        let since_is_inclusive = call.settings.since_is_inclusive;
        let stretch = |since: &str, before: Option<&str>| Stretch {
            since: call.date(since),
            since_is_inclusive,
            before: before.and_then(|before| call.date(before)),
        };
        Ok(Filter {
            status,
            changed: stretch("since_last_changed", Some("before_last_changed")),
            opted_in: stretch("since_timestamp_opt", Some("before_timestamp_opt")),
            unsubscribed: stretch("unsubscribed_since", None),
            since_campaign: call.flag("since_last_campaign").then_some(last_sent),
            vip_only: call.flag("vip_only"),
            email_type: call.query("email_type"),
            unique_email_id: call.query("unique_email_id"),
            interests: interests_asked(audience, call)?,
            interest_match: call.query("interest_match"),
            sort_field: call.query("sort_field"),
            backwards: call
                .query("sort_dir")
                .is_some_and(|dir| dir.eq_ignore_ascii_case("DESC")),
            question: format!("{since_is_inclusive} {last_sent} {}", asked.join("&")),
        })
    }

    fn work_out(&self, audience: &Audience) -> Vec<u32> {
        let mut found: Vec<(u32, &Member)> = audience.members().filter(|(_, member)| self.fits(member)).collect();
        let when = |member: &Member| match self.sort_field {
            Some("timestamp_opt") => member.opted_in_at,
            Some("timestamp_signup") => member.signed_up_at,
            Some("last_changed") => member.last_changed,
            _ => 0,
        };
        // Equal times keep the order in which the members came, in both directions.
        found.sort_by(|(_, one), (_, other)| {
            let order = when(one).cmp(&when(other));
            if self.backwards { order.reverse() } else { order }
        });
        found.into_iter().map(|(slot, _)| slot).collect()
    }

    fn fits(&self, member: &Member) -> bool {
        let by_status = self
            .status
            .map_or(member.status != Status::Archived, |status| member.status == status);
        by_status
            && self.changed.contains(member.last_changed)
            && self.opted_in.contains(member.opted_in_at)
            && self.unsubscribed.contains(member.last_changed)
            && self.since_campaign.is_none_or(|sent| member.last_changed > sent)
            && (!self.vip_only || member.vip)
            && self.email_type.is_none_or(|kind| (kind == "html") == member.html)
            && self
                .unique_email_id
                .is_none_or(|id| crate::sandbox::ids::unique_email_id(&member.email) == id)
            && self.interests_fit(member)
    }

    fn interests_fit(&self, member: &Member) -> bool {
        let mut asked = self.interests.iter().map(|number| member.interests.contains(number));
        match self.interest_match {
            Some("any") => asked.any(|has| has),
            Some("all") => asked.all(|has| has),
            Some("none") => asked.all(|has| !has),
            _ => true,
        }
    }
}

/// A stretch of time, open where nothing is asked.
struct Stretch {
    since: Option<When>,
    since_is_inclusive: bool,
    before: Option<When>,
}

impl Stretch {
    fn contains(&self, when: When) -> bool {
        self.since
            .is_none_or(|since| when > since || (self.since_is_inclusive && when == since))
            && self.before.is_none_or(|before| when < before)
    }
}

/// The three parameters about interests only work together.
fn interests_asked(audience: &Audience, call: &Call) -> Result<Vec<u32>, Problem> {
    let given = ["interest_category_id", "interest_ids", "interest_match"].map(|key| call.query(key));
    let [Some(category), Some(ids), Some(_)] = given else {
        return if given.iter().all(Option::is_none) {
            Ok(Vec::new())
        } else {
            Err(Problem::bad_request(
                "interest_category_id, interest_ids and interest_match must be used together.",
            ))
        };
    };
    let category = audience
        .head
        .categories
        .iter()
        .find(|known| known.id == category)
        .ok_or_else(Problem::not_found)?;
    Ok(category
        .interests
        .iter()
        .filter(|interest| ids.split(',').any(|id| id.trim() == interest.id))
        .map(|interest| interest.number)
        .collect())
}

pub fn one(world: &World, call: &Call) -> Outcome {
    let audience = call.audience(world)?;
    answer(audience, call.slot(audience)?, call)
}

fn answer(audience: &Audience, slot: u32, call: &Call) -> Outcome {
    let member = audience.member(slot).ok_or_else(Problem::not_found)?;
    let page = format!("/audiences/{}/members/{}", audience.head.id, member.contact());
    Ok(Answer::Json {
        body: json::member(audience, member, &call.base, true),
        dashboard: json::dashboard(&call.base, &page),
    })
}

/// How a call that changes members treats them.
pub struct Changing<'a> {
    pub by: By,
    pub settings: &'a Settings,
    pub skip_required: bool,
}

pub fn create(world: &mut World, call: &Call) -> Outcome {
    call.audience(world)?;
    let wanted = Wanted::read(call.object()?, Manner::Put)?;
    wanted.require(&["email_address", "status"])?;
    let changing = Changing {
        by: call.by(world),
        settings: &call.settings,
        skip_required: call.flag("skip_merge_validation"),
    };
    let (audience, ids) = call.audience_and_ids(world)?;
    let slot = changing.insert(audience, ids, wanted)?;
    answer(audience, slot, call)
}

pub fn upsert(world: &mut World, call: &Call) -> Outcome {
    call.audience(world)?;
    let wanted = Wanted::read(call.object()?, Manner::Put)?;
    let changing = Changing {
        by: call.by(world),
        settings: &call.settings,
        skip_required: call.flag("skip_merge_validation"),
    };
    let (audience, ids) = call.audience_and_ids(world)?;
    let slot = match call.slot(audience) {
        Ok(slot) => {
            let mut wanted = wanted;
            let archived = audience
                .member(slot)
                .is_some_and(|member| member.status == Status::Archived);
            if archived && call.settings.archived_counts_as_new {
                wanted.status = wanted.status.or(wanted.status_if_new);
            }
            changing.update(audience, slot, wanted)?;
            slot
        }
        Err(_) => {
            wanted.require(&["email_address", "status_if_new"])?;
            changing.insert(
                audience,
                ids,
                Wanted {
                    tags: Vec::new(),
                    status: wanted.status_if_new.or(wanted.status),
                    ..wanted
                },
            )?
        }
    };
    answer(audience, slot, call)
}

pub fn change(world: &mut World, call: &Call) -> Outcome {
    let slot = call.slot(call.audience(world)?)?;
    let wanted = Wanted::read(call.object()?, Manner::Patch)?;
    let changing = Changing {
        by: call.by(world),
        settings: &call.settings,
        skip_required: call.flag("skip_merge_validation"),
    };
    let audience = call.audience_mut(world)?;
    changing.update(audience, slot, wanted)?;
    answer(audience, slot, call)
}

impl Changing<'_> {
    /// Adds somebody, or brings somebody back from the archive.
    pub fn insert(&self, audience: &mut Audience, ids: &mut Ids, mut wanted: Wanted) -> Result<u32, Problem> {
        let email = wanted.email.clone().unwrap_or_default();
        let status = wanted.status.unwrap_or(Status::Subscribed);
        address::check(&email, self.settings)?;
        let existing = audience.by_email(&email);
        if let Some(slot) = existing
            && let Some(member) = audience.member(slot)
            && member.status != Status::Archived
        {
            if status == Status::Subscribed && member.opt_out.binds_the_api() {
                audience.note_refusal(&self.by, slot);
            }
            return Err(Problem::member_exists(&email));
        }
        let forgotten = audience.is_forgotten(&email);
        if forgotten && !(status == Status::Unsubscribed && self.settings.forgotten_can_be_unsubscribed) {
            return Err(Problem::forgotten(&email));
        }
        if self.settings.over_plan_limit {
            return Err(Problem::not_permitted());
        }
        let member = existing.and_then(|slot| audience.member(slot));
        wanted.understand(&audience.head, member, self.settings, self.skip_required)?;
        let slot = match existing {
            Some(slot) => {
                audience.update(&self.by, slot, Some(status), &wanted.profile)?;
                slot
            }
            None => audience.add(&self.by, ids, &email, status, &wanted.profile),
        };
        if forgotten && let Some(member) = audience.member_mut(slot) {
            // Only the person may come back from there.
            member.opt_out = OptOut::Review;
        }
        self.add_tags(audience, slot, &wanted.tags, false);
        Ok(slot)
    }

    /// Changes somebody who is there: details, status, address.
    pub fn update(&self, audience: &mut Audience, slot: u32, mut wanted: Wanted) -> Result<(), Problem> {
        let member = audience.member(slot).ok_or_else(Problem::not_found)?;
        wanted.understand(&audience.head, Some(member), self.settings, self.skip_required)?;
        let is_other = |email: &String| email.to_lowercase().cmp(&member.email.to_lowercase()) != Ordering::Equal;
        let new_address = wanted.email.filter(is_other);
        if let Some(new) = &new_address {
            address::check(new, self.settings)?;
            audience.allow_address(slot, new, wanted.status.unwrap_or(member.status))?;
        }
        audience.update(&self.by, slot, wanted.status, &wanted.profile)?;
        if let Some(new) = new_address {
            audience.change_address(&self.by, slot, &new);
        }
        Ok(())
    }

    /// Gives tags; `replace` takes all others away.
    pub fn add_tags(&self, audience: &mut Audience, slot: u32, names: &[String], replace: bool) {
        if names.is_empty() && !replace {
            return;
        }
        let numbers: Vec<u32> = names
            .iter()
            .map(|name| audience.head_mut().tag_number(name, self.by.at))
            .collect();
        audience.tag(&self.by, slot, &numbers, |_| replace);
    }
}

pub fn archive(world: &mut World, call: &Call) -> Outcome {
    let slot = call.slot(call.audience(world)?)?;
    let by = call.by(world);
    call.audience_mut(world)?.archive(&by, slot)?;
    Ok(Answer::Nothing)
}

pub fn erase(world: &mut World, call: &Call) -> Outcome {
    let slot = call.slot(call.audience(world)?)?;
    let by = call.by(world);
    call.audience_mut(world)?.erase(&by, slot);
    Ok(Answer::Nothing)
}
