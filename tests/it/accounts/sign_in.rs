//! Signing in and out, and how often it may be tried.

use crate::support::browserless::{Answer, Browserless};
use crate::support::world::{PASSWORD, World};
use chrono::TimeDelta;
use diesel::prelude::*;

const EMAIL: &str = "ada@riverside.test";

async fn try_to_sign_in(browser: &Browserless, email: &str, password: &str) -> Answer {
    browser
        .post("/sign-in", &[("email", email), ("password", password)])
        .await
}

#[tokio::test]
async fn one_goes_on_to_the_page_that_was_asked_for_and_never_to_another_site() {
    let world = World::start().await;
    let ada = world.sign_up("Riverside Food Bank", "Ada Lem", EMAIL).await;
    ada.post("/sign-out", &[]).await;
    let asked = ada.get("settings?tab=1").await;
    assert_eq!(
        asked.location(),
        "/sign-in?next=%2Fo%2Friverside-food-bank%2Fsettings%3Ftab%3D1"
    );
    let next = ada.follow(asked).await.attribute("[name=next]", "value").unwrap();
    let fields = [("email", "Ada@Riverside.Test"), ("password", PASSWORD), ("next", &next)];
    assert_eq!(
        ada.post("/sign-in", &fields).await.location(),
        "/o/riverside-food-bank/settings?tab=1"
    );
    let fields = [("email", EMAIL), ("password", PASSWORD), ("next", "//evil.test")];
    assert_eq!(world.nobody().post("/sign-in", &fields).await.location(), "/");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_are_answered_alike() {
    let world = World::start().await;
    world.sign_up("Riverside Food Bank", "Ada Lem", EMAIL).await;
    let mut pages = Vec::new();
    for email in [EMAIL, "nobody@riverside.test"] {
        let answer = try_to_sign_in(&world.nobody(), email, "not the password").await;
        assert_eq!(answer.status, 422);
        pages.push(answer.body.replace(email, "…"));
    }
    assert_eq!(pages[0], pages[1]);
}

#[tokio::test]
async fn guessing_is_stopped_for_the_account_also_after_a_restart() {
    let mut world = World::start().await;
    world.sign_up("Riverside Food Bank", "Ada Lem", EMAIL).await;
    world.sign_up("Elsewhere", "Bo Roy", "bo@elsewhere.test").await;
    for _ in 0..10 {
        let answer = try_to_sign_in(&world.nobody(), EMAIL, "a guess of somebody").await;
        assert_eq!(answer.status, 422);
    }
    let refused = try_to_sign_in(&world.nobody(), EMAIL, PASSWORD).await;
    assert_eq!(refused.status, 429);
    assert!(refused.headers.contains_key("retry-after"));
    world.restart().await;
    assert_eq!(try_to_sign_in(&world.nobody(), EMAIL, PASSWORD).await.status, 429);
    assert_eq!(
        try_to_sign_in(&world.nobody(), "bo@elsewhere.test", PASSWORD)
            .await
            .status,
        303
    );
    world.pass(TimeDelta::minutes(2));
    assert_eq!(try_to_sign_in(&world.nobody(), EMAIL, PASSWORD).await.status, 303);
    // The right password fills the bucket again.
    assert_eq!(try_to_sign_in(&world.nobody(), EMAIL, "a guess").await.status, 422);
    assert_eq!(try_to_sign_in(&world.nobody(), EMAIL, PASSWORD).await.status, 303);
}

#[tokio::test]
async fn guessing_is_stopped_for_the_address_it_comes_from() {
    let world = World::start().await;
    let guesser = world.nobody();
    for number in 0..30 {
        let email = format!("somebody{number}@riverside.test");
        assert_eq!(try_to_sign_in(&guesser, &email, "a guess").await.status, 422);
    }
    let answer = try_to_sign_in(&guesser, "one.more@riverside.test", "a guess").await;
    assert_eq!(answer.status, 429);
    let elsewhere = try_to_sign_in(&world.nobody(), "one.more@riverside.test", "a guess").await;
    assert_eq!(elsewhere.status, 422);
}

#[tokio::test]
async fn sign_out_ends_this_session_and_everywhere_ends_all() {
    let world = World::start().await;
    let ada = world.sign_up("Riverside Food Bank", "Ada Lem", EMAIL).await;
    let (office, phone) = (world.sign_in(EMAIL).await, world.sign_in(EMAIL).await);
    let account = ada.get("/account").await;
    assert_eq!(account.texts("section[aria-labelledby=browsers-title] li").len(), 3);
    ada.post("/sign-out", &[]).await;
    assert_eq!(ada.get("/account").await.location(), "/sign-in?next=%2Faccount");
    assert_eq!(office.get("/account").await.status, 200);
    office.post("/account/sign-out-everywhere", &[]).await;
    for browser in [office, phone] {
        assert_eq!(browser.get("/account").await.status, 303);
    }
}

#[tokio::test]
async fn signing_in_changes_the_sessions_key_and_an_old_one_is_worth_nothing() {
    let world = World::start().await;
    world.sign_up("Riverside Food Bank", "Ada Lem", EMAIL).await;
    let browser = world.nobody();
    browser.post("/reset-password", &[("email", EMAIL)]).await;
    let planted = browser.cookie("dms").unwrap();
    try_to_sign_in(&browser, EMAIL, PASSWORD).await;
    assert_ne!(browser.cookie("dms").unwrap(), planted);
    let thief = world.nobody();
    thief.set_cookie("dms", &planted);
    assert_eq!(thief.get("/account").await.status, 303);
    thief.set_cookie("dms", "forged");
    assert_eq!(thief.get("/account").await.status, 303);
}

#[tokio::test]
async fn a_session_lasts_while_it_is_used_and_runs_out_when_it_is_not() {
    let world = World::start().await;
    let ada = world.sign_up("Riverside Food Bank", "Ada Lem", EMAIL).await;
    for _ in 0..3 {
        world.pass(TimeDelta::days(13));
        assert_eq!(ada.get("/account").await.status, 200);
    }
    world.pass(TimeDelta::days(15));
    assert_eq!(ada.get("/account").await.status, 303);
}

/// Which version of its row each session has: Postgres numbers them anew with every write.
async fn versions(world: &World) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Version {
        #[diesel(sql_type = diesel::sql_types::Text)]
        version: String,
    }
    let rows: anyhow::Result<Vec<Version>> = world
        .db()
        .shared(|tx| Ok(diesel::sql_query("SELECT xmin::text AS version FROM sessions ORDER BY 1").load(&mut **tx)?))
        .await;
    rows.unwrap().into_iter().map(|row| row.version).collect()
}

#[tokio::test]
async fn looking_at_pages_writes_nothing_into_the_session() {
    let world = World::start().await;
    let ada = world.sign_up("Riverside Food Bank", "Ada Lem", EMAIL).await;
    // The first page takes the messages along that were waiting.
    ada.get("contacts").await;
    let before = versions(&world).await;
    for page in ["contacts", "groups", "settings"] {
        assert_eq!(ada.get(page).await.status, 200);
    }
    assert_eq!(versions(&world).await, before);
}
