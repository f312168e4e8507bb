//! Invitations, roles, and organizations that always keep an owner.

use crate::support::browserless::Browserless;
use crate::support::world::{PASSWORD, World};
use chrono::TimeDelta;
use dms::base::Role;

async fn riverside(world: &World) -> Browserless {
    world
        .sign_up("Riverside Food Bank", "Ada Lem", "ada@riverside.test")
        .await
}

/// The path of somebody's row on the members page.
async fn row_of(somebody: &Browserless, by: &Browserless) -> String {
    let name = somebody.get("/account").await.attribute("#name", "value").unwrap();
    let page = by.get("members").await;
    page.attribute(&format!("form:has(select[aria-label='Role of {name}'])"), "action")
        .map(|action| action.trim_end_matches("/role").to_owned())
        .unwrap_or_else(|| panic!("{name} cannot be changed on: {}", page.body))
}

#[tokio::test]
async fn somebody_new_accepts_an_invitation_and_is_at_work_with_the_role() {
    let world = World::start().await;
    let ada = riverside(&world).await;
    ada.post(
        "members/invite",
        &[("email", "rita@riverside.test"), ("role", "reader")],
    )
    .await;
    assert!(ada.get("members").await.has("rita@riverside.test"));
    let letter = &world.mails_to("rita@riverside.test").await[0];
    assert_eq!(letter.subject, "Ada Lem invites you to Riverside Food Bank");
    let rita = world.nobody();
    let page = rita.get(&letter.link()).await;
    assert!(page.has("Your role would be Reader"));
    let incomplete = rita.post(&letter.link(), &[("password", "short")]).await;
    assert_eq!(incomplete.status, 422);
    let joined = rita
        .post(&letter.link(), &[("name", "Rita Roy"), ("password", PASSWORD)])
        .await;
    assert_eq!(joined.location(), ada.at("contacts"));
    assert!(rita.get("/account").await.has("Confirmed"));
    assert_eq!(rita.get(&ada.at("members")).await.status, 403);
    assert!(ada.get("members").await.has("Rita Roy"));
    let again = world
        .nobody()
        .post(&letter.link(), &[("name", "Eve"), ("password", PASSWORD)])
        .await;
    assert_eq!(again.status, 410, "used already");
}

#[tokio::test]
async fn somebody_with_an_account_joins_a_second_organization_and_chooses_between_them() {
    let world = World::start().await;
    let ada = riverside(&world).await;
    let bo = world.sign_up("Elsewhere", "Bo Roy", "bo@elsewhere.test").await;
    ada.post(
        "members/invite",
        &[("email", "bo@elsewhere.test"), ("role", "administrator")],
    )
    .await;
    let link = world.mails_to("bo@elsewhere.test").await.last().unwrap().link();
    let elsewhere = world.nobody();
    assert!(elsewhere.get(&link).await.has("You have an account"));
    let to_sign_in = elsewhere.post(&link, &[("name", "Bo"), ("password", PASSWORD)]).await;
    assert_eq!(to_sign_in.location(), format!("/sign-in?next={link}"));
    assert!(bo.get(&link).await.has("You are signed in as Bo Roy"));
    assert_eq!(bo.post(&link, &[]).await.location(), ada.at("contacts"));
    let choice = bo.get("/").await;
    assert!(choice.has("Elsewhere") && choice.has("Riverside Food Bank"));
    let there = bo.get(&ada.at("settings")).await;
    assert_eq!(there.status, 200);
    assert_eq!(there.text(".topbar .menu__list a[href='/o/elsewhere/']"), "Elsewhere");
    assert_eq!(bo.get("/o/elsewhere/").await.location(), "/o/elsewhere/dashboard");
}

#[tokio::test]
async fn an_invitation_runs_out_is_taken_back_and_is_replaced_by_a_newer_one() {
    let world = World::start().await;
    let ada = riverside(&world).await;
    let invite = [("email", "rita@riverside.test"), ("role", "staff")];
    for _ in 0..3 {
        ada.post("members/invite", &invite).await;
    }
    let links: Vec<String> = (world.mails_to("rita@riverside.test").await.iter())
        .map(|letter| letter.link())
        .collect();
    let rita = world.nobody();
    assert_eq!(rita.get(&links[1]).await.status, 410, "replaced");
    assert_eq!(rita.get(&links[2]).await.status, 200);
    ada.post("members/withdraw", &[("email", "Rita@Riverside.test")]).await;
    assert_eq!(rita.get(&links[2]).await.status, 410, "taken back");
    ada.post("members/invite", &invite).await;
    let link = world.mails_to("rita@riverside.test").await[3].link();
    world.pass(TimeDelta::days(13));
    assert_eq!(rita.get(&link).await.status, 200);
    world.pass(TimeDelta::days(2));
    let answer = rita.post(&link, &[("name", "Rita"), ("password", PASSWORD)]).await;
    assert_eq!(answer.status, 410, "too old");
}

