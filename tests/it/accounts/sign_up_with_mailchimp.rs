//! "Continue with Mailchimp": whoever has the address Mailchimp confirmed is at work at once; nobody learns of other addresses.

use crate::support::browserless::{Answer, Browserless};
use crate::support::rehearsal::{point_at, through_mailchimp};
use crate::support::world::World;
use dms::sandbox::{self, Sandbox};

/// The address of the stand-in's account.
const OWNER: &str = "owner@riverside.test-charity.ca";

async fn start() -> (World, Sandbox) {
    let options = sandbox::Options {
        auto_approve: true,
        ..Default::default()
    };
    let sandbox = sandbox::start(options).await.unwrap();
    let world = World::start_with(|settings| point_at(settings, &sandbox, 86_400)).await;
    (world, sandbox)
}

async fn sign_up(person: &Browserless, email: &str) -> Answer {
    let finish = through_mailchimp(person, "/sign-up/mailchimp").await;
    assert_eq!(finish.location(), "/sign-up/mailchimp/organization", "{}", finish.body);
    let typed = [
        ("organization", "Riverside Food Bank"),
        ("name", "Ada Lem"),
        ("email", email),
        ("password", "another warm loaf"),
    ];
    person.post("/sign-up/mailchimp/organization", &typed).await
}

#[tokio::test]
async fn nobody_learns_by_signing_up_with_mailchimp_who_has_an_account() {
    let (world, _sandbox) = start().await;
    world.sign_up("Elsewhere", "Stan Stranger", "stan@elsewhere.test").await;
    let mut pages = Vec::new();
    for email in ["stan@elsewhere.test", "eve@elsewhere.test"] {
        let eve = world.nobody();
        let answer = sign_up(&eve, email).await;
        assert_eq!(answer.location(), "/sign-up/sent", "{}", answer.body);
        assert_eq!(eve.get("/account").await.status, 303, "nobody is signed in");
        pages.push(eve.follow(answer).await.body.replace(email, "…"));
    }
    assert_eq!(pages[0], pages[1]);
    let to_stan = world.mails_to("stan@elsewhere.test").await;
    assert_eq!(to_stan.last().unwrap().subject, "You already have an account");
}

#[tokio::test]
async fn somebody_with_another_address_confirms_it_and_finds_mailchimp_connected() {
    let (world, _sandbox) = start().await;
    let eve = world.nobody();
    sign_up(&eve, "eve@elsewhere.test").await;
    let link = world.mails_to("eve@elsewhere.test").await[0].link();
    assert_eq!(eve.post(&link, &[]).await.location(), "/");
    let page = eve.get("/o/riverside-food-bank/mailchimp").await;
    assert!(page.has("Connected"), "{}", page.body);
}

#[tokio::test]
async fn the_address_mailchimp_confirmed_is_at_work_at_once_and_a_second_time_gets_a_letter() {
    let (world, _sandbox) = start().await;
    let first = sign_up(&world.nobody(), OWNER).await;
    assert_eq!(first.location(), "/o/riverside-food-bank/mailchimp/links/new");
    let second = sign_up(&world.nobody(), OWNER).await;
    assert_eq!(second.location(), "/sign-up/sent", "{}", second.body);
    let letters = world.mails_to(OWNER).await;
    assert_eq!(letters.last().unwrap().subject, "You already have an account");
}
