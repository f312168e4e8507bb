//! An organization signs up, and the owner's address is confirmed.

use crate::support::world::{PASSWORD, World};
use chrono::TimeDelta;

fn typed<'a>(email: &'a str, password: &'a str) -> [(&'a str, &'a str); 4] {
    [
        ("organization", "Riverside Food Bank"),
        ("name", "Ada Lem"),
        ("email", email),
        ("password", password),
    ]
}

#[tokio::test]
async fn an_organization_signs_up_and_its_owner_is_at_work() {
    let world = World::start().await;
    let ada = world
        .sign_up("Riverside Food Bank", "Ada Lem", "ada@riverside.test")
        .await;
    assert_eq!(ada.at("contacts"), "/o/riverside-food-bank/contacts");
    assert_eq!(ada.get("/").await.location(), ada.at("dashboard"));
    let settings = ada.get("settings").await;
    assert!(settings.has("Thank you, your email address is confirmed."));
    let log = ada.get("changes").await;
    assert!(log.status == 404 || log.has("Organization signed up"));
    let same_name = world.sign_up("Riverside Food Bank!", "Bo Roy", "bo@other.test").await;
    assert_eq!(same_name.at("contacts"), "/o/riverside-food-bank-2/contacts");
}

#[tokio::test]
async fn nobody_learns_by_signing_up_who_has_an_account() {
    let world = World::start().await;
    world
        .sign_up("Riverside Food Bank", "Ada Lem", "ada@riverside.test")
        .await;
    let mut pages = Vec::new();
    for email in ["Ada@Riverside.test", "eve@riverside.test"] {
        let eve = world.nobody();
        let answer = eve.post("/sign-up", &typed(email, "another warm loaf")).await;
        assert_eq!(answer.location(), "/sign-up/sent");
        pages.push(eve.follow(answer).await.body.replace(email, "…"));
    }
    assert_eq!(pages[0], pages[1]);
    let letters = world.mails_to("Ada@Riverside.test").await;
    assert_eq!(letters[0].subject, "You already have an account");
    let old_password = world.sign_in("ada@riverside.test").await;
    assert!(old_password.get("/account").await.has("Ada Lem"));
}

#[tokio::test]
async fn what_is_wrong_stands_at_the_field_and_what_was_typed_stays() {
    let world = World::start().await;
    let answer = world.nobody().post("/sign-up", &typed("ada@", "ada lem ada")).await;
    assert_eq!(answer.status, 422);
    assert!(answer.text("#email-error").contains("not an email address"));
    assert!(answer.text("#password-error").contains("not your name"));
    assert_eq!(
        answer.attribute("#organization", "value").unwrap(),
        "Riverside Food Bank"
    );
    assert_eq!(answer.attribute("#password", "value"), None);
    assert!(world.nobody().post("/sign-up", &[]).await.has("Write your name."));
}

#[tokio::test]
async fn a_link_is_only_opened_by_its_button_works_once_and_runs_out() {
    let world = World::start().await;
    let ada = world.nobody();
    ada.post("/sign-up", &typed("ada@riverside.test", PASSWORD)).await;
    let link = world.mails_to("ada@riverside.test").await[0].link();
    let scanner = world.nobody();
    assert!(scanner.get(&link).await.has("ada@riverside.test"));
    world.pass(TimeDelta::days(6));
    assert_eq!(scanner.get(&link).await.status, 200, "looking uses nothing up");
    assert_eq!(ada.post(&link, &[]).await.location(), "/");
    assert!(ada.get("/account").await.has("Confirmed"));
    assert_eq!(scanner.post(&link, &[]).await.status, 410, "used already");
    assert_eq!(ada.post(&link, &[]).await.location(), "/", "pressed twice");

    let bo = world.nobody();
    bo.post("/sign-up", &typed("bo@riverside.test", PASSWORD)).await;
    let link = world.mails_to("bo@riverside.test").await[0].link();
    world.pass(TimeDelta::days(8));
    assert_eq!(bo.get(&link).await.status, 410);
    assert_eq!(bo.post(&link, &[]).await.status, 410, "too old");
}

#[tokio::test]
async fn confirming_signs_in_only_the_browser_that_signed_up() {
    let world = World::start().await;
    world
        .nobody()
        .post("/sign-up", &typed("ada@riverside.test", PASSWORD))
        .await;
    let link = world.mails_to("ada@riverside.test").await[0].link();
    let phone = world.nobody();
    assert_eq!(phone.post(&link, &[]).await.location(), "/sign-in");
    assert!(phone.get("/sign-in").await.has("your email address is confirmed"));
}

#[tokio::test]
async fn somebody_unconfirmed_works_with_a_notice_but_invites_nobody() {
    let world = World::start().await;
    world
        .nobody()
        .post("/sign-up", &typed("ada@riverside.test", PASSWORD))
        .await;
    let ada = world.sign_in("ada@riverside.test").await;
    let settings = ada.get("settings").await;
    assert!(settings.text(".banner").contains("Please confirm your email address"));
    let refused = ada.post("members/invite", &[("email", "rita@riverside.test")]).await;
    assert_eq!(refused.status, 422);
    assert!(world.mails_to("rita@riverside.test").await.is_empty());

    ada.post("/account/verification", &[]).await;
    let links = world.mails_to("ada@riverside.test").await;
    assert_eq!(links.len(), 2);
    ada.post(&links[0].link(), &[]).await;
    assert_eq!(ada.get(&links[1].link()).await.location(), "/", "confirmed already");
    assert!(ada.get("settings").await.texts(".banner").is_empty());
}
