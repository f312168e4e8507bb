//! The organization's audiences at Mailchimp, read to the end of the list.

use super::engine::{Stop, Worker};
use super::{connection, gone};
use crate::db::OrgTx;
use crate::db::schema::{audiences, mailchimp_connections};
use crate::mailchimp::Audience as TheirAudience;
use crate::work;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::upsert::excluded;

/// An audience as pages show it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = audiences)]
pub struct Audience {
    pub id: String,
    pub name: String,
    pub double_optin: bool,
    pub member_count: i32,
    pub subscribe_url: String,
    pub gone_at: Option<DateTime<Utc>>,
    pub read_wanted_at: Option<DateTime<Utc>>,
    pub read_members: i32,
    pub read_total: i32,
    pub read_done_at: Option<DateTime<Utc>>,
    pub read_problem: Option<String>,
    pub polled_at: Option<DateTime<Utc>>,
    pub webhook_id: Option<String>,
    pub webhook_state: String,
    pub webhook_words: Option<String>,
    pub webhook_checked_at: Option<DateTime<Utc>>,
    pub webhook_heard_at: Option<DateTime<Utc>>,
    pub webhook_signing_secret: Option<Vec<u8>>,
}

/// All audiences, by name; those that are gone at Mailchimp last.
pub fn list(tx: &mut OrgTx<'_>) -> QueryResult<Vec<Audience>> {
    audiences::table
        .filter(audiences::organization_id.eq(tx.organization()))
        .order((audiences::gone_at.is_not_null(), audiences::name, audiences::id))
        .select(Audience::as_select())
        .load(&mut **tx)
}

/// One audience.
pub fn find(tx: &mut OrgTx<'_>, id: &str) -> QueryResult<Option<Audience>> {
    audiences::table
        .find((tx.organization().0, id))
        .select(Audience::as_select())
        .first(&mut **tx)
        .optional()
}

/// Takes in the complete list; whoever is missing from it is gone. `link` leads alerts to the page that helps.
pub fn take_in(tx: &mut OrgTx<'_>, theirs: &[TheirAudience], link: &str) -> QueryResult<()> {
    for audience in theirs {
        take_in_one(tx, audience)?;
    }
    let there: Vec<&str> = theirs.iter().map(|audience| audience.id.as_str()).collect();
    let missing: Vec<String> = audiences::table
        .filter(audiences::organization_id.eq(tx.organization()))
        .filter(audiences::id.ne_all(there))
        .filter(audiences::gone_at.is_null())
        .select(audiences::id)
        .load(&mut **tx)?;
    for audience in missing {
        gone::gone(tx, &audience, "It is no longer in the list of audiences.", link)?;
    }
    let now = tx.now();
    diesel::update(mailchimp_connections::table.find(tx.organization().0))
        .set(mailchimp_connections::audiences_read_at.eq(now))
        .execute(&mut **tx)?;
    Ok(())
}

/// Takes in one audience as Mailchimp shows it; one that was gone is back.
pub fn take_in_one(tx: &mut OrgTx<'_>, audience: &TheirAudience) -> QueryResult<()> {
    use audiences::dsl;
    diesel::insert_into(dsl::audiences)
        .values((
            dsl::id.eq(audience.id.as_str()),
            dsl::name.eq(&audience.name),
            dsl::double_optin.eq(audience.double_optin),
            dsl::member_count.eq(i32::try_from(audience.stats.member_count).unwrap_or(i32::MAX)),
            dsl::subscribe_url.eq(&audience.subscribe_url_long),
        ))
        .on_conflict((dsl::organization_id, dsl::id))
        .do_update()
        .set((
            dsl::name.eq(excluded(dsl::name)),
            dsl::double_optin.eq(excluded(dsl::double_optin)),
            dsl::member_count.eq(excluded(dsl::member_count)),
            dsl::subscribe_url.eq(excluded(dsl::subscribe_url)),
            dsl::gone_at.eq(None::<DateTime<Utc>>),
        ))
        .execute(&mut **tx)?;
    gone::back(tx, audience.id.as_str())
}

/// Reads the list where it was not read since the connection was made.
pub async fn read_list_if_new(worker: &Worker) -> Result<(), Stop> {
    let connection = worker.read(|tx| Ok(connection::find(tx)?)).await?;
    if connection.is_none_or(|connection| connection.audiences_read_at.is_some()) {
        return Ok(());
    }
    let theirs = worker.ask(worker.client.audiences()).await?.map_err(Stop::Mailchimp)?;
    let link = worker.engine.connection_link(&worker.slug);
    worker.write(move |tx| Ok(take_in(tx, &theirs.audiences, &link)?)).await
}

/// Asks for a full read of an audience; the sync does it in the background.
pub fn want_full_read(tx: &mut OrgTx<'_>, id: &str) -> QueryResult<()> {
    let now = tx.now();
    diesel::update(audiences::table.find((tx.organization().0, id)))
        .set((
            audiences::read_wanted_at.eq(now),
            audiences::read_done_at.eq(None::<DateTime<Utc>>),
            audiences::read_members.eq(0),
            audiences::read_total.eq(0),
            audiences::read_problem.eq(None::<String>),
        ))
        .execute(&mut **tx)?;
    let organization = tx.organization();
    work::wake(tx, organization, work::Kind::Sync, now)
}
