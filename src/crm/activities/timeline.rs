//! What happened with a contact, in one line of time: activities among contributions, notes, groups, imports and merges.

use crate::base::{ContactId, Currency, Money};
use crate::db::OrgTx;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz};

/// What can happen with a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Activity,
    Contribution,
    Note,
    Group,
    Import,
    Merge,
    /// Everything the Change Log has; only where it is asked for, since it repeats the others.
    Change,
}

impl Kind {
    /// In the order in which they are offered.
    pub const ALL: [Self; 7] = [
        Self::Activity,
        Self::Contribution,
        Self::Note,
        Self::Group,
        Self::Import,
        Self::Merge,
        Self::Change,
    ];

    /// The word in the address and in the query.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Activity => "activity",
            Self::Contribution => "contribution",
            Self::Note => "note",
            Self::Group => "group",
            Self::Import => "import",
            Self::Merge => "merge",
            Self::Change => "change",
        }
    }

    /// The words people see.
    pub fn label(self) -> &'static str {
        match self {
            Self::Activity => "Activities",
            Self::Contribution => "Contributions",
            Self::Note => "Notes",
            Self::Group => "Groups",
            Self::Import => "Imports",
            Self::Merge => "Merges",
            Self::Change => "All changes",
        }
    }

    /// The name of its drawing.
    pub fn icon(self) -> &'static str {
        match self {
            Self::Activity => "activities",
            Self::Contribution => "contributions",
            Self::Note => "notes",
            Self::Group => "groups",
            Self::Import => "imports",
            Self::Merge => "merge",
            Self::Change => "changes",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Happening {
    pub at: DateTime<Utc>,
    pub kind: Kind,
    /// "Meeting", "Contribution of $50.00", "Added to Newsletter"
    pub title: String,
    /// A subject, a reason, the beginning of a note.
    pub text: String,
    pub who: String,
    /// How an activity or contribution stands; empty for others.
    pub status: String,
    /// The id of the activity, contribution, note or merge.
    pub id: i64,
}

/// Everything that happened with `$2`; `$3` is the kind that is wanted.
const HAPPENINGS: &str = "FROM ( \
    SELECT a.activity_at AS at, 'activity' AS kind, t.name AS title, a.subject AS text, \
        coalesce(added.display_name, a.created_by) AS who, a.status, a.id, NULL::bigint AS amount, NULL::text AS currency \
        FROM activities a JOIN activity_types t ON t.organization_id = $1 AND t.id = a.type_id \
        LEFT JOIN contacts added ON added.organization_id = $1 AND added.id = a.added_by_contact \
        WHERE a.organization_id = $1 AND a.id IN ( \
            SELECT activity_id FROM activity_contacts WHERE organization_id = $1 AND contact_id = $2 \
            UNION SELECT id FROM activities WHERE organization_id = $1 AND added_by_contact = $2) \
    UNION ALL SELECT (received_on + coalesce(received_time, time '00:00')) \
            AT TIME ZONE (SELECT time_zone FROM organizations WHERE id = $1), \
        'contribution', 'Contribution', source, '', status, id, amount, currency \
        FROM contributions WHERE organization_id = $1 AND contact_id = $2 \
    UNION ALL SELECT noted_at, 'note', 'Note', concat_ws(': ', nullif(subject, ''), left(body, 300)), created_by, '', id, \
        NULL, NULL \
        FROM notes WHERE organization_id = $1 AND contact_id = $2 \
    UNION ALL SELECT h.at, 'group', CASE h.status WHEN 'Added' THEN 'Added to ' || g.title \
            WHEN 'Removed' THEN 'Removed from ' || g.title ELSE 'Membership in ' || g.title || ' deleted' END, \
        h.why, h.actor, '', h.id, NULL, NULL \
        FROM group_history h JOIN groups g ON g.organization_id = $1 AND g.id = h.group_id \
        WHERE h.organization_id = $1 AND h.contact_id = $2 \
    UNION ALL SELECT at, 'import', what, why, actor_name, '', id, NULL, NULL FROM changes \
        WHERE organization_id = $1 AND contact_id = $2 AND actor_kind = 'import' AND what LIKE 'Contact %' \
    UNION ALL SELECT m.merged_at, 'merge', \
            CASE WHEN m.survivor_id = $2 THEN 'Merged with ' ELSE 'Merged into ' END || other.display_name, \
            CASE WHEN m.undone_at IS NULL THEN '' ELSE 'Undone by ' || m.undone_by_name END, m.merged_by_name, '', m.id, NULL, NULL \
        FROM merges m JOIN contacts other ON other.organization_id = $1 \
            AND other.id = CASE WHEN m.survivor_id = $2 THEN m.loser_id ELSE m.survivor_id END \
        WHERE m.organization_id = $1 AND (m.survivor_id = $2 OR m.loser_id = $2) \
    UNION ALL SELECT at, 'change', what, why, actor_name, '', id, NULL, NULL FROM changes \
        WHERE organization_id = $1 AND contact_id = $2 AND $3 = 'change' \
    ) happening WHERE $3::text IS NULL OR kind = $3";

/// What happened, the latest first.
pub fn list(
    tx: &mut OrgTx<'_>,
    contact: ContactId,
    kind: Option<Kind>,
    offset: i64,
    limit: i64,
) -> QueryResult<Vec<Happening>> {
    let rows: Vec<Row> = diesel::sql_query(format!(
        "SELECT at, kind, title, text, who, status, id, amount, currency {HAPPENINGS} ORDER BY at DESC, kind, id DESC OFFSET $4 LIMIT $5"
    ))
    .bind::<BigInt, _>(tx.organization())
    .bind::<BigInt, _>(contact)
    .bind::<Nullable<Text>, _>(kind.map(Kind::as_str))
    .bind::<BigInt, _>(offset)
    .bind::<BigInt, _>(limit)
    .load(&mut **tx)?;
    Ok(rows.into_iter().filter_map(Row::happening).collect())
}

/// How many things happened.
pub fn count(tx: &mut OrgTx<'_>, contact: ContactId, kind: Option<Kind>) -> QueryResult<i64> {
    let row: Count = diesel::sql_query(format!("SELECT count(*) AS happenings {HAPPENINGS}"))
        .bind::<BigInt, _>(tx.organization())
        .bind::<BigInt, _>(contact)
        .bind::<Nullable<Text>, _>(kind.map(Kind::as_str))
        .get_result(&mut **tx)?;
    Ok(row.happenings)
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    happenings: i64,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    title: String,
    #[diesel(sql_type = Text)]
    text: String,
    #[diesel(sql_type = Text)]
    who: String,
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    amount: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    currency: Option<Currency>,
}

impl Row {
    fn happening(self) -> Option<Happening> {
        let amount = self
            .amount
            .zip(self.currency)
            .map(|(minor, currency)| Money::new(minor, currency));
        Some(Happening {
            kind: Kind::parse(&self.kind)?,
            at: self.at,
            title: match amount {
                Some(amount) => format!("{} of {amount}", self.title),
                None => self.title,
            },
            text: self.text,
            who: self.who,
            status: self.status,
            id: self.id,
        })
    }
}
