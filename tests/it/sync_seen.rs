//! Every page of Mailchimp in a real browser, at the width of a desk and of a phone, and open to everybody.

use crate::support::browser::Browser;
use crate::support::rehearsal::{DOMAIN, Rehearsal};
use crate::support::world::eventually;
use dms::base::ContactId;
use dms::crm::contacts;
use fantoccini::Locator;
use serde_json::{Value, json};

const GROUP: &str = "Newsletter";

#[actix_web::test]
async fn every_page_of_mailchimp_is_fit_to_be_seen() {
    let Some(browser) = Browser::open().await else { return };
    let tour = Tour::begin(browser).await;
    tour.before_anything_is_linked().await;
    tour.look_before_linking().await;
    tour.link().await;
    tour.people_who_are_blocked_or_unclear().await;
    tour.what_was_sent().await;
    tour.trouble().await;
    tour.letting_go().await;
    tour.signing_up().await;
}

/// The browser of the charity's owner, and people of every kind on both sides.
struct Tour {
    browser: Browser,
    rehearsal: Rehearsal,
    blocked: ContactId,
}

impl Tour {
    async fn begin(browser: Browser) -> Self {
        let rehearsal = Rehearsal::start(1).await;
        let names = ["Anne", "Bob", "Cleo", "Dan", "Eve", "Fay"];
        let mut people = Vec::new();
        for name in names {
            people.push(rehearsal.contact(name, "Lem").await);
        }
        let twin = rehearsal
            .contacts(vec![("Zoe".into(), "Lem".into(), people[0].1.clone())])
            .await[0];
        let ids = people.iter().map(|(id, _)| *id).chain([twin]).collect();
        rehearsal.group(GROUP, ids).await;
        let (dan, eve) = (people[3].0, people[4].0);
        rehearsal
            .write(move |tx| {
                for (id, is_deceased) in [(dan, false), (eve, true)] {
                    let mut draft = contacts::store::find(tx, id)?.expect("a contact").draft();
                    draft.details.is_deceased = is_deceased;
                    draft.details.privacy.do_not_email = !is_deceased;
                    contacts::actions::change(tx, id, &draft, "").map_err(anyhow::Error::from)?;
                }
                Ok(())
            })
            .await;
        let there = json!({"members": [
            {"email_address": people[0].1, "status": "subscribed"},
            {"email_address": people[1].1, "status": "unsubscribed"},
            {"email_address": people[2].1, "status": "cleaned"},
            {"email_address": format!("only.there@{DOMAIN}"), "status": "subscribed", "merge_fields": {"FNAME": "Olive", "LNAME": "Thorpe"}},
            {"email_address": format!("long.gone@{DOMAIN}"), "status": "unsubscribed"},
        ]});
        let path = format!("audiences/{}/members", rehearsal.audience);
        rehearsal.ask("POST", &path, there).await;
        browser.sign_in(&rehearsal.origin(), "ada@riverside.test").await;
        let blocked = people[1].0;
        Self {
            browser,
            rehearsal,
            blocked,
        }
    }

    async fn visit(&self, path: &str) {
        let at = self.rehearsal.ada.at(path);
        self.browser.visit(&format!("{}{at}", self.rehearsal.origin())).await;
    }

    async fn look(&self, name: &str) {
        self.browser.look(&format!("mailchimp-{name}")).await;
    }

    async fn before_anything_is_linked(&self) {
        self.visit("mailchimp").await;
        self.browser.until("main", "No group is linked yet").await;
        self.look("01-connected").await;
        self.visit("mailchimp/runs").await;
        self.browser.until("main", "Nothing was sent yet").await;
        self.look("02-no-runs").await;
        self.visit("mailchimp/review").await;
        self.look("03-nothing-to-review").await;
    }

    async fn look_before_linking(&self) {
        let slow = json!({"kind": "latency", "milliseconds": 5_000, "method": "GET", "route": "lists/{list_id}/members", "count": 1});
        self.rehearsal.ask("POST", "faults", slow).await;
        self.visit("mailchimp/links/new").await;
        self.look("04-choose").await;
        self.browser.choose("group", GROUP).await;
        self.browser.choose("audience", "Rehearsal").await;
        self.browser.press("Look at what would happen").await;
        self.browser.until("h1", "Reading the audience").await;
        self.look("05-reading").await;
        self.browser.look_on_until_the_audience_is_read().await;
        self.look("06-preview").await;
        let preview = self.browser.client.current_url().await.unwrap().to_string();
        let classes = self.people_behind_the_numbers().await;
        assert!(classes.len() >= 7, "every kind of people is counted: {classes:?}");
        for (number, class) in classes.iter().enumerate() {
            self.browser.visit(class).await;
            self.browser.until("main", "Back to the numbers").await;
            self.look(&format!("07-people-{number}")).await;
        }
        self.browser.visit(&preview).await;
    }

