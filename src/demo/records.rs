//! What staff wrote down beside the demo's people: notes, tags, relationships, activities, opportunities, and two searches
//! that are kept as smart groups.

use anyhow::Context;
use chrono::{NaiveDate, TimeDelta};
use dms::accounts;
use dms::base::{ContactId, Currency, OpportunityStatusId, StaffId};
use dms::crm::activities::model::{ActivityDraft, Priority, Status};
use dms::crm::activities::{actions as activities, types as activity_types};
use dms::crm::contacts::criteria::Criteria;
use dms::crm::groups::smart;
use dms::crm::notes::{actions as notes, model::NoteDraft};
use dms::crm::opportunities::actions as opportunities;
use dms::crm::opportunities::model::{Details as Opportunity, Probability};
use dms::crm::opportunities::statuses;
use dms::crm::relationships::model::{Details, Tie};
use dms::crm::relationships::{actions as relationships, types as relationship_types};
use dms::crm::tags::actions as tags;
use dms::crm::tags::model::{Colour, TagDraft};
use dms::db::OrgTx;
use std::collections::HashMap;

/// Whom it is about, days ago, subject and text.
const NOTES: [(&str, i64, &str, &str); 7] = [
    (
        "Steeves, Walter",
        120,
        "Legacy",
        "Thinks of leaving something to the kitchen. Wants no letter about it; a visit in spring.",
    ),
    (
        "Beauséjour, Geneviève",
        74,
        "Shares",
        "Prefers to give shares. Her broker calls us when they are on the way.",
    ),
    ("Tremblay, Aline", 64, "", "Speaks French on the phone, reads both."),
    ("Okafor, Bert", 41, "Van", "Can lend his van on Saturdays, not in July."),
    (
        "Singh, Joan",
        12,
        "Audit",
        "Offered to look over our books before the audit, free of charge.",
    ),
    (
        "Fundy Shore Foundation",
        8,
        "Deadlines",
        "Decides four times a year. Likes pictures of people at work, not of buildings.",
    ),
    (
        "Nguyen, Thi Mai",
        4,
        "Kitchen",
        "Knows somebody who sells used steam tables.",
    ),
];

/// Name, colour, the tag it stands below, and who has it.
const TAGS: [(&str, Colour, &str, &[&str]); 5] = [
    (
        "Major Donor",
        Colour::Purple,
        "",
        &[
            "Tremblay, Aline",
            "Steeves, Walter",
            "Beauséjour, Geneviève",
            "O'Neill, Margaret",
        ],
    ),
    ("Volunteer", Colour::Teal, "", &["Kowalchuk, Dmitri", "Boateng, Kwame"]),
    (
        "Driver",
        Colour::Green,
        "Volunteer",
        &["Okafor, Bert", "Gill, Harpreet"],
    ),
    (
        "Business",
        Colour::Orange,
        "",
        &["Moncton Co-operative Bakery", "Épicerie Haddad & fils"],
    ),
    (
        "Foundation",
        Colour::Blue,
        "",
        &[
            "Fundy Shore Foundation",
            "Petitcodiac Valley Trust",
            "Fondation des Moissons",
        ],
    ),
];

/// What the first is to the second.
const TIES: [(&str, &str, &str); 7] = [
    ("Kowalchuk, Dmitri", "Employee of", "Moncton Co-operative Bakery"),
    ("Haddad, Samir", "Employee of", "Épicerie Haddad & fils"),
    ("Drummond-Hay, Philippa", "Employee of", "Harbour Light Credit Union"),
    ("Nguyen, Thi Mai", "Head of Household for", "The Nguyen Family"),
    ("O'Neill, Margaret", "Spouse of", "O'Neill, Patrick"),
    ("Tremblay, Aline", "Sibling of", "Gagnon, Hélène"),
    ("Boateng, Kwame", "Spouse of", "Singh, Joan"),
];

