//! What people do to which records can be taken back, and which rows make up such a record. The test
//! `whatever_hangs_on_a_record_comes_back_with_it` holds this list against the database.

use super::{
    activities, batches, campaigns, contacts, contributions, custom_fields, funds, groups, notes, opportunities,
    relationships, tags,
};
use crate::base::{
    ActivityId, BatchId, ContactId, ContributionId, CustomFieldId, FundId, GroupId, NoteId, OpportunityId,
    OpportunityStatusId, RecurringId, RelationshipId, Role,
};
use crate::changelog::steps::{Place, Record, Rows};
use crate::db::OrgTx;
use diesel::OptionalExtension;
use diesel::QueryResult;

/// Everything that can.
pub static ALL: [&Record; 20] = [
    &CONTACT,
    &NOTE,
    &CONTRIBUTION,
    &RECURRING,
    &OPPORTUNITY,
    &ACTIVITY,
    &RELATIONSHIP,
    &BATCH,
    &FUND,
    &CAMPAIGN,
    &TAG,
    &TAG_WITH_CONTACTS,
    &TAGS_OF_CONTACT,
    &GROUP,
    &GROUP_WITH_MEMBERS,
    &GROUPS_OF_CONTACT,
    &ACTIVITY_TYPE,
    &RELATIONSHIP_TYPE,
    &OPPORTUNITY_STATUS,
    &CUSTOM_FIELD,
];

pub static CONTACT: Record = belonging(
    "contact",
    hold_contact,
    &[
        Rows {
            passing: &["modified_at"],
            ..own("contacts")
        },
        by_id("emails", "t.contact_id = $3"),
        by_id("phones", "t.contact_id = $3"),
        by_id("addresses", "t.contact_id = $3"),
        there_or_not("contact_search_terms", "t.contact_id = $3"),
    ],
);

pub static NOTE: Record = Record {
    page: Place::Tab("notes"),
    ..belonging(
        "note",
        hold_note,
        &[own("notes"), there_or_not("note_search_terms", "t.note_id = $3")],
    )
};

pub static CONTRIBUTION: Record = Record {
    page: Place::Own("contributions"),
    ..belonging(
        "contribution",
        hold_contribution,
        &[own("contributions"), by_id("soft_credits", "t.contribution_id = $3")],
    )
};

pub static RECURRING: Record = Record {
    page: Place::Tab("contributions"),
    ..belonging(
        "recurring contribution",
        hold_recurring,
        &[own("recurring_contributions")],
    )
};

pub static OPPORTUNITY: Record = Record {
    page: Place::Own("opportunities"),
    ..belonging("opportunity", hold_opportunity, &[own("opportunities")])
};

pub static ACTIVITY: Record = Record {
    page: Place::Own("activities"),
    ..belonging(
        "activity",
        hold_activity,
        &[
            by_id("activities", "(t.id = $3 OR t.follow_up_of = $3)"),
            there_or_not("activity_contacts", "t.activity_id = $3"),
        ],
    )
};

pub static RELATIONSHIP: Record = Record {
    page: Place::Tab("relationships"),
    ..belonging("relationship", hold_relationship, &[own("relationships")])
};

pub static BATCH: Record = Record {
    page: Place::Own("batches"),
    ..belonging("batch", hold_batch, &[own("batches")])
};

/// Which fund is the default concerns another one as well, and stays.
pub static FUND: Record = Record {
    page: Place::Own("funds"),
    needs: Role::Administrator,
    ..shared(
        "fund",
        hold_fund,
        &[Rows {
            passing: &["is_default"],
            ..own("funds")
        }],
    )
};

pub static CAMPAIGN: Record = Record {
    page: Place::Own("campaigns"),
    ..shared("campaign", hold_campaigns, &[own("campaigns")])
};

pub static TAG: Record = shared("tag", hold_tags, &[own("tags")]);

