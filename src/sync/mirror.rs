//! The mirror: what Mailchimp last told us about every member of a mapped audience. The member as Mailchimp shows it is the
//! truth; reading it twice, late or in another order leads to the same mirror.

use super::decide::{Consent, MemberStatus, Seen, SeenMember, There};
use crate::base::{ContactId, MappingId};
use crate::db::OrgTx;
use crate::db::schema::{audience_members, due_members, planned_calls, sync_standings};
use crate::mailchimp::{Member, Status};
use crate::work;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::upsert::excluded;
use std::collections::{BTreeMap, HashMap};

/// Rows of one insert: Postgres takes 65,535 parameters a statement.
const ROWS_PER_INSERT: usize = 2_000;

/// A member as the mirror holds it.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = audience_members, treat_none_as_null = true)]
pub struct MirrorMember {
    pub audience_id: String,
    pub address_key: String,
    pub address: String,
    pub status: String,
    pub mailchimp_contact_id: String,
    pub first_name: String,
    pub last_name: String,
    pub language: String,
    pub unsubscribe_reason: String,
    pub unsubscribe_campaign: String,
    pub last_changed: Option<DateTime<Utc>>,
    pub in_compliance: bool,
    pub ended_by_us: bool,
    pub status_before_end: Option<String>,
    /// Brings nobody into the group as long as the status stays: was there before the mapping was switched on "from now on",
    /// belongs to somebody who is followed by another address, or was left there when staff removed the contact here.
    pub here_before: bool,
    pub read_at: DateTime<Utc>,
}

impl MirrorMember {
    /// The status the decision works with.
    pub fn member_status(&self) -> MemberStatus {
        status_of(&self.status)
    }

    /// What the decision sees of this member.
    pub fn seen(&self) -> SeenMember {
        SeenMember {
            status: self.member_status(),
            in_compliance: self.in_compliance,
            ended_by_us: self.ended_by_us,
            status_before_end: self.status_before_end.as_deref().map(Status::parse),
        }
    }

    /// Of an address we know nothing of but what a refusal tells.
    pub fn unknown(audience: &str, address_key: &str, now: DateTime<Utc>) -> Self {
        Self {
            audience_id: audience.to_owned(),
            address_key: address_key.to_owned(),
            address: address_key.to_owned(),
            status: Status::Unsubscribed.as_str().into(),
            mailchimp_contact_id: String::new(),
            first_name: String::new(),
            last_name: String::new(),
            language: String::new(),
            unsubscribe_reason: String::new(),
            unsubscribe_campaign: String::new(),
            last_changed: None,
            in_compliance: false,
            ended_by_us: false,
            status_before_end: None,
            here_before: false,
            read_at: now,
        }
    }

    /// The member after our unsubscribe or archive was carried out: it was ours, and what they were before is kept.
    #[must_use]
    pub fn ended(self, how: There, now: DateTime<Utc>) -> Self {
        let status = match how {
            There::Archive => Status::Archived,
            _ => Status::Unsubscribed,
        };
        let already = self.ended_by_us && self.member_status() == MemberStatus::Known(status);
        Self {
            status: status.as_str().into(),
            ended_by_us: true,
            status_before_end: if already {
                self.status_before_end
            } else {
                Some(self.status)
            },
            read_at: now,
            ..self
        }
    }

    /// Unsubscribed.
    fn is_unsubscribed(&self) -> bool {
        self.member_status() == MemberStatus::Known(Status::Unsubscribed)
    }

    /// Gets mail or may soon.
    pub fn is_active(&self) -> bool {
        matches!(
            self.member_status(),
            MemberStatus::Known(Status::Subscribed | Status::Pending)
        )
    }

    /// The same apart from when it was read.
    fn tells_the_same(&self, other: &Self) -> bool {
        Self {
            read_at: other.read_at,
            ..self.clone()
        } == *other
    }
}

/// Reads the stored word for a status.
pub fn status_of(word: &str) -> MemberStatus {
    match word {
        "forgotten" => MemberStatus::Forgotten,
        "cleaned_for_abuse" => MemberStatus::CleanedForAbuse,
        known => MemberStatus::Known(Status::parse(known)),
    }
}

/// The word stored for a status.
pub fn status_word(status: MemberStatus) -> &'static str {
    match status {
        MemberStatus::Forgotten => "forgotten",
        MemberStatus::CleanedForAbuse => "cleaned_for_abuse",
        MemberStatus::Known(known) => known.as_str(),
    }
}