    /// Where the numbers on the page lead to.
    async fn people_behind_the_numbers(&self) -> Vec<String> {
        let mut links = Vec::new();
        for link in self.browser.client.find_all(Locator::Css(".tally a")).await.unwrap() {
            links.push(link.prop("href").await.unwrap().unwrap());
        }
        links
    }

    async fn link(&self) {
        self.browser.click("[name=include][value=both]").await;
        self.browser.press("Switch the link on").await;
        self.browser.until("main", "The link is switched on").await;
        self.browser.until("[data-live]", "Unsubscribed at Mailchimp").await;
        self.look("08-link").await;
        for class in self.people_behind_the_numbers().await.iter().take(1) {
            self.browser.visit(class).await;
            self.look("09-people-of-the-link").await;
        }
    }

    async fn people_who_are_blocked_or_unclear(&self) {
        self.visit(&format!("contacts/{}/groups", self.blocked)).await;
        self.browser.until("#current-groups", "Groups").await;
        self.look("10-groups-tab").await;
        self.browser.follow("What you can do", "main").await;
        self.browser.until("main", "If they want to come back").await;
        self.browser.press("Send Mailchimp's confirmation").await;
        self.browser.until("main", "Write how and when they asked for it").await;
        self.look("11-why").await;
        self.browser
            .fill("#note", "Called on May 4 and asked for it again")
            .await;
        self.browser.press("Send Mailchimp's confirmation").await;
        self.browser.until("main", "Mailchimp is being asked").await;

        let shared = format!("the.roys@{DOMAIN}");
        let couple = ["Ann", "Ben"].map(|name| (name.to_owned(), "Roy".to_owned(), shared.clone()));
        self.rehearsal.contacts(couple.into()).await;
        let sign_up = format!("audiences/{}/sign-up", self.rehearsal.audience);
        let person = json!({"email_address": shared, "merge_fields": {"FNAME": "The", "LNAME": "Roys"}});
        self.rehearsal.ask("POST", &sign_up, person).await;
        eventually("somebody is to be told apart", async || {
            self.rehearsal.ada.get("mailchimp/review").await.has("The Roys")
        })
        .await;
        self.visit("mailchimp/review").await;
        self.look("12-review").await;
    }

    async fn what_was_sent(&self) {
        self.visit("mailchimp").await;
        self.browser
            .until("main", "Mailchimp tells us of changes at once")
            .await;
        self.look("13-connection").await;
        self.visit("mailchimp/runs").await;
        self.look("14-runs").await;
        self.browser.click("tbody tr:last-child a").await;
        self.browser.until("h2", "In short").await;
        self.look("15-run").await;
    }

    async fn trouble(&self) {
        let gone = json!({"kind": "not_found", "route": "lists/{list_id}"});
        self.rehearsal.ask("POST", "faults", gone).await;
        eventually("the link is broken", async || {
            self.rehearsal.ada.get("groups").await.has("Broken")
        })
        .await;
        self.visit("mailchimp").await;
        self.look("16-broken").await;
        self.browser.follow(GROUP, ".health").await;
        self.browser.until("main", "This link is broken").await;
        self.look("17-broken-link").await;
        self.rehearsal.ask("DELETE", "faults", Value::Null).await;
        eventually("the link is mended", async || {
            !self.rehearsal.ada.get("groups").await.has("Broken")
        })
        .await;
        self.rehearsal.ask("POST", "tokens/revoke", json!({})).await;
        eventually("the connection is refused", async || {
            self.rehearsal.ada.get("mailchimp").await.has("Refused by Mailchimp")
        })
        .await;
        self.visit("mailchimp").await;
        self.look("18-refused").await;
        self.rehearsal.connect().await;
    }

    async fn letting_go(&self) {
        self.visit("mailchimp").await;
        self.browser.follow(GROUP, ".health").await;
        self.browser.until("main", "How this link works").await;
        self.browser.click("a[href$='/off']").await;
        self.browser.until("h1", "Switch this link off?").await;
        self.look("19-off").await;
        self.visit("mailchimp/disconnect").await;
        self.look("20-disconnect").await;
        self.browser.press("Disconnect").await;
        self.browser.until("main", "Mailchimp is disconnected").await;
        self.look("21-disconnected").await;
    }

    async fn signing_up(&self) {
        self.browser
            .visit(&format!("{}/sign-up/mailchimp", self.rehearsal.origin()))
            .await;
        self.browser.until("h1", "One more step").await;
        self.look("22-sign-up").await;
        let stan = self
            .rehearsal
            .world
            .sign_up("Elsewhere", "Stan Stranger", "stan@elsewhere.test")
            .await;
        let origin = self.rehearsal.origin();
        self.browser.client.delete_all_cookies().await.unwrap();
        self.browser.sign_in(&origin, "stan@elsewhere.test").await;
        self.browser.visit(&format!("{origin}{}", stan.at("mailchimp"))).await;
        self.browser.until("main", "Mailchimp is not connected yet").await;
        self.look("23-not-connected").await;
    }
}
