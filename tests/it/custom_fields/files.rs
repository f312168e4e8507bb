//! Custom fields in files that come in: columns matched by the labels, each kind read as people write it, and all taken back.

use super::*;
use crate::support::world::eventually;

/// Imports a file as its columns are recognized; its page.
async fn import(choir: &Choir, file: &str) -> String {
    let columns = choir
        .ada
        .upload("imports/new", "file", "list.csv", file.as_bytes(), &[])
        .await
        .location();
    let page = choir.ada.get(&columns).await;
    let fields = filled(&page, &[]);
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
    let page = choir.ada.post(&columns, &fields).await.location();
    let is_checked = async || choir.ada.get(&page).await.has("Throw the File Away");
    eventually("the file is checked", is_checked).await;
    choir.ada.post(&format!("{page}/start"), &[]).await;
    eventually("the file is imported", async || {
        choir.ada.get(&page).await.has("The file is imported")
    })
    .await;
    page
}

#[tokio::test]
async fn a_file_of_contacts_brings_a_value_of_each_kind_and_its_undo_takes_them_back() {
    let choir = Choir::open().await;
    let ids = choir.field_of_each_kind(Record::Contact).await;
    let mut anne = person("Anne", "Lem");
    anne.details.external_identifier = Some("A-1".into());
    let anne = choir.add(anne).await;
    choir.give(anne, ids[0], "Alto").await;
    choir.give(anne, ids[1], "3").await;

    let file = "External Identifier,First Name,Last Name,Text,Number,Money,Date,Yes or No,One Choice,Several Choices\n\
        A-1,Anne,Lem,Soprano,,\"1,250.50\",29/02/2024,oui,ete,\"Silver; Gold\"\n\
        A-2,Bo,Ek,,7,,,,,\n\
        A-3,Cy,Op,,many,,,perhaps,Bronze,\n";
    let page = import(&choir, file).await;
    let fields = choir.fields().await;
    let words = async |id: ContactId| -> Vec<String> {
        let custom = choir.contact(id).await.details.custom;
        ids.iter().map(|field| fields.words(*field, &custom)).collect()
    };
    let whole = ["Soprano", "3", "$1,250.50", "2024-02-29", "Yes", "Été", "Gold, Silver"];
    assert_eq!(words(anne).await, whole, "an empty cell never blanks");
    assert_eq!(words(ContactId(2)).await, ["", "7", "", "", "", "", ""]);
    assert!(
        choir
            .last_changes(anne)
            .await
            .contains(&"Text: Alto → Soprano".to_owned())
    );
    let rejected = choir.ada.get(&format!("{page}/rows/rejected")).await;
    for sentence in [
        "“many” under Number: This is not a number.",
        "“perhaps” under Yes or No is neither Yes nor No.",
        "“Bronze” under One Choice: “Bronze” is none of the choices.",
    ] {
        assert!(rejected.has(sentence), "{sentence}: {}", rejected.body);
    }

    choir.give(anne, ids[4], "No").await;
    choir.ada.post(&format!("{page}/undo"), &[]).await;
    eventually("the import is undone", async || {
        choir.ada.get(&page).await.has("The import is undone")
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
    let choir = Choir::open().await;
    let table = choir.field(Record::Contribution, Kind::Number, "Table", &[]).await;
    let mut anne = person("Anne", "Lem");
    anne.details.external_identifier = Some("A-1".into());
    let anne = choir.add(anne).await;
    let page = import(
        &choir,
        "Contact ID,Contribution ID,Amount,Date Received,Table\nA-1,G-1,100,2024-05-01,7\n",
    )
    .await;
    let gift = choir.ada.get("contributions/1").await;
    assert!(gift.has("Table 7"), "{}", gift.body);
    assert!(choir.last_changes(anne).await.contains(&"Table:  → 7".to_owned()));
    import(
        &choir,
        "Contact ID,Contribution ID,Amount,Date Received,Table\nA-1,G-1,100,2024-05-01,8\n",
    )
    .await;
    assert_eq!(choir.last_changes(anne).await, ["Table: 7 → 8"]);
    let _ = (page, table);
}
