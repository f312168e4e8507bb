//! The settings of an organization.

use crate::support::world::World;
use diesel::prelude::*;
use dms::base::Role;
use dms::db::schema::memberships;

#[tokio::test]
async fn settings_are_kept_and_every_change_stands_in_the_log() {
    let world = World::start().await;
    let ada = world
        .sign_up("Riverside Food Bank", "Ada Lem", "ada@riverside.test")
        .await;
    world.invite(&ada, Role::Staff, "sam@riverside.test").await;
    let sam = ada
        .get("settings")
        .await
        .attribute("input[name=alerted]:not([checked])", "value")
        .unwrap();
    let typed = [
        ("name", "Riverside Community Food Bank"),
        ("time_zone", "America/Vancouver"),
        ("unsubscribe_sets_no_bulk_emails", "true"),
        ("alerted", &sam),
    ];
    assert_eq!(ada.post("settings", &typed).await.location(), ada.at("settings"));
    let page = ada.get("settings").await;
    assert!(page.has("The settings were saved."));
    assert_eq!(
        page.attribute("#name", "value").unwrap(),
        "Riverside Community Food Bank"
    );
    assert_eq!(page.text("option[selected]"), "Pacific (Vancouver)");
    assert!(page.attribute("#unsubscribe_sets_no_bulk_emails", "checked").is_some());
    let log = world.change_log(&ada).await;
    assert_eq!(
        log.last().unwrap(),
        "Ada Lem: Settings changed (Name: Riverside Food Bank → Riverside Community Food Bank; \
         Time zone: America/Toronto → America/Vancouver; \
         An unsubscribe also sets NO BULK EMAILS: off → on; Receive alerts: Ada Lem → sam)"
    );
    ada.post("settings", &typed).await;
    assert_eq!(
        world.change_log(&ada).await.len(),
        log.len(),
        "nothing changed, nothing logged"
    );
}

#[tokio::test]
async fn an_impossible_time_zone_or_a_colleague_of_elsewhere_is_not_accepted() {
    let world = World::start().await;
    let ada = world
        .sign_up("Riverside Food Bank", "Ada Lem", "ada@riverside.test")
        .await;
    let stranger = world.stranger().await;
    let wrong = ada
        .post("settings", &[("name", "Riverside"), ("time_zone", "Mars/Olympus")])
        .await;
    assert_eq!(wrong.status, 422);
    assert_eq!(wrong.attribute("#name", "value").unwrap(), "Riverside");
    assert!(ada.get("settings").await.has("Riverside Food Bank"));
    let typed = [("name", "R"), ("time_zone", "America/Toronto"), ("alerted", "2")];
    ada.post("settings", &typed).await;
    let log = world.change_log(&ada).await;
    assert!(log.last().unwrap().ends_with("Receive alerts: Ada Lem → )"), "{log:?}");
    let elsewhere = stranger.organization_id();
    let still_alerted: anyhow::Result<Vec<bool>> = world
        .db()
        .shared(move |tx| {
            Ok(memberships::table
                .filter(memberships::organization_id.eq(elsewhere.0))
                .select(memberships::receives_alerts)
                .load(&mut **tx)?)
        })
        .await;
    assert_eq!(still_alerted.unwrap(), [true]);
}
