//! Organizations and staff, through the pages.

use crate::support::world::World;
use dms::base::Role;

#[tokio::test]
async fn an_organization_signs_up_and_its_owner_is_at_work() {
    let world = World::start().await;
    let ada = world
        .sign_up("Riverside Food Bank", "Ada Lem", "ada@riverside.test")
        .await;
    assert_eq!(ada.at("contacts"), "/o/riverside-food-bank/contacts");
    let start = ada.get("/").await;
    assert_eq!(start.location(), "/o/riverside-food-bank/contacts");
    ada.post("/sign-out", &[]).await;
    assert!(ada.get("/").await.has("Sign in"));
    let rita = world.invite(&ada, Role::Reader, "rita@riverside.test").await;
    assert_eq!(rita.organization_id(), ada.organization_id());
    let stan = world.stranger().await;
    assert_eq!(stan.get(&ada.at("")).await.status, 404);
}
