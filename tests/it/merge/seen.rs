//! Finding and merging duplicates by hand in a real browser, at the width of a desk and of a phone, open to everybody.

use super::{Office, ann, anne};
use crate::support::browser::Browser;

async fn look(browser: &Browser, name: &str) {
    for (width, height) in [(1280, 1300), (390, 2200)] {
        browser.viewport(width, height).await;
        let found = browser.axe().await;
        assert!(found.is_empty(), "{name} at {width}: {found:?}");
        let wider = "return document.documentElement.scrollWidth > window.innerWidth";
        assert_eq!(
            browser.client.execute(wider, vec![]).await.unwrap(),
            false,
            "{name} scrolls sideways at {width}"
        );
        browser.screenshot(&format!("merge-{name}-{width}")).await;
    }
    browser.viewport(1280, 900).await;
}

#[actix_web::test]
async fn duplicates_are_found_compared_merged_and_parted_by_hand() {
    let Some(browser) = Browser::open().await else { return };
    let office = Office::open().await;
    let mut other = ann();
    other.emails.extend(anne().emails);
    other.settle_primaries();
    other.emails[1].is_primary = false;
    let (first, second) = (office.add(anne()).await, office.add(other).await);
    office.group("Newsletter", vec![second]).await;
    let origin = format!("http://{}", office.world.address());
    browser.sign_in(&origin, "ada@riverside.test").await;
    browser.visit(&format!("{origin}{}", office.ada.at("duplicates"))).await;
    look(&browser, "1-not-looked").await;
    browser.press("Look for Duplicates").await;
    browser.until("main", "Last looked").await;
    browser.visit(&format!("{origin}{}", office.ada.at("duplicates"))).await;
    look(&browser, "2-pairs").await;
    browser.follow("Merge…", "tbody").await;
    browser.until("h1", "Merge two contacts").await;
    look(&browser, "3-compare").await;
    browser.press("Merge").await;
    browser.until(".message__text", "They are one contact now").await;
    look(&browser, "4-done").await;
    browser.visit(&format!("{origin}{}", office.ada.at("merges"))).await;
    look(&browser, "5-list").await;
    browser.follow("Ann Levesque", "tbody").await;
    browser.press("Undo this Merge").await;
    browser.until(".message__text", "This merge is undone").await;
    look(&browser, "6-undone").await;

    // From the list, by ticking exactly two.
    browser.visit(&format!("{origin}{}", office.ada.at("contacts"))).await;
    let enabled = "return !document.querySelector('[data-needs-several]').disabled";
    browser.click(&format!("[name=id][value='{first}']")).await;
    assert_eq!(browser.client.execute(enabled, vec![]).await.unwrap(), false);
    browser.click(&format!("[name=id][value='{second}']")).await;
    assert_eq!(browser.client.execute(enabled, vec![]).await.unwrap(), true);
    browser.click(".selection summary").await;
    browser.click("[data-needs-several]").await;
    browser.until("h1", "Merge two contacts").await;
}