/// Type, subject, with whom, how many days ago (or ahead) it is due or was, how it stands.
const ACTIVITIES: [(&str, &str, &str, i64, Status); 10] = [
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
        "New card for the monthly gift",
        "Paul, Kateri",
        5,
        Status::LeftMessage,
    ),
    (
        "Phone Call",
        "Ask about the van for the autumn drive",
        "Okafor, Bert",
        2,
        Status::Scheduled,
    ),
    (
        "Phone Call",
        "Thank them for the gift to the kitchen",
        "O'Neill, Margaret",
        0,
        Status::Scheduled,
    ),
    (
        "Email",
        "Send the drawings of the kitchen",
        "Fondation des Moissons",
        -1,
        Status::Scheduled,
    ),
    (
        "Meeting",
        "Go through the budget for the application",
        "Petitcodiac Valley Trust",
        -3,
        Status::Scheduled,
    ),
    (
        "Visit",
        "Show the dining room before it is painted",
        "Beauséjour, Geneviève",
        -5,
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

/// Something that may come; its days are counted from today.
struct Hope {
    name: &'static str,
    prospect: &'static str,
    of_type: &'static str,
    /// The name of its status.
    status: &'static str,
    probability: Option<Probability>,
    dollars: i64,
    received: Option<i64>,
    /// Until when to apply.
    deadline: Option<i64>,
    decision: Option<i64>,
    report: Option<i64>,
    notes: &'static str,
}

const NOTHING: Hope = Hope {
    name: "",
    prospect: "",
    of_type: "Grant",
    status: "Discovery",
    probability: None,
    dollars: 0,
    received: None,
    deadline: None,
    decision: None,
    report: None,
    notes: "",
};

const HOPES: [Hope; 10] = [
    Hope {
        name: "Cold storage for the new kitchen",
        prospect: "Fundy Shore Foundation",
        status: "Submitted",
        probability: Some(Probability::High),
        dollars: 18_000,
        deadline: Some(-20),
        decision: Some(25),
        ..NOTHING
    },
    Hope {
        name: "A kitchen coordinator for two years",
        prospect: "Petitcodiac Valley Trust",
        status: "In Progress",
        dollars: 45_000,
        deadline: Some(9),
        decision: Some(80),
        notes: "They want to see who pays in the third year.",
        ..NOTHING
    },
    Hope {
        name: "Cuisine communautaire",
        prospect: "Fondation des Moissons",
        status: "In Progress",
        dollars: 12_500,
        deadline: Some(4),
        notes: "To be written in French.",
        ..NOTHING
    },
    Hope {
        name: "A walk-in freezer",
        prospect: "Harbour Light Credit Union",
        of_type: "Sponsorship",
        status: "Awarded",
        probability: Some(Probability::High),
        dollars: 10_000,
        received: Some(10_000),
        report: Some(38),
        ..NOTHING
    },
    Hope {
        name: "Bread for the spring dinner",
        prospect: "Moncton Co-operative Bakery",
        of_type: "Sponsorship",
        probability: Some(Probability::Low),
        dollars: 1_500,
        decision: Some(70),
        ..NOTHING
    },
    Hope {
        name: "A bequest for the kitchen",
        prospect: "Steeves, Walter",
        of_type: "Bequest",
        dollars: 50_000,
        notes: "No letters. See the note on his page.",
        ..NOTHING
    },
    Hope {
        name: "Summer lunches for children",
        prospect: "Fundy Shore Foundation",
        status: "Awarded",
        probability: Some(Probability::High),
        dollars: 9_000,
        received: Some(9_000),
        report: Some(6),
        ..NOTHING
    },
    Hope {
        name: "A delivery van",
        prospect: "Riverview Rotary Friends",
        status: "Declined",
        dollars: 30_000,
        notes: "Not this year; we may ask again.",
        ..NOTHING
    },
    Hope {
        name: "Potatoes for the winter",
        prospect: "Épicerie Haddad & fils",
        of_type: "In-kind Gift",
        status: "In Progress",
        probability: Some(Probability::High),
        dollars: 2_400,
        decision: Some(14),
        ..NOTHING
    },
    Hope {
        name: "A name for the dining room",
        prospect: "Beauséjour, Geneviève",
        of_type: "Major Gift",
        probability: Some(Probability::Low),
        dollars: 25_000,
        ..NOTHING
    },
];

/// Searches that are kept: title, description, and what is searched for.
const SMART_GROUPS: [(&str, &str, &str); 2] = [
    (
        "Gave Last Year, Not This Year",
        "Whom to write to before the year ends",
        r#"{"blocks":[{"conditions":[{"about":"gave","op":"last_year"}]}]}"#,
    ),
    (
        "Gave $500 or More in 12 Months",
        "Whom to call instead of writing to",
        r#"{"blocks":[{"conditions":[{"about":"giving_total","op":"at_least","values":["500","CAD","last","12","months","any"]}]}]}"#,
    ),
];

/// The demo's people by their sort name.
pub type People = HashMap<String, ContactId>;

/// Writes all of it down; what is to be done is the owner's.
pub fn write(tx: &mut OrgTx<'_>, people: &People, owner: StaffId) -> anyhow::Result<()> {
    let today = accounts::today(tx)?;
    write_notes(tx, people)?;
    write_tags(tx, people)?;
    write_relationships(tx, people)?;
    write_activities(tx, people, owner, today)?;
    let statuses = statuses::all(tx)?;
    for hope in &HOPES {
        let status = statuses.iter().find(|status| status.name == hope.status);
        let status = status.context("there is no such status")?.id;
        let prospect = person(people, hope.prospect)?;
        opportunities::add(tx, &hope.written(prospect, status, owner, today))?;
    }
    for (title, description, search) in SMART_GROUPS {
        smart::create(tx, title, description, &Criteria::parse(search))?;
    }
    Ok(())
}

/// Somebody by name.
pub fn person(people: &People, name: &str) -> anyhow::Result<ContactId> {
    let found = people.get(name).copied();
    found.with_context(|| format!("nobody is called {name}"))
}

fn write_notes(tx: &mut OrgTx<'_>, people: &People) -> anyhow::Result<()> {
    for (name, days_ago, subject, text) in NOTES {
        let draft = NoteDraft {
            subject: subject.into(),
            text: text.into(),
            noted_at: tx.now() - TimeDelta::days(days_ago),
        };
        notes::add(tx, person(people, name)?, &draft)?;
    }
    Ok(())
}

fn write_tags(tx: &mut OrgTx<'_>, people: &People) -> anyhow::Result<()> {
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
        let who: Vec<ContactId> = who
            .iter()
            .map(|name| person(people, name))
            .collect::<anyhow::Result<_>>()?;
        tags::tag_contacts(tx, tag, &who, "")?;
    }
    Ok(())
}

