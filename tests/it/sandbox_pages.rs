//! The rehearsal Mailchimp in a real browser: what a charity worker sees there, at a desk and on a phone.

use dms::sandbox::{self, Options, Sandbox};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::browser::Browser;

const DESK: (u32, u32) = (1280, 900);
const PHONE: (u32, u32) = (390, 844);
const DOMAIN: &str = "maplemail.test-charity.ca";

/// A running sandbox and what tests ask of it beside the pages.
struct Stage {
    sandbox: Sandbox,
    http: reqwest::Client,
}

impl Stage {
    async fn start() -> Stage {
        drop(rustls::crypto::ring::default_provider().install_default());
        Stage {
            sandbox: sandbox::start(Options::default()).await.unwrap(),
            http: reqwest::Client::new(),
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox.base_url())
    }

    async fn control(&self, method: Method, path: &str, body: Value) -> Value {
        let request = self.http.request(method, self.url(&format!("/__sandbox/{path}")));
        let answer = request.json(&body).send().await.unwrap().error_for_status().unwrap();
        answer.json().await.unwrap()
    }

    async fn member(&self, mailbox: &str) -> Value {
        let path = format!("members?email={mailbox}@{DOMAIN}");
        self.control(Method::GET, &path, json!({})).await["members"][0].clone()
    }

    /// Every page there is, with something on it.
    async fn pages(&self) -> Vec<(&'static str, String)> {
        let aline = self.member("aline.tremblay").await;
        let (list, contact) = (text(&aline["list_id"]), text(&aline["contact_id"]));
        let left = text(&self.member("gordon.whitefeather").await["contact_id"]);
        let pending = text(&self.member("kwame.boateng").await["contact_id"]);
        let news = json!({
            "subject": "Spring news",
            "plain_text": "Dear friends,\n\nread https://riverside.test-charity.ca/news",
            "outcome": {"opens": 0.5, "proxy_opens": 0.5, "clicks": 0.5, "unsubscribes": 0.2, "hard_bounces": 0.2},
        });
        let campaign = self
            .control(Method::POST, &format!("audiences/{list}/campaigns"), news)
            .await;
        let campaign = text(&campaign["id"]);
        let reached = self
            .control(Method::GET, &format!("campaigns/{campaign}"), json!({}))
            .await;
        let reader = text(&reached["recipients"][0]["contact_id"]);
        self.control(
            Method::POST,
            "faults",
            json!({"kind": "latency", "milliseconds": 5, "route": "lists"}),
        )
        .await;
        let back = "response_type=code&client_id=123456789012&redirect_uri=http%3A%2F%2F127.0.0.1%3A4000%2Fback";
        vec![
            ("home", "/".to_owned()),
            ("audience", format!("/audiences/{list}")),
            (
                "audience-search",
                format!("/audiences/{list}?status=cleaned&search=nobody"),
            ),
            ("add", format!("/audiences/{list}/add")),
            ("member", format!("/audiences/{list}/members/{contact}")),
            ("member-left", format!("/audiences/{list}/members/{left}")),
            ("campaigns", "/campaigns".to_owned()),
            ("campaign", format!("/campaigns/{campaign}")),
            ("send", format!("/audiences/{list}/send")),
            ("inbox", format!("/inbox/{list}/{reader}")),
            ("inbox-pending", format!("/inbox/{list}/{pending}")),
            ("mail", format!("/mail/{campaign}/{reader}")),
            ("sign-up", format!("/subscribe?id={list}")),
            ("unsubscribe", format!("/unsubscribe/{list}/{contact}")),
            ("preferences", format!("/profile/{list}/{contact}")),
            ("confirm", format!("/confirm/{list}/{pending}")),
            ("trouble", "/trouble".to_owned()),
            ("consent", format!("/oauth2/authorize?{back}")),
            ("nothing-here", "/nothing".to_owned()),
        ]
    }

