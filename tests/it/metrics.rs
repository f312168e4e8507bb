//! What an operator watches, at an address that people never reach.

use crate::support::rehearsal::{Rehearsal, point_at};
use crate::support::world::{World, eventually};
use chrono::TimeDelta;
use serde_json::json;

async fn figures(world: &World) -> String {
    let address = world.metrics_address().expect("figures are shown");
    let answer = reqwest::get(format!("http://{address}/metrics")).await.unwrap();
    assert!(answer.status().is_success());
    answer.text().await.unwrap()
}

fn figure(text: &str, name: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
    line.unwrap_or_else(|| panic!("no {name} in {text}")).parse().unwrap()
}

#[tokio::test]
async fn figures_are_shown_at_their_own_address_and_nowhere_else() {
    let world = World::start_with(|settings| {
        settings.insert("METRICS_ADDRESS".into(), "127.0.0.1:0".into());
    })
    .await;
    assert_eq!(world.nobody().get("/metrics").await.status, 404);
    let plain = reqwest::get(format!("http://{}/metrics", world.address()))
        .await
        .unwrap();
    assert_eq!(plain.status(), 404, "also without the header of a proxy");
    let text = figures(&world).await;
    assert!(text.contains("dms_request_seconds_count{route="), "{text}");
    let elsewhere = World::start().await;
    assert!(elsewhere.metrics_address().is_none());
}

#[tokio::test]
async fn what_waits_because_mailchimp_refuses_the_connection_counts_as_due() {
    let rehearsal = Rehearsal::start_with(|settings, sandbox| {
        point_at(settings, sandbox, 86_400);
        settings.insert("METRICS_ADDRESS".into(), "127.0.0.1:0".into());
    })
    .await;
    let (anne, _) = rehearsal.contact("Anne", "Lem").await;
    let group = rehearsal.group("Newsletter", Vec::new()).await;
    rehearsal.link(group, "group").await;
    eventually("nothing is due", async || {
        figure(&figures(&rehearsal.world).await, "dms_due_work") == 0.0
    })
    .await;
    rehearsal.ask("POST", "tokens/revoke", json!({})).await;
    rehearsal
        .ada
        .post(&format!("contacts/{anne}/groups"), &[("group", &group.to_string())])
        .await;
    eventually("the connection is refused", async || {
        rehearsal.ada.get("mailchimp").await.has("Refused by Mailchimp")
    })
    .await;
    let (bob, _) = rehearsal.contact("Bob", "Roy").await;
    rehearsal
        .ada
        .post(&format!("contacts/{bob}/groups"), &[("group", &group.to_string())])
        .await;
    rehearsal.world.pass(TimeDelta::hours(5));
    eventually("what waits is seen, and since when", async || {
        let text = figures(&rehearsal.world).await;
        figure(&text, "dms_due_work") == 1.0 && figure(&text, "dms_oldest_due_seconds") >= 5.0 * 3_600.0
    })
    .await;
}
