//! The charities that are measured: written once through the records' own actions, from a seed, and kept for the next run.

use super::giving;
use anyhow::Context;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use dms::accounts::actions::{NewOrganization, SignUpError, SignedUp, sign_up};
use dms::accounts::password;
use dms::base::{Actor, Clock, ContactId, EmailAddress, OrganizationId};
use dms::config::Config;
use dms::crm::contacts::{Address, ContactDraft, ContactType, EmailDraft, Phone, actions as contacts};
use dms::crm::duplicates;
use dms::crm::groups::actions as groups;
use dms::db::private::PrivatePostgres;
use dms::db::{Db, OrgTx};
use dms::work::Wakes;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Everything follows from this number.
const SEED: u64 = 20_261_124;
/// Contacts written in one transaction while seeding.
const BATCH: usize = 5_000;
/// The charities beside the large one, and the contacts of each.
const SMALL_ONES: usize = 500;
const SMALL_CONTACTS: usize = 100;
/// Groups of the large charity, each with every so many-th contact.
const GROUPS: usize = 50;
/// How often work in the background is asked whether it is done.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How many contacts join and leave in one action.
const IN_AND_OUT: i64 = 10_000;
/// Different searches and contact pages that are asked for; few enough that preparing them costs `pgbench` nothing.
const VARIETY: usize = 20;

/// The large charity is the first that signs up.
pub const LARGE: OrganizationId = OrganizationId(1);
pub const EMAIL: &str = "bench@large.test-charity.ca";
pub const PASSWORD: &str = "ninety warm loaves";

const FIRST: [&str; 40] = [
    "Anne", "Louise", "Simone", "Marie", "Chantal", "Hélène", "Esther", "Joan", "Ruth", "Noor", "Aoife", "Mei",
    "Priya", "Fatima", "Olga", "Ingrid", "Rosa", "Dina", "Karen", "Susan", "Jean", "Pierre", "Robert", "John", "David",
    "Michel", "Ahmed", "Kwame", "Dmitri", "Liam", "Noah", "Lucas", "Walter", "Gordon", "Patrick", "Bert", "Omar",
    "Ravi", "Chen", "Yusuf",
];
const ONSET: [&str; 20] = [
    "B", "Br", "C", "Ch", "D", "F", "G", "Gr", "H", "K", "L", "M", "N", "P", "R", "S", "St", "T", "V", "W",
];
const VOWEL: [&str; 6] = ["a", "e", "i", "o", "u", "ou"];
const CODA: [&str; 12] = ["n", "r", "l", "nd", "rt", "ck", "sh", "m", "ss", "ll", "rd", "t"];
const ENDING: [&str; 12] = [
    "son", "man", "er", "ell", "ard", "in", "ette", "ski", "ov", "ham", "ley", "eau",
];
const PLACES: [(&str, &str); 8] = [
    ("Toronto", "ON"),
    ("Ottawa", "ON"),
    ("Montréal", "QC"),
    ("Québec", "QC"),
    ("Moncton", "NB"),
    ("Halifax", "NS"),
    ("Calgary", "AB"),
    ("Vancouver", "BC"),
];

/// The database with the charities in it; made anew when it is not there, not complete, or of another size.
pub async fn ready(postgres: &PrivatePostgres, contacts: usize) -> anyhow::Result<String> {
    let complete = format!("bench_{contacts}");
    if PgConnection::establish(&postgres.app_url(&complete)).is_ok() {
        dms::db::migrate(&postgres.owner_url(&complete))?;
        return Ok(complete);
    }
    let unfinished = "bench_unfinished";
    postgres.recreate_database(unfinished)?;
    dms::db::migrate(&postgres.owner_url(unfinished))?;
    let db = Db::connect(&postgres.app_url(unfinished), Clock::system())?;
    seed(&db, contacts).await?;
    let mut admin = PgConnection::establish(&postgres.admin_url(unfinished))?;
    giving::seed(&mut admin, contacts)?;
    giving::seed_smart_groups(&db).await?;
    search_for_duplicates(&db).await?;
    eprintln!("Tidying the tables …");
    // Nobody is in step with Mailchimp here: marks of what is due would only be worked off while we measure.
    admin.batch_execute("TRUNCATE due_contacts, smart_due_contacts, wake_ups")?;
    admin.batch_execute("VACUUM ANALYZE")?;
    drop(admin);
    let mut admin = PgConnection::establish(&postgres.admin_url("postgres"))?;
    admin.batch_execute(&format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{unfinished}'"
    ))?;
    admin.batch_execute(&format!("ALTER DATABASE {unfinished} RENAME TO {complete}"))?;
    Ok(complete)
}

