//! Groups: who is in, who was, and that every change leaves its row, its history, its line in the change log and its due mark.
use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz};
use dms::base::{Actor, Clock, ContactId, GroupId, ImportId, OrganizationId, StaffId};
use dms::changelog::{self, Change, ChangeFilter};
use dms::crm::groups::actions::{self, Added, TitleError};
use dms::crm::groups::model::{HistoryLine, Membership};
use dms::crm::groups::store;
use dms::db::{Db, OrgTx};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::support::cluster::{Cluster, Database};

/// One organization and its records, without the web.
struct Records {
    db: Db,
    owner: PgConnection,
    organization: OrganizationId,
    minutes: Arc<AtomicI64>,
    _database: Database,
}

fn ada() -> Actor {
    Actor::Staff {
        id: StaffId(1),
        name: "Ada".into(),
    }
}

fn at_minute(minute: i64) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2020, 8, 4, 20, 0, 0).unwrap() + TimeDelta::minutes(minute)
}

impl Records {
    fn new() -> Self {
        let database = Cluster::shared().fresh_database();
        let mut owner = PgConnection::establish(&database.owner_url).unwrap();
        owner
            .batch_execute(
                "INSERT INTO organizations (id, slug, name) VALUES (1, 'shelter', 'Shelter'), (2, 'choir', 'Choir')",
            )
            .unwrap();
        let minutes = Arc::new(AtomicI64::new(0));
        let told = minutes.clone();
        let clock = Clock::telling(move || at_minute(told.load(Ordering::Relaxed)));
        Self {
            db: Db::connect(&database.app_url, clock).unwrap(),
            owner,
            organization: OrganizationId(1),
            minutes,
            _database: database,
        }
    }

    fn it_is_minute(&self, minute: i64) {
        self.minutes.store(minute, Ordering::Relaxed);
    }

    async fn as_actor<T: Send + 'static>(
        &self,
        actor: Actor,
        work: impl FnOnce(&mut OrgTx<'_>) -> QueryResult<T> + Send + 'static,
    ) -> T {
        let done: anyhow::Result<T> = self.db.write(self.organization, actor, move |tx| Ok(work(tx)?)).await;
        done.unwrap()
    }

    async fn ask<T: Send + 'static>(&self, work: impl FnOnce(&mut OrgTx<'_>) -> QueryResult<T> + Send + 'static) -> T {
        let read: anyhow::Result<T> = self.db.read(self.organization, move |tx| Ok(work(tx)?)).await;
        read.unwrap()
    }

    async fn group(&self, title: &'static str) -> GroupId {
        let made: Result<GroupId, TitleError> = self
            .db
            .write(self.organization, ada(), move |tx| actions::create(tx, title, ""))
            .await;
        made.unwrap()
    }

    /// `count` people, straight into the table.
    async fn people(&self, count: i64) -> Vec<ContactId> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = BigInt)]
            id: i64,
        }
        let rows: Vec<Row> = self
            .as_actor(Actor::System, move |tx| {
                diesel::sql_query(
                    "INSERT INTO contacts (contact_type, display_name, sort_name) \
                     SELECT 'individual', 'Person ' || n, 'Person ' || n FROM generate_series(1, $1) AS n RETURNING id",
                )
                .bind::<BigInt, _>(count)
                .load(&mut **tx)
            })
            .await;
        rows.into_iter().map(|row| ContactId(row.id)).collect()
    }

    async fn add(&self, actor: Actor, group: GroupId, who: &[ContactId]) -> Added {
        let who = who.to_vec();
        self.as_actor(actor, move |tx| actions::add_contacts(tx, group, &who, ""))
            .await
    }

    async fn remove(&self, actor: Actor, group: GroupId, who: &[ContactId], why: &'static str) -> Vec<ContactId> {
        let who = who.to_vec();
        self.as_actor(actor, move |tx| actions::remove_contacts(tx, group, &who, why))
            .await
    }

    async fn memberships(&self, who: ContactId) -> Vec<Membership> {
        self.ask(move |tx| store::memberships(tx, who)).await
    }

    async fn history(&self, who: ContactId) -> Vec<HistoryLine> {
        self.ask(move |tx| store::history(tx, who)).await
    }

    async fn change_log(&self, who: ContactId) -> Vec<Change> {
        let filter = ChangeFilter {
            contact: Some(who),
            ..ChangeFilter::default()
        };
        self.ask(move |tx| changelog::list(tx, &filter, 0, 100)).await
    }

    async fn members(&self, group: GroupId) -> i64 {
        self.ask(move |tx| store::member_count(tx, group)).await
    }

    /// Who is due for the sync, and since when; the marks are taken away.
    fn take_due(&mut self) -> Vec<(i64, DateTime<Utc>)> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = BigInt)]
            contact_id: i64,
            #[diesel(sql_type = Timestamptz)]
            due_since: DateTime<Utc>,
        }
        self.owner
            .batch_execute("SELECT set_config('dms.organization_id', '1', false)")
            .unwrap();
        let mut rows: Vec<Row> = diesel::sql_query("DELETE FROM due_contacts RETURNING contact_id, due_since")
            .load(&mut self.owner)
            .unwrap();
        rows.sort_by_key(|row| row.contact_id);
        rows.into_iter().map(|row| (row.contact_id, row.due_since)).collect()
    }
}

