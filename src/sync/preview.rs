//! What switching a link on would mean, before anything is written: every contact of the group and every member of the
//! audience is in exactly one counted class, and each number opens its people.

use super::decide::{Barrier, Decision, MemberStatus, Policy, Standing, There, Wait};
use super::facts::{self, Mapping};
use super::mirror::{self, MirrorMember};
use super::standing;
use super::view::PEOPLE_AT_ONCE;
use crate::base::{ContactId, GroupId, MappingId};
use crate::crm::contacts::Contact;
use crate::db::OrgTx;
use crate::db::schema::{audience_members, contacts, group_contacts};
use crate::mailchimp::Status;
use crate::web::csv_cell;
use diesel::prelude::*;
use std::collections::HashSet;

/// A class of people with a name in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// A contact of the group.
    InGroup(Standing),
    /// In the group and subscribed, but opted out here: would be unsubscribed there.
    ToUnsubscribe,
    /// In the group and subscribed, but deceased or on hold here: would be archived there.
    ToArchive,
    /// A member nobody in the group stands for.
    OnlyThere(MemberStatus),
}

/// Statuses of members nobody in the group stands for, in the order they are shown.
const ONLY_THERE: [MemberStatus; 9] = [
    SUBSCRIBED,
    MemberStatus::Known(Status::Pending),
    MemberStatus::Known(Status::Unsubscribed),
    MemberStatus::Known(Status::Cleaned),
    MemberStatus::CleanedForAbuse,
    MemberStatus::Known(Status::Archived),
    MemberStatus::Known(Status::Transactional),
    MemberStatus::Forgotten,
    MemberStatus::Known(Status::Other),
];
const SUBSCRIBED: MemberStatus = MemberStatus::Known(Status::Subscribed);

/// The counted classes.
#[derive(Clone, Debug, Default)]
pub struct Preview {
    pub classes: Vec<(Class, usize)>,
    pub group_size: usize,
    pub audience_size: usize,
}

impl Preview {
    /// How many the audience would gain at once, were the group's contacts included.
    pub fn additions(&self) -> usize {
        self.classes
            .iter()
            .filter(|(class, _)| matches!(class, Class::InGroup(Standing::Waiting(Wait::Call))))
            .map(|(_, count)| count)
            .sum()
    }
}

impl Class {
    /// The class in a few words.
    pub fn label(self) -> String {
        match self {
            Self::InGroup(Standing::InSync) => "Already in both".into(),
            Self::InGroup(standing) => standing::class(standing).into(),
            Self::ToUnsubscribe => "Opted out here, to be unsubscribed at Mailchimp".into(),
            Self::ToArchive => "Deceased or on hold here, to be archived at Mailchimp".into(),
            Self::OnlyThere(status) => format!("Only at Mailchimp: {}", mirror::status_in_words(status)),
        }
    }

    /// What would happen to these people.
    pub fn consequence(self) -> &'static str {
        match self {
            Self::InGroup(Standing::InSync) => "Counted as in step from the first moment.",
            Self::InGroup(Standing::Waiting(_)) => "Added at Mailchimp, if you include the group's contacts.",
            Self::InGroup(Standing::Refused(_)) => "Never written to against their will. They stay in the group.",
            Self::InGroup(Standing::Excluded(Barrier::SharesAddress)) => "The address is sent once.",
            Self::InGroup(_) => "Not sent to Mailchimp. They stay in the group.",
            Self::ToUnsubscribe => "Unsubscribed at Mailchimp, so that their wish holds there too.",
            Self::ToArchive => "Archived at Mailchimp, so that nothing is sent there any more.",
            Self::OnlyThere(SUBSCRIBED) => "Brought into the group, if you include the audience's members.",
            Self::OnlyThere(_) => "Nothing happens to them.",
        }
    }

    /// The word that names the class in an address.
    pub fn word(self) -> String {
        match self {
            Self::InGroup(standing) => {
                let (standing, reason) = standing::stored(standing);
                format!("{standing}-{reason}")
            }
            Self::ToUnsubscribe => "to-unsubscribe".into(),
            Self::ToArchive => "to-archive".into(),
            Self::OnlyThere(status) => format!("only-{}", mirror::status_word(status)),
        }
    }
}

/// A person of a class, for its list.
#[derive(Clone, Debug)]
pub struct Row {
    /// `None` for somebody who is only at Mailchimp.
    pub contact: Option<ContactId>,
    pub name: String,
    pub address: String,
}

/// A link as it would be.
pub fn hypothesis(group: GroupId, audience: &str, policy: Policy) -> Mapping {
    Mapping {
        id: MappingId(0),
        group,
        audience: audience.to_owned(),
        policy,
        is_on: true,
    }
}

