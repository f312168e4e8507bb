//! Every column of the database that names a contact, with what merging and erasing do to it. The test
//! `every_column_that_names_a_contact_is_known_to_merging_and_erasing` holds this list against the database: a new table with such a
//! column is not forgotten.

use OnErase::{Delete, Otherwise as Else};
use OnMerge::{Move, MoveApart, MoveMissing, Otherwise};

/// A column that names a contact.
#[derive(Clone, Copy, Debug)]
pub struct Reference {
    pub table: &'static str,
    pub column: &'static str,
    pub on_merge: OnMerge,
    pub on_erase: OnErase,
}

/// What a merge does with the rows of the contact that goes.
#[derive(Clone, Copy, Debug)]
pub enum OnMerge {
    /// They go to the survivor. `key` is the column by which, beside the contact, a row is known.
    Move { key: &'static str },
    /// The same, but for those the survivor has a counterpart of: they stay with the contact that goes.
    MoveMissing { key: &'static str },
    /// They go, known by their `id`, but for those whose `other` column names the survivor, because nobody is related to
    /// themselves, and those that hold on as one of the survivor's does already, because nobody is related twice.
    MoveApart { other: &'static str },
    /// Seen to elsewhere, or they stay, for this reason.
    Otherwise(&'static str),
}

/// What erasing a person does with their rows.
#[derive(Clone, Copy, Debug)]
pub enum OnErase {
    Delete,
    /// Seen to elsewhere, or they stay, for this reason.
    Otherwise(&'static str),
}

const fn reference(table: &'static str, column: &'static str, on_merge: OnMerge, on_erase: OnErase) -> Reference {
    Reference {
        table,
        column,
        on_merge,
        on_erase,
    }
}

/// All of them. Whoever deletes rows that others lean on puts those others first.
pub const ALL: &[Reference] = &[
    reference(
        "activities",
        "added_by_contact",
        Move { key: "id" },
        Else("emptied where nobody else has part in it"),
    ),
    reference(
        "activity_contacts",
        "contact_id",
        MoveMissing { key: "activity_id" },
        Delete,
    ),
    reference("contact_tags", "contact_id", MoveMissing { key: "tag_id" }, Delete),
    reference(
        "held_removals",
        "contact_id",
        Otherwise("the sync decides anew about both"),
        Delete,
    ),
    reference(
        "made_removals",
        "contact_id",
        Otherwise("counted for whom it was made"),
        Delete,
    ),
    reference("notes", "contact_id", Move { key: "id" }, Delete),
    reference("opportunities", "contact_id", Move { key: "id" }, Delete),
    reference("relationships", "contact_a", MoveApart { other: "contact_b" }, Delete),
    reference("relationships", "contact_b", MoveApart { other: "contact_a" }, Delete),
    reference("smart_due_contacts", "contact_id", Otherwise("both are marked"), Delete),
    reference(
        "addresses",
        "contact_id",
        Otherwise("the survivor's are written anew with both"),
        Delete,
    ),
    reference(
        "bulk_contacts",
        "contact_id",
        Otherwise("tells what was done to the one who goes"),
        Delete,
    ),
    reference(
        "changes",
        "contact_id",
        Otherwise("the survivor's Change Log reads both"),
        Delete,
    ),
    reference(
        "contact_search_terms",
        "contact_id",
        Otherwise("written anew with the survivor"),
        Delete,
    ),
    reference(
        "contributions",
        "contact_id",
        Move { key: "id" },
        Else("tax law keeps them; the note goes"),
    ),
    reference(
        "contacts",
        "merged_into",
        Otherwise("written by the merge itself"),
        Else("who was merged is erased, too"),
    ),
    reference("due_contacts", "contact_id", Otherwise("both are marked"), Delete),
    reference(
        "duplicate_keys",
        "contact_id",
        Otherwise("written anew by the search for duplicates"),
        Delete,
    ),
    reference(
        "duplicate_pairs",
        "first_id",
        Otherwise("who is in the trash is not shown"),
        Delete,
    ),
    reference(
        "duplicate_pairs",
        "second_id",
        Otherwise("who is in the trash is not shown"),
        Delete,
    ),
    reference(
        "emails",
        "contact_id",
        Otherwise("the survivor's are written anew with both"),
        Delete,
    ),
    reference(
        "giving_totals",
        "contact_id",
        Otherwise("added up anew for both"),
        Else("adds up the gifts that stay"),
    ),
    reference(
        "group_contacts",
        "contact_id",
        Otherwise("the survivor takes over, opt-outs first"),
        Delete,
    ),
    reference("group_history", "contact_id", Move { key: "id" }, Delete),
    reference(
        "import_rows",
        "contact_id",
        Otherwise("tells whom the row met"),
        Else("the row is emptied and stays counted"),
    ),
    reference("merges", "loser_id", Otherwise("tells of an earlier merge"), Delete),
    reference("merges", "survivor_id", Otherwise("tells of an earlier merge"), Delete),
    reference(
        "person_deletions",
        "contact_id",
        Otherwise("who is being erased is in the trash and is not merged"),
        Delete,
    ),
    reference(
        "phones",
        "contact_id",
        Otherwise("the survivor's are written anew with both"),
        Delete,
    ),
    reference(
        "planned_calls",
        "contact_id",
        Otherwise("tells what was asked for the one who goes"),
        Else("emptied by the sync"),
    ),
    reference(
        "recurring_contributions",
        "contact_id",
        Move { key: "id" },
        Else("gifts that stay lean on it"),
    ),
    reference(
        "soft_credits",
        "contact_id",
        Move { key: "id" },
        Else("a part of a gift that stays"),
    ),
    reference(
        "sync_standings",
        "contact_id",
        Otherwise("the sync takes over what was agreed"),
        Delete,
    ),
];
