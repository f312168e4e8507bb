//! The SQL of every search finds exactly those for whom the search holds when it is judged without a database.

use crate::support::cluster::{Cluster, Database};
use chrono::{DateTime, Days, NaiveDate, TimeDelta, TimeZone, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Date, Jsonb, Nullable, Text, Timestamptz};
use dms::base::{Actor, Clock, ContactId, EmailAddress, GroupId, OrganizationId};
use dms::crm::contacts::criteria::{
    Block, Calendar, Condition, Control, Criteria, Draft, DraftCondition, Facts, Match, Offers, SUBJECTS, Typed,
};
use dms::crm::contacts::{self, Address, ContactDraft, ContactType, EmailDraft, Phone};
use dms::crm::custom_fields::actions::{self as fields, Definition};
use dms::crm::custom_fields::{CustomFields, CustomValues, Kind, Record, store};
use dms::crm::{contributions, groups};
use dms::db::{Db, OrgTx};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

/// Contacts the searches look through.
const PEOPLE: usize = 150;
/// Searches that are tried.
const SEARCHES: u32 = 600;
/// Words of which the records are made, and pieces of which people look for: accents, ligatures, capitals, and what SQL
/// and patterns take for something else.
const WORDS: [&str; 16] = [
    "",
    "",
    "Toronto",
    "MONTRÉAL",
    "montreal",
    "Québec",
    "Œuvre",
    "Straße",
    "Łódź",
    "O'Brien",
    "50%",
    "a_b",
    "x\\y",
    "Éa",
    "e\u{301}a",
    "Ontario",
];
const LOOKED_FOR: [&str; 14] = [
    "toronto", "TORON", "Montreal", "é", "oeuvre", "œ", "strasse", "lodz", "'", "%", "_", "\\", "Ea", "on",
];
const POSTAL_CODES: [&str; 4] = ["K1A 0B1", "k1a0b1", "H2X 1Y4", ""];
const PHONES: [&str; 4] = ["(613) 555-0142", "+1 613 555 0142", "902.555.0100", "5 ext"];
const NUMBERS: [&str; 5] = ["613", "5550142", "k1a", "h2x1", "K1A 0B1"];
const DATES: [&str; 5] = ["2026-11-24", "2026-01-01", "2025-11-25", "1970-06-15", "2024-02-29"];

const AMOUNTS: [&str; 5] = ["5", "100", "250.00", "100.01", ""];
/// Of which custom fields with numbers are made, and for which they are asked.
const CUSTOM_NUMBERS: [&str; 6] = ["0", "-3", "5", "40", "100.0001", "100"];
/// Received around the ends of years, fiscal years and the last twelve months.
const RECEIVED: [&str; 8] = [
    "2026-11-24",
    "2026-04-01",
    "2026-03-31",
    "2026-01-01",
    "2025-12-31",
    "2025-11-24",
    "2025-11-25",
    "2024-06-01",
];

/// One organization and its records, on an afternoon in November.
struct Records {
    db: Db,
    _database: Database,
}

fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 24, 20, 0, 0).unwrap()
}

impl Records {
    async fn made_up() -> Self {
        let database = Cluster::shared().fresh_database();
        let mut owner = PgConnection::establish(&database.owner_url).unwrap();
        let organization = "INSERT INTO organizations (id, slug, name, fiscal_year_month) VALUES (1, 'choir', 'Choir', 4); \
             INSERT INTO staff (id, email, name) VALUES (1, 'ada@choir.test', 'Ada'), (2, 'sam@choir.test', 'Sam'); \
             INSERT INTO memberships (organization_id, staff_id, role) VALUES (1, 1, 'owner'), (1, 2, 'staff')";
        owner.batch_execute(organization).unwrap();
        let records = Self {
            db: Db::connect(&database.app_url, Clock::telling(now)).unwrap(),
            _database: database,
        };
        let mut random = StdRng::seed_from_u64(7);
        let custom = records.write(define).await;
        let drafts: Vec<ContactDraft> = (0..PEOPLE).map(|_| person(&mut random, &custom)).collect();
        let ids = records
            .write(move |tx| Ok(contacts::actions::add_many(tx, &drafts).unwrap()))
            .await;
        records.write(move |tx| fill(tx, &mut random, &ids, &custom)).await;
        records
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut OrgTx<'_>) -> anyhow::Result<T> + Send + 'static,
    ) -> T {
        self.db.write(OrganizationId(1), Actor::System, work).await.unwrap()
    }