    /// Two groups that people may choose in the newsletter.
    async fn add_groups(&self) {
        let list = text(&self.member("aline.tremblay").await["list_id"]);
        let token = text(&self.control(Method::POST, "tokens", json!({})).await["access_token"]);
        let create = async |path: &str, body: Value| -> Value {
            let request = self
                .http
                .post(self.url(&format!("/3.0/lists/{list}/interest-categories{path}")));
            request
                .bearer_auth(&token)
                .json(&body)
                .send()
                .await
                .unwrap()
                .json()
                .await
                .unwrap()
        };
        let category = create("", json!({"title": "Where you help", "type": "checkboxes"})).await;
        for name in ["Driving", "Cooking"] {
            create(&format!("/{}/interests", text(&category["id"])), json!({"name": name})).await;
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

#[actix_web::test]
async fn every_page_of_the_sandbox_is_accessible_and_fits_a_desk_and_a_phone() {
    let Some(browser) = Browser::open().await else { return };
    let stage = Stage::start().await;
    stage.add_groups().await;
    let pages = stage.pages().await;
    for (width, height) in [DESK, PHONE] {
        browser.viewport(width, height).await;
        for (name, path) in &pages {
            browser.visit(&stage.url(path)).await;
            browser.screenshot(&format!("sandbox-{name}-{width}")).await;
            let found = browser.axe().await;
            assert!(found.is_empty(), "{name} at {width}: {found:?}");
            let wider = "return document.documentElement.scrollWidth > document.documentElement.clientWidth";
            let wider = browser.client.execute(wider, vec![]).await.unwrap();
            assert_eq!(wider, false, "{name} has to be scrolled sideways at {width}");
        }
    }
}

/// The whole way of a rehearsal, on pages alone and without scripts.
#[actix_web::test]
async fn a_worker_sends_a_campaign_leaves_it_as_the_reader_and_sees_that_nobody_was_subscribed_again() {
    let Some(browser) = Browser::open().await else { return };
    let stage = Stage::start().await;
    browser.without_scripts().await;
    browser.visit(&stage.url("/")).await;
    browser.follow("Newsletter", "main").await;
    browser.follow("Add people", "main").await;
    browser.fill("#email", &format!("nina.roy@{DOMAIN}")).await;
    browser.fill("#first", "Nina").await;
    browser.press("Add this person").await;
    browser.until("h1", "Nina").await;
    browser.until(".history", "joined the audience, through an admin").await;
    browser.follow("Newsletter", ".crumbs").await;
    browser.follow("Send a campaign", "main").await;
    browser.fill("#subject", "Spring news").await;
    browser.choose("reaction", "nothing").await;
    browser.press("Send").await;
    browser.until("h1", "Spring news").await;
    browser.until(".numbers", "7\nrecipients").await;
    browser.follow(&format!("nina.roy@{DOMAIN}"), "main").await;
    browser.until(".history", "was sent the mail Spring news").await;
    browser.follow("Open the inbox", "main").await;
    browser.follow("Spring news", ".mails").await;
    browser
        .follow("https://riverside.test-charity.ca/news", ".letter")
        .await;
    browser
        .until("main", "would now lead to https://riverside.test-charity.ca/news")
        .await;
    browser.follow("Continue", "main").await;
    browser.follow("Unsubscribe", ".links").await;
    browser.choose("reason", "Too many emails").await;
    browser.press("Unsubscribe").await;
    browser.until("h1", "You are unsubscribed").await;
    let nina = stage.member("nina.roy").await;
    assert_eq!(
        (&nina["status"], &nina["opt_out"]),
        (&json!("unsubscribed"), &json!("by_contact"))
    );
    browser.visit(&stage.url("/campaigns")).await;
    browser.follow("Spring news", "main").await;
    browser.follow("1", ".numbers li:nth-child(6)").await;
    browser.until("tbody", "opened, clicked, unsubscribed").await;
    browser.follow("Trouble", "nav").await;
    browser
        .until("main", "No program and no admin has subscribed anybody who had left")
        .await;
}
