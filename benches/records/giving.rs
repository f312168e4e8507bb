//! Gifts of the large charity, and its smart groups: made once, and how long a look at one takes against plain SQL.

use super::charity::LARGE;
use anyhow::Context;
use chrono::{Datelike, Days, NaiveDate};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date};
use dms::base::{Actor, ContactId, Currency, FundId, GroupId, Money};
use dms::crm::contacts::criteria::Criteria;
use dms::crm::contributions::actions as contributions;
use dms::crm::contributions::model::ContributionDraft;
use dms::crm::groups::smart;
use dms::db::schema::{funds, group_contacts, groups};
use dms::db::{Db, OrgTx};
use dms::work::Wakes;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Gifts for each contact, on the average; a few give much oftener than most.
const EACH: usize = 3;
/// Smart groups, alike but for what they ask: the first asks for 100 in the last 12 months.
const SMART_GROUPS: usize = 10;
/// Looks at everybody that are measured in turn with plain SQL.
const TURNS: usize = 3;
/// Contacts about whom something changes, one after the other.
const CHANGED: usize = 20;
/// How often a group is asked whether somebody has come into it.
const LOOK_EVERY: Duration = Duration::from_millis(2);
/// Nobody waits longer than this for a smart group.
const PATIENCE: Duration = Duration::from_secs(600);

/// Writes gifts of the last six years; by plain SQL, because a million contacts have three million.
pub fn seed(admin: &mut PgConnection, contacts: usize) -> QueryResult<()> {
    eprintln!("Writing {} contributions …", contacts * EACH);
    admin.batch_execute(&format!(
        "SET dms.organization_id = '{LARGE}'; SELECT setseed(0.42); \
         INSERT INTO contributions (contact_id, amount, currency, received_on, payment_method, status, fund_id, created_at, modified_at) \
         SELECT 1 + floor({contacts} * power(random(), 1.5))::bigint, \
             (ARRAY[1000, 2000, 2500, 5000, 10000, 25000])[1 + floor(random() * 6)::int], 'CAD', \
             current_date - floor(random() * 365 * 6)::int, 'Cheque', \
             CASE WHEN random() < 0.97 THEN 'Completed' ELSE 'Pending' END, \
             (SELECT min(id) FROM funds WHERE organization_id = {LARGE}), now(), now() \
         FROM generate_series(1, {contacts} * {EACH}); \
         INSERT INTO giving_totals (contact_id, currency, contributions, total, largest, first_on, last_on) \
         SELECT contact_id, currency, count(*), sum(amount)::bigint, max(amount), min(received_on), max(received_on) \
         FROM contributions WHERE organization_id = {LARGE} AND status = 'Completed' GROUP BY 1, 2; \
         ANALYZE contributions, giving_totals; RESET dms.organization_id"
    ))
}

/// Makes the smart groups and waits until they have their members.
pub async fn seed_smart_groups(db: &Db) -> anyhow::Result<()> {
    eprintln!("Filling {SMART_GROUPS} smart groups …");
    for number in 0..SMART_GROUPS {
        let criteria = criteria(number);
        db.write(LARGE, Actor::System, move |tx| {
            anyhow::Ok(smart::create(tx, &title(number), "", &criteria)?)
        })
        .await?;
    }
    let stop = Arc::new(AtomicBool::new(false));
    let at_work = smart::start(db.clone(), Wakes::default(), stop.clone());
    let began = Instant::now();
    while db.read(LARGE, |tx| anyhow::Ok(are_any_due(tx)?)).await? {
        anyhow::ensure!(began.elapsed() < PATIENCE, "the smart groups were not filled");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    stop.store(true, Ordering::Relaxed);
    Ok(at_work.await?)
}

fn title(number: usize) -> String {
    format!("Smart Group {number}")
}

/// "Total Given is at least $100 in the last 12 months and Province is ON and May Be Emailed is Yes", and the like.
fn criteria(number: usize) -> Criteria {
    let province = ["ON", "QC", "NB", "NS", "AB"][number % 5];
    let condition =
        |about: &str, op: &str, values: &[&str]| serde_json::json!({"about": about, "op": op, "values": values});
    let amount = (100 * (1 + number / 5)).to_string();
    let conditions = [
        condition("giving_total", "at_least", &[&amount, "CAD", "last", "12", "months"]),
        condition("province", "is", &[province]),
        condition("may_be_emailed", "yes", &[]),
    ];
    Criteria::parse(&serde_json::json!({"blocks": [{"conditions": conditions}]}).to_string())
}

fn are_any_due(tx: &mut OrgTx<'_>) -> QueryResult<bool> {
    let due = groups::table
        .filter(groups::organization_id.eq(tx.organization()))
        .filter(groups::search_due_at.le(tx.now()));
    diesel::select(diesel::dsl::exists(due)).get_result(&mut **tx)
}

/// Seconds of a look at everybody, of the same by plain SQL, and of a look at one contact.
pub struct Looks {
    pub everybody: f64,
    /// Of a look when the day has changed.
    pub next_day: f64,
    pub plain: f64,
    pub one: f64,
    /// From a gift's commit until its giver belongs to the group, in a running application.
    pub until_member: f64,
}

/// Measures the first smart group.
pub async fn looks(db: &Db) -> anyhow::Result<Looks> {
    let group = db.read(LARGE, |tx| anyhow::Ok(first(tx)?)).await?;
    let (mut everybody, mut next_day, mut plain) = (0.0, 0.0, 0.0);
    // What lies on the disk is fetched by whoever comes first.
    timed(db, |tx| Ok(by_plain_sql(tx).map(drop)?)).await?;
    timed(db, move |tx| {
        Ok(smart::difference(tx, group, &criteria(0), None).map(drop)?)
    })
    .await?;
    for _ in 0..TURNS {
        everybody += timed(db, move |tx| {
            Ok(smart::difference(tx, group, &criteria(0), None).map(drop)?)
        })
        .await?;
        next_day += timed(db, move |tx| {
            let yesterday = tx.now().date_naive() - Days::new(1);
            Ok(smart::difference_since(tx, group, &criteria(0), yesterday).map(drop)?)
        })
        .await?;
        plain += timed(db, |tx| Ok(by_plain_sql(tx).map(drop)?)).await?;
    }
    let changed = db.read(LARGE, move |tx| anyhow::Ok(could_join(tx, group)?)).await?;
    let (mut one, mut until_member) = (0.0, 0.0);
    for contact in &changed {
        let contact = *contact;
        one += timed(db, move |tx| {
            Ok(smart::difference(tx, group, &criteria(0), Some(&[contact])).map(drop)?)
        })
        .await?;
        until_member += give_and_wait(db, group, contact).await?;
    }
    let changed = changed.len() as f64;
    Ok(Looks {
        everybody: everybody / TURNS as f64,
        next_day: next_day / TURNS as f64,
        plain: plain / TURNS as f64,
        one: one / changed,
        until_member: until_member / changed,
    })
}

async fn timed(
    db: &Db,
    work: impl FnOnce(&mut OrgTx<'_>) -> anyhow::Result<()> + Send + 'static,
) -> anyhow::Result<f64> {
    let began = Instant::now();
    db.read(LARGE, work).await?;
    Ok(began.elapsed().as_secs_f64())
}

fn first(tx: &mut OrgTx<'_>) -> QueryResult<GroupId> {
    groups::table
        .filter(groups::organization_id.eq(tx.organization()))
        .filter(groups::title.eq(title(0)))
        .select(groups::id)
        .first(&mut **tx)
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = BigInt)]
    id: ContactId,
}

