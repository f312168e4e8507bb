//! The whole way of a file in a real browser: by hand, at the width of a desk and of a phone, and open to everybody.

use super::Importer;
use fantoccini::Locator;
use std::fs;

use crate::support::browser::Browser;
use crate::support::world::PASSWORD;

const LIST: &str = "Contact ID;First Name;Last Name;Courriel;Phone;City;Birth Date;Group;Shoe Size\n\
    1;Anne;Lem;anne@lem.test;613 555 0100;Ayr;1980-12-25;Newsletter;\n\
    2;Zoë;Côté;zoe@cote.test;;Trois-Rivières;03/04/1980;Newsletter;38\n\
    3;Bo;Roy;bo.roy.test;613 555 0101;Hull;;Newsletter;41\n\
    4;Cy;Fox;cy@fox.test;;Laval;1975-06-30;Volunteers;\n\
    5;Di;Ray;;;Gatineau;;;\n";

/// Looks at the page wide and narrow: nothing keeps anybody out, and a picture of it is kept.
async fn look(browser: &Browser, name: &str) {
    for (width, height) in [(1280, 1500), (390, 2400)] {
        browser.viewport(width, height).await;
        let found = browser.axe().await;
        assert!(found.is_empty(), "{name} at {width}: {found:?}");
        let wider = "return document.documentElement.scrollWidth > window.innerWidth";
        assert_eq!(
            browser.client.execute(wider, vec![]).await.unwrap(),
            false,
            "{name} scrolls sideways at {width}"
        );
        browser.screenshot(&format!("import-{name}-{width}")).await;
    }
    browser.viewport(1280, 900).await;
}

async fn until(browser: &Browser, words: &str) {
    browser
        .wait_for(words, async |client| {
            let main = client.find(Locator::Css("main")).await.ok()?;
            main.text().await.ok()?.contains(words).then_some(())
        })
        .await;
}

#[actix_web::test]
async fn a_file_goes_its_way_by_hand() {
    let Some(browser) = Browser::open().await else { return };
    let importer = Importer::new().await;
    let at = |path: &str| format!("http://{}{}", importer.world.address(), importer.ada.at(path));
    importer
        .import("before.csv", b"Contact ID,First Name,Last Name,City\n1,Anne,Lem,Alma\n")
        .await;
    browser.visit(&at("/sign-in")).await;
    browser.fill("#email", "ada@shelter.test").await;
    browser.fill("#password", PASSWORD).await;
    browser.click("main form button").await;
    until(&browser, "Dashboard").await;

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("donors-2026.csv");
    fs::write(&file, LIST).unwrap();
    browser.visit(&at("imports/new")).await;
    look(&browser, "1-file").await;
    let chosen = browser.client.find(Locator::Css("#file")).await.unwrap();
    chosen.send_keys(file.to_str().unwrap()).await.unwrap();
    browser.click("main form .button--primary").await;
    until(&browser, "What does each column hold?").await;
    look(&browser, "2-columns").await;
    browser.click("main form .button--primary").await;
    until(&browser, "have a problem").await;
    look(&browser, "3-check").await;
    browser.click("form[action$='/start'] button").await;
    until(&browser, "The file is imported").await;
    look(&browser, "4-done").await;
    browser.click(".tally a[href$='/rejected']").await;
    until(&browser, "Rejected rows").await;
    look(&browser, "5-rows").await;
    browser.visit(&at("imports")).await;
    look(&browser, "6-list").await;
    browser.click("tbody tr:first-child a").await;
    until(&browser, "Was this a mistake?").await;
    browser.click("main a.button--danger").await;
    until(&browser, "go to the trash").await;
    look(&browser, "7-undo").await;
    browser.click("main form .button--danger").await;
    until(&browser, "The import is undone").await;
    look(&browser, "8-undone").await;
}
