//! Finding and merging duplicates by hand in a real browser, at the width of a desk and of a phone, open to everybody.

use super::{ann, anne};
use crate::support::browser::Browser;
use crate::support::office::Office;

#[actix_web::test]
async fn duplicates_are_found_compared_merged_and_parted_by_hand() {
    let Some(browser) = Browser::open().await else { return };
    let office = Office::open().await;
    let mut other = ann();
    other.emails.extend(anne().emails);
    other.settle_primaries();
    other.emails[1].is_primary = false;
    let (first, second) = (office.add(anne()).await, office.add(other).await);
    office.group_of("Newsletter", vec![second]).await;
    let origin = format!("http://{}", office.world.address());
    browser.sign_in(&origin, "ada@riverside.test").await;
    browser.visit(&format!("{origin}{}", office.ada.at("duplicates"))).await;
    browser.look("merge-1-not-looked").await;
    browser.press("Look for Duplicates").await;
    browser.until("main", "Last looked").await;
    browser.visit(&format!("{origin}{}", office.ada.at("duplicates"))).await;
    browser.look("merge-2-pairs").await;
    browser.follow("Merge…", "tbody").await;
    browser.until("h1", "Merge two contacts").await;
    browser.look("merge-3-compare").await;
    browser.press("Merge").await;
    browser.until(".messages", "was merged into Anne Lévesque").await;
    browser.follow("See or undo this merge", ".messages").await;
    browser.until("main", "They are one contact now").await;
    browser.look("merge-4-done").await;
    browser.visit(&format!("{origin}{}", office.ada.at("merges"))).await;
    browser.look("merge-5-list").await;
    browser.follow("Ann Levesque", "tbody").await;
    browser.press("Undo this Merge").await;
    browser.until(".message__text", "This merge is undone").await;
    browser.look("merge-6-undone").await;

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

    // From the contact itself.
    browser
        .visit(&format!(
            "{origin}{}",
            office.ada.at(&format!("contacts/{first}/merge"))
        ))
        .await;
    browser.fill("#who", "ann lev").await;
    browser.until("#offered", "Ann Levesque").await;
    browser.click(&format!("#offered [value='{second}']")).await;
    browser.look("merge-7-with").await;
    browser.press("Compare the Two").await;
    browser.until("h1", "Merge two contacts").await;
}
