//! The made-up charity of the demo: Riverside Food Bank with its owner, its people, three groups and two years of history and
//! giving, written down through the rooms' own actions, each at its own time.

use super::fields;
use super::giving::{self, Books, DAYS_BETWEEN_ENTRIES, Gift};
use super::history::{self, Happening};
use super::person::{self, Person};
use super::records;
use anyhow::Context;
use chrono::{NaiveDate, TimeDelta, Utc};
use dms::accounts::actions::{NewOrganization, SignUpError, SignedUp, sign_up};
use dms::accounts::{self, password};
use dms::base::{Actor, Clock, ContactId, EmailAddress, GroupId, OrganizationId, StaffId};
use dms::config::Config;
use dms::crm::contacts::{ContactDraft, actions as contacts};
use dms::crm::groups::actions as groups;
use dms::db::Db;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Whom the demo signs in as.
pub const EMAIL: &str = "robin@riverside.test-charity.ca";
/// Their password; the demo listens on this machine only.
pub const PASSWORD: &str = "three warm loaves";

const NAME: &str = "Riverside Food Bank";
const OWNER: &str = "Robin Calder";
/// How long ago the charity began to use the DMS.
const DAYS_OF_HISTORY: i64 = 731;

const GROUPS: [(&str, &str); 3] = [
    ("Newsletter", "Everybody who wants our monthly letter"),
    ("Monthly Donors", "Who gives every month"),
    ("Volunteers", "Who helps at the food bank"),
];

/// Writes the whole charity into an empty database, day by day, so that every history reads in order.
pub async fn move_in(config: &Config, database_url: &str) -> anyhow::Result<()> {
    let mut past = Past::begin(config, database_url).await?;
    past.make_groups().await?;
    let (people, happenings) = (person::everybody()?, history::since_then());
    let today = past.open_books().await?;
    let gifts = giving::gifts(&people, today)?;
    for days in (0..=DAYS_OF_HISTORY).rev() {
        past.go_back(days);
        let came: Vec<Person> = people.iter().filter(|person| person.days == days).cloned().collect();
        if !came.is_empty() {
            past.write_down(came).await?;
        }
        for happening in happenings.iter().filter(|happening| happening.days_ago == days) {
            past.happens(*happening).await?;
        }
        if days % DAYS_BETWEEN_ENTRIES == 0 {
            let until = today - TimeDelta::days(days);
            let week = until - TimeDelta::days(DAYS_BETWEEN_ENTRIES)..until;
            let came = gifts
                .iter()
                .filter(|gift| week.start < gift.day && gift.day <= week.end);
            past.gives(came.cloned().collect()).await?;
        }
    }
    past.is_written_about().await
}

/// The charity's database, entered at any time in the past.
struct Past {
    db: Db,
    days_ago: Arc<AtomicI64>,
    organization: OrganizationId,
    /// Who signed up.
    owner: StaffId,
    groups: HashMap<&'static str, GroupId>,
    people: HashMap<String, ContactId>,
    books: Books,
}

impl Past {
    /// The day on which the charity signed up.
    async fn begin(config: &Config, database_url: &str) -> anyhow::Result<Self> {
        let days_ago = Arc::new(AtomicI64::new(DAYS_OF_HISTORY));
        let ago = days_ago.clone();
        let clock = Clock::telling(move || Utc::now() - TimeDelta::days(ago.load(Ordering::Relaxed)));
        let db = Db::connect(database_url, clock)?;
        let new = NewOrganization {
            name: NAME.into(),
            person_name: OWNER.into(),
            email: EmailAddress::parse(EMAIL).map_err(anyhow::Error::msg)?,
            password_hash: password::hash(&PASSWORD.into()).await?,
            is_email_confirmed: true,
        };
        let config = config.clone();
        let signed_up: Result<SignedUp, SignUpError> = db.shared(move |tx| sign_up(tx, &config, &new)).await;
        let SignedUp {
            organization, staff, ..
        } = signed_up?;
        Ok(Self {
            db,
            days_ago,
            organization,
            owner: staff,
            groups: HashMap::new(),
            people: HashMap::new(),
            books: Books::default(),
        })
    }

    fn go_back(&self, days: i64) {
        self.days_ago.store(days, Ordering::Relaxed);
    }

    async fn make_groups(&mut self) -> anyhow::Result<()> {
        self.groups = self
            .db
            .write(self.organization, Actor::System, |tx| {
                let make = |(title, description)| {
                    let id = groups::create(tx, title, description)?;
                    anyhow::Ok((title, id))
                };
                GROUPS.into_iter().map(make).collect()
            })
            .await?;
        Ok(())
    }

    /// Writes down what can be given for; returns the charity's day today.
    async fn open_books(&mut self) -> anyhow::Result<NaiveDate> {
        self.go_back(0);
        let today: anyhow::Result<NaiveDate> = self.db.read(self.organization, |tx| Ok(accounts::today(tx)?)).await;
        let today = today?;
        self.go_back(DAYS_OF_HISTORY);
        let mut books = std::mem::take(&mut self.books);
        self.books = self
            .db
            .write(self.organization, Actor::System, move |tx| {
                books.open(tx, today)?;
                anyhow::Ok(books)
            })
            .await?;
        Ok(today)
    }

    /// Writes down the gifts of a week.
    async fn gives(&mut self, gifts: Vec<Gift>) -> anyhow::Result<()> {
        let (mut books, people) = (std::mem::take(&mut self.books), self.people.clone());
        self.books = self
            .db
            .write(self.organization, Actor::System, move |tx| {
                let today = accounts::today(tx)?;
                books.write(tx, &gifts, &people, today)?;
                anyhow::Ok(books)
            })
            .await?;
        Ok(())
    }

    /// Writes down whoever came that day, and puts them into their groups.
    async fn write_down(&mut self, people: Vec<Person>) -> anyhow::Result<()> {
        let to_join = self.groups.clone();
        let written: Vec<(String, ContactId)> = self
            .db
            .write(self.organization, Actor::System, move |tx| {
                let drafts: Vec<ContactDraft> = people.iter().map(Person::draft).collect::<anyhow::Result<_>>()?;
                let ids = contacts::add_many(tx, &drafts)?;
                for (title, group) in to_join {
                    let joining = ids.iter().zip(&people).filter(|(_, person)| person.belongs_to(title));
                    let joining: Vec<ContactId> = joining.map(|(id, _)| *id).collect();
                    groups::add_contacts(tx, group, &joining, "")?;
                }
                anyhow::Ok(drafts.iter().map(ContactDraft::sort_name).zip(ids).collect())
            })
            .await?;
        // Who is written down twice is meant as they were the first time.
        for (name, id) in written {
            self.people.entry(name).or_insert(id);
        }
        Ok(())
    }

    /// What staff wrote down beside the people, as of today.
    async fn is_written_about(&self) -> anyhow::Result<()> {
        self.go_back(0);
        let (people, owner) = (self.people.clone(), self.owner);
        self.db
            .write(self.organization, Actor::System, move |tx| {
                records::write(tx, &people, owner)?;
                fields::write(tx, &people)
            })
            .await
    }

    async fn happens(&self, happening: Happening) -> anyhow::Result<()> {
        let person = self.people.get(happening.person);
        let person = *person.with_context(|| format!("nobody is called {}", happening.person))?;
        let groups = self.groups.clone();
        self.db
            .write(self.organization, Actor::System, move |tx| {
                happening.write(tx, person, &groups)
            })
            .await
    }
}
