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

/// What a file of each kind looks like before it is imported: by hand, and open to everybody.
#[actix_web::test]
async fn files_of_other_kinds_are_checked_by_hand() {
    let Some(browser) = Browser::open().await else { return };
    let importer = Importer::new().await;
    let origin = format!("http://{}", importer.world.address());
    let people = b"Contact ID,First Name,Last Name\n1,Anne,Lem\n2,Bo,Roy\n";
    importer.import("people.csv", people).await;
    importer
        .import("gifts.csv", b"Contact ID,Amount,Date\n1,20,2026-01-05\n")
        .await;
    browser.sign_in(&origin, "ada@shelter.test").await;
    for (name, file, words) in [
        (
            "notes",
            &b"Contact ID,Note,Date\n1,Called,2026-01-05\n9,Called,2026-01-05\n"[..],
            "has a problem",
        ),
        ("tags", b"Contact ID,Tag\n1,Friend\n", "There is no tag called"),
        (
            "relationships",
            b"Contact ID A,Relationship,Contact ID B\n1,Spouse of,2\n",
            "is new",
        ),
        (
            "activities",
            b"Contact ID,Activity Type,Activity Date\n1,Call,2026-01-05\n",
            "is not here",
        ),
        (
            "alike",
            b"Contact ID,Amount,Date\n1,20,2026-01-05\n",
            "is taken for the same",
        ),
    ] {
        let columns = importer.upload(&format!("{name}.csv"), file).await.location();
        browser.visit(&format!("{origin}{}", importer.ada.at(&columns))).await;
        browser.until("main", "What does each column hold?").await;
        browser.look(&format!("import-{name}-columns")).await;
        browser.press("Check the Rows").await;
        browser.until("main", "Throw the File Away").await;
        browser.until("main", words).await;
        browser.look(&format!("import-{name}-check")).await;
    }
}
