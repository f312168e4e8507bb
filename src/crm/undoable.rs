//! What people do to which records can be taken back, and which rows make up such a record. The test
//! `whatever_hangs_on_a_record_comes_back_with_it` holds this list against the database.

use crate::base::Role;
use crate::changelog::steps::{Place, Record, Rows};

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
    &[
        own("contacts"),
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
        &[own("notes"), there_or_not("note_search_terms", "t.note_id = $3")],
    )
};

pub static CONTRIBUTION: Record = Record {
    page: Place::Own("contributions"),
    ..belonging(
        "contribution",
        &[own("contributions"), by_id("soft_credits", "t.contribution_id = $3")],
    )
};

pub static RECURRING: Record = Record {
    page: Place::Tab("contributions"),
    ..belonging("recurring contribution", &[own("recurring_contributions")])
};

pub static OPPORTUNITY: Record = Record {
    page: Place::Own("opportunities"),
    ..belonging("opportunity", &[own("opportunities")])
};

pub static ACTIVITY: Record = Record {
    page: Place::Own("activities"),
    ..belonging(
        "activity",
        &[
            by_id("activities", "(t.id = $3 OR t.follow_up_of = $3)"),
            there_or_not("activity_contacts", "t.activity_id = $3"),
        ],
    )
};

pub static RELATIONSHIP: Record = Record {
    page: Place::Tab("relationships"),
    ..belonging("relationship", &[own("relationships")])
};

pub static BATCH: Record = Record {
    page: Place::Own("batches"),
    ..belonging("batch", &[own("batches")])
};

/// Which fund is the default concerns another one as well, and stays.
pub static FUND: Record = Record {
    page: Place::Own("funds"),
    needs: Role::Administrator,
    ..shared(
        "fund",
        &[Rows {
            passing: &["is_default"],
            ..own("funds")
        }],
    )
};

pub static CAMPAIGN: Record = Record {
    page: Place::Own("campaigns"),
    ..shared("campaign", &[own("campaigns")])
};

pub static TAG: Record = shared("tag", &[own("tags")]);

/// A tag that is deleted, with whoever has it and the tags below it.
pub static TAG_WITH_CONTACTS: Record = shared(
    "tag with contacts",
    &[
        by_id("tags", "(t.id = $3 OR t.parent_id = $3)"),
        there_or_not("contact_tags", "t.tag_id = $3"),
    ],
);

pub static TAGS_OF_CONTACT: Record = Record {
    page: Place::Tab("tags"),
    ..belonging("tags of contact", &[there_or_not("contact_tags", "t.contact_id = $3")])
};

pub static GROUP: Record = Record {
    page: Place::Own("groups"),
    ..shared("group", &[GROUP_ROW])
};

/// A group that is deleted, with its members, past ones too.
pub static GROUP_WITH_MEMBERS: Record = Record {
    page: Place::Own("groups"),
    ..shared(
        "group with members",
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
        &[there_or_not("group_contacts", "t.contact_id = $3")],
    )
};

/// How far the work on a smart group has come is nobody's doing.
const GROUP_ROW: Rows = Rows {
    passing: &["search_checked_at", "search_due_at", "searched_on"],
    ..own("groups")
};

pub static ACTIVITY_TYPE: Record = setting("activity type", "activity-types", &[own("activity_types")]);
pub static RELATIONSHIP_TYPE: Record = setting("relationship type", "relationship-types", &[own("relationship_types")]);
pub static OPPORTUNITY_STATUS: Record = setting(
    "opportunity status",
    "opportunity-statuses",
    &[Rows {
        passing: &["place"],
        ..own("opportunity_statuses")
    }],
);

/// Choices may be in use by now, their ids are never given twice, and the order is that of all fields: these stay.
pub static CUSTOM_FIELD: Record = setting(
    "custom field",
    "custom-fields",
    &[Rows {
        passing: &["options", "options_made", "place"],
        ..own("custom_fields")
    }],
);

/// The kind of record with this word.
pub fn find(word: &str) -> Option<&'static Record> {
    ALL.iter().copied().find(|record| record.word == word)
}

/// A record about contacts.
const fn belonging(word: &'static str, rows: &'static [Rows]) -> Record {
    Record {
        word,
        rows,
        page: Place::Own("contacts"),
        needs: Role::Staff,
        is_shared: false,
    }
}

const fn shared(word: &'static str, rows: &'static [Rows]) -> Record {
    Record {
        page: Place::List("tags"),
        is_shared: true,
        ..belonging(word, rows)
    }
}

/// A record that administrators keep among the settings.
const fn setting(word: &'static str, page: &'static str, rows: &'static [Rows]) -> Record {
    Record {
        page: Place::List(page),
        needs: Role::Administrator,
        ..shared(word, rows)
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
