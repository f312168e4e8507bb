//! What staff wrote down beside the demo's people: notes, tags, relationships and activities.

use anyhow::Context;
use chrono::TimeDelta;
use dms::base::ContactId;
use dms::config::Config;
use dms::crm::activities::model::{ActivityDraft, Priority, Status};
use dms::crm::activities::{actions as activities, types as activity_types};
use dms::crm::notes::{actions as notes, model::NoteDraft};
use dms::crm::relationships::model::{Details, Tie};
use dms::crm::relationships::{actions as relationships, types as relationship_types};
use dms::crm::tags::actions as tags;
use dms::crm::tags::model::{Colour, TagDraft};
use dms::db::OrgTx;
use std::collections::HashMap;

const NOTES: [(&str, i64, &str, &str); 4] = [
    (
        "Steeves, Walter",
        120,
        "Legacy",
        "Thinks of leaving something to the kitchen. Wants no letter about it; a visit in spring.",
    ),
    ("Tremblay, Aline", 64, "", "Speaks French on the phone, reads both."),
    ("Okafor, Bert", 41, "Van", "Can lend his van on Saturdays, not in July."),
    (
        "Singh, Joan",
        12,
        "Audit",
        "Offered to look over our books before the audit, free of charge.",
    ),
];

/// Name, colour, the tag it stands below, and who has it.
const TAGS: [(&str, Colour, &str, &[&str]); 4] = [
    (
        "Major Donor",
        Colour::Purple,
        "",
        &["Tremblay, Aline", "Steeves, Walter"],
    ),
    ("Volunteer", Colour::Teal, "", &["Kowalchuk, Dmitri", "Boateng, Kwame"]),
    ("Driver", Colour::Green, "Volunteer", &["Okafor, Bert"]),
    ("Business", Colour::Orange, "", &["Moncton Co-operative Bakery"]),
];

/// What the first is to the second.
const TIES: [(&str, &str, &str); 3] = [
    ("Kowalchuk, Dmitri", "Employee of", "Moncton Co-operative Bakery"),
    ("Tremblay, Aline", "Sibling of", "Gagnon, Hélène"),
    ("Boateng, Kwame", "Spouse of", "Singh, Joan"),
];

/// Type, subject, with whom, how many days ago (or ahead), how it stands.
const ACTIVITIES: [(&str, &str, &str, i64, Status); 5] = [
    (
        "Phone Call",
        "Thanked her for ten years of giving",
        "Tremblay, Aline",
        33,
        Status::Completed,
    ),
    (
        "Visit",
        "Tea and a tour of the new shelves",
        "Steeves, Walter",
        21,
        Status::Completed,
    ),
    (
        "Meeting",
        "Day-old bread for the Thursday lunch",
        "Moncton Co-operative Bakery",
        9,
        Status::Completed,
    ),
    (
        "Phone Call",
        "Ask about the van for the autumn drive",
        "Okafor, Bert",
        2,
        Status::Scheduled,
    ),
    (
        "Letter",
        "Invitation to the open kitchen",
        "Gagnon, Hélène",
        -6,
        Status::Scheduled,
    ),
];

/// Writes all of it down.
pub fn write(tx: &mut OrgTx<'_>, config: &Config, people: &HashMap<String, ContactId>) -> anyhow::Result<()> {
    let now = tx.now();
    let person = |name: &str| {
        people
            .get(name)
            .copied()
            .with_context(|| format!("nobody is called {name}"))
    };
    for (name, days_ago, subject, text) in NOTES {
        let draft = NoteDraft {
            subject: subject.into(),
            text: text.into(),
            noted_at: now - TimeDelta::days(days_ago),
        };
        notes::add(tx, person(name)?, &draft)?;
    }
    let mut made = HashMap::new();
    for (name, colour, below, who) in TAGS {
        let draft = TagDraft {
            name: name.into(),
            colour,
            parent: made.get(below).copied(),
            ..TagDraft::default()
        };
        let tag = tags::create(tx, &draft)?;
        made.insert(name, tag);
        let who: Vec<ContactId> = who.iter().map(|name| person(name)).collect::<anyhow::Result<_>>()?;
        tags::tag_contacts(tx, tag, &who, "")?;
    }
    let types = relationship_types::all(tx)?;
    for (name, label, other) in TIES {
        let of_type = types.iter().find(|of_type| of_type.is.label_a_b == label);
        let tie = Tie {
            type_id: of_type.context("there is no such relationship")?.id,
            contact_a: person(name)?,
            contact_b: person(other)?,
        };
        let holds = Details {
            is_active: true,
            ..Details::default()
        };
        relationships::add(tx, &tie, &holds)?;
    }
    let types = activity_types::all(tx)?;
    for (name, subject, with, days_ago, status) in ACTIVITIES {
        let of_type = types.iter().find(|of_type| of_type.name == name);
        let draft = ActivityDraft {
            type_id: of_type.context("there is no such activity")?.id,
            subject: subject.into(),
            details: String::new(),
            activity_at: now - TimeDelta::days(days_ago),
            duration_minutes: None,
            status,
            priority: Priority::Normal,
            assigned_to: None,
            due_on: None,
            follow_up_of: None,
            with: vec![person(with)?],
        };
        activities::add(tx, config, &draft)?;
    }
    Ok(())
}
