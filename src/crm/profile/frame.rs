//! What every tab of a contact shows around itself: name, badges, buttons and the tabs with their counts.

use crate::base::ContactId;
use crate::crm::contacts::model::{ContactType, Privacy};
use crate::db::schema::contacts;
use crate::db::{OrgTx, Prepared};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Timestamptz};

/// The tabs of a contact that exist so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    Summary,
    Contributions,
    Opportunities,
    Activities,
    Relationships,
    Groups,
    Notes,
    Tags,
    ChangeLog,
}

/// The frame. A tab's page has one as `frame` beside its `page`, and begins its `main` block with
/// `{% include "profile/frame.html" %}`.
pub struct Frame {
    pub id: ContactId,
    pub contact_type: ContactType,
    pub contact_subtype: String,
    /// "Ms. Anne Lem"
    pub name: String,
    pub is_deceased: bool,
    /// What they have asked us not to do.
    pub refusals: Vec<&'static str>,
    pub is_in_the_trash: bool,
    /// Whom the contact became part of.
    pub merged_into: Option<ContactId>,
    /// The person was erased for good.
    pub is_erased: bool,
    pub counts: Counts,
    current: Tab,
}

/// What stands beside the names of the tabs.
#[derive(QueryableByName)]
pub struct Counts {
    /// Contributions of whatever status.
    #[diesel(sql_type = BigInt)]
    pub contributions: i64,
    #[diesel(sql_type = BigInt)]
    pub opportunities: i64,
    #[diesel(sql_type = BigInt)]
    pub activities: i64,
    /// Those that are not over, with contacts who are not in the trash.
    #[diesel(sql_type = BigInt)]
    pub relationships: i64,
    /// How many groups the contact is in now; past ones do not count.
    #[diesel(sql_type = BigInt)]
    pub groups: i64,
    #[diesel(sql_type = BigInt)]
    pub notes: i64,
    #[diesel(sql_type = BigInt)]
    pub tags: i64,
    #[diesel(sql_type = BigInt)]
    pub changes: i64,
}

/// All of them at once: every page of a contact waits for this.
const COUNTED: &str = "SELECT \
    (SELECT count(*) FROM contributions WHERE organization_id = $1 AND contact_id = $2) AS contributions, \
    (SELECT count(*) FROM opportunities WHERE organization_id = $1 AND contact_id = $2) AS opportunities, \
    (SELECT count(*) FROM ( \
        SELECT activity_id FROM activity_contacts WHERE organization_id = $1 AND contact_id = $2 \
        UNION SELECT id FROM activities WHERE organization_id = $1 AND added_by_contact = $2) AS theirs) AS activities, \
    (SELECT count(*) FROM relationships r JOIN contacts other ON other.organization_id = $1 AND other.deleted_at IS NULL \
        AND other.id = CASE WHEN r.contact_a = $2 THEN r.contact_b ELSE r.contact_a END \
        WHERE r.organization_id = $1 AND (r.contact_a = $2 OR r.contact_b = $2) AND r.is_active AND coalesce(r.end_date >= \
            ($3 AT TIME ZONE (SELECT time_zone FROM organizations WHERE id = $1))::date, true)) AS relationships, \
    (SELECT count(*) FROM group_contacts WHERE organization_id = $1 AND contact_id = $2 AND status <> 'Removed') AS groups, \
    (SELECT count(*) FROM notes WHERE organization_id = $1 AND contact_id = $2) AS notes, \
    (SELECT count(*) FROM contact_tags WHERE organization_id = $1 AND contact_id = $2) AS tags, \
    (SELECT count(*) FROM changes WHERE organization_id = $1 AND contact_id = $2) AS changes";

impl Frame {
    /// The frame of a contact with `current` as the open tab; `NotFound` where there is no such contact.
    pub fn load(tx: &mut OrgTx<'_>, id: ContactId, current: Tab) -> QueryResult<Self> {
        let row: Row = contacts::table
            .find((tx.organization().0, id.0))
            .select(Row::as_select())
            .first(&mut **tx)?;
        let counted = diesel::sql_query(COUNTED)
            .bind::<BigInt, _>(tx.organization())
            .bind::<BigInt, _>(id)
            .bind::<Timestamptz, _>(tx.now());
        let counts = Prepared(counted).get_result(&mut **tx)?;
        Ok(Self {
            id,
            is_deceased: row.is_deceased,
            refusals: refusals(&row.privacy),
            is_in_the_trash: row.deleted_at.is_some(),
            merged_into: row.merged_into,
            is_erased: row.erased_at.is_some(),
            contact_type: row.contact_type,
            contact_subtype: row.contact_subtype,
            name: row.display_name,
            counts,
            current,
        })
    }

    /// The open tab, as the tabs' template asks for it.
    pub fn shows(&self, tab: &str) -> bool {
        tab == match self.current {
            Tab::Summary => "summary",
            Tab::Contributions => "contributions",
            Tab::Opportunities => "opportunities",
            Tab::Activities => "activities",
            Tab::Relationships => "relationships",
            Tab::Groups => "groups",
            Tab::Notes => "notes",
            Tab::Tags => "tags",
            Tab::ChangeLog => "changes",
        }
    }
}

fn refusals(privacy: &Privacy) -> Vec<&'static str> {
    let set = privacy.flags().into_iter().filter(|(_, _, is_set)| *is_set);
    set.map(|(_, words, _)| words).collect()
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = contacts)]
struct Row {
    contact_type: ContactType,
    contact_subtype: String,
    display_name: String,
    is_deceased: bool,
    deleted_at: Option<DateTime<Utc>>,
    merged_into: Option<ContactId>,
    erased_at: Option<DateTime<Utc>>,
    #[diesel(embed)]
    privacy: Privacy,
}