    async fn read<T: Send + 'static>(&self, work: impl FnOnce(&mut OrgTx<'_>) -> QueryResult<T> + Send + 'static) -> T {
        let read: anyhow::Result<T> = self.db.read(OrganizationId(1), move |tx| Ok(work(tx)?)).await;
        read.unwrap()
    }
}

/// A field of each kind for contacts and for contributions.
fn define(tx: &mut OrgTx<'_>) -> anyhow::Result<CustomFields> {
    for record in Record::ALL {
        for kind in Kind::ALL {
            let options = ["Gold", "Silver", "Été"].map(|option| (None, option.to_owned()));
            let definition = Definition {
                label: kind.to_string(),
                help: String::new(),
                is_required: false,
                for_individuals: true,
                for_organizations: true,
                for_households: true,
                options: if kind.has_options() { options.into() } else { Vec::new() },
            };
            fields::add(tx, *record, *kind, &definition)?;
        }
    }
    Ok(store::all(tx)?)
}

/// Values of some of the fields.
fn custom_values(random: &mut StdRng, custom: &CustomFields, record: Record) -> CustomValues {
    let mut values = CustomValues::default();
    for field in custom.offered(record) {
        let written = match field.kind {
            Kind::Text => word(random),
            Kind::Number => CUSTOM_NUMBERS.choose(random).unwrap().to_string(),
            Kind::Money => AMOUNTS.choose(random).unwrap().to_string(),
            Kind::Date => DATES.choose(random).unwrap().to_string(),
            Kind::YesOrNo => ["Yes", "No"].choose(random).unwrap().to_string(),
            Kind::OneChoice => ["Gold", "Été"].choose(random).unwrap().to_string(),
            Kind::SeveralChoices => ["Gold; Silver", "Silver", "Été; Gold"]
                .choose(random)
                .unwrap()
                .to_string(),
        };
        if random.random_bool(0.6) {
            values.set(field.id, field.read(&written).unwrap());
        }
    }
    values
}

fn word(random: &mut StdRng) -> String {
    WORDS.choose(random).unwrap().to_string()
}

fn some_day(random: &mut StdRng) -> Option<NaiveDate> {
    let day = RECEIVED.choose(random).unwrap().parse().unwrap();
    random.random_bool(0.6).then_some(day)
}

fn person(random: &mut StdRng, custom: &CustomFields) -> ContactDraft {
    let mut draft = ContactDraft::default();
    draft.details.custom = custom_values(random, custom, Record::Contact);
    draft.details.contact_type = *ContactType::ALL.choose(random).unwrap();
    draft.details.first_name = format!("{}f", word(random));
    draft.details.middle_name = word(random);
    draft.details.last_name = format!("{}n", word(random));
    draft.details.organization_name = format!("{}o", word(random));
    draft.details.household_name = format!("{}h", word(random));
    draft.details.job_title = word(random);
    draft.details.suffix = word(random);
    draft.details.source = word(random);
    draft.details.preferred_language = ["", "en", "EN_US", "fr_CA", "de", "é"]
        .choose(random)
        .unwrap()
        .to_string();
    draft.details.is_deceased = random.random_bool(0.2);
    draft.details.birth_date = DATES
        .choose(random)
        .unwrap()
        .parse()
        .ok()
        .filter(|_| random.random_bool(0.6));
    let privacy = &mut draft.details.privacy;
    for flag in [
        &mut privacy.do_not_email,
        &mut privacy.is_opt_out,
        &mut privacy.do_not_mail,
        &mut privacy.do_not_trade,
    ] {
        *flag = random.random_bool(0.2);
    }
    for at in 0..random.random_range(0..3) {
        let address = format!(
            "{}{at}@example.ca",
            ["anne", "Bob", "carla.lem"].choose(random).unwrap()
        );
        draft.emails.push(EmailDraft {
            on_hold: random.random_bool(0.3).then(|| "bounced".to_owned()),
            ..EmailDraft::new(EmailAddress::parse(&address).unwrap())
        });
    }
    for _ in 0..random.random_range(0..3) {
        draft.phones.push(Phone::new(*PHONES.choose(random).unwrap()));
    }
    for _ in 0..random.random_range(0..3) {
        draft.addresses.push(Address {
            street_address: "1 Main St".into(),
            supplemental_address_1: word(random),
            supplemental_address_2: word(random),
            city: word(random),
            province: word(random),
            postal_code: POSTAL_CODES.choose(random).unwrap().to_string(),
            country: word(random),
            location_type: "Home".into(),
            ..Address::default()
        });
    }
    draft.settle_primaries();
    draft
}