async fn seed(db: &Db, contacts: usize) -> anyhow::Result<()> {
    let mut random = StdRng::seed_from_u64(SEED);
    anyhow::ensure!(organization(db, "Large Charity", EMAIL).await? == LARGE);
    let began = Instant::now();
    let mut written = 0;
    while written < contacts {
        let drafts = drafts(&mut random, written, BATCH.min(contacts - written))?;
        written += drafts.len();
        add(db, LARGE, drafts).await?;
        if written % 50_000 == 0 {
            eprintln!("{written} contacts written in {} s …", began.elapsed().as_secs());
        }
    }
    fill_groups(db).await?;
    for number in 0..SMALL_ONES {
        let name = format!("Small Charity {number}");
        let id = organization(db, &name, &format!("owner{number}@small.test-charity.ca")).await?;
        let drafts = drafts(&mut random, number * SMALL_CONTACTS, SMALL_CONTACTS)?;
        add(db, id, drafts).await?;
    }
    Ok(())
}

/// As after some nights in use: an import has only those it brought searched.
async fn search_for_duplicates(db: &Db) -> anyhow::Result<()> {
    eprintln!("Searching for duplicates …");
    db.write(LARGE, Actor::System, |tx| anyhow::Ok(duplicates::actions::search(tx)?))
        .await?;
    let stop = Arc::new(AtomicBool::new(false));
    let at_work = duplicates::start(db.clone(), Wakes::default(), stop.clone());
    let is_running =
        |tx: &mut OrgTx<'_>| anyhow::Ok(duplicates::store::scan(tx)?.is_some_and(|scan| scan.is_running()));
    while db.read(LARGE, is_running).await? {
        tokio::time::sleep(LOOK_EVERY).await;
    }
    stop.store(true, Ordering::Relaxed);
    Ok(at_work.await?)
}

async fn organization(db: &Db, name: &str, email: &str) -> anyhow::Result<OrganizationId> {
    let config = Config::read(std::path::Path::new("."), |name| {
        (name == "SECRET_KEY").then(|| "-".repeat(64))
    });
    let config = config.map_err(|wrong| anyhow::anyhow!(wrong.join("\n")))?;
    let new = NewOrganization {
        name: name.into(),
        person_name: "Bench".into(),
        email: EmailAddress::parse(email).map_err(anyhow::Error::msg)?,
        password_hash: password::hash(&PASSWORD.into()).await?,
        is_email_confirmed: true,
    };
    let signed_up: Result<SignedUp, SignUpError> = db.shared(move |tx| sign_up(tx, &config, &new)).await;
    Ok(signed_up?.organization)
}

async fn add(db: &Db, organization: OrganizationId, drafts: Vec<ContactDraft>) -> anyhow::Result<()> {
    db.write(organization, Actor::System, move |tx| {
        contacts::add_many(tx, &drafts)?;
        Ok(())
    })
    .await
}

/// People from a number on; their external identifier is that number.
pub fn drafts(random: &mut StdRng, from: usize, count: usize) -> anyhow::Result<Vec<ContactDraft>> {
    (from..from + count).map(|number| draft(random, number)).collect()
}

