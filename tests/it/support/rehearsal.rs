//! A charity and the stand-in Mailchimp side by side: connected through the real sign-in, with people on both sides.

use super::browserless::{Answer, Browserless};
use super::world::{World, eventually};
use dms::base::{Actor, ContactId, EmailAddress, GroupId, MappingId};
use dms::crm::contacts::{self, ContactDraft, Details, EmailDraft};
use dms::crm::groups;
use dms::sandbox::{self, Sandbox};
use serde_json::{Value, json};
use std::collections::HashMap;

/// A domain whose addresses the stand-in accepts.
pub const DOMAIN: &str = "maplemail.test-charity.ca";

/// The world, the stand-in Mailchimp with one empty audience, and the owner of a connected charity.
pub struct Rehearsal {
    pub world: World,
    pub sandbox: Sandbox,
    pub ada: Browserless,
    pub audience: String,
    http: reqwest::Client,
}

impl Rehearsal {
    /// Connected, with an empty audience. `poll_seconds` between two looks; webhooks as the stand-in delivers them.
    pub async fn start(poll_seconds: u32) -> Self {
        Self::start_with(|settings, sandbox| point_at(settings, sandbox, poll_seconds)).await
    }

    /// The same with settings of the test's own.
    pub async fn start_with(set: impl FnOnce(&mut HashMap<String, String>, &Sandbox)) -> Self {
        let sandbox = sandbox::start(sandbox::Options {
            auto_approve: true,
            ..Default::default()
        })
        .await
        .unwrap();
        let world = World::start_with(|settings| set(settings, &sandbox)).await;
        let ada = world
            .sign_up("Riverside Food Bank", "Ada Lem", "ada@riverside.test")
            .await;
        let http = reqwest::Client::new();
        let mut rehearsal = Self {
            world,
            sandbox,
            ada,
            audience: String::new(),
            http,
        };
        rehearsal.audience = rehearsal.make_audience().await;
        rehearsal.connect().await;
        rehearsal
    }

    async fn make_audience(&self) -> String {
        let accounts = self.ask("GET", "accounts", Value::Null).await;
        let account = first(&accounts, "id").expect("an account");
        let made = self
            .ask(
                "POST",
                &format!("accounts/{account}/audiences"),
                json!({"name": "Rehearsal"}),
            )
            .await;
        first(&made, "id").expect("an audience")
    }

    /// Goes through Mailchimp's sign-in, as a browser would.
    pub async fn connect(&self) {
        let finish = through_mailchimp(&self.ada, "mailchimp/connect").await;
        assert_eq!(finish.location(), self.ada.at("mailchimp"), "{}", finish.body);
    }

    /// Where the application is, for a browser.
    pub fn origin(&self) -> String {
        format!("http://{}", self.world.address())
    }

