//! What is asked of Mailchimp, and what is made of its good answers.

use std::sync::{Arc, Mutex};

use chrono::{TimeZone, Utc};
use dms::mailchimp::{
    ArchiveOutcome, BULK_MEMBERS_MAX, EraseOutcome, Events, Kind, MemberWrite, MembersQuery, Sources, Status,
    SubscriberHash, WebhookId, WebhookSettings,
};
use serde_json::{Value, json};

use crate::stand_in::{Reply, StandIn, anna, audience};

fn ok(value: Value) -> Reply {
    Reply::Json(200, value)
}

fn missing() -> Reply {
    Reply::Json(404, json!({"title": "Resource Not Found", "status": 404}))
}

fn audiences(ids: &[&str], total_items: usize) -> Reply {
    let lists: Vec<Value> = ids.iter().map(|id| json!({"id": id, "name": id})).collect();
    ok(json!({"lists": lists, "total_items": total_items, "constraints": {"may_create": false, "max_instances": 5}}))
}

#[test]
fn an_address_has_one_hash_however_it_is_written() {
    let hash = "62eeb292278cc15f5817cb78f7790b08";
    assert_eq!(SubscriberHash::of("urist.mcvankab@freddiesjokes.com").as_str(), hash);
    assert_eq!(SubscriberHash::of("  Urist.McVankab@FreddiesJokes.com ").as_str(), hash);
    assert_eq!(SubscriberHash::parse(&hash.to_uppercase()), SubscriberHash::parse(hash));
    assert_eq!(SubscriberHash::parse("urist.mcvankab@freddiesjokes.com"), None);
}

#[test]
fn what_could_leave_its_place_in_a_path_is_no_id() {
    for text in ["", "..", "a/b", "a?b", "a%2Fb", "ä"] {
        assert_eq!(dms::mailchimp::AudienceId::parse(text), None);
        assert_eq!(WebhookId::parse(text), None);
    }
}

#[tokio::test]
async fn the_token_travels_in_the_header_and_the_address_nowhere() {
    let server = StandIn::answering([ok(json!({"id": anna().as_str(), "status": "subscribed"}))]).await;
    server.client().member(&audience(), &anna()).await.unwrap();
    let asked = &server.asked()[0];
    assert_eq!(
        (asked.method.as_str(), asked.authorization.as_str()),
        ("GET", "Bearer a-token")
    );
    assert_eq!(asked.path, format!("/3.0/lists/a36b032126/members/{}", anna()));
}

#[tokio::test]
async fn a_page_of_members_is_asked_for_in_utc_and_tells_mailchimps_time() {
    let server = StandIn::answering([ok(json!({"members": [], "total_items": 7}))]).await;
    let since = Utc.with_ymd_and_hms(2026, 3, 1, 10, 0, 5).unwrap();
    let query = MembersQuery {
        status: Some(Status::Archived),
        since_last_changed: Some(since),
        offset: 2000,
        ..MembersQuery::default()
    };
    let page = server.client().members_page(&audience(), &query).await.unwrap();
    assert_eq!((page.members.len(), page.total_items), (0, 7));
    assert!(page.asked_at.is_some(), "the server sends a Date");
    let query = &server.asked()[0].query;
    assert!(
        query.contains("since_last_changed=2026-03-01T10%3A00%3A05%2B00%3A00"),
        "{query}"
    );
    assert!(
        query.contains("count=1000&offset=2000") && query.contains("status=archived"),
        "{query}"
    );
}

#[tokio::test]
async fn a_list_is_read_to_its_end() {
    let server = StandIn::answering([audiences(&["a", "b"], 3), audiences(&["c"], 3)]).await;
    let read = server.client().audiences().await.unwrap();
    assert_eq!(
        read.audiences
            .iter()
            .map(|audience| audience.id.as_str())
            .collect::<Vec<_>>(),
        ["a", "b", "c"]
    );
    assert_eq!(
        (read.constraints.may_create, read.constraints.max_instances),
        (false, 5)
    );
    assert_eq!(server.asked()[1].query, "count=1000&offset=2");
}

#[tokio::test]
async fn a_list_that_changes_while_it_is_read_is_read_again() {
    let one_came = [audiences(&["a", "b"], 3), audiences(&["b"], 4), audiences(&[], 4)];
    let settled = [audiences(&["x", "a"], 4), audiences(&["b", "c"], 4)];
    let server = StandIn::answering(one_came.into_iter().chain(settled)).await;
    let read = server.client().audiences().await.unwrap();
    assert_eq!(read.audiences.len(), 4);
}