fn draft(random: &mut StdRng, number: usize) -> anyhow::Result<ContactDraft> {
    let mut pick = |list: &[&'static str]| list[random.random_range(0..list.len())];
    let first = pick(&FIRST);
    let last = [pick(&ONSET), pick(&VOWEL), pick(&CODA), pick(&ENDING)].concat();
    let (city, province) = PLACES[random.random_range(0..PLACES.len())];
    let mut draft = ContactDraft::default();
    draft.details.contact_type = ContactType::Individual;
    draft.details.first_name = first.into();
    draft.details.external_identifier = Some(number.to_string());
    draft.details.preferred_language = if province == "QC" { "fr" } else { "en" }.into();
    let address = format!("{}.{number}@post.test-charity.ca", last.to_lowercase());
    let address = EmailAddress::parse(&address).map_err(anyhow::Error::msg);
    draft
        .emails
        .push(EmailDraft::new(address.context("an address of the seed")?));
    draft.details.last_name = last;
    draft.phones.push(Phone::new(format!(
        "{}-555-{:04}",
        random.random_range(200..999),
        random.random_range(0..10_000)
    )));
    draft.addresses.push(Address {
        street_address: format!("{} Main Street", random.random_range(1..2_000)),
        city: city.into(),
        province: province.into(),
        postal_code: format!("K{}A {}B{}", number % 10, number / 10 % 10, number / 100 % 10),
        country: "Canada".into(),
        location_type: "Home".into(),
        ..Address::default()
    });
    draft.settle_primaries();
    Ok(draft)
}

async fn fill_groups(db: &Db) -> anyhow::Result<()> {
    for number in 0..GROUPS {
        let every = number as i64 + 20;
        db.write(LARGE, Actor::System, move |tx| {
            let group = groups::create(tx, &format!("Group {number}"), "")?;
            let members = ids(tx, &format!("id % {every} = 0"))?;
            groups::add_contacts(tx, group, &members, "")?;
            anyhow::Ok(())
        })
        .await?;
    }
    Ok(())
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

fn ids(tx: &mut OrgTx<'_>, condition: &str) -> QueryResult<Vec<ContactId>> {
    let query = format!("SELECT id FROM contacts WHERE organization_id = $1 AND {condition} ORDER BY id");
    let rows: Vec<Id> = diesel::sql_query(query)
        .bind::<BigInt, _>(tx.organization().0)
        .load(&mut **tx)?;
    Ok(rows.into_iter().map(|row| ContactId(row.id)).collect())
}

/// Beginnings of last names that people look for.
pub fn prefixes() -> Vec<String> {
    let mut random = StdRng::seed_from_u64(SEED);
    let mut pick = |list: &[&'static str]| list[random.random_range(0..list.len())];
    (0..VARIETY)
        .map(|_| {
            [pick(&ONSET), pick(&VOWEL), pick(&CODA), pick(&ENDING)]
                .concat()
                .to_lowercase()
        })
        .map(|name| name.chars().take(5).collect())
        .collect()
}

/// Contacts whose pages are asked for, from all over the table.
pub async fn some_contacts(db: &Db) -> anyhow::Result<Vec<ContactId>> {
    let all = db.read(LARGE, |tx| anyhow::Ok(ids(tx, "id % 97 = 0")?)).await?;
    Ok(all.iter().step_by(all.len() / VARIETY + 1).copied().collect())
}

/// Seconds in which ten thousand contacts join a new group, and in which they leave it.
pub async fn in_and_out(db: &Db) -> anyhow::Result<(f64, f64)> {
    let (group, members) = db
        .write(LARGE, Actor::System, |tx| {
            let group = groups::create(tx, &format!("In and out {}", tx.now().timestamp_millis()), "")?;
            let everybody = ids(tx, "deleted_at IS NULL AND id % 7 = 0")?;
            anyhow::Ok((
                group,
                everybody.into_iter().take(IN_AND_OUT as usize).collect::<Vec<_>>(),
            ))
        })
        .await?;
    let joining = members.clone();
    let began = Instant::now();
    db.write(LARGE, Actor::System, move |tx| {
        anyhow::Ok(groups::add_contacts(tx, group, &joining, "")?)
    })
    .await?;
    let joined = began.elapsed().as_secs_f64();
    let began = Instant::now();
    db.write(LARGE, Actor::System, move |tx| {
        anyhow::Ok(groups::remove_contacts(tx, group, &members, "")?)
    })
    .await?;
    Ok((joined, began.elapsed().as_secs_f64()))
}