fn by_plain_sql(tx: &mut OrgTx<'_>) -> QueryResult<Vec<Found>> {
    let today = tx.now().date_naive();
    diesel::sql_query(
        "SELECT contacts.id FROM contacts JOIN ( \
             SELECT contact_id FROM contributions WHERE organization_id = $1 AND status = 'Completed' AND currency = 'CAD' \
                 AND received_on > $2 AND received_on <= $3 GROUP BY contact_id HAVING sum(amount) >= 10000 \
         ) gave ON gave.contact_id = contacts.id \
         WHERE organization_id = $1 AND deleted_at IS NULL AND NOT (do_not_email OR is_opt_out OR is_deceased) \
             AND EXISTS (SELECT FROM addresses WHERE organization_id = $1 AND contact_id = contacts.id AND province = 'ON') \
             AND EXISTS (SELECT FROM emails WHERE organization_id = $1 AND contact_id = contacts.id AND on_hold_since IS NULL) \
         ORDER BY contacts.id",
    )
    .bind::<BigInt, _>(tx.organization())
    .bind::<Date, _>(a_year_before(today))
    .bind::<Date, _>(today)
    .load(&mut **tx)
}

fn a_year_before(day: NaiveDate) -> NaiveDate {
    day.with_year(day.year() - 1).unwrap_or(day)
}

/// Contacts in Ontario whom a gift would bring into the group.
fn could_join(tx: &mut OrgTx<'_>, group: GroupId) -> QueryResult<Vec<ContactId>> {
    let found: Vec<Found> = diesel::sql_query(format!(
        "SELECT contacts.id FROM contacts JOIN addresses ON addresses.organization_id = $1 AND contact_id = contacts.id \
         WHERE contacts.organization_id = $1 AND deleted_at IS NULL AND province = 'ON' AND NOT EXISTS ( \
             SELECT FROM group_contacts WHERE organization_id = $1 AND group_id = $2 AND contact_id = contacts.id) \
         ORDER BY contacts.id DESC LIMIT {CHANGED}"
    ))
    .bind::<BigInt, _>(tx.organization())
    .bind::<BigInt, _>(group)
    .load(&mut **tx)?;
    Ok(found.into_iter().map(|row| row.id).collect())
}

/// Seconds from the commit of a gift until its giver belongs to the group.
async fn give_and_wait(db: &Db, group: GroupId, contact: ContactId) -> anyhow::Result<f64> {
    db.write(LARGE, Actor::System, move |tx| {
        let fund: FundId = funds::table
            .filter(funds::organization_id.eq(tx.organization()))
            .select(funds::id)
            .first(&mut **tx)?;
        let today = tx.now().date_naive();
        let gift = ContributionDraft::new(contact, Money::new(50_000, Currency::CAD), today, fund);
        anyhow::Ok(contributions::add(tx, &gift, today)?)
    })
    .await?;
    let began = Instant::now();
    let belongs = move |tx: &mut OrgTx<'_>| {
        let row = group_contacts::table.find((tx.organization(), group, contact));
        anyhow::Ok(diesel::select(diesel::dsl::exists(row)).get_result::<bool>(&mut **tx)?)
    };
    while !db.read(LARGE, belongs).await.context("is the giver a member?")? {
        anyhow::ensure!(began.elapsed() < PATIENCE, "the smart group did not notice a gift");
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(began.elapsed().as_secs_f64())
}
