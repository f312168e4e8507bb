//! The whole way of a file in a real browser: by hand, at the width of a desk and of a phone, and open to everybody.

use super::Importer;
use fantoccini::Locator;
use std::fs;

use crate::support::browser::Browser;

const LIST: &str = "Contact ID;First Name;Last Name;Courriel;Phone;City;Birth Date;Group;Shoe Size\n\
    1;Anne;Lem;anne@lem.test;613 555 0100;Ayr;1980-12-25;Newsletter;\n\
    2;Zoë;Côté;zoe@cote.test;;Trois-Rivières;03/04/1980;Newsletter;38\n\
    3;Bo;Roy;bo.roy.test;613 555 0101;Hull;;Newsletter;41\n\
    4;Cy;Fox;cy@fox.test;;Laval;1975-06-30;Volunteers;\n\
    5;Di;Ray;;;Gatineau;;;\n";

#[actix_web::test]
async fn a_file_goes_its_way_by_hand() {
    let Some(browser) = Browser::open().await else { return };
    let importer = Importer::new().await;
    let origin = format!("http://{}", importer.world.address());
    let at = |path: &str| format!("{origin}{}", importer.ada.at(path));
    importer
        .import("before.csv", b"Contact ID,First Name,Last Name,City\n1,Anne,Lem,Alma\n")
        .await;
    browser.sign_in(&origin, "ada@shelter.test").await;

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("donors-2026.csv");
    fs::write(&file, LIST).unwrap();
    browser.visit(&at("imports/new")).await;
    browser.look("import-1-file").await;
    let chosen = browser.client.find(Locator::Css("#file")).await.unwrap();
    chosen.send_keys(file.to_str().unwrap()).await.unwrap();
    browser.click("main form .button--primary").await;
    browser.until("main", "What does each column hold?").await;
    browser.look("import-2-columns").await;
    browser.click("main form .button--primary").await;
    browser.until("main", "have a problem").await;
    browser.look("import-3-check").await;
    browser.click("form[action$='/start'] button").await;
    browser.until("main", "The file is imported").await;
    browser.look("import-4-done").await;
    browser.click(".tally a[href$='/rejected']").await;
    browser.until("main", "Rejected rows").await;
    browser.look("import-5-rows").await;
    browser.visit(&at("imports")).await;
    browser.look("import-6-list").await;
    browser.click("tbody tr:first-child a").await;
    browser.until("main", "Was this a mistake?").await;
    browser.click("main a.button--danger").await;
    browser.until("main", "go to the trash").await;
    browser.look("import-7-undo").await;
    browser.click("main form .button--danger").await;
    browser.until("main", "The import is undone").await;
    browser.look("import-8-undone").await;
}