/// Groups, times, and a few in the trash.
fn fill(tx: &mut OrgTx<'_>, random: &mut StdRng, ids: &[ContactId], custom: &CustomFields) -> anyhow::Result<()> {
    for title in ["Newsletter", "Board", "Volunteers"] {
        let group = groups::actions::create(tx, title, "").map_err(anyhow::Error::from)?;
        let some: Vec<ContactId> = ids.iter().copied().filter(|_| random.random_bool(0.4)).collect();
        groups::actions::add_contacts(tx, group, &some, "")?;
        let gone: Vec<ContactId> = some.into_iter().filter(|_| random.random_bool(0.3)).collect();
        groups::actions::remove_contacts(tx, group, &gone, "")?;
    }
    for id in ids {
        // Around midnights of the organization's zone, five hours behind.
        let ago = TimeDelta::hours(random.random_range(0..9_000)) + TimeDelta::days(random.random_range(0..400));
        diesel::sql_query("UPDATE contacts SET created_at = $2, modified_at = $3 WHERE id = $1")
            .bind::<BigInt, _>(id.0)
            .bind::<Timestamptz, _>(now() - ago)
            .bind::<Timestamptz, _>(now() - ago / 2)
            .execute(&mut **tx)?;
    }
    give(tx, random, ids, custom)?;
    sort(tx, random, ids)?;
    follow_up(tx, random, ids)?;
    contacts::actions::trash(tx, &ids[..5], "")?;
    Ok(())
}

/// Contributions of every kind, with their totals.
fn give(tx: &mut OrgTx<'_>, random: &mut StdRng, ids: &[ContactId], custom: &CustomFields) -> anyhow::Result<()> {
    tx.batch_execute(
        "INSERT INTO funds (id, name) VALUES (1, 'General'), (2, 'Roof'); \
         INSERT INTO campaigns (id, name, campaign_type, parent_id) VALUES (3, 'Year', 'Direct Mail', NULL), \
             (1, 'Spring Appeal', 'Direct Mail', 3), (2, 'Letters', 'Direct Mail', 1)",
    )?;
    diesel::sql_query(
        "INSERT INTO recurring_contributions (id, contact_id, amount, currency, frequency, start_date, fund_id) \
         VALUES (1, $1, 500, 'CAD', 'Monthly', '2024-01-01', 1)",
    )
    .bind::<BigInt, _>(ids[0].0)
    .execute(&mut **tx)?;
    for id in ids {
        for _ in 0..random.random_range(0..4) {
            let dedication = *["In Honour Of", "In Memory Of", ""].choose(random).unwrap();
            diesel::sql_query(
                "INSERT INTO contributions (contact_id, amount, currency, received_on, payment_method, status, fund_id, \
                     campaign_id, source, custom, created_at, modified_at, in_kind_description, transaction_id, \
                     cheque_number, note, advantage, advantage_description, dedication, honoree_name, thanked_on, \
                     recurring_id) \
                 VALUES ($1, $2, $3, $4, CASE WHEN $10 = '' THEN $16 ELSE 'In Kind' END, $5, $6, $7, $8, $9, now(), now(), \
                     $10, $11, $12, $13, $14, CASE WHEN $14 > 0 THEN 'Dinner' ELSE '' END, nullif($15, ''), \
                     CASE WHEN $15 = '' THEN '' ELSE 'Zoé O''Brien' END, $17, $18)",
            )
            .bind::<BigInt, _>(id.0)
            .bind::<BigInt, _>(*[500_i64, 10_000, 10_001, 25_000].choose(random).unwrap())
            .bind::<Text, _>(*["CAD", "CAD", "USD"].choose(random).unwrap())
            .bind::<Date, _>(RECEIVED.choose(random).unwrap().parse::<NaiveDate>().unwrap())
            .bind::<Text, _>(*["Completed", "Completed", "Completed", "Pending", "Refunded"].choose(random).unwrap())
            .bind::<BigInt, _>(random.random_range(1_i64..3))
            .bind::<Nullable<BigInt>, _>(random.random_bool(0.5).then(|| random.random_range(1_i64..4)))
            .bind::<Text, _>(word(random))
            .bind::<Jsonb, _>(custom_values(random, custom, Record::Contribution))
            .bind::<Text, _>(word(random))
            .bind::<Text, _>(word(random))
            .bind::<Text, _>(*["", "613", "0613"].choose(random).unwrap())
            .bind::<Text, _>(word(random))
            .bind::<BigInt, _>(*[0_i64, 0, 500].choose(random).unwrap())
            .bind::<Text, _>(dedication)
            .bind::<Text, _>(*["Cash", "Cheque", "E-transfer"].choose(random).unwrap())
            .bind::<Nullable<Date>, _>(some_day(random))
            .bind::<Nullable<BigInt>, _>(random.random_bool(0.2).then_some(1_i64))
            .execute(&mut **tx)?;
        }
    }
    for _ in 0..80 {
        diesel::sql_query(
            "INSERT INTO soft_credits (contribution_id, contact_id, amount, credit_type) \
             SELECT id, $1, $2, $3 FROM contributions ORDER BY id OFFSET $4 LIMIT 1",
        )
        .bind::<BigInt, _>(ids.choose(random).unwrap().0)
        .bind::<BigInt, _>(*[500_i64, 10_000, 10_001].choose(random).unwrap())
        .bind::<Text, _>(*["Solicited", "Household"].choose(random).unwrap())
        .bind::<BigInt, _>(random.random_range(0_i64..120))
        .execute(&mut **tx)?;
    }
    contributions::totals::refresh(tx, ids)?;
    Ok(())
}

