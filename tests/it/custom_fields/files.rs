//! Custom fields in files that come in: columns matched by the labels, each kind read as people write it, and all taken back.

use super::*;
use crate::support::world::eventually;

/// Imports a file as its columns are recognized; its page.
async fn import(office: &Office, file: &str) -> String {
    let columns = office
        .ada
        .upload("imports/new", "file", "list.csv", file.as_bytes(), &[])
        .await
        .location();
    let page = office.ada.get(&columns).await;
    let fields = page.filled(&[]);
    let of_columns = fields.iter().filter(|(name, _)| name.starts_with("column_"));
    assert!(
        of_columns.clone().all(|(_, key)| !key.is_empty()),
        "every column is recognized: {fields:?}"
    );
    // The first form on the page asks what the rows are about, too.
    let mut seen = std::collections::HashSet::new();
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .filter(|(name, _)| seen.insert(name.clone()))
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let page = office.ada.post(&columns, &fields).await.location();
    let is_checked = async || office.ada.get(&page).await.has("Throw the File Away");
    eventually("the file is checked", is_checked).await;
    office.ada.post(&format!("{page}/start"), &[]).await;
    eventually("the file is imported", async || {
        office.ada.get(&page).await.has("The file is imported")
    })
    .await;
    page
}

#[tokio::test]
async fn a_file_of_contacts_brings_a_value_of_each_kind_and_its_undo_takes_them_back() {
    let office = Office::open().await;
    let ids = office.field_of_each_kind(Record::Contact).await;
    let mut anne = person("Anne", "Lem");
    anne.details.external_identifier = Some("A-1".into());
    let anne = office.add(anne).await;
    office.give(anne, ids[0], "Alto").await;
    office.give(anne, ids[1], "3").await;

    let file = "External Identifier,First Name,Last Name,Text,Number,Money,Date,Yes or No,One Choice,Several Choices\n\
        A-1,Anne,Lem,Soprano,,\"1,250.50\",29/02/2024,oui,ete,\"Silver; Gold\"\n\
        A-2,Bo,Ek,,7,,,,,\n\
        A-3,Cy,Op,,many,,,perhaps,Bronze,\n";
    let page = import(&office, file).await;
    let fields = office.fields().await;
    let words = async |id: ContactId| -> Vec<String> {
        let custom = office.contact(id).await.details.custom;
        ids.iter().map(|field| fields.words(*field, &custom)).collect()
    };
    let whole = ["Soprano", "3", "$1,250.50", "2024-02-29", "Yes", "Été", "Gold, Silver"];
    assert_eq!(words(anne).await, whole, "an empty cell never blanks");
    assert_eq!(words(ContactId(2)).await, ["", "7", "", "", "", "", ""]);
    assert!(
        office
            .last_changes(anne)
            .await
            .contains(&"Text: Alto → Soprano".to_owned())
    );
    let rejected = office.ada.get(&format!("{page}/rows/rejected")).await;
    for sentence in [
        "“many” under Number: This is not a number.",
        "“perhaps” under Yes or No is neither Yes nor No.",
        "“Bronze” under One Choice: “Bronze” is none of the choices.",
    ] {
        assert!(rejected.has(sentence), "{sentence}: {}", rejected.body);
    }

    office.give(anne, ids[4], "No").await;
    office.ada.post(&format!("{page}/undo"), &[]).await;
    eventually("the import is undone", async || {
        office.ada.get(&page).await.has("The import is undone")
    })
    .await;
    assert_eq!(
        words(anne).await,
        ["Alto", "3", "", "", "No", "", ""],
        "what somebody changed since stays"
    );
}

#[tokio::test]
async fn a_file_of_contributions_brings_their_own_fields() {
    let office = Office::open().await;
    let table = office.field(Record::Contribution, Kind::Number, "Table", &[]).await;
    let mut anne = person("Anne", "Lem");
    anne.details.external_identifier = Some("A-1".into());
    let anne = office.add(anne).await;
    let page = import(
        &office,
        "Contact ID,Contribution ID,Amount,Date Received,Table\nA-1,G-1,100,2024-05-01,7\n",
    )
    .await;
    let gift = office.ada.get("contributions/1").await;
    assert!(gift.has("Table 7"), "{}", gift.body);
    assert!(office.last_changes(anne).await.contains(&"Table:  → 7".to_owned()));
    import(
        &office,
        "Contact ID,Contribution ID,Amount,Date Received,Table\nA-1,G-1,100,2024-05-01,8\n",
    )
    .await;
    assert_eq!(office.last_changes(anne).await, ["Table: 7 → 8"]);
    let _ = (page, table);
}