fn write_relationships(tx: &mut OrgTx<'_>, people: &People) -> anyhow::Result<()> {
    let types = relationship_types::all(tx)?;
    for (name, label, other) in TIES {
        let of_type = types.iter().find(|of_type| of_type.is.label_a_b == label);
        let tie = Tie {
            type_id: of_type.context("there is no such relationship")?.id,
            contact_a: person(people, name)?,
            contact_b: person(people, other)?,
        };
        let holds = Details {
            is_active: true,
            ..Details::default()
        };
        relationships::add(tx, &tie, &holds)?;
    }
    Ok(())
}

fn write_activities(tx: &mut OrgTx<'_>, people: &People, owner: StaffId, today: NaiveDate) -> anyhow::Result<()> {
    let (types, now) = (activity_types::all(tx)?, tx.now());
    let mut drafts = Vec::new();
    for (name, subject, with, days_ago, status) in ACTIVITIES {
        let of_type = types.iter().find(|of_type| of_type.name == name);
        let of_type = of_type.context("there is no such activity")?;
        let is_open = status == Status::Scheduled;
        drafts.push(ActivityDraft {
            subject: subject.into(),
            status,
            priority: if days_ago == 0 {
                Priority::Urgent
            } else {
                Priority::Normal
            },
            assigned_to: is_open.then_some(owner),
            due_on: is_open.then(|| today - TimeDelta::days(days_ago)),
            with: vec![person(people, with)?],
            ..ActivityDraft::new(of_type.id, now - TimeDelta::days(days_ago))
        });
    }
    activities::add_many(tx, &drafts)?;
    Ok(())
}

impl Hope {
    fn written(
        &self,
        prospect: ContactId,
        status: OpportunityStatusId,
        owner: StaffId,
        today: NaiveDate,
    ) -> Opportunity {
        let day = |days: Option<i64>| days.map(|days| today + TimeDelta::days(days));
        Opportunity {
            contact_id: prospect,
            name: self.name.into(),
            opportunity_type: self.of_type.into(),
            status_id: status,
            probability: self.probability,
            owner_id: Some(owner),
            amount: Some(self.dollars * 100),
            amount_received: self.received.map(|dollars| dollars * 100),
            currency: Currency::CAD,
            application_deadline: day(self.deadline),
            is_submitted: self.deadline.is_some() && self.status != "In Progress",
            decision_date: day(self.decision),
            report_due: day(self.report),
            notes: self.notes.into(),
        }
    }
}