#[tokio::test]
async fn a_list_that_never_settles_is_not_taken_for_complete() {
    let twice_the_same_row = || [audiences(&["a", "b"], 3), audiences(&["b"], 3)];
    let one_went = || [audiences(&["a", "b"], 3), audiences(&[], 2)];
    for script in [
        twice_the_same_row().into_iter().chain(one_went()),
        one_went().into_iter().chain(one_went()),
    ] {
        let server = StandIn::answering(script).await;
        assert_eq!(server.client().audiences().await.unwrap_err().kind(), Kind::Incomplete);
    }
}

#[tokio::test]
async fn an_empty_object_is_no_empty_audience() {
    let server = StandIn::answering([ok(json!({}))]).await;
    let problem = server
        .client()
        .members_page(&audience(), &MembersQuery::default())
        .await
        .unwrap_err();
    assert_eq!(problem.kind(), Kind::Unreadable);
}

#[tokio::test]
async fn a_missing_member_and_a_missing_audience_are_told_apart() {
    let server = StandIn::answering([missing(), ok(json!({"id": "a36b032126"}))]).await;
    assert_eq!(server.client().member(&audience(), &anna()).await, Ok(None));
    assert_eq!(
        (server.asked()[1].path.as_str(), server.asked()[1].query.as_str()),
        ("/3.0/lists/a36b032126", "fields=id")
    );

    let server = StandIn::answering([missing(), missing()]).await;
    assert_eq!(
        server.client().member(&audience(), &anna()).await.unwrap_err().kind(),
        Kind::AudienceGone
    );

    let server = StandIn::answering([missing(), Reply::Html(503, "")]).await;
    assert_eq!(
        server.client().member(&audience(), &anna()).await.unwrap_err().kind(),
        Kind::Down
    );

    let server = StandIn::answering([missing()]).await;
    assert_eq!(
        server.client().merge_fields(&audience()).await.unwrap_err().kind(),
        Kind::AudienceGone
    );
}

#[tokio::test]
async fn only_what_is_named_is_written() {
    let server = StandIn::answering([ok(json!({"id": anna().as_str(), "status": "unsubscribed"}))]).await;
    let member = MemberWrite {
        email_address: Some("anna@b.ch".to_owned()),
        status_if_new: Some(Status::Pending),
        merge_fields: [("FNAME".to_owned(), json!("Anna"))].into(),
        ..MemberWrite::default()
    };
    let written = server.client().put_member(&audience(), &anna(), &member).await.unwrap();
    assert_eq!(written.status, Status::Unsubscribed);
    let asked = &server.asked()[0];
    assert_eq!(
        (asked.method.as_str(), asked.query.as_str()),
        ("PUT", "skip_merge_validation=true")
    );
    let body = json!({"email_address": "anna@b.ch", "status_if_new": "pending", "merge_fields": {"FNAME": "Anna"}});
    assert_eq!(serde_json::from_str::<Value>(&asked.body).unwrap(), body);
    assert!(!format!("{member:?} {written:?}").to_lowercase().contains("anna"));
}

#[tokio::test]
async fn archiving_twice_is_no_error() {
    let refused = || Reply::Json(405, json!({"title": "Method Not Allowed", "status": 405}));
    let there = || ok(json!({"id": "a36b032126"}));
    let server = StandIn::answering([
        Reply::Empty(204),
        refused(),
        missing(),
        there(),
        Reply::Html(200, "<p>"),
    ])
    .await;
    let client = server.client();
    let archive = async || client.archive_member(&audience(), &anna()).await;
    assert_eq!(archive().await, Ok(ArchiveOutcome::Archived));
    assert_eq!(archive().await, Ok(ArchiveOutcome::CannotBeArchived));
    assert_eq!(archive().await, Ok(ArchiveOutcome::AlreadyGone));
    assert_eq!(
        archive().await.unwrap_err().kind(),
        Kind::Unreadable,
        "a web page is no success"
    );
}

#[tokio::test]
async fn erasing_is_asked_for_by_its_own_address() {
    let server = StandIn::answering([Reply::Empty(204), missing(), ok(json!({"id": "a36b032126"}))]).await;
    let client = server.client();
    assert_eq!(
        client.delete_member_permanently(&audience(), &anna()).await,
        Ok(EraseOutcome::Erased)
    );
    assert_eq!(
        client.delete_member_permanently(&audience(), &anna()).await,
        Ok(EraseOutcome::AlreadyGone)
    );
    assert!(server.asked()[0].path.ends_with("/actions/delete-permanent"));
}