#[tokio::test]
async fn adding_writes_the_row_the_history_the_log_and_the_due_mark() {
    let mut records = Records::new();
    let group = records.group("Newsletter").await;
    let who = records.people(2).await;
    records.it_is_minute(7);

    let added = records.add(ada(), group, &who).await;

    assert_eq!(
        added,
        Added {
            added: who.clone(),
            already_there: 0
        }
    );
    let membership = &records.memberships(who[0]).await[0];
    assert_eq!(membership.title, "Newsletter");
    assert_eq!(membership.status(), "Added (by Admin)");
    assert_eq!((membership.added_at, membership.removed_at), (at_minute(7), None));
    let history = records.history(who[1]).await;
    assert_eq!(history.len(), 1);
    assert_eq!(
        (history[0].status().as_str(), history[0].actor.as_str()),
        ("Added (by Admin)", "Ada")
    );
    let log = records.change_log(who[0]).await;
    assert_eq!(log.len(), 1);
    assert_eq!(
        (log[0].what.as_str(), log[0].actor_name.as_str()),
        ("Added to Newsletter", "Ada")
    );
    assert_eq!(
        records.take_due(),
        vec![(who[0].0, at_minute(7)), (who[1].0, at_minute(7))]
    );
    assert_eq!(records.members(group).await, 2);
}

#[tokio::test]
async fn adding_who_is_already_there_changes_nothing() {
    let mut records = Records::new();
    let group = records.group("Newsletter").await;
    let who = records.people(3).await;
    records.add(ada(), group, &who[..2]).await;
    records.take_due();
    records.it_is_minute(1);

    let twice = [who[0], who[2], who[2], who[1]];
    let added = records.add(Actor::Mailchimp, group, &twice).await;

    assert_eq!(
        added,
        Added {
            added: vec![who[2]],
            already_there: 2
        }
    );
    assert_eq!(records.memberships(who[0]).await[0].status(), "Added (by Admin)");
    assert_eq!(records.history(who[0]).await.len(), 1);
    assert_eq!(records.change_log(who[0]).await.len(), 1);
    assert_eq!(records.take_due(), vec![(who[2].0, at_minute(1))]);
}

#[tokio::test]
async fn whoever_leaves_has_a_past_group_that_says_how_and_why() {
    let mut records = Records::new();
    let group = records.group("MailChimp Integration Test Group").await;
    let who = records.people(1).await;
    records.it_is_minute(7);
    records.add(ada(), group, &who).await;
    records.take_due();
    records.it_is_minute(23);

    let removed = records
        .remove(Actor::Mailchimp, group, &who, "Unsubscribed at Mailchimp")
        .await;

    assert_eq!(removed, who);
    let past = &records.memberships(who[0]).await[0];
    assert!(!past.is_current());
    assert_eq!(past.status(), "Removed (by API)");
    assert_eq!((past.added_at, past.removed_at), (at_minute(7), Some(at_minute(23))));
    assert_eq!(past.why, "Unsubscribed at Mailchimp");
    let log = records.change_log(who[0]).await;
    assert_eq!(log[0].what, "Removed from MailChimp Integration Test Group");
    assert_eq!(
        (log[0].actor_name.as_str(), log[0].why.as_str()),
        ("Mailchimp", "Unsubscribed at Mailchimp")
    );
    assert_eq!(records.take_due(), vec![(who[0].0, at_minute(23))]);
    assert_eq!(records.members(group).await, 0);

    records.it_is_minute(30);
    assert_eq!(records.remove(ada(), group, &who, "").await, vec![]);
    assert_eq!(records.memberships(who[0]).await[0].removed_at, Some(at_minute(23)));
    assert_eq!(records.history(who[0]).await.len(), 2);
}