#[tokio::test]
async fn owners_are_made_and_unmade_by_owners_only() {
    let world = World::start().await;
    let ada = riverside(&world).await;
    let amin = world.invite(&ada, Role::Administrator, "amin@riverside.test").await;
    let sam = world.invite(&ada, Role::Staff, "sam@riverside.test").await;
    let invite_owner = [("email", "eve@riverside.test"), ("role", "owner")];
    assert_eq!(amin.post("members/invite", &invite_owner).await.status, 409);
    let page = amin.get("members").await;
    assert!(!page.texts("option").contains(&"Owner".to_owned()));
    assert!(page.attribute("select[aria-label='Role of Ada Lem']", "name").is_none());
    let sams_row = row_of(&sam, &amin).await;
    let raised = amin.post(&format!("{sams_row}/role"), &[("role", "owner")]).await;
    assert_eq!(raised.status, 409);
    let adas_row = sams_row.replace(sams_row.rsplit('/').next().unwrap(), "1");
    assert_eq!(amin.post(&format!("{adas_row}/remove"), &[]).await.status, 409);
    let lowered = amin.post(&format!("{adas_row}/role"), &[("role", "reader")]).await;
    assert_eq!(lowered.status, 409);
    assert_eq!(ada.get("members").await.status, 200);

    let made_reader = amin.post(&format!("{sams_row}/role"), &[("role", "reader")]).await;
    assert_eq!(made_reader.location(), amin.at("members"));
    assert_eq!(
        ada.post(&format!("{sams_row}/role"), &[("role", "owner")]).await.status,
        303
    );
    assert_eq!(sam.get("settings").await.status, 200);
}

#[tokio::test]
async fn somebody_removed_sees_nothing_any_more() {
    let world = World::start().await;
    let ada = riverside(&world).await;
    let sam = world.invite(&ada, Role::Staff, "sam@riverside.test").await;
    let row = row_of(&sam, &ada).await;
    assert!(ada.get(&format!("{row}/remove")).await.has("Remove sam?"));
    ada.post(&format!("{row}/remove"), &[]).await;
    assert!(ada.get("members").await.has("sam no longer works here."));
    assert_eq!(sam.get(&ada.at("")).await.status, 404);
    assert!(sam.get("/").await.has("You work for no organization yet"));
    assert_eq!(ada.post(&format!("{row}/remove"), &[]).await.status, 404);
}

#[tokio::test]
async fn an_organization_always_keeps_an_owner() {
    let world = World::start().await;
    let ada = riverside(&world).await;
    assert_eq!(ada.post("leave", &[]).await.status, 409);
    let bo = world.invite(&ada, Role::Owner, "bo@riverside.test").await;
    let (first, second) = tokio::join!(ada.post("leave", &[]), bo.post("leave", &[]));
    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409], "both at the same moment");
}

#[tokio::test]
async fn anybody_may_leave_and_the_change_log_says_so() {
    let world = World::start().await;
    let ada = riverside(&world).await;
    let rita = world.invite(&ada, Role::Reader, "rita@riverside.test").await;
    assert!(rita.get("leave").await.has("Leave Riverside Food Bank?"));
    assert_eq!(rita.post("leave", &[]).await.location(), "/account");
    assert!(rita.get("/account").await.has("You left Riverside Food Bank."));
    let log = world.change_log(&ada).await;
    assert_eq!(
        log,
        [
            "Ada Lem: Organization signed up",
            "Ada Lem: Invited rita@riverside.test as Reader",
            "rita: rita joined as Reader",
            "rita: rita left the organization",
        ]
    );
}

#[tokio::test]
async fn somebody_adds_a_second_organization() {
    let world = World::start().await;
    let ada = riverside(&world).await;
    assert_eq!(ada.get("/sign-up").await.location(), "/organizations/new");
    assert_eq!(ada.post("/organizations/new", &[("name", " ")]).await.status, 422);
    let added = ada.post("/organizations/new", &[("name", "Kingston Cat Rescue")]).await;
    assert_eq!(added.location(), "/o/kingston-cat-rescue/contacts");
    assert_eq!(ada.get("/o/kingston-cat-rescue/members").await.status, 200);
}