/// The status as staff read it.
pub fn status_in_words(status: MemberStatus) -> &'static str {
    match status {
        MemberStatus::Known(Status::Subscribed) => "Subscribed",
        MemberStatus::Known(Status::Unsubscribed) => "Unsubscribed",
        MemberStatus::Known(Status::Cleaned) => "Cleaned: mail to the address bounced",
        MemberStatus::Known(Status::Pending) => "Asked to confirm, and has not yet",
        MemberStatus::Known(Status::Transactional) => "Gets order mails and the like, no newsletters",
        MemberStatus::Known(Status::Archived) => "Archived",
        MemberStatus::Known(Status::Other) => "In a state we do not know",
        MemberStatus::Forgotten => "Deleted for good",
        MemberStatus::CleanedForAbuse => "Cleaned: reported as spam",
    }
}

/// What a read of Mailchimp told about an address.
#[derive(Clone, Debug)]
pub enum Told {
    Member(Box<Member>),
    /// Asked for by itself, the address is not there, although the audience is.
    NotThere {
        address_key: String,
    },
    /// A webhook told that the address was cleaned for a complaint. The API shows "cleaned" for bounces and complaints alike,
    /// so this is told after the member was read, and says nothing of one who is not cleaned (any more).
    Complained {
        address_key: String,
    },
}

/// The mirror's row after a read. `asked` is a call of ours for this address that Mailchimp may have carried out without our
/// knowing. `None`: never heard of, and still not there. Pure: told the same again, it answers the same, and what was told
/// late changes nothing that we ended since.
pub fn absorb(
    before: Option<&MirrorMember>,
    told: &Told,
    audience: &str,
    asked: Option<There>,
    read_at: DateTime<Utc>,
) -> Option<MirrorMember> {
    let member = match told {
        // Was there and is gone for good: remembered, so that nobody adds them again.
        Told::NotThere { .. } => {
            return before.map(|before| MirrorMember {
                status: "forgotten".into(),
                read_at,
                ..before.clone()
            });
        }
        Told::Complained { .. } => {
            let is_cleaned = |before: &&MirrorMember| before.member_status() == MemberStatus::Known(Status::Cleaned);
            return before.filter(is_cleaned).map(|before| MirrorMember {
                status: status_word(MemberStatus::CleanedForAbuse).into(),
                ..before.clone()
            });
        }
        Told::Member(member) => member,
    };
    if let Some(before) = before.filter(|before| is_older(member, before, asked)) {
        return Some(before.clone());
    }
    let status = match before.map(MirrorMember::member_status) {
        Some(MemberStatus::CleanedForAbuse) if member.status == Status::Cleaned => MemberStatus::CleanedForAbuse,
        _ => MemberStatus::Known(member.status),
    };
    let unchanged = before.is_some_and(|before| before.member_status() == status);
    let ended_by_us = match (member.status, before, asked) {
        (Status::Unsubscribed | Status::Archived, Some(before), _) if unchanged => before.ended_by_us,
        (Status::Unsubscribed, _, Some(There::Unsubscribe)) | (Status::Archived, _, Some(There::Archive)) => true,
        _ => false,
    };
    let status_before_end = match before {
        Some(before) if ended_by_us && unchanged => before.status_before_end.clone(),
        Some(before) if ended_by_us => Some(before.status.clone()),
        _ => None,
    };
    let active = matches!(member.status, Status::Subscribed | Status::Pending);
    let merged = |tag: &str| {
        member
            .merge_fields
            .get(tag)
            .and_then(|value| value.as_str())
            .unwrap_or_default()
            .to_owned()
    };
    Some(MirrorMember {
        audience_id: audience.to_owned(),
        address_key: key_of(member),
        address: member.email_address.trim().to_owned(),
        status: status_word(status).to_owned(),
        mailchimp_contact_id: member.contact_id.clone(),
        first_name: merged("FNAME"),
        last_name: merged("LNAME"),
        language: member.language.clone(),
        unsubscribe_reason: member.unsubscribe_reason.clone().unwrap_or_default(),
        unsubscribe_campaign: before
            .filter(|_| !active)
            .map(|before| before.unsubscribe_campaign.clone())
            .unwrap_or_default(),
        last_changed: member.last_changed,
        in_compliance: !active && before.is_some_and(|before| before.in_compliance),
        ended_by_us,
        status_before_end,
        here_before: unchanged && before.is_some_and(|before| before.here_before),
        read_at,
    })
}

/// Mailchimp's lists lag behind its members, and a page may arrive after a later read: what changed there earlier is not news.
/// Nor is somebody active whom we unsubscribed or archived since: that changes nothing in the date we know.
fn is_older(told: &Member, before: &MirrorMember, asked: Option<There>) -> bool {
    let is_active = matches!(told.status, Status::Subscribed | Status::Pending);
    let ended_since = before.ended_by_us && is_active && !matches!(asked, Some(There::Add(_)));
    told.last_changed
        .zip(before.last_changed)
        .is_some_and(|(told, before)| told < before || told == before && ended_since)
}

/// What the decision sees of an address.
pub fn seen(member: Option<&MirrorMember>) -> Seen {
    member.map_or(Seen::Absent, |member| Seen::Member(member.seen()))
}