    /// Tells the stand-in something under `/__sandbox/`.
    pub async fn ask(&self, method: &str, path: &str, body: Value) -> Value {
        let url = format!("{}/__sandbox/{path}", self.sandbox.base_url());
        let mut request = self.http.request(method.parse().unwrap(), url);
        if !body.is_null() {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{method} {path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// The person behind a member does something at Mailchimp, or the admin there.
    pub async fn member_does(&self, address: &str, action: &str, body: Value) {
        self.ask("POST", &format!("members/{}/{address}/{action}", self.audience), body)
            .await;
    }

    /// The status of a member at Mailchimp, if there is one.
    pub async fn status_at_mailchimp(&self, address: &str) -> Option<String> {
        let found = self
            .ask(
                "GET",
                &format!("members?list={}&email={address}", self.audience),
                Value::Null,
            )
            .await;
        first(&found, "status")
    }

    /// How many members the audience has in a status.
    pub async fn count_at_mailchimp(&self, status: &str) -> usize {
        let found = self
            .ask(
                "GET",
                &format!("members?list={}&status={status}", self.audience),
                Value::Null,
            )
            .await;
        items(&found).len()
    }

    /// A contact with an address under `DOMAIN`.
    pub async fn contact(&self, first_name: &str, last_name: &str) -> (ContactId, String) {
        let address = format!("{}.{}@{DOMAIN}", first_name.to_lowercase(), last_name.to_lowercase());
        let ids = self
            .contacts(vec![(first_name.into(), last_name.into(), address.clone())])
            .await;
        (ids[0], address)
    }

    /// Many contacts: first name, last name, address.
    pub async fn contacts(&self, people: Vec<(String, String, String)>) -> Vec<ContactId> {
        self.write(move |tx| {
            let drafts: Vec<ContactDraft> = people
                .into_iter()
                .map(|(first_name, last_name, address)| ContactDraft {
                    details: Details {
                        first_name,
                        last_name,
                        ..Details::default()
                    },
                    emails: vec![EmailDraft {
                        is_primary: true,
                        ..EmailDraft::new(EmailAddress::parse(&address).unwrap())
                    }],
                    ..ContactDraft::default()
                })
                .collect();
            Ok(contacts::actions::add_many(tx, &drafts).unwrap())
        })
        .await
    }

    /// Changes rows as the owner.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dms::db::OrgTx<'_>) -> anyhow::Result<T> + Send + 'static,
    ) -> T {
        let actor = Actor::Staff {
            id: dms::base::StaffId(1),
            name: "Ada Lem".into(),
        };
        self.world
            .db()
            .write(self.ada.organization_id(), actor, work)
            .await
            .unwrap()
    }

    /// A group with these contacts in it.
    pub async fn group(&self, title: &str, contacts: Vec<ContactId>) -> GroupId {
        let title = title.to_owned();
        self.write(move |tx| {
            let group = groups::actions::create(tx, &title, "").unwrap();
            groups::actions::add_contacts(tx, group, &contacts, "")?;
            Ok(group)
        })
        .await
    }

    /// Links a group with the audience through the pages: preview first, then switched on with `include`.
    pub async fn link(&self, group: GroupId, include: &str) -> MappingId {
        let id = group.to_string();
        let chosen = [
            ("group", id.as_str()),
            ("audience", self.audience.as_str()),
            ("removal", "archive"),
        ];
        let reading = self.ada.post("mailchimp/links/preview", &chosen).await;
        let preview = reading.location();
        eventually("the audience is read", async || {
            self.ada.get(&preview).await.has("What would happen")
        })
        .await;
        let switched = self
            .ada
            .post(
                "mailchimp/links/new",
                &[chosen[0], chosen[1], chosen[2], ("include", include)],
            )
            .await;
        let link = switched.location();
        link.rsplit('/')
            .next()
            .unwrap()
            .parse()
            .unwrap_or_else(|_| panic!("{link}: {}", switched.body))
    }

    /// Waits until a member has a status at Mailchimp.
    pub async fn until_at_mailchimp(&self, address: &str, status: &str) {
        eventually(&format!("{address} is {status} at Mailchimp"), async || {
            self.status_at_mailchimp(address).await.as_deref() == Some(status)
        })
        .await;
    }

    /// Waits until a contact's Groups tab shows a text.
    pub async fn until_groups_tab(&self, contact: ContactId, text: &str) {
        eventually(&format!("the Groups tab shows: {text}"), async || {
            self.ada.get(&format!("contacts/{contact}/groups")).await.has(text)
        })
        .await;
    }

    /// Nobody was ever asked to be subscribed against an opt-out of theirs.
    pub async fn assert_nobody_subscribed_against_their_will(&self) {
        let found = self.ask("GET", "violations", Value::Null).await;
        for list in ["violations", "attempts", "against_admin", "unconfirmed"] {
            let of = found.get(list).and_then(Value::as_array).cloned().unwrap_or_default();
            assert!(of.is_empty(), "{list}: {of:?}");
        }
    }
}

/// Leaves for Mailchimp from one of our pages, is approved there at once, and comes back. Answers what the last page answered.
pub async fn through_mailchimp(person: &Browserless, start: &str) -> Answer {
    let leave = person.get(start).await;
    let http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let consent = http.get(leave.location()).send().await.unwrap();
    let back = consent.headers().get("location").expect("approved at once");
    let back = url::Url::parse(back.to_str().unwrap()).unwrap();
    let callback = person
        .get(&format!("{}?{}", back.path(), back.query().unwrap_or_default()))
        .await;
    person.get(&callback.location()).await
}

/// The settings that make an application use the stand-in.
pub fn point_at(settings: &mut HashMap<String, String>, sandbox: &Sandbox, poll_seconds: u32) {
    for (name, value) in [
        ("MAILCHIMP_CLIENT_ID", sandbox.client_id().to_owned()),
        ("MAILCHIMP_CLIENT_SECRET", sandbox.client_secret().to_owned()),
        ("MAILCHIMP_LOGIN_URL", sandbox.base_url().to_owned()),
        ("MAILCHIMP_POLL_INTERVAL", poll_seconds.to_string()),
    ] {
        settings.insert(name.into(), value);
    }
}

/// The objects of an answer, whatever its outer shape.
fn items(answer: &Value) -> Vec<Value> {
    match answer {
        Value::Array(items) => items.clone(),
        Value::Object(object) => object.values().find_map(Value::as_array).cloned().unwrap_or_default(),
        _ => Vec::new(),
    }
}

fn first(answer: &Value, key: &str) -> Option<String> {
    let own = answer.get(key).cloned();
    let inner = items(answer).first().and_then(|item| item.get(key).cloned());
    own.or(inner).and_then(|value| {
        value
            .as_str()
            .map(str::to_owned)
            .or_else(|| value.as_i64().map(|n| n.to_string()))
    })
}
