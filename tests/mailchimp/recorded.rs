//! Everything Mailchimp was recorded to send can be read. The recordings lie outside the repository.

use dms::mailchimp::oauth::App;
use dms::mailchimp::{ArchiveOutcome, Kind, Member, MemberWrite, MembersQuery, Status, SubscriberHash, http_client};
use serde_json::{Value, json};

use crate::stand_in::{Reply, StandIn, anna, audience};

/// The recorded exchanges, or none where they are absent.
fn exchanges() -> Vec<Value> {
    let shared = std::env::var("DMS_SHARED").unwrap_or_else(|_| format!("{}/../shared", env!("CARGO_MANIFEST_DIR")));
    let path = format!("{shared}/mailchimp/recorded-samples.json");
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("not checked: {path} is absent (set DMS_SHARED)");
        return Vec::new();
    };
    let recorded: Value = serde_json::from_str(&text).unwrap();
    recorded["samples"].as_array().unwrap().clone()
}

/// The answers to one kind of call, each as a server that gives it.
async fn answers(call: &str, status: u16) -> Vec<(Value, StandIn)> {
    let mut servers = Vec::new();
    for exchange in exchanges() {
        if !exchange["template"].as_str().unwrap().starts_with(call) || exchange["status"] != status {
            continue;
        }
        let mut body = exchange["response_body"].clone();
        let rows = ["members", "lists", "merge_fields"]
            .iter()
            .find_map(|name| body[*name].as_array().map(Vec::len));
        if let Some(rows) = rows {
            // The recordings were shortened.
            body["total_items"] = json!(rows);
        }
        let reply = if body.is_object() {
            Reply::Json(status, body.clone())
        } else {
            Reply::Empty(status)
        };
        servers.push((
            exchange,
            StandIn::answering([reply, Reply::Json(200, json!({"id": "x"}))]).await,
        ));
    }
    servers
}

fn is_whole(member: &Member) {
    assert_eq!(member.hash(), SubscriberHash::of(&member.email_address), "{member:?}");
    assert_eq!(member.hash().as_str(), member.id);
    assert_eq!((member.contact_id.len(), member.unique_email_id.len()), (32, 10));
    assert_ne!(member.status, Status::Other);
    assert_eq!(member.list_id, audience().as_str());
    assert!(member.last_changed.is_some() && member.timestamp_opt.is_some() && member.timestamp_signup.is_none());
    assert!(member.merge_fields.contains_key("FNAME") && member.web_id > 0 && !member.source.is_empty());
}

#[tokio::test]
async fn recorded_members_are_read_whole() {
    for (exchange, server) in answers("GET /3.0/lists/{list_id}/members/{subscriber_hash} 200", 200).await {
        let member = server.client().member(&audience(), &anna()).await.unwrap().unwrap();
        is_whole(&member);
        let tags = exchange["response_body"]["tags"].as_array().unwrap();
        assert_eq!(member.tags.len(), tags.len());
        let reason = (member.status == Status::Unsubscribed).then_some("N/A (Unsubscribed by admin)");
        assert_eq!(member.unsubscribe_reason.as_deref(), reason);
    }
    for (_, server) in answers("PUT /3.0/lists/{list_id}/members/{subscriber_hash} 200", 200).await {
        is_whole(
            &server
                .client()
                .put_member(&audience(), &anna(), &MemberWrite::default())
                .await
                .unwrap(),
        );
    }
    for (_, server) in answers("POST /3.0/lists/{list_id}/members 200", 200).await {
        is_whole(
            &server
                .client()
                .post_member(&audience(), &MemberWrite::default())
                .await
                .unwrap(),
        );
    }
}

#[tokio::test]
async fn recorded_pages_of_members_are_read_whole() {
    for (exchange, server) in answers("GET /3.0/lists/{list_id}/members 200", 200).await {
        let page = server
            .client()
            .members_page(&audience(), &MembersQuery::default())
            .await
            .unwrap();
        assert_eq!(
            page.members.len(),
            exchange["response_body"]["members"].as_array().unwrap().len()
        );
        page.members.iter().for_each(is_whole);
    }
}

#[tokio::test]
async fn recorded_audiences_and_merge_fields_are_read_whole() {
    for (_, server) in answers("GET /3.0/lists 200", 200).await {
        let read = server.client().audiences().await.unwrap();
        assert!(!read.audiences.is_empty() && read.constraints.max_instances != 0);
        for audience in read.audiences {
            assert!(!audience.name.is_empty() && audience.web_id > 0 && audience.date_created.is_some());
            assert!(audience.subscribe_url_short.starts_with("http") && audience.stats.merge_field_count > 0);
        }
    }
    for (_, server) in answers("GET /3.0/lists/{list_id}/merge-fields 200", 200).await {
        let fields = server.client().merge_fields(&audience()).await.unwrap();
        assert!(
            fields
                .iter()
                .all(|field| !field.tag.is_empty() && !field.kind.is_empty())
        );
        let joined = fields.iter().find(|field| field.tag == "JOINED_AT").unwrap();
        assert_eq!(
            (joined.kind.as_str(), joined.options.date_format.as_str()),
            ("date", "MM/DD/YYYY")
        );
    }
}

#[tokio::test]
async fn recorded_refusals_are_understood() {
    for (_, server) in answers("GET /3.0/lists/{list_id}/members/{subscriber_hash} 404", 404).await {
        assert_eq!(server.client().member(&audience(), &anna()).await, Ok(None));
    }
    for (exchange, server) in answers("PUT /3.0/lists/{list_id}/members/{subscriber_hash} 400", 400).await {
        let problem = server
            .client()
            .put_member(&audience(), &anna(), &MemberWrite::default())
            .await
            .unwrap_err();
        let exists = exchange["response_body"]["title"] == "Member Exists";
        assert_eq!(
            problem.kind(),
            if exists {
                Kind::MemberExists
            } else {
                Kind::MergeFieldsInvalid
            }
        );
    }
    for (_, server) in answers("POST /3.0/lists/{list_id}/members 400", 400).await {
        let problem = server
            .client()
            .post_member(&audience(), &MemberWrite::default())
            .await
            .unwrap_err();
        assert_eq!(problem.kind(), Kind::AddressInvalid);
    }
    for (status, outcome) in [(204, ArchiveOutcome::Archived), (405, ArchiveOutcome::CannotBeArchived)] {
        for (_, server) in answers("DELETE /3.0/lists/{list_id}/members/{subscriber_hash}", status).await {
            assert_eq!(server.client().archive_member(&audience(), &anna()).await, Ok(outcome));
        }
    }
}

#[tokio::test]
async fn the_recorded_account_is_read() {
    for (exchange, _) in answers("GET /oauth2/metadata", 200).await {
        let mut body = exchange["response_body"].clone();
        body["api_endpoint"] = json!("http://us3.api.mailchimp.com");
        let server = StandIn::answering([Reply::Json(200, body)]).await;
        let app = App::new(&server.url, "1".to_owned(), &"s".to_owned().into(), server.url.clone()).unwrap();
        let metadata = app
            .metadata(&http_client().unwrap(), &"t".to_owned().into())
            .await
            .unwrap();
        assert_eq!(
            (metadata.dc.as_str(), metadata.account_name.as_str()),
            ("us3", "Grouparoo")
        );
        assert!(!metadata.login.login_id.is_empty() && !metadata.user_id.is_empty());
    }
}