/// The mirror's rows of some addresses.
pub fn members(tx: &mut OrgTx<'_>, audience: &str, keys: &[String]) -> QueryResult<HashMap<String, MirrorMember>> {
    let rows: Vec<MirrorMember> = audience_members::table
        .filter(audience_members::organization_id.eq(tx.organization().0))
        .filter(audience_members::audience_id.eq(audience))
        .filter(audience_members::address_key.eq_any(keys))
        .select(MirrorMember::as_select())
        .load(&mut **tx)?;
    Ok(rows
        .into_iter()
        .map(|member| (member.address_key.clone(), member))
        .collect())
}

/// What reads change in the mirror.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// The rows that are others now; each is to be marked as due.
    pub rows: Vec<MirrorMember>,
    /// Addresses for which an addition of ours, where one left and no answer was heard, was carried out.
    pub added: Vec<String>,
}

/// Compares reads with what the mirror shows of these addresses, and with the calls whose outcome we do not know. Pure.
pub fn changes(
    told: &[Told],
    audience: &str,
    before: &HashMap<String, MirrorMember>,
    asked: &HashMap<String, There>,
    now: DateTime<Utc>,
) -> Changed {
    let mut after: BTreeMap<String, MirrorMember> = BTreeMap::new();
    for told in told {
        let key = address_key(told);
        // An address may come twice in one read: pages shift while they are read. The later telling is the newer.
        let known = after.get(&key).or_else(|| before.get(&key));
        if let Some(row) = absorb(known, told, audience, asked.get(&key).copied(), now) {
            after.insert(key, row);
        }
    }
    let is_another = |row: &MirrorMember| before.get(&row.address_key).is_none_or(|old| !row.tells_the_same(old));
    let rows: Vec<MirrorMember> = after.into_values().filter(is_another).collect();
    // There now; or came and unsubscribed again, where they were not there before.
    let was_added =
        |row: &&MirrorMember| row.is_active() || !before.contains_key(&row.address_key) && row.is_unsubscribed();
    let added = rows
        .iter()
        .filter(was_added)
        .map(|row| row.address_key.clone())
        .collect();
    Changed { rows, added }
}

/// Takes reads into the mirror. Returns the addresses whose row is now another, each marked as due.
pub fn take_in(tx: &mut OrgTx<'_>, audience: &str, told: &[Told]) -> QueryResult<Vec<String>> {
    let keys: Vec<String> = told.iter().map(address_key).collect();
    let before = members(tx, audience, &keys)?;
    let asked = calls_under_way(tx, audience, &keys)?;
    let changed = changes(told, audience, &before, &asked, tx.now());
    put(tx, &changed.rows)?;
    agree_on_additions(tx, audience, &changed.added)?;
    let keys: Vec<String> = changed.rows.into_iter().map(|row| row.address_key).collect();
    mark_due(tx, audience, &keys, false)?;
    Ok(keys)
}

/// Writes rows as they are.
pub fn put(tx: &mut OrgTx<'_>, rows: &[MirrorMember]) -> QueryResult<()> {
    use audience_members::dsl;
    for chunk in rows.chunks(ROWS_PER_INSERT) {
        diesel::insert_into(dsl::audience_members)
            .values(chunk)
            .on_conflict((dsl::organization_id, dsl::audience_id, dsl::address_key))
            .do_update()
            .set((
                dsl::address.eq(excluded(dsl::address)),
                dsl::status.eq(excluded(dsl::status)),
                dsl::mailchimp_contact_id.eq(excluded(dsl::mailchimp_contact_id)),
                dsl::first_name.eq(excluded(dsl::first_name)),
                dsl::last_name.eq(excluded(dsl::last_name)),
                dsl::language.eq(excluded(dsl::language)),
                dsl::unsubscribe_reason.eq(excluded(dsl::unsubscribe_reason)),
                dsl::unsubscribe_campaign.eq(excluded(dsl::unsubscribe_campaign)),
                dsl::last_changed.eq(excluded(dsl::last_changed)),
                dsl::in_compliance.eq(excluded(dsl::in_compliance)),
                dsl::ended_by_us.eq(excluded(dsl::ended_by_us)),
                dsl::status_before_end.eq(excluded(dsl::status_before_end)),
                dsl::here_before.eq(excluded(dsl::here_before)),
                dsl::read_at.eq(excluded(dsl::read_at)),
            ))
            .execute(&mut **tx)?;
    }
    Ok(())
}