#[tokio::test]
async fn a_bulk_write_tells_of_every_row() {
    let row = |code: &str, error: &str, field: &str| json!({"email_address": "a@b.ch", "error": error, "error_code": code, "field": field, "field_message": "no"});
    let answer = json!({
        "new_members": [{"id": "1", "email_address": "N@b.ch", "status": "subscribed"}],
        "updated_members": [],
        "errors": [
            row("ERROR_GENERIC", "a@b.ch is in a compliance state due to unsubscribe, bounce…", ""),
            row("ERROR_CONTACT_EXISTS", "a@b.ch ist schon dabei", ""),
            row("ERROR_GENERIC", "Etwas ist falsch", "LTV"),
            row("ERROR_GENERIC", "Duplicate items in request", ""),
        ],
        "total_created": 1, "total_updated": 0, "error_count": 4,
    });
    let server = StandIn::answering([ok(answer)]).await;
    let outcome = server
        .client()
        .write_members(&audience(), &[MemberWrite::default()], false)
        .await
        .unwrap();
    assert_eq!((outcome.created.len(), outcome.updated.len()), (1, 0));
    let kinds: Vec<Kind> = outcome.errors.iter().map(|error| error.problem().kind()).collect();
    assert_eq!(
        kinds,
        [
            Kind::InCompliance,
            Kind::MemberExists,
            Kind::MergeFieldsInvalid,
            Kind::Refused
        ]
    );
    let words = "Member In Compliance State (a@b.ch is in a compliance state due to unsubscribe, bounce…)";
    assert_eq!(outcome.errors[0].problem().words(), words);
    assert!(!format!("{:?}", outcome.errors).contains('@'));
}

#[tokio::test]
async fn more_than_a_bulk_write_takes_is_not_sent() {
    let server = StandIn::answering([]).await;
    let members = vec![MemberWrite::default(); BULK_MEMBERS_MAX + 1];
    let problem = server
        .client()
        .write_members(&audience(), &members, true)
        .await
        .unwrap_err();
    assert_eq!(problem.kind(), Kind::NotSent);
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn a_webhook_names_all_its_events_and_sources_and_keeps_its_secret() {
    let made = json!({"id": "5d9a5e3f7b", "url": "https://x.ca/hooks/secret-path", "signing_secret": "whsec_test"});
    let server = StandIn::answering([
        ok(made),
        missing(),
        ok(json!({"webhooks": [{"id": "1", "signing_secret": ""}]})),
    ])
    .await;
    let settings = WebhookSettings {
        url: "https://x.ca/hooks/secret-path".to_owned(),
        events: Events {
            subscribe: true,
            ..Events::default()
        },
        sources: Sources {
            user: true,
            admin: true,
            api: false,
        },
    };
    let webhook = server.client().create_webhook(&audience(), &settings).await.unwrap();
    let sent: Value = serde_json::from_str(&server.asked()[0].body).unwrap();
    assert_eq!(sent["sources"], json!({"user": true, "admin": true, "api": false}));
    assert_eq!(sent["events"].as_object().unwrap().len(), 6);
    assert!(webhook.signing_secret.is_some());
    assert!(!format!("{webhook:?}").contains("secret"));
    assert_eq!(
        server.client().delete_webhook(&audience(), &webhook.id).await,
        Ok(()),
        "gone already"
    );
    let left = server.client().webhooks(&audience()).await.unwrap();
    assert!(left.len() == 1 && left[0].signing_secret.is_none());
}

#[tokio::test]
async fn an_observer_hears_of_every_call_and_of_nobody() {
    let server = StandIn::answering([Reply::Empty(204), Reply::Empty(429)]).await;
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ears = heard.clone();
    let client = server
        .client()
        .with_observer(Arc::new(move |call| ears.lock().unwrap().push(call.clone())));
    client.archive_member(&audience(), &anna()).await.unwrap();
    client.ping().await.unwrap_err();
    let heard: Vec<_> = heard
        .lock()
        .unwrap()
        .iter()
        .map(|call| (call.method.to_string(), call.route, call.status, call.problem))
        .collect();
    let expected = [
        (
            "DELETE".to_owned(),
            "/lists/{list_id}/members/{subscriber_hash}",
            Some(204),
            None,
        ),
        ("GET".to_owned(), "/ping", Some(429), Some(Kind::Throttled)),
    ];
    assert_eq!(heard, expected);
}

/// A task of the runtime may move between threads: so must these futures.
#[tokio::test]
async fn calls_can_be_made_from_any_task() {
    let server = StandIn::answering([ok(json!({"members": [], "total_items": 0})), audiences(&[], 0)]).await;
    let client = server.client();
    let task = tokio::spawn(async move {
        client
            .members_page(&audience(), &MembersQuery::default())
            .await
            .unwrap();
        client.audiences().await.unwrap();
    });
    task.await.unwrap();
}