/// Tags, relationships and notes.
fn sort(tx: &mut OrgTx<'_>, random: &mut StdRng, ids: &[ContactId]) -> anyhow::Result<()> {
    tx.batch_execute(
        "INSERT INTO tags (id, name, colour, parent_id) VALUES (3, 'Friend', 'grey', NULL), (1, 'Major Donor', 'red', 3), \
             (2, 'Baker', 'blue', 1); \
         INSERT INTO relationship_types (id, label_a_b, label_b_a) VALUES (901, 'Child of', 'Parent of'), \
             (902, 'Sibling of', 'Sibling of')",
    )?;
    for id in ids {
        for tag in [1_i64, 2, 3] {
            if random.random_bool(0.3) {
                diesel::sql_query("INSERT INTO contact_tags (tag_id, contact_id, tagged_at) VALUES ($1, $2, now())")
                    .bind::<BigInt, _>(tag)
                    .bind::<BigInt, _>(id.0)
                    .execute(&mut **tx)?;
            }
        }
        let other = ids.choose(random).unwrap();
        if other != id && random.random_bool(0.4) {
            diesel::sql_query(
                "INSERT INTO relationships (type_id, contact_a, contact_b, end_date, is_active, start_date, description) \
                 VALUES ($1, $2, $3, $4, $5, CASE WHEN coalesce($6 <= $4, true) THEN $6 END, $7)",
            )
            .bind::<BigInt, _>(random.random_range(901_i64..903))
            .bind::<BigInt, _>(id.0)
            .bind::<BigInt, _>(other.0)
            .bind::<Nullable<Date>, _>(some_day(random))
            .bind::<Bool, _>(random.random_bool(0.8))
            .bind::<Nullable<Date>, _>(some_day(random))
            .bind::<Text, _>(word(random))
            .execute(&mut **tx)?;
        }
        if random.random_bool(0.3) {
            diesel::sql_query("INSERT INTO notes (contact_id, body, noted_at, created_by) VALUES ($1, $2, $3, 'Ada')")
                .bind::<BigInt, _>(id.0)
                .bind::<Text, _>(format!("{} called", word(random)))
                .bind::<Timestamptz, _>(now() - TimeDelta::hours(random.random_range(0..9_000)))
                .execute(&mut **tx)?;
        }
    }
    Ok(())
}

