//! One's own name, address and password, and how a forgotten password is chosen anew.

use crate::support::world::{PASSWORD, World};
use chrono::TimeDelta;

const EMAIL: &str = "ada@riverside.test";
const NEW_PASSWORD: &str = "four words in a row";

#[tokio::test]
async fn a_forgotten_password_is_chosen_anew_and_all_other_sessions_end() {
    let world = World::start().await;
    let ada = world.sign_up("Riverside Food Bank", "Ada Lem", EMAIL).await;
    let forgetful = world.nobody();
    let sent = forgetful.post("/reset-password", &[("email", EMAIL)]).await;
    assert_eq!(sent.location(), "/reset-password/sent");
    forgetful.post("/reset-password", &[("email", EMAIL)]).await;
    let letters = world.mails_to(EMAIL).await;
    let [.., other, letter] = letters.as_slice() else {
        panic!("no letters")
    };
    let link = letter.link();
    assert!(forgetful.get(&link).await.has(EMAIL));
    let short = forgetful.post(&link, &[("password", "short")]).await;
    assert_eq!(short.status, 422, "the link still works after a bad choice");
    let kept = forgetful.post(&link, &[("password", NEW_PASSWORD)]).await;
    assert_eq!(kept.location(), "/");
    assert_eq!(forgetful.get("/account").await.status, 200);
    assert_eq!(ada.get("/account").await.status, 303, "the other session ended");
    let again = world.nobody().post(&link, &[("password", "yet another one")]).await;
    assert_eq!(again.status, 410, "used already");
    assert_eq!(
        world.nobody().get(&other.link()).await.status,
        410,
        "the other link, too"
    );
    let old = [("email", EMAIL), ("password", PASSWORD)];
    assert_eq!(world.nobody().post("/sign-in", &old).await.status, 422);
    let new = [("email", EMAIL), ("password", NEW_PASSWORD)];
    assert_eq!(world.nobody().post("/sign-in", &new).await.status, 303);
    let told = world.mails_to(EMAIL).await;
    assert_eq!(told.last().unwrap().subject, "Your password was changed");
}

#[tokio::test]
async fn nobody_learns_by_asking_for_a_link_who_has_an_account() {
    let world = World::start().await;
    world.sign_up("Riverside Food Bank", "Ada Lem", EMAIL).await;
    let mut pages = Vec::new();
    for email in [EMAIL, "eve@riverside.test"] {
        let eve = world.nobody();
        let answer = eve.post("/reset-password", &[("email", email)]).await;
        pages.push((answer.location(), eve.follow(answer).await.body.replace(email, "…")));
    }
    assert_eq!(pages[0], pages[1]);
    assert!(world.mails_to("eve@riverside.test").await.is_empty());
}

#[tokio::test]
async fn a_link_for_a_new_password_runs_out_after_an_hour_and_opens_nothing_else() {
    let world = World::start().await;
    world.sign_up("Riverside Food Bank", "Ada Lem", EMAIL).await;
    let ada = world.nobody();
    ada.post("/reset-password", &[("email", EMAIL)]).await;
    let link = world.mails_to(EMAIL).await.last().unwrap().link();
    let for_another_purpose = link.replace("/reset-password/", "/verify-email/");
    assert_eq!(ada.post(&for_another_purpose, &[]).await.status, 410);
    world.pass(TimeDelta::minutes(61));
    assert_eq!(ada.get(&link).await.status, 410);
    assert_eq!(ada.post(&link, &[("password", NEW_PASSWORD)]).await.status, 410);
}

#[tokio::test]
async fn nobody_can_have_us_flood_a_mailbox() {
    let world = World::start().await;
    world.sign_up("Riverside Food Bank", "Ada Lem", EMAIL).await;
    let mut statuses = Vec::new();
    for _ in 0..8 {
        let answer = world.nobody().post("/reset-password", &[("email", EMAIL)]).await;
        statuses.push(answer.status.as_u16());
    }
    // One of the five letters at once went out at sign-up.
    assert_eq!(statuses, [303, 303, 303, 303, 429, 429, 429, 429]);
    assert_eq!(world.mails_to(EMAIL).await.len(), 5);
}