/// A tag that is deleted, with whoever has it and the tags below it.
pub static TAG_WITH_CONTACTS: Record = shared(
    "tag with contacts",
    hold_tags,
    &[
        by_id("tags", "(t.id = $3 OR t.parent_id = $3)"),
        there_or_not("contact_tags", "t.tag_id = $3"),
    ],
);

pub static TAGS_OF_CONTACT: Record = Record {
    page: Place::Tab("tags"),
    ..belonging(
        "tags of contact",
        hold_contact,
        &[there_or_not("contact_tags", "t.contact_id = $3")],
    )
};

pub static GROUP: Record = Record {
    page: Place::Own("groups"),
    ..shared("group", hold_group, &[GROUP_ROW])
};

/// A group that is deleted, with its members, past ones too.
pub static GROUP_WITH_MEMBERS: Record = Record {
    page: Place::Own("groups"),
    ..shared(
        "group with members",
        hold_group,
        &[
            GROUP_ROW,
            there_or_not("group_contacts", "t.group_id = $3"),
            by_id("group_history", "t.group_id = $3"),
        ],
    )
};

/// Joining and leaving; what happened stays in the history, and the undo is told there.
pub static GROUPS_OF_CONTACT: Record = Record {
    page: Place::Tab("groups"),
    ..belonging(
        "groups of contact",
        hold_contact,
        &[there_or_not("group_contacts", "t.contact_id = $3")],
    )
};

/// How far the work on a smart group has come is nobody's doing.
const GROUP_ROW: Rows = Rows {
    passing: &["search_checked_at", "search_due_at", "searched_on"],
    ..own("groups")
};

pub static ACTIVITY_TYPE: Record = setting(
    "activity type",
    "activity-types",
    hold_nothing,
    &[own("activity_types")],
);
pub static RELATIONSHIP_TYPE: Record = setting(
    "relationship type",
    "relationship-types",
    hold_nothing,
    &[own("relationship_types")],
);
pub static OPPORTUNITY_STATUS: Record = setting(
    "opportunity status",
    "opportunity-statuses",
    hold_status,
    &[Rows {
        passing: &["place"],
        ..own("opportunity_statuses")
    }],
);

/// Choices may be in use by now, their ids are never given twice, and the order is that of all fields: these stay.
pub static CUSTOM_FIELD: Record = setting(
    "custom field",
    "custom-fields",
    hold_custom_field,
    &[Rows {
        passing: &["options", "options_made", "place"],
        ..own("custom_fields")
    }],
);

/// The kind of record with this word.
pub fn find(word: &str) -> Option<&'static Record> {
    ALL.iter().copied().find(|record| record.word == word)
}