/// Activities, some with several people, and opportunities.
fn follow_up(tx: &mut OrgTx<'_>, random: &mut StdRng, ids: &[ContactId]) -> anyhow::Result<()> {
    tx.batch_execute(
        "INSERT INTO activity_types (id, name) VALUES (1, 'Meeting'), (2, 'Phone Call'); \
         INSERT INTO opportunity_statuses (id, name, outcome, probability, place) VALUES \
             (1, 'Talking', 'Open', 20, 1), (2, 'Asked', 'Open', 60, 2), (3, 'Yes', 'Won', 100, 3), (4, 'No', 'Lost', 0, 4)",
    )?;
    for id in 1..120_i64 {
        // Around midnights of the organization's zone.
        let ago = TimeDelta::hours(random.random_range(-900..9_000));
        diesel::sql_query(
            "INSERT INTO activities (id, type_id, activity_at, status, assigned_to, created_by, added_by_contact, subject, \
                 details, priority, due_on) VALUES ($1, $2, $3, $4, $5, 'Ada', $6, $7, $8, $9, $10)",
        )
        .bind::<BigInt, _>(id)
        .bind::<BigInt, _>(random.random_range(1_i64..3))
        .bind::<Timestamptz, _>(now() - ago)
        .bind::<Text, _>(*["Scheduled", "Completed", "Left Message"].choose(random).unwrap())
        .bind::<Nullable<BigInt>, _>(random.random_bool(0.5).then(|| random.random_range(1_i64..3)))
        .bind::<Nullable<BigInt>, _>(random.random_bool(0.1).then(|| ids.choose(random).unwrap().0))
        .bind::<Text, _>(word(random))
        .bind::<Text, _>(word(random))
        .bind::<Text, _>(*["Urgent", "Normal"].choose(random).unwrap())
        .bind::<Nullable<Date>, _>(some_day(random))
        .execute(&mut **tx)?;
        for _ in 0..random.random_range(1..3) {
            diesel::sql_query(
                "INSERT INTO activity_contacts (activity_id, contact_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            )
            .bind::<BigInt, _>(id)
            .bind::<BigInt, _>(ids.choose(random).unwrap().0)
            .execute(&mut **tx)?;
        }
    }
    for _ in 0..100 {
        diesel::sql_query(
            "INSERT INTO opportunities (contact_id, name, opportunity_type, status_id, amount, currency, application_deadline, \
                 created_by, probability, owner_id, amount_received, is_submitted, decision_date, report_due, notes) \
             VALUES ($1, $7, $2, $3, $4, $5, $6, 'Ada', nullif($8, ''), $9, $10, $11, $12, $13, $14)",
        )
        .bind::<BigInt, _>(ids.choose(random).unwrap().0)
        .bind::<Text, _>(*["", "Grant", "Bequest"].choose(random).unwrap())
        .bind::<BigInt, _>(random.random_range(1_i64..5))
        .bind::<Nullable<BigInt>, _>(random.random_bool(0.7).then(|| *[500_i64, 10_000, 10_001].choose(random).unwrap()))
        .bind::<Text, _>(*["CAD", "CAD", "USD"].choose(random).unwrap())
        .bind::<Nullable<Date>, _>(random.random_bool(0.7).then(|| DATES.choose(random).unwrap().parse::<NaiveDate>().unwrap()))
        .bind::<Text, _>(format!("Kitchen {}", word(random)))
        .bind::<Text, _>(*["", "Low", "High"].choose(random).unwrap())
        .bind::<Nullable<BigInt>, _>(random.random_bool(0.5).then(|| random.random_range(1_i64..3)))
        .bind::<Nullable<BigInt>, _>(random.random_bool(0.3).then_some(10_000_i64))
        .bind::<Bool, _>(random.random_bool(0.5))
        .bind::<Nullable<Date>, _>(some_day(random))
        .bind::<Nullable<Date>, _>(some_day(random))
        .bind::<Text, _>(word(random))
        .execute(&mut **tx)?;
    }
    Ok(())
}

/// Any condition the form can make, by numbers that choose: what it is about, how it compares, and with what.
fn condition(choices: &[u16], offers: &Offers) -> Option<Condition> {
    let mut numbers = choices.iter().map(|number| usize::from(*number));
    let mut choose = |from: usize| numbers.next().unwrap_or(0) % from.max(1);
    let listed = SUBJECTS.iter().copied().flatten().map(|subject| subject.key.to_owned());
    let custom = offers.custom().all().iter().map(|field| field.key());
    let subjects: Vec<String> = listed.chain(custom).collect();
    let mut typed = Typed {
        about: subjects[choose(subjects.len())].clone(),
        ..Typed::default()
    };
    fill_in(&mut typed, &mut choose, |typed| form(typed).controls(offers));
    // Of a record one or two of its details; the last place is for another one and offers all of them.
    let offered = form(&typed).details(offers).pop();
    let offered: Vec<String> = offered.map_or_else(Vec::new, |another| {
        let keys = another.choices.into_iter().map(|choice| choice.value);
        keys.filter(|key| !key.is_empty()).collect()
    });
    for _ in 0..if offered.is_empty() { 0 } else { choose(3) } {
        let mut detail = Typed {
            about: offered[choose(offered.len())].clone(),
            ..Typed::default()
        };
        let of = typed.clone();
        fill_in(&mut detail, &mut choose, |detail| {
            let details = vec![detail.clone()];
            let with_it = Typed { details, ..of.clone() };
            form(&with_it).details(offers).remove(0).controls
        });
        typed.details.push(detail);
    }
    Condition::read(&typed).ok()
}

/// Fills in the controls that belong to what something is about.
fn fill_in(typed: &mut Typed, choose: &mut impl FnMut(usize) -> usize, controls: impl Fn(&Typed) -> Vec<Control>) {
    // The first look shows how to compare; the second decides what further fields there are; the third fills them in.
    for look in 0..3 {
        let before = typed.clone();
        typed.values.clear();
        for control in controls(&before) {
            let (name, value) = match control {
                Control::Select {
                    name, choices, decides, ..
                } => {
                    let decided_at = if name == "op" { 0 } else { 1 };
                    let kept = choices
                        .iter()
                        .find(|choice| decides && look > decided_at && choice.selected);
                    let chosen = kept.unwrap_or(&choices[choose(choices.len())]);
                    (name, chosen.value.clone())
                }
                Control::Input { name, kind, label, .. } => {
                    let value = match kind {
                        "date" => DATES[choose(DATES.len())].to_owned(),
                        "number" if label == "Number" => choose(PEOPLE).to_string(),
                        "number" => choose(5).to_string(),
                        _ if label == "Number" => CUSTOM_NUMBERS[choose(CUSTOM_NUMBERS.len())].to_owned(),
                        _ if label == "Amount" => AMOUNTS[choose(AMOUNTS.len())].to_owned(),
                        _ if choose(3) == 0 => NUMBERS[choose(NUMBERS.len())].to_owned(),
                        _ => LOOKED_FOR[choose(LOOKED_FOR.len())].to_owned(),
                    };
                    (name, value)
                }
                Control::Checks { name, choices, .. } => {
                    let (first, second) = (choose(choices.len()), choose(choices.len()));
                    typed.values.push(choices[first].value.clone());
                    (name, choices[second].value.clone())
                }
            };
            match name {
                "op" => typed.op = value,
                _ => typed.values.push(value),
            }
        }
    }
}

/// The form's condition with what is typed.
fn form(typed: &Typed) -> DraftCondition {
    let of = |typed: &Typed| {
        let values = typed.values.iter().map(|value| ("value".to_owned(), value.clone()));
        std::iter::once(("op".to_owned(), typed.op.clone()))
            .chain(values)
            .collect::<Vec<_>>()
    };
    let mut pairs = vec![
        ("block".to_owned(), "all".to_owned()),
        ("was".into(), typed.about.clone()),
        ("about".into(), typed.about.clone()),
    ];
    pairs.extend(of(typed));
    for detail in &typed.details {
        pairs.push(("detail-was".into(), detail.about.clone()));
        pairs.push(("detail".into(), detail.about.clone()));
        pairs.extend(of(detail));
    }
    Draft::of(&pairs).blocks.remove(0).conditions.remove(0)
}

/// Whether all or any of the blocks, and of each block whether all or any of its conditions, each by its numbers.
type Numbers = (bool, Vec<(bool, Vec<Vec<u16>>)>);

fn criteria(numbers: &Numbers, offers: &Offers) -> Criteria {
    let matching = |any: bool| if any { Match::Any } else { Match::All };
    let (any, blocks) = numbers;
    let blocks = blocks.iter().map(|(any, conditions)| Block {
        matching: matching(*any),
        conditions: conditions.iter().filter_map(|one| condition(one, offers)).collect(),
    });
    Criteria {
        matching: matching(*any),
        blocks: blocks.collect(),
    }
}

/// Whom a search finds: those who would come into a group in which nobody is.
fn found(tx: &mut OrgTx<'_>, criteria: &Criteria, among: Option<&[ContactId]>) -> diesel::QueryResult<Vec<ContactId>> {
    let apart = contacts::apart(tx, criteria, GroupId(0), among)?;
    Ok(apart.iter().filter(|one| one.is_found).map(|one| one.contact).collect())
}

#[test]
fn the_sql_finds_exactly_those_for_whom_the_search_holds() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let records = runtime.block_on(Records::made_up());
    let (facts, calendar, offers) = runtime.block_on(records.read(|tx| {
        let ids = contacts::select(tx, &contacts::Selection::All(contacts::ListFilter::default()))?;
        let calendar = Calendar::of(tx)?;
        Ok((Facts::load(tx, &ids, &calendar)?, calendar, Offers::load(tx)?))
    }));
    assert_eq!(facts.len(), PEOPLE - 5);
    let some: Vec<ContactId> = facts.iter().map(|facts| facts.contact.id).step_by(3).collect();

    let one = prop::collection::vec(any::<u16>(), 64);
    let block = (any::<bool>(), prop::collection::vec(one, 1..4));
    let strategy = (any::<bool>(), prop::collection::vec(block, 1..4));
    let mut runner = TestRunner::new(ProptestConfig::with_cases(SEARCHES));
    let outcome = runner.run(&strategy, |numbers| {
        let criteria = criteria(&numbers, &offers);
        let judged: Vec<ContactId> = facts
            .iter()
            .filter(|facts| criteria.holds(facts, &calendar))
            .map(|facts| facts.contact.id)
            .collect();
        let (wanted, of) = (criteria.clone(), some.clone());
        let (everybody, among) =
            runtime.block_on(records.read(move |tx| Ok((found(tx, &wanted, None)?, found(tx, &wanted, Some(&of))?))));
        let sentence = criteria.sentence(&offers);
        prop_assert_eq!(&everybody, &judged, "{}", sentence);
        let judged_among: Vec<ContactId> = judged.into_iter().filter(|id| some.contains(id)).collect();
        prop_assert_eq!(among, judged_among, "of a few: {}", sentence);
        let read_again = Criteria::parse(&criteria.word());
        prop_assert_eq!(read_again, criteria);
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn as_days_pass_nobody_is_passed_over_for_whom_the_search_is_answered_otherwise() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let records = runtime.block_on(Records::made_up());
    let (facts, calendar, offers) = runtime.block_on(records.read(|tx| {
        let ids = contacts::select(tx, &contacts::Selection::All(contacts::ListFilter::default()))?;
        let calendar = Calendar::of(tx)?;
        Ok((Facts::load(tx, &ids, &calendar)?, calendar, Offers::load(tx)?))
    }));

    let one = prop::collection::vec(any::<u16>(), 64);
    let block = (any::<bool>(), prop::collection::vec(one, 1..4));
    let strategy = (
        (any::<bool>(), prop::collection::vec(block, 1..4)),
        prop::sample::select(vec![1, 2, 30, 365]),
    );
    let mut runner = TestRunner::new(ProptestConfig::with_cases(SEARCHES));
    let outcome = runner.run(&strategy, |(numbers, days)| {
        let criteria = criteria(&numbers, &offers);
        let before = Calendar {
            today: calendar.today - Days::new(days),
            ..calendar
        };
        let wanted = criteria.clone();
        let moved = runtime
            .block_on(records.read(move |tx| contacts::moved_since(tx, &wanted, before.today, PEOPLE)))
            .unwrap();
        let sentence = criteria.sentence(&offers);
        prop_assert!(criteria.is_relative() || moved.is_empty(), "{}", sentence);
        for one in &facts {
            let turned = criteria.holds(one, &before) != criteria.holds(one, &calendar);
            prop_assert!(
                !turned || moved.contains(&one.contact.id),
                "{} days later: {}",
                days,
                sentence
            );
        }
        Ok(())
    });
    outcome.unwrap();
}