#[tokio::test]
async fn rejoining_dates_from_the_last_time_and_keeps_the_history() {
    let records = Records::new();
    let group = records.group("Newsletter").await;
    let who = records.people(1).await;
    let import = Actor::Import {
        id: ImportId(1),
        name: "members.csv".into(),
    };
    records.add(import, group, &who).await;
    records.it_is_minute(1);
    records.remove(Actor::Mailchimp, group, &who, "Unsubscribed").await;
    records.it_is_minute(2);

    assert_eq!(records.add(ada(), group, &who).await.added, who);

    let current = &records.memberships(who[0]).await[0];
    assert_eq!((current.added_at, current.removed_at), (at_minute(2), None));
    assert_eq!(
        (current.status().as_str(), current.why.as_str()),
        ("Added (by Admin)", "")
    );
    let history: Vec<String> = records.history(who[0]).await.iter().map(HistoryLine::status).collect();
    assert_eq!(history, ["Added (by Admin)", "Removed (by API)", "Added (by Import)"]);
    assert_eq!(records.change_log(who[0]).await[0].what, "Rejoined Newsletter");
}

#[tokio::test]
async fn deleting_a_membership_leaves_only_the_histories() {
    let mut records = Records::new();
    let group = records.group("Newsletter").await;
    let who = records.people(1).await;
    records.add(ada(), group, &who).await;
    records.take_due();
    let contact = who[0];

    let delete = move |tx: &mut OrgTx<'_>| actions::delete_membership(tx, group, contact, "");
    assert!(records.as_actor(ada(), delete).await);
    assert!(!records.as_actor(ada(), delete).await);

    assert!(records.memberships(contact).await.is_empty());
    let history = records.history(contact).await;
    assert_eq!((history.len(), history[0].status().as_str()), (2, "Deleted (by Admin)"));
    assert_eq!(
        records.change_log(contact).await[0].what,
        "Membership in Newsletter deleted"
    );
    assert_eq!(records.take_due().len(), 1);
    assert_eq!(records.add(ada(), group, &who).await.added, who);
    assert_eq!(records.change_log(contact).await[0].what, "Added to Newsletter");
}

#[tokio::test]
async fn ten_thousand_contacts_join_and_leave_in_one_action_each() {
    let mut records = Records::new();
    let group = records.group("Newsletter").await;
    let who = records.people(10_000).await;

    assert_eq!(records.add(ada(), group, &who).await.added.len(), 10_000);
    assert_eq!(records.members(group).await, 10_000);
    assert_eq!(records.take_due().len(), 10_000);
    let last = *who.last().unwrap();
    assert_eq!(records.change_log(last).await.len(), 1);
    assert_eq!(records.history(last).await.len(), 1);

    assert_eq!(records.remove(ada(), group, &who, "").await.len(), 10_000);
    assert_eq!(records.members(group).await, 0);
}

#[tokio::test]
async fn a_deleted_contact_joins_nothing_and_counts_nowhere() {
    let records = Records::new();
    let group = records.group("Newsletter").await;
    let who = records.people(2).await;
    let delete = |id: ContactId| {
        move |tx: &mut OrgTx<'_>| {
            diesel::sql_query("UPDATE contacts SET deleted_at = now() WHERE organization_id = 1 AND id = $1")
                .bind::<BigInt, _>(id.0)
                .execute(&mut **tx)
        }
    };
    records.as_actor(ada(), delete(who[0])).await;
    assert_eq!(records.add(ada(), group, &who).await.added, vec![who[1]]);
    records.as_actor(ada(), delete(who[1])).await;
    assert_eq!(records.members(group).await, 0);
    assert_eq!(records.ask(store::list).await[0].members, 0);
}