/// Counts the classes.
pub fn count(tx: &mut OrgTx<'_>, mapping: &Mapping) -> QueryResult<Preview> {
    let mut counts: Vec<(Class, usize)> = Vec::new();
    walk(tx, mapping, |class, _| {
        match counts.iter_mut().find(|(known, _)| *known == class) {
            Some((_, count)) => *count += 1,
            None => counts.push((class, 1)),
        }
    })?;
    counts.sort_by_key(|(class, _)| rank(*class));
    let audience_size: i64 = audience_members::table
        .filter(audience_members::organization_id.eq(tx.organization()))
        .filter(audience_members::audience_id.eq(&mapping.audience))
        .count()
        .get_result(&mut **tx)?;
    let in_group = counts.iter().filter(|(class, _)| !matches!(class, Class::OnlyThere(_)));
    Ok(Preview {
        group_size: in_group.map(|(_, count)| count).sum(),
        audience_size: usize::try_from(audience_size).unwrap_or_default(),
        classes: counts,
    })
}

/// The people of one class.
pub fn people(tx: &mut OrgTx<'_>, mapping: &Mapping, word: &str) -> QueryResult<Vec<Row>> {
    let mut rows = Vec::new();
    walk(tx, mapping, |class, row| {
        if class.word() == word {
            rows.push(row);
        }
    })?;
    Ok(rows)
}

/// The current contacts of a group; whoever is in the trash is not one of them.
pub fn group_contact_ids(tx: &mut OrgTx<'_>, group: GroupId) -> QueryResult<Vec<ContactId>> {
    group_contacts::table
        .inner_join(
            contacts::table.on(contacts::organization_id
                .eq(group_contacts::organization_id)
                .and(contacts::id.eq(group_contacts::contact_id))),
        )
        .filter(group_contacts::organization_id.eq(tx.organization()))
        .filter(group_contacts::group_id.eq(group))
        .filter(group_contacts::status.ne("Removed"))
        .filter(contacts::deleted_at.is_null())
        .order(group_contacts::contact_id)
        .select(group_contacts::contact_id)
        .load(&mut **tx)
}

fn walk(tx: &mut OrgTx<'_>, mapping: &Mapping, mut each: impl FnMut(Class, Row)) -> QueryResult<()> {
    let ids = group_contact_ids(tx, mapping.group)?;
    let mut stood_for: HashSet<String> = HashSet::new();
    for chunk in ids.chunks(PEOPLE_AT_ONCE) {
        for person in facts::gather(tx, mapping, chunk)? {
            let decision = person.decide(mapping.policy);
            stood_for.extend(person.member.iter().map(|member| member.address_key.clone()));
            let address = person.address.clone().unwrap_or_default();
            each(class_of(decision), row(&person.contact, address));
        }
    }
    for member in only_there(tx, &mapping.audience, &stood_for)? {
        let name = format!("{} {}", member.first_name, member.last_name).trim().to_owned();
        each(
            Class::OnlyThere(member.member_status()),
            Row {
                contact: None,
                name,
                address: member.address,
            },
        );
    }
    Ok(())
}

fn class_of(decision: Decision) -> Class {
    match decision.there {
        Some(There::Unsubscribe) => Class::ToUnsubscribe,
        Some(There::Archive) => Class::ToArchive,
        _ => Class::InGroup(decision.standing),
    }
}

fn row(contact: &Contact, address: String) -> Row {
    Row {
        contact: Some(contact.id),
        name: contact.sort_name.clone(),
        address,
    }
}

fn only_there(tx: &mut OrgTx<'_>, audience: &str, stood_for: &HashSet<String>) -> QueryResult<Vec<MirrorMember>> {
    let members: Vec<MirrorMember> = audience_members::table
        .filter(audience_members::organization_id.eq(tx.organization()))
        .filter(audience_members::audience_id.eq(audience))
        .order(audience_members::address_key)
        .select(MirrorMember::as_select())
        .load(&mut **tx)?;
    Ok(members
        .into_iter()
        .filter(|member| !stood_for.contains(&member.address_key))
        .collect())
}

fn rank(class: Class) -> (u8, String) {
    let first = match class {
        Class::InGroup(Standing::InSync) => 0,
        Class::InGroup(Standing::Waiting(_)) => 1,
        Class::ToUnsubscribe | Class::ToArchive => 2,
        Class::InGroup(Standing::Refused(_)) => 3,
        Class::InGroup(_) => 4,
        Class::OnlyThere(status) => {
            5 + u8::try_from(ONLY_THERE.iter().position(|s| *s == status).unwrap_or(0)).unwrap_or(0)
        }
    };
    (first, class.word())
}

/// The audience as the mirror has it, as CSV: the snapshot taken before a link is switched on.
pub fn snapshot_csv(tx: &mut OrgTx<'_>, audience: &str) -> anyhow::Result<(usize, String)> {
    let members = only_there(tx, audience, &HashSet::new())?;
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record([
        "Email Address",
        "First Name",
        "Last Name",
        "Status",
        "Language",
        "Last Changed",
    ])?;
    for member in &members {
        let changed = member.last_changed.map_or_else(String::new, |at| at.to_rfc3339());
        let status = mirror::status_word(member.member_status());
        let cells = [
            &member.address,
            &member.first_name,
            &member.last_name,
            status,
            &member.language,
            &changed,
        ];
        out.write_record(cells.map(|cell: &str| csv_cell(cell).into_owned()))?;
    }
    Ok((members.len(), String::from_utf8(out.into_inner()?)?))
}
