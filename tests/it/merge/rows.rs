//! Everything other rooms know of a contact goes with them into the one they become, and back by the undo.

use super::{ann, anne, person};
use crate::support::office::Office;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use dms::base::ContactId;
use dms::crm::contacts::criteria::{Criteria, Match};
use dms::crm::groups;

/// Whose each row is that names a contact, as "table key column contact".
const NAMED: &str = "
    SELECT 'notes ' || id || ' contact_id ' || contact_id AS line FROM notes
    UNION ALL SELECT 'contact_tags ' || tag_id || ' contact_id ' || contact_id FROM contact_tags
    UNION ALL SELECT 'relationships ' || id || ' contact_a ' || contact_a FROM relationships
    UNION ALL SELECT 'relationships ' || id || ' contact_b ' || contact_b FROM relationships
    UNION ALL SELECT 'activities ' || id || ' added_by ' || added_by_contact FROM activities WHERE added_by_contact IS NOT NULL
    UNION ALL SELECT 'activity_contacts ' || activity_id || ' contact_id ' || contact_id FROM activity_contacts
    UNION ALL SELECT 'opportunities ' || id || ' contact_id ' || contact_id FROM opportunities
    UNION ALL SELECT 'contributions ' || id || ' contact_id ' || contact_id FROM contributions
    UNION ALL SELECT 'soft_credits ' || id || ' contact_id ' || contact_id FROM soft_credits
    UNION ALL SELECT 'recurring ' || id || ' contact_id ' || contact_id FROM recurring_contributions
    UNION ALL SELECT 'giving_totals ' || total || ' contact_id ' || contact_id FROM giving_totals
    UNION ALL SELECT 'member ' || group_id || ' contact_id ' || contact_id FROM group_contacts WHERE status <> 'Removed'
    ORDER BY 1";

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

impl Office {
    async fn named(&self) -> Vec<String> {
        self.write(|tx| {
            let lines: Vec<Line> = diesel::sql_query(NAMED).load(&mut **tx)?;
            Ok(lines.into_iter().map(|row| row.line).collect())
        })
        .await
    }

    /// The same without those who are in the trash.
    async fn named_of(&self, contact: ContactId) -> Vec<String> {
        let end = format!(" {contact}");
        let mut theirs = self.named().await;
        theirs.retain(|line| line.ends_with(&end));
        theirs
    }
}

/// Rows of every room about two contacts, about one of them, and about a third beside one of them.
const ROWS: &str = "
    INSERT INTO notes (id, contact_id, body, noted_at, created_by) VALUES (1, $ANNE, 'hers', now(), 'Ada'), (2, $ANN, 'his', now(), 'Ada');
    INSERT INTO tags (id, name, colour) VALUES (1, 'Both', 'red'), (2, 'Loser', 'blue');
    INSERT INTO contact_tags (tag_id, contact_id, tagged_at) VALUES (1, $ANNE, now()), (1, $ANN, now()), (2, $ANN, now());
    INSERT INTO relationship_types (id, label_a_b, label_b_a) VALUES (901, 'Child of', 'Parent of');
    INSERT INTO relationships (id, type_id, contact_a, contact_b, is_active) VALUES
        (1, 901, $ANN, $BO, true), (2, 901, $BO, $ANN, true), (3, 901, $ANNE, $ANN, true);
    INSERT INTO activity_types (id, name) VALUES (901, 'Chat');
    INSERT INTO activities (id, type_id, activity_at, status, created_by, added_by_contact) VALUES
        (1, 901, now(), 'Completed', 'Ada', $ANN), (2, 901, now(), 'Completed', 'Ada', NULL);
    INSERT INTO activity_contacts (activity_id, contact_id) VALUES (1, $ANN), (2, $ANNE), (2, $ANN);
    INSERT INTO opportunity_statuses (id, name, outcome, probability, place) VALUES (901, 'Talking', 'Open', 10, 1);
    INSERT INTO opportunities (id, contact_id, name, status_id, created_by) VALUES (1, $ANN, 'Kitchen', 901, 'Ada');
    INSERT INTO batches (id, name, state, currency, control_count, control_total, created_by, created_at, posted_by, posted_at) VALUES
        (1, 'May', 'Posted', 'CAD', 1, 2500, 'Ada', now(), 'Ada', now());
    INSERT INTO recurring_contributions (id, contact_id, amount, currency, frequency, start_date, next_date, fund_id)
        SELECT 1, $ANN, 500, 'CAD', 'Monthly', '2026-01-01', '2026-12-01', min(id) FROM funds;
    INSERT INTO contributions (id, contact_id, amount, currency, received_on, payment_method, status, fund_id, recurring_id, batch_id,
            created_at, modified_at)
        SELECT 1, $ANN, 2500, 'CAD', '2026-03-01', 'Cash', 'Completed', min(id), 1::bigint, 1::bigint, now(), now() FROM funds;
    INSERT INTO contributions (id, contact_id, amount, currency, received_on, payment_method, status, fund_id, created_at, modified_at)
        SELECT 2, $BO, 2500, 'CAD', '2026-03-01', 'Cash', 'Completed', min(id), now(), now() FROM funds;
    INSERT INTO soft_credits (id, contribution_id, contact_id, amount, credit_type) VALUES (1, 2, $ANN, 2500, 'Solicited');
";

