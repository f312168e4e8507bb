//! The whole road in a real browser, as a charity goes it on its first day: from "Continue with Mailchimp" to an
//! unsubscribe that comes back and is explained.

use crate::support::browser::Browser;
use crate::support::rehearsal::point_at;
use crate::support::world::{PASSWORD, World};
use dms::sandbox::{self, Sandbox};
use fantoccini::Locator;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;

/// How soon an unsubscribe at Mailchimp shows on an open page: our promise.
const PROMISE: Duration = Duration::from_secs(2);
/// Nobody looks at Mailchimp by themselves while the test runs: what arrives was brought by its messages.
const POLL_SECONDS: u32 = 86_400;
const GROUP: &str = "Spring Appeal";
const AUDIENCE: &str = "Friends of the Food Bank";
/// In the group from the start; the first unsubscribes.
const CHOSEN: [&str; 3] = ["Dimitrov, Juliann", "Dimitrov, Carlos", "Dimitrov, Truman"];
const ADDED_LATER: &str = "Dimitrov, Valene";
/// The people above with the columns of the sample, where that is not at hand.
const A_FEW_PEOPLE: &str = "Contact ID,Contact Type,First Name,Last Name,City,Email\n\
    4,Individual,Valene,Dimitrov,Freedom,dimitrov.valene95@lol.info\n\
    42,Individual,Carlos,Dimitrov,Toronto,dimitrovc@airmail.co.in\n\
    91,Individual,Juliann,Dimitrov,Ottawa,dimitrov.juliann38@testmail.co.nz\n\
    136,Individual,Truman,Dimitrov,Hull,trumand67@spamalot.co.in\n";

#[actix_web::test]
async fn a_charity_goes_the_whole_road_on_its_first_day() {
    let Some(road) = Road::begin().await else { return };
    road.sign_up_with_mailchimp().await;
    road.import_the_people().await;
    road.make_a_group_of_selected_contacts().await;
    road.link_the_group_and_see_them_arrive().await;
    road.add_one_more_from_the_contact_page().await;
    road.see_an_unsubscribe_while_looking().await;
    road.add_them_again_and_read_both_messages().await;
    road.read_it_all_in_the_change_log().await;
}

/// A charity's browser, that of the person who gets its newsletter, and Mailchimp.
struct Road {
    world: World,
    sandbox: Sandbox,
    staff: Browser,
    subscriber: Browser,
    files: TempDir,
}

impl Road {
    async fn begin() -> Option<Self> {
        let (staff, subscriber) = (Browser::open().await?, Browser::open().await?);
        let sandbox = sandbox::start(sandbox::Options::default()).await.unwrap();
        let world = World::start_with(|settings| point_at(settings, &sandbox, POLL_SECONDS)).await;
        let road = Self {
            world,
            sandbox,
            staff,
            subscriber,
            files: tempfile::tempdir().unwrap(),
        };
        road.make_an_empty_audience().await;
        Some(road)
    }

    async fn make_an_empty_audience(&self) {
        let (http, control) = (reqwest::Client::new(), format!("{}/__sandbox", self.sandbox.base_url()));
        let accounts = http.get(format!("{control}/accounts")).send().await.unwrap();
        let accounts: Value = accounts.json().await.unwrap();
        let account = accounts["accounts"][0]["id"].as_str().unwrap().to_owned();
        let audience = http
            .post(format!("{control}/accounts/{account}/audiences"))
            .json(&json!({ "name": AUDIENCE }));
        assert!(audience.send().await.unwrap().status().is_success());
    }

    async fn sign_up_with_mailchimp(&self) {
        let staff = &self.staff;
        let start = format!("http://{}/", self.world.address());
        staff.visit(&start).await;
        staff.click("a[href='/sign-up/mailchimp']").await;
        staff.click("button[value=deny]").await;
        staff
            .until("main", "You did not allow the connection at Mailchimp")
            .await;

        staff.visit(&start).await;
        staff.click("a[href='/sign-up/mailchimp']").await;
        staff.until("h1", "Allow access to your account?").await;
        staff.click("button[value=allow]").await;
        staff.until("h1", "One more step").await;
        assert_eq!(staff.value("#organization").await, "Riverside Food Bank");
        assert_eq!(staff.value("#email").await, "owner@riverside.test-charity.ca");
        staff.fill("#name", "Ada Lem").await;
        staff.fill("#password", PASSWORD).await;
        staff.click("main button").await;
        // Straight on to linking; the people come first this time.
        staff.until("h1", "Link a group with an audience").await;
        staff.go("Mailchimp").await;
        staff.until("main", "Connected").await;
        staff.until("main", AUDIENCE).await;
    }

    async fn import_the_people(&self) {
        let staff = &self.staff;
        staff.go("Imports").await;
        staff.click("a[href$='/imports/new']").await;
        staff.until("h1", "Import a File").await;
        let field = staff.client.find(Locator::Css("#file")).await.unwrap();
        field.send_keys(&self.people().display().to_string()).await.unwrap();
        staff.press("Read the File").await;
        staff.until("h2", "What does each column hold?").await;
        staff.press("Check the Rows").await;
        staff.until(".tally", "new").await;
        let rows = staff.text(".tally li .tally__number").await;
        staff.press(&format!("Import {rows} Rows")).await;
        staff.until("main", "The file is imported").await;
        assert_eq!(staff.text(".tally li .tally__number").await, rows);
    }