/// What `Record::hold` is.
type Hold = fn(&mut OrgTx<'_>, i64) -> QueryResult<()>;

/// A record about contacts.
const fn belonging(word: &'static str, hold: Hold, rows: &'static [Rows]) -> Record {
    Record {
        word,
        rows,
        page: Place::Own("contacts"),
        needs: Role::Staff,
        is_shared: false,
        hold,
    }
}

const fn shared(word: &'static str, hold: Hold, rows: &'static [Rows]) -> Record {
    Record {
        page: Place::List("tags"),
        is_shared: true,
        ..belonging(word, hold, rows)
    }
}

/// A record that administrators keep among the settings.
const fn setting(word: &'static str, page: &'static str, hold: Hold, rows: &'static [Rows]) -> Record {
    Record {
        page: Place::List(page),
        needs: Role::Administrator,
        ..shared(word, hold, rows)
    }
}

/// The row of the record itself.
const fn own(table: &'static str) -> Rows {
    by_id(table, "t.id = $3")
}

const fn by_id(table: &'static str, which: &'static str) -> Rows {
    Rows {
        table,
        which,
        has_id: true,
        passing: &[],
    }
}

const fn there_or_not(table: &'static str, which: &'static str) -> Rows {
    Rows {
        has_id: false,
        ..by_id(table, which)
    }
}

fn hold_contact(tx: &mut OrgTx<'_>, id: i64) -> QueryResult<()> {
    hold_contacts(tx, &[ContactId(id)])
}

fn hold_contacts(tx: &mut OrgTx<'_>, ids: &[ContactId]) -> QueryResult<()> {
    contacts::locked(tx, ids).map(|_| ())
}

fn hold_note(tx: &mut OrgTx<'_>, id: i64) -> QueryResult<()> {
    let id = NoteId(id);
    let of: Vec<ContactId> = notes::store::find(tx, id)?.iter().map(|one| one.contact).collect();
    hold_contacts(tx, &of)?;
    notes::actions::all_locked(tx, &[id]).map(|_| ())
}

fn hold_contribution(tx: &mut OrgTx<'_>, id: i64) -> QueryResult<()> {
    contributions::actions::locked(tx, &[ContributionId(id)]).map(|_| ())
}

/// Whatever changes a series holds its contact.
fn hold_recurring(tx: &mut OrgTx<'_>, id: i64) -> QueryResult<()> {
    let series = contributions::recurring::find(tx, RecurringId(id))?;
    hold_contacts(tx, &series.iter().map(|one| one.is.contact_id).collect::<Vec<_>>())
}

fn hold_opportunity(tx: &mut OrgTx<'_>, id: i64) -> QueryResult<()> {
    let id = OpportunityId(id);
    let of = opportunities::store::find(tx, id)?;
    hold_contacts(tx, &of.iter().map(|one| one.is.contact_id).collect::<Vec<_>>())?;
    opportunities::actions::locked(tx, id).optional().map(|_| ())
}

fn hold_activity(tx: &mut OrgTx<'_>, id: i64) -> QueryResult<()> {
    let id = ActivityId(id);
    let with = activities::store::find(tx, id)?.map(|one| one.with).unwrap_or_default();
    hold_contacts(tx, &with.iter().map(|(contact, _)| *contact).collect::<Vec<_>>())?;
    activities::store::locked(tx, &[id]).map(|_| ())
}

fn hold_relationship(tx: &mut OrgTx<'_>, id: i64) -> QueryResult<()> {
    let id = RelationshipId(id);
    let tie = relationships::store::find(tx, id)?.map(|one| one.tie);
    let both = tie.map_or(Vec::new(), |tie| vec![tie.contact_a, tie.contact_b]);
    hold_contacts(tx, &both)?;
    relationships::actions::locked(tx, &[id]).map(|_| ())
}

fn hold_batch(tx: &mut OrgTx<'_>, id: i64) -> QueryResult<()> {
    batches::store::locked(tx, BatchId(id)).optional().map(|_| ())
}

fn hold_fund(tx: &mut OrgTx<'_>, id: i64) -> QueryResult<()> {
    funds::store::locked(tx, FundId(id)).optional().map(|_| ())
}

fn hold_campaigns(tx: &mut OrgTx<'_>, _: i64) -> QueryResult<()> {
    campaigns::store::locked(tx).map(|_| ())
}

fn hold_tags(tx: &mut OrgTx<'_>, _: i64) -> QueryResult<()> {
    tags::actions::locked(tx).map(|_| ())
}

fn hold_group(tx: &mut OrgTx<'_>, id: i64) -> QueryResult<()> {
    groups::smart::hold_searches(tx)?;
    groups::store::locked(tx, GroupId(id)).optional().map(|_| ())
}

fn hold_status(tx: &mut OrgTx<'_>, id: i64) -> QueryResult<()> {
    opportunities::statuses::locked(tx, OpportunityStatusId(id))
        .optional()
        .map(|_| ())
}

fn hold_custom_field(tx: &mut OrgTx<'_>, id: i64) -> QueryResult<()> {
    custom_fields::store::locked(tx, CustomFieldId(id))
        .optional()
        .map(|_| ())
}

/// Types of activities and relationships: whoever saves one writes all of it.
fn hold_nothing(_: &mut OrgTx<'_>, _: i64) -> QueryResult<()> {
    Ok(())
}