#[tokio::test]
async fn notes_tags_relationships_activities_opportunities_and_gifts_go_over_and_come_back() {
    let office = Office::open().await;
    let (anne, ann) = (office.add(anne()).await, office.add(ann()).await);
    let bo = office.add(super::person("Bo", "Roy", "bo@x.test")).await;
    office
        .write(move |tx| {
            let rows = ROWS
                .replace("$ANNE", &anne.to_string())
                .replace("$ANN", &ann.to_string())
                .replace("$BO", &bo.to_string());
            tx.batch_execute(&rows)?;
            Ok(dms::crm::contributions::totals::refresh(tx, &[anne, ann, bo])?)
        })
        .await;
    let before = office.named().await;

    let merge = office.merge(anne, ann, &[]).await;
    assert_eq!(
        office.named_of(ann).await,
        [
            format!("activity_contacts 2 contact_id {ann}"),
            format!("contact_tags 1 contact_id {ann}"),
            format!("relationships 3 contact_b {ann}"),
        ],
        "only what the survivor has already, or would be related to themselves by, stays"
    );
    assert_eq!(
        office.named_of(anne).await,
        [
            format!("activities 1 added_by {anne}"),
            format!("activity_contacts 1 contact_id {anne}"),
            format!("activity_contacts 2 contact_id {anne}"),
            format!("contact_tags 1 contact_id {anne}"),
            format!("contact_tags 2 contact_id {anne}"),
            format!("contributions 1 contact_id {anne}"),
            format!("giving_totals 2500 contact_id {anne}"),
            format!("notes 1 contact_id {anne}"),
            format!("notes 2 contact_id {anne}"),
            format!("opportunities 1 contact_id {anne}"),
            format!("recurring 1 contact_id {anne}"),
            format!("relationships 1 contact_a {anne}"),
            format!("relationships 2 contact_b {anne}"),
            format!("relationships 3 contact_a {anne}"),
            format!("soft_credits 1 contact_id {anne}"),
        ]
    );
    // The pages show it all with the survivor.
    for (tab, words) in [
        ("notes", "his"),
        ("tags", "Loser"),
        ("relationships", "Bo Roy"),
        ("activities", "Chat"),
        ("opportunities", "Kitchen"),
        ("contributions", "$25.00"),
    ] {
        let page = office.ada.get(&format!("contacts/{anne}/{tab}")).await;
        assert!(page.has(words), "{tab}: {}", page.body);
    }

    office.undo_merge(&merge).await;
    assert_eq!(office.named().await, before);
}

#[tokio::test]
async fn a_smart_group_finds_the_survivor_by_what_came_over_and_both_are_as_before_after_the_undo() {
    let office = Office::open().await;
    let (anne, ann) = (office.add(anne()).await, office.add(ann()).await);
    office
        .write(move |tx| {
            tx.batch_execute("INSERT INTO tags (id, name, colour) VALUES (2, 'Baker', 'blue')")?;
            diesel::sql_query("INSERT INTO contact_tags (tag_id, contact_id, tagged_at) VALUES (2, $1, now())")
                .bind::<BigInt, _>(ann)
                .execute(&mut **tx)?;
            Ok(())
        })
        .await;
    let word = r#"{"blocks":[{"conditions":[{"about":"tags","op":"any","values":["2"]}]}]}"#;
    let criteria = Criteria::parse(word);
    assert_eq!(criteria.matching, Match::All);
    let made = office
        .ada
        .post("groups/new", &[("title", "Bakers"), ("criteria", word)])
        .await;
    let group = office
        .write(move |tx| Ok(groups::store::find_by_title(tx, "Bakers")?.unwrap()))
        .await;
    assert!(group.is_smart(), "{}", made.body);
    let member = |contact: ContactId| format!("member {} contact_id {contact}", group.id);
    let eventually_in = async |contact: ContactId, other: ContactId| {
        crate::support::world::eventually("the smart group is current", async || {
            let named = office.named().await;
            named.contains(&member(contact)) && !named.contains(&member(other))
        })
        .await;
    };
    eventually_in(ann, anne).await;
    let merge = office.merge(anne, ann, &[]).await;
    eventually_in(anne, ann).await;
    office.undo_merge(&merge).await;
    eventually_in(ann, anne).await;
}

#[tokio::test]
async fn nobody_is_related_twice_to_the_same_after_a_merge() {
    let office = Office::open().await;
    let (anne, ann) = (office.add(anne()).await, office.add(ann()).await);
    let bo = office.add(person("Bo", "Roy", "bo@x.test")).await;
    let rows = format!(
        "INSERT INTO relationship_types (id, label_a_b, label_b_a) VALUES (901, 'Child of', 'Parent of'), \
             (902, 'Friend of', 'Friend of'); \
         INSERT INTO relationships (id, type_id, contact_a, contact_b, end_date, is_active) VALUES \
             (1, 901, {anne}, {bo}, NULL, true), (2, 901, {ann}, {bo}, NULL, true), \
             (3, 902, {bo}, {anne}, NULL, true), (4, 902, {ann}, {bo}, NULL, true), \
             (5, 901, {ann}, {bo}, '2020-01-01', true), (6, 901, {bo}, {ann}, NULL, true)"
    );
    office.write(move |tx| Ok(tx.batch_execute(&rows)?)).await;
    let tied = async |contact: ContactId| {
        let mut theirs = office.named_of(contact).await;
        theirs.retain(|line| line.starts_with("relationships"));
        theirs
    };
    let (before, before_ann) = (tied(anne).await, tied(ann).await);
    let merge = office.merge(anne, ann, &[]).await;
    assert_eq!(
        tied(anne).await,
        [
            format!("relationships 1 contact_a {anne}"),
            format!("relationships 3 contact_b {anne}"),
            format!("relationships 5 contact_a {anne}"),
            format!("relationships 6 contact_b {anne}"),
        ],
        "what is over comes along, and what is the other way round"
    );
    office.undo_merge(&merge).await;
    assert_eq!((tied(anne).await, tied(ann).await), (before, before_ann));
}