#[tokio::test]
async fn a_new_password_needs_the_present_one_and_ends_all_other_sessions() {
    let world = World::start().await;
    let ada = world.sign_up("Riverside Food Bank", "Ada Lem", EMAIL).await;
    let phone = world.sign_in(EMAIL).await;
    let wrong = [("old_password", "a guess"), ("new_password", NEW_PASSWORD)];
    let refused = ada.post("/account/password", &wrong).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused
            .text("#old_password-error")
            .contains("not your present password")
    );
    let trivial = [("old_password", PASSWORD), ("new_password", "Ada Lem Ada")];
    let refused = ada.post("/account/password", &trivial).await;
    assert!(refused.text("#new_password-error").contains("not your name"));
    assert_eq!(phone.get("/account").await.status, 200);

    let right = [("old_password", PASSWORD), ("new_password", NEW_PASSWORD)];
    ada.post("/account/password", &right).await;
    assert!(ada.get("/account").await.has("Your password was changed."));
    assert_eq!(phone.get("/account").await.status, 303);
}

#[tokio::test]
async fn a_new_address_counts_once_it_is_confirmed() {
    let world = World::start().await;
    let ada = world.sign_up("Riverside Food Bank", "Ada Lem", EMAIL).await;
    let new = "ada.lem@riverside.test";
    let without_password = ada
        .post("/account/email", &[("email", new), ("email_password", "a guess")])
        .await;
    assert_eq!(without_password.status, 422);
    let fields = [("email", new), ("email_password", PASSWORD)];
    assert_eq!(ada.post("/account/email", &fields).await.location(), "/account");
    assert!(ada.get("/account").await.has(&format!("You sign in with {EMAIL}")));
    world.sign_in(EMAIL).await;
    let link = world.mails_to(new).await[0].link();
    assert_eq!(world.nobody().post(&link, &[]).await.location(), "/sign-in");
    world.sign_in(new).await;
    let told = world.mails_to(EMAIL).await;
    assert_eq!(told.last().unwrap().subject, "Your email address was changed");
}

#[tokio::test]
async fn an_address_of_somebody_else_is_neither_taken_nor_given_away() {
    let world = World::start().await;
    let ada = world.sign_up("Riverside Food Bank", "Ada Lem", EMAIL).await;
    world.sign_up("Elsewhere", "Bo Roy", "bo@elsewhere.test").await;
    ada.get("/account").await;
    let mut pages = Vec::new();
    for email in ["bo@elsewhere.test", "free@elsewhere.test"] {
        let fields = [("email", email), ("email_password", PASSWORD)];
        let answer = ada.post("/account/email", &fields).await;
        pages.push(ada.follow(answer).await.body.replace(email, "…"));
    }
    assert_eq!(pages[0], pages[1]);
    let letters = world.mails_to("bo@elsewhere.test").await;
    assert_eq!(letters.last().unwrap().subject, "Your address is in use already");
    let link = world.mails_to("free@elsewhere.test").await[0].link();
    world.sign_up("Third", "Flo Free", "free@elsewhere.test").await;
    assert_eq!(ada.post(&link, &[]).await.location(), "/", "taken meanwhile");
    assert!(ada.get("/account").await.has(&format!("You sign in with {EMAIL}")));
}

#[tokio::test]
async fn an_earlier_mistyped_address_cannot_be_confirmed_later() {
    let world = World::start().await;
    let ada = world.sign_up("Riverside Food Bank", "Ada Lem", EMAIL).await;
    for email in ["ada@riversidw.test", "ada@new.test"] {
        ada.post("/account/email", &[("email", email), ("email_password", PASSWORD)])
            .await;
    }
    let mistyped = world.mails_to("ada@riversidw.test").await[0].link();
    assert_eq!(world.nobody().post(&mistyped, &[]).await.status, 410);
    let right = world.mails_to("ada@new.test").await[0].link();
    ada.post(&right, &[]).await;
    assert!(ada.get("/account").await.has("You sign in with ada@new.test"));
}

#[tokio::test]
async fn a_new_name_is_seen_by_colleagues() {
    let world = World::start().await;
    let ada = world.sign_up("Riverside Food Bank", "Ada Lem", EMAIL).await;
    ada.post("/account/name", &[("name", " Ada  Lem-Roy ")]).await;
    assert!(ada.get("members").await.has("Ada Lem-Roy"));
    assert_eq!(ada.post("/account/name", &[("name", " ")]).await.status, 422);
}