#[tokio::test]
async fn another_organizations_contact_or_group_is_not_there() {
    let mut records = Records::new();
    let group = records.group("Newsletter").await;
    let who = records.people(1).await;
    records.organization = OrganizationId(2);
    let theirs = records.people(1).await;
    let intrude: Result<Added, anyhow::Error> = records
        .db
        .write(records.organization, ada(), {
            let theirs = theirs.clone();
            move |tx| Ok(actions::add_contacts(tx, group, &theirs, "")?)
        })
        .await;
    assert!(intrude.is_err());
    records.organization = OrganizationId(1);
    let added = records.add(ada(), group, &[who[0], theirs[0]]).await;
    assert_eq!(added.added, who);
}

#[tokio::test]
async fn two_groups_cannot_have_one_title_whatever_the_case() {
    let records = Records::new();
    let group = records.group("Newsletter").await;
    let other = records.group("Volunteers").await;
    let again: Result<GroupId, TitleError> = records
        .db
        .write(records.organization, ada(), |tx| actions::create(tx, "NEWSLETTER", ""))
        .await;
    assert!(matches!(again, Err(TitleError::Taken)));
    let renamed: Result<(), TitleError> = records
        .db
        .write(records.organization, ada(), move |tx| {
            actions::change(tx, other, "newsletter", "")
        })
        .await;
    assert!(matches!(renamed, Err(TitleError::Taken)));
    let found = records.ask(|tx| store::find_by_title(tx, "newsLETTER")).await;
    assert_eq!(found.unwrap().id, group);
}

#[tokio::test]
async fn what_changes_about_a_group_stands_in_the_organizations_log() {
    let records = Records::new();
    let group = records.group("Newsletter").await;
    let change: Result<(), TitleError> = records
        .db
        .write(records.organization, ada(), move |tx| {
            actions::change(tx, group, "Monthly Newsletter", "")?;
            actions::change(tx, group, "Monthly Newsletter", "")
        })
        .await;
    change.unwrap();
    let log = records
        .ask(|tx| changelog::list(tx, &ChangeFilter::default(), 0, 10))
        .await;
    assert_eq!(log.len(), 2);
    assert_eq!(log[1].what, "Group Newsletter created");
    assert_eq!(log[0].what, "Group Monthly Newsletter changed");
    let field = &log[0].fields[0];
    assert_eq!(
        (field.old.as_str(), field.new.as_str()),
        ("Newsletter", "Monthly Newsletter")
    );
}

#[tokio::test]
async fn a_deleted_group_is_gone_and_the_change_log_remembers_it() {
    let mut records = Records::new();
    let group = records.group("Newsletter").await;
    let who = records.people(2).await;
    records.add(ada(), group, &who).await;
    records.remove(ada(), group, &who[1..], "").await;
    records
        .as_actor(ada(), move |tx| {
            diesel::sql_query("INSERT INTO staff (id, email, name) VALUES (1, 'ada@example.ca', 'Ada')")
                .execute(&mut **tx)?;
            diesel::sql_query(
                "INSERT INTO imports (file_name, encoding, delimiter, state, headers, group_id, started_by, started_by_name) \
                 VALUES ('members.csv', 'UTF-8', ',', 'done', '[]', $1, 1, 'Ada')",
            )
            .bind::<Nullable<BigInt>, _>(Some(group.0))
            .execute(&mut **tx)
        })
        .await;
    records.take_due();

    records.as_actor(ada(), move |tx| actions::delete(tx, group)).await;

    assert!(records.ask(move |tx| store::find(tx, group)).await.is_none());
    assert!(records.memberships(who[0]).await.is_empty());
    let log = records.change_log(who[0]).await;
    assert_eq!(
        (log[0].what.as_str(), log[0].why.as_str()),
        ("Removed from Newsletter", "The group was deleted")
    );
    assert_eq!(
        records.change_log(who[1]).await.len(),
        2,
        "who had left before has nothing new to tell"
    );
    assert_eq!(records.take_due(), vec![(who[0].0, at_minute(0))]);
    #[derive(QueryableByName)]
    struct Name {
        #[diesel(sql_type = Text)]
        file_name: String,
    }
    let imports: Vec<Name> = records
        .ask(|tx| diesel::sql_query("SELECT file_name FROM imports WHERE group_id IS NULL").load(&mut **tx))
        .await;
    assert_eq!(imports[0].file_name, "members.csv");
}