    /// The sample organization where it is at hand, else a few of its people.
    fn people(&self) -> PathBuf {
        let folders = [
            std::env::var_os("DMS_SHARED").map(PathBuf::from),
            Some(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared")),
        ];
        let mut files = folders
            .into_iter()
            .flatten()
            .filter_map(|folder| folder.join("data/civicrm-sample/contacts.csv").canonicalize().ok());
        files.find(|file| file.is_file()).unwrap_or_else(|| {
            let file = self.files.path().join("contacts.csv");
            std::fs::write(&file, A_FEW_PEOPLE).unwrap();
            file
        })
    }

    async fn make_a_group_of_selected_contacts(&self) {
        let staff = &self.staff;
        staff.search("Dimitrov").await;
        for name in CHOSEN {
            staff.click(&format!("[aria-label='Select {name}']")).await;
        }
        staff.until(".selection", "3 Selected Records Only").await;
        staff.click(".selection summary").await;
        staff.press("Add to group…").await;
        staff.until("h1", "Add 3 contacts to a group").await;
        staff.fill("#title", GROUP).await;
        staff.press("Make Group and Add").await;
        staff.until("h1", GROUP).await;
        staff.until("main", "3 contacts added to group").await;
    }

    async fn link_the_group_and_see_them_arrive(&self) {
        let staff = &self.staff;
        staff.go("Mailchimp").await;
        staff.click("a[href$='/mailchimp/links/new']").await;
        staff.choose("group", GROUP).await;
        staff.choose("audience", AUDIENCE).await;
        staff.press("Look at what would happen").await;
        staff.look_on_until_the_audience_is_read().await;
        assert_eq!(staff.text(".tally li .tally__number").await, "3");
        staff.click("[name=include][value=group]").await;
        staff.press("Switch the link on").await;
        staff.until("main", "The link is switched on").await;
        staff
            .until_without_reloading("[data-live] .tally", "3\nIn sync with Mailchimp")
            .await;
        assert_eq!(self.subscribed_at_mailchimp().await, 3);
    }

    async fn add_one_more_from_the_contact_page(&self) {
        let staff = &self.staff;
        self.open_groups_of(ADDED_LATER).await;
        staff.choose("group", GROUP).await;
        staff.press("Add").await;
        staff.until("main", "1 contact added to group").await;
        staff
            .until_without_reloading("[aria-labelledby=current-groups]", "In sync")
            .await;
        assert_eq!(self.subscribed_at_mailchimp().await, 4);
    }

    async fn see_an_unsubscribe_while_looking(&self) {
        let (staff, subscriber) = (&self.staff, &self.subscriber);
        self.open_groups_of(CHOSEN[0]).await;
        staff.until("[aria-labelledby=current-groups]", "In sync").await;

        subscriber.visit(&self.audience_page().await).await;
        subscriber.fill("#search", "Juliann").await;
        subscriber.press("Search").await;
        subscriber.until("main", "1 member").await;
        subscriber.click("td[data-label=Address] a").await;
        subscriber.click("a[href^='/unsubscribe/']").await;
        subscriber.until("h1", "Unsubscribe?").await;
        subscriber.press("Unsubscribe").await;
        subscriber.until("h1", "You are unsubscribed").await;

        let seen = staff.until_without_reloading("[aria-labelledby=past-groups]", "Removed (by API)");
        tokio::time::timeout(PROMISE, seen)
            .await
            .expect("shown within two seconds");
        staff
            .until("[aria-labelledby=past-groups]", "Unsubscribed at Mailchimp on")
            .await;
        staff.screenshot("road-unsubscribed").await;
    }

    async fn add_them_again_and_read_both_messages(&self) {
        let staff = &self.staff;
        staff.press("Rejoin Group").await;
        staff
            .until(
                "main",
                "There was a problem trying to subscribe this contact at Mailchimp",
            )
            .await;
        staff.until("main", "Member In Compliance State").await;
        staff.until("main", &format!("Added Contact to {GROUP}")).await;
        staff.until("main", "1 contact added to group").await;
        staff
            .until("[aria-labelledby=current-groups]", "Blocked at Mailchimp")
            .await;
        assert_eq!(self.subscribed_at_mailchimp().await, 3);
        staff.screenshot("road-added-again").await;
    }

    async fn read_it_all_in_the_change_log(&self) {
        let staff = &self.staff;
        staff.follow("Change Log", "nav[aria-label=Contact]").await;
        for words in ["Mailchimp", "Unsubscribed at Mailchimp on", "Ada Lem", "contacts.csv"] {
            staff.until(".table", words).await;
        }
        staff.screenshot("road-change-log").await;
        staff.go("Change Log").await;
        for words in ["Ada Lem", GROUP, "Mailchimp", "Unsubscribed at Mailchimp on", "Juliann"] {
            staff.until(".table", words).await;
        }
    }

    async fn open_groups_of(&self, name: &str) {
        let staff = &self.staff;
        staff.search("Dimitrov").await;
        staff.follow(name, "tbody").await;
        staff.follow("Groups", "nav[aria-label=Contact]").await;
        staff.until("#current-groups", "Groups").await;
    }

    /// The audience's page at Mailchimp.
    async fn audience_page(&self) -> String {
        let audience = self.audience().await;
        format!(
            "{}/audiences/{}",
            self.sandbox.base_url(),
            audience["id"].as_str().unwrap()
        )
    }

    async fn subscribed_at_mailchimp(&self) -> u64 {
        self.audience().await["members"]["subscribed"].as_u64().unwrap()
    }

    async fn audience(&self) -> Value {
        let accounts = reqwest::get(format!("{}/__sandbox/accounts", self.sandbox.base_url())).await;
        let accounts: Value = accounts.unwrap().json().await.unwrap();
        let audiences = accounts["accounts"][0]["audiences"].as_array().unwrap();
        audiences
            .iter()
            .find(|audience| audience["name"] == AUDIENCE)
            .unwrap()
            .clone()
    }
}
