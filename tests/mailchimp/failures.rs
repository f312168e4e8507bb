//! Every way to fail, and what is to be done about it.

use std::time::Duration;

use dms::mailchimp::{Class, Client, Kind, Limits, MemberWrite, Problem, http_client};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use url::Url;

use crate::stand_in::{Reply, StandIn, anna, audience};

fn problem(status: u16, title: &str, detail: &str, errors: Value) -> Reply {
    Reply::Json(
        status,
        json!({"title": title, "status": status, "detail": detail, "instance": "an-id", "errors": errors}),
    )
}

fn said(status: u16, title: &str, detail: &str) -> Reply {
    problem(status, title, detail, json!([]))
}

/// The problem of writing a member when Mailchimp answers so.
async fn writing(reply: Reply) -> Problem {
    // A missing member makes the client ask whether the audience is there: it is.
    let server = StandIn::answering([reply, Reply::Json(200, json!({"id": "a36b032126"}))]).await;
    server
        .client()
        .put_member(&audience(), &anna(), &MemberWrite::default())
        .await
        .unwrap_err()
}

async fn reading(reply: Reply) -> Problem {
    StandIn::answering([reply]).await.client().account().await.unwrap_err()
}

#[tokio::test]
async fn what_mailchimp_says_tells_what_is_to_be_done() {
    let invalid = |detail| said(400, "Invalid Resource", detail);
    let fields = |name: &str| {
        problem(
            400,
            "Invalid Resource",
            "…",
            json!([{"field": name, "message": "Bitte gib einen Wert ein."}]),
        )
    };
    let table = [
        (said(401, "API Key Invalid", "…"), Kind::TokenRefused, Class::Connection),
        (said(401, "API Key Missing", "…"), Kind::TokenRefused, Class::Connection),
        (said(403, "User Disabled", "…"), Kind::UserDisabled, Class::Connection),
        (
            said(403, "Wrong Datacenter", "…"),
            Kind::WrongDatacenter,
            Class::Connection,
        ),
        (said(403, "Forbidden", "…"), Kind::NotPermitted, Class::Connection),
        (
            said(403, "User action not permitted", "…"),
            Kind::NotPermitted,
            Class::Connection,
        ),
        (said(404, "Resource Not Found", "…"), Kind::NotFound, Class::Member),
        (said(404, "Something Else", "…"), Kind::Refused, Class::Request),
        (said(405, "Method Not Allowed", "…"), Kind::NotAllowed, Class::Member),
        (said(400, "Member Exists", "…"), Kind::MemberExists, Class::Member),
        (
            said(400, "Member In Compliance State", "…"),
            Kind::InCompliance,
            Class::Member,
        ),
        (
            said(400, "Forgotten Email Not Subscribed", "…"),
            Kind::Forgotten,
            Class::Member,
        ),
        (
            invalid("a@example.com looks fake or invalid, please enter a real email address."),
            Kind::AddressInvalid,
            Class::Member,
        ),
        (
            invalid("Please provide a valid email address."),
            Kind::AddressInvalid,
            Class::Member,
        ),
        (
            invalid("The domain portion of the email address is invalid (the portion after the @: b)"),
            Kind::AddressInvalid,
            Class::Member,
        ),
        (
            invalid("a@b.ch has signed up to a lot of lists very recently; we're not allowing more signups for now"),
            Kind::TooManySignups,
            Class::Member,
        ),
        (
            invalid(
                "This member's status is \"cleaned.\" You can only update email addresses for members with a status of \"subscribed.\"",
            ),
            Kind::AddressLocked,
            Class::Member,
        ),
        (
            invalid("Your merge fields were invalid."),
            Kind::MergeFieldsInvalid,
            Class::Member,
        ),
        (fields("LTV"), Kind::MergeFieldsInvalid, Class::Member),
        (fields("email_address"), Kind::AddressInvalid, Class::Member),
        (fields("marketing_permissions"), Kind::Refused, Class::Request),
        (
            invalid("The resource submitted could not be validated."),
            Kind::Refused,
            Class::Request,
        ),
        (
            said(422, "Requested Fields Invalid", "…"),
            Kind::Refused,
            Class::Request,
        ),
        (said(429, "Too Many Requests", "…"), Kind::Throttled, Class::Passing),
        (said(500, "Internal Server Error", "…"), Kind::Down, Class::Passing),
        (said(503, "Compliance Related", "…"), Kind::Down, Class::Passing),
        (Reply::Empty(429), Kind::Throttled, Class::Passing),
        (Reply::Empty(403), Kind::Throttled, Class::Passing),
        (
            Reply::Html(403, "<h1>Access Denied</h1>"),
            Kind::Throttled,
            Class::Passing,
        ),
        (
            Reply::Html(503, "<h1>Request Blocked.</h1>"),
            Kind::Down,
            Class::Passing,
        ),
        (Reply::Html(502, "<h1>Bad Gateway</h1>"), Kind::Down, Class::Passing),
        (Reply::Html(404, "<h1>Not found</h1>"), Kind::Unreadable, Class::Passing),
        (Reply::Html(302, ""), Kind::Unreadable, Class::Passing),
        (
            Reply::Html(200, "<h1>Welcome to the hotel's network</h1>"),
            Kind::Unreadable,
            Class::Passing,
        ),
        (Reply::Empty(200), Kind::Unreadable, Class::Passing),
        (Reply::Json(200, json!({})), Kind::Unreadable, Class::Passing),
        (Reply::Broken, Kind::Dropped, Class::Passing),
    ];
    for (row, (reply, kind, class)) in table.into_iter().enumerate() {
        let problem = writing(reply).await;
        assert_eq!(
            (problem.kind(), problem.class()),
            (kind, class),
            "row {row}: {problem:?}"
        );
        assert_eq!(
            problem.retry_after(1).is_some(),
            class == Class::Passing || kind == Kind::TooManySignups,
            "row {row}"
        );
    }
}

