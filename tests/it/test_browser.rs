//! The ground of the browser tests: they can see, type, click, and tell an accessible page from another.
use std::fs;

use crate::support::browser::Browser;

const PAGE: &str = "data:text/html,<!doctype html><html lang=en><title>Ask</title><main><h1>Hello</h1>\
    <form onsubmit='document.querySelector(`h1`).textContent=`Hello `%2Bthis.name.value;return false'>\
    <label for=name>Name</label> <input id=name value=nobody> <button>Say</button></form></main></html>";

#[actix_web::test]
async fn a_browser_types_clicks_and_sees_what_changed() {
    let Some(browser) = Browser::open().await else { return };
    browser.visit(PAGE).await;
    browser.fill("#name", "Ada").await;
    browser.click("button").await;
    assert_eq!(browser.text("h1").await, "Hello Ada");
    let picture = browser.screenshot("hello").await;
    assert!(fs::read(picture).unwrap().starts_with(b"\x89PNG"));
}

#[actix_web::test]
async fn axe_finds_a_field_without_a_label_and_nothing_else() {
    let Some(browser) = Browser::open().await else { return };
    browser.visit(PAGE).await;
    let found = browser.axe().await;
    assert!(found.is_empty(), "{found:?}");
    browser.visit(&PAGE.replace("label", "b")).await;
    let found = browser.axe().await;
    assert_eq!(
        found
            .iter()
            .map(|violation| violation.rule.as_str())
            .collect::<Vec<_>>(),
        ["label"],
        "{found:?}"
    );
}

#[actix_web::test]
async fn a_page_can_be_as_narrow_as_a_phone_and_without_scripts() {
    let Some(browser) = Browser::open().await else { return };
    browser.viewport(320, 640).await;
    browser.visit(PAGE).await;
    let width = browser
        .client
        .execute("return window.innerWidth", vec![])
        .await
        .unwrap();
    assert_eq!(width, 320);
    browser.without_scripts().await;
    browser
        .visit("data:text/html,<p>Quiet<script>document.querySelector('p').textContent = 'Loud'</script>")
        .await;
    assert_eq!(browser.text("p").await, "Quiet");
}