/// Members who are to bring nobody into the group as they stand, so that whom staff removed does not come back by them.
pub fn leave_alone(tx: &mut OrgTx<'_>, audience: &str, keys: &[&String]) -> QueryResult<usize> {
    diesel::update(audience_members::table)
        .filter(audience_members::organization_id.eq(tx.organization()))
        .filter(audience_members::audience_id.eq(audience))
        .filter(audience_members::address_key.eq_any(keys))
        .filter(audience_members::here_before.eq(false))
        .set(audience_members::here_before.eq(true))
        .execute(&mut **tx)
}

/// Marks members as due; `read_first`: ask Mailchimp for the member before comparing.
pub fn mark_due(tx: &mut OrgTx<'_>, audience: &str, keys: &[String], read_first: bool) -> QueryResult<()> {
    use due_members::dsl;
    let now = tx.now();
    for chunk in keys.chunks(ROWS_PER_INSERT) {
        let rows: Vec<_> = chunk
            .iter()
            .map(|key| {
                (
                    dsl::audience_id.eq(audience),
                    dsl::address_key.eq(key),
                    dsl::read_first.eq(read_first),
                    dsl::due_since.eq(now),
                )
            })
            .collect();
        diesel::insert_into(dsl::due_members)
            .values(rows)
            .on_conflict((dsl::organization_id, dsl::audience_id, dsl::address_key))
            .do_update()
            .set((
                dsl::read_first.eq(diesel::dsl::sql::<diesel::sql_types::Bool>(
                    "due_members.read_first OR excluded.read_first",
                )),
                dsl::mark.eq(excluded(dsl::mark)),
            ))
            .execute(&mut **tx)?;
    }
    Ok(())
}

/// Notes for members that are marked as to be read first that a webhook told of a complaint.
pub fn note_complaint(tx: &mut OrgTx<'_>, audience: &str, keys: &[String]) -> QueryResult<usize> {
    diesel::update(due_members::table)
        .filter(due_members::organization_id.eq(tx.organization()))
        .filter(due_members::audience_id.eq(audience))
        .filter(due_members::address_key.eq_any(keys))
        .set(due_members::complained.eq(true))
        .execute(&mut **tx)
}

/// The address by which the mirror knows a member: empty for a contact without one, who is in no mirror.
pub fn key_of(member: &Member) -> String {
    member.email_address.trim().to_lowercase()
}

fn address_key(told: &Told) -> String {
    match told {
        Told::Member(member) => key_of(member),
        Told::NotThere { address_key } | Told::Complained { address_key } => address_key.clone(),
    }
}

/// Additions of ours whose outcome we did not hear and which were carried out: both sides agree on them at once, so that a contact who left the group meanwhile
/// is archived and does not join again, and one who unsubscribed leaves it.
fn agree_on_additions(tx: &mut OrgTx<'_>, audience: &str, added: &[String]) -> QueryResult<()> {
    let carried_out: Vec<(MappingId, ContactId, String)> = diesel::update(planned_calls::table)
        .filter(planned_calls::organization_id.eq(tx.organization()))
        .filter(planned_calls::audience_id.eq(audience))
        .filter(planned_calls::address_key.eq_any(added))
        .filter(planned_calls::verb.eq("add"))
        .filter(planned_calls::settled_at.is_null())
        .filter(planned_calls::asked_at.is_not_null())
        .set((
            planned_calls::state.eq("accepted"),
            planned_calls::settled_at.eq(tx.now()),
        ))
        .returning((
            planned_calls::mapping_id,
            planned_calls::contact_id,
            planned_calls::address_key,
        ))
        .get_results(&mut **tx)?;
    for (mapping, contact, key) in &carried_out {
        diesel::update(sync_standings::table.find((tx.organization().0, mapping.0, contact.0)))
            .set((sync_standings::agreed.eq("in"), sync_standings::address_key.eq(key)))
            .execute(&mut **tx)?;
    }
    let contacts: Vec<ContactId> = carried_out.into_iter().map(|(_, contact, _)| contact).collect();
    work::contacts_are_due(tx, &contacts)
}

/// Calls that we have made and whose outcome we do not know yet.
fn calls_under_way(tx: &mut OrgTx<'_>, audience: &str, keys: &[String]) -> QueryResult<HashMap<String, There>> {
    let rows: Vec<(String, String)> = planned_calls::table
        .filter(planned_calls::organization_id.eq(tx.organization().0))
        .filter(planned_calls::audience_id.eq(audience))
        .filter(planned_calls::address_key.eq_any(keys))
        .filter(planned_calls::settled_at.is_null())
        .filter(planned_calls::asked_at.is_not_null())
        .select((planned_calls::address_key, planned_calls::verb))
        .load(&mut **tx)?;
    Ok(rows
        .into_iter()
        .filter_map(|(key, verb)| match verb.as_str() {
            "unsubscribe" => Some((key, There::Unsubscribe)),
            "archive" => Some((key, There::Archive)),
            "add" | "confirm" => Some((key, There::Add(Consent::Pending))),
            _ => None,
        })
        .collect())
}