#[tokio::test]
async fn a_write_without_a_good_answer_may_have_happened() {
    for (reply, unknown) in [
        (Reply::Html(502, ""), true),
        (said(500, "Internal Server Error", ""), true),
        (Reply::Broken, true),
        (Reply::Html(200, "<p>"), true),
        (Reply::Empty(429), false),
        (Reply::Html(403, ""), false),
        (said(400, "Member Exists", ""), false),
        (said(401, "API Key Invalid", ""), false),
    ] {
        assert_eq!(writing(reply.clone()).await.effect_unknown(), unknown);
        assert!(!reading(reply).await.effect_unknown(), "reading changes nothing");
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_given_up() {
    let server = StandIn::answering([Reply::Never]).await;
    let impatient = server.client_with(Limits {
        timeout: Duration::from_millis(200),
        ..Limits::default()
    });
    let problem = impatient
        .post_member(&audience(), &MemberWrite::default())
        .await
        .unwrap_err();
    assert_eq!((problem.kind(), problem.effect_unknown()), (Kind::TimedOut, true));
    assert_eq!(problem.words(), "Mailchimp did not answer in time");
}

#[tokio::test]
async fn an_answer_beyond_all_size_is_not_read() {
    let server = StandIn::answering([Reply::Json(200, json!({"account_id": "x".repeat(5_000)}))]).await;
    let small = server.client_with(Limits {
        body_bytes_max: 4_000,
        ..Limits::default()
    });
    let problem = small.account().await.unwrap_err();
    assert_eq!((problem.kind(), problem.status()), (Kind::Unreadable, Some(200)));
}

#[tokio::test]
async fn a_connection_that_breaks_before_the_answer_leaves_the_effect_unknown() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let _ = socket.read(&mut [0; 4096]).await.unwrap();
    });
    let client = Client::new(http_client().unwrap(), &url, "a-token".to_owned().into());
    let problem = client
        .put_member(&audience(), &anna(), &MemberWrite::default())
        .await
        .unwrap_err();
    assert_eq!((problem.kind(), problem.effect_unknown()), (Kind::Dropped, true));
}

#[tokio::test]
async fn where_nobody_listens_nothing_was_sent() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    drop(listener);
    let client = Client::new(http_client().unwrap(), &url, "a-token".to_owned().into());
    let problem = client
        .put_member(&audience(), &anna(), &MemberWrite::default())
        .await
        .unwrap_err();
    assert_eq!((problem.kind(), problem.effect_unknown()), (Kind::Unreachable, false));
}

#[tokio::test]
async fn staff_read_mailchimps_own_words_and_logs_do_not() {
    let detail =
        "anna@b.ch is in a compliance state due to unsubscribe, bounce, or compliance review and cannot be subscribed.";
    let problem = writing(said(400, "Member In Compliance State", detail)).await;
    assert_eq!(problem.words(), format!("Member In Compliance State ({detail})"));
    assert_eq!(problem.to_string(), "Mailchimp: in_compliance, HTTP 400, request an-id");
    assert!(!format!("{problem} {problem:?}").contains("anna"));
}

#[tokio::test]
async fn refused_fields_are_named_with_their_reasons() {
    let errors = json!([{"field": "LTV", "message": "Please enter a number"}, {"field": "FNAME", "message": "Please enter a value"}]);
    let problem = writing(problem(
        400,
        "Invalid Resource",
        "Your merge fields were invalid.",
        errors,
    ))
    .await;
    let words =
        "Invalid Resource (Your merge fields were invalid. LTV: Please enter a number FNAME: Please enter a value)";
    assert_eq!(problem.words(), words);
    assert_eq!(problem.fields()[1].field, "FNAME");
}

#[tokio::test]
async fn waits_grow_up_to_a_limit() {
    let waits = |problem: &Problem| [1, 2, 3, 4, 5, 40].map(|attempt| problem.retry_after(attempt).unwrap().as_secs());
    assert_eq!(waits(&writing(Reply::Empty(429)).await), [2, 4, 8, 16, 32, 300]);
    assert_eq!(waits(&writing(Reply::Html(503, "")).await), [5, 10, 20, 40, 80, 900]);
    let churn = writing(said(
        400,
        "Invalid Resource",
        "x has signed up to a lot of lists very recently; …",
    ))
    .await;
    let day = 24 * 3600;
    assert_eq!(waits(&churn), [300, day, 2 * day, 7 * day, 7 * day, 7 * day]);
}
