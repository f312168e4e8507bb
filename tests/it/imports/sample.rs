//! The sample organization as CiviCRM exports it: nothing is lost, nothing invented, proven by reading everything back.

use super::Importer;
use chrono::NaiveDate;
use dms::base::ContactId;
use dms::changelog::{self, ChangeFilter};
use dms::crm::contacts::{self, Contact};
use dms::crm::groups;
use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

/// Everything we are told about somebody, by the names of the file's columns.
pub type Person = HashMap<String, String>;

pub fn sample(name: &str) -> Option<Vec<u8>> {
    let folders = [
        std::env::var("DMS_SHARED").ok().map(PathBuf::from),
        Some(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared")),
    ];
    let mut files = folders
        .into_iter()
        .flatten()
        .map(|folder| folder.join("data/civicrm-sample").join(name));
    let file = files.find(|file| file.is_file());
    if file.is_none() {
        eprintln!("passed over: {name} of the sample organization is not here (DMS_SHARED)");
    }
    file.map(|file| std::fs::read(file).unwrap())
}

pub fn people(file: &[u8]) -> Vec<Person> {
    let mut reader = csv::Reader::from_reader(file);
    reader.deserialize().map(Result::unwrap).collect()
}

/// The contact written as the file would write it.
fn as_exported(contact: &Contact) -> Person {
    let of = &contact.details;
    let flag = |is: bool| if is { "Yes" } else { "No" }.to_owned();
    let email = |at: usize| {
        contact
            .emails
            .get(at)
            .map(|email| email.address.as_typed().to_owned())
            .unwrap_or_default()
    };
    let phone = |at: usize| {
        contact
            .phones
            .get(at)
            .map(|phone| phone.number.clone())
            .unwrap_or_default()
    };
    let address = contact.addresses.first().cloned().unwrap_or_default();
    let date = |date: Option<NaiveDate>| date.map(|date| date.to_string()).unwrap_or_default();
    [
        ("Contact ID", of.external_identifier.clone().unwrap_or_default()),
        ("Contact Type", of.contact_type.label().to_owned()),
        ("Contact Subtype", of.contact_subtype.clone()),
        ("Sort Name", contact.sort_name.clone()),
        ("Display Name", contact.display_name.clone()),
        ("Prefix", of.prefix.clone()),
        ("First Name", of.first_name.clone()),
        ("Middle Name", of.middle_name.clone()),
        ("Last Name", of.last_name.clone()),
        ("Suffix", of.suffix.clone()),
        ("Organization Name", of.organization_name.clone()),
        ("Household Name", of.household_name.clone()),
        ("Job Title", of.job_title.clone()),
        ("Gender", of.gender.clone()),
        ("Birth Date", date(of.birth_date)),
        ("Deceased", flag(of.is_deceased)),
        ("Preferred Language", of.preferred_language.clone()),
        ("Contact Source", of.source.clone()),
        ("Do Not Email", flag(of.privacy.do_not_email)),
        ("Do Not Phone", flag(of.privacy.do_not_phone)),
        ("Do Not Mail", flag(of.privacy.do_not_mail)),
        ("Do Not SMS", flag(of.privacy.do_not_sms)),
        ("Do Not Trade", flag(of.privacy.do_not_trade)),
        ("No Bulk Emails (User Opt Out)", flag(of.privacy.is_opt_out)),
        ("Email", email(0)),
        (
            "Email On Hold",
            flag(contact.emails.iter().any(|email| email.on_hold.is_some())),
        ),
        ("Phone", phone(0)),
        ("Street Address", address.street_address),
        ("Supplemental Address 1", address.supplemental_address_1),
        ("City", address.city),
        ("State", address.province),
        ("Postal Code", address.postal_code),
        ("Country", address.country),
        ("Second Email", email(1)),
        ("Second Phone", phone(1)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

impl Importer {
    async fn everybody(&self) -> Vec<Contact> {
        self.ask(|tx| {
            use diesel::prelude::*;
            use dms::db::schema::contacts as table;
            let ids: Vec<ContactId> = table::table.select(table::id).load(&mut **tx)?;
            contacts::store::find_all(tx, &ids)
        })
        .await
    }

    async fn memberships(&self) -> BTreeSet<(String, String, String)> {
        let mut found = BTreeSet::new();
        for contact in self.everybody().await {
            let id = contact.id;
            for membership in self.ask(move |tx| groups::store::memberships(tx, id)).await {
                let status = if membership.is_current() { "Added" } else { "Removed" };
                let identifier = contact.details.external_identifier.clone().unwrap();
                found.insert((membership.title, identifier, status.to_owned()));
            }
        }
        found
    }
}

#[tokio::test]
async fn the_sample_organization_comes_in_whole_and_a_second_time_changes_nothing() {
    let (Some(contacts_file), Some(members_file)) = (sample("contacts.csv"), sample("group-members.csv")) else {
        return;
    };
    let importer = Importer::new().await;
    let first = importer.import("contacts.csv", &contacts_file).await;
    assert_eq!(importer.tally(&first).await[0], "202 contacts added");
    let wanted = people(&contacts_file);
    let found: HashMap<String, Person> = importer
        .everybody()
        .await
        .iter()
        .map(as_exported)
        .map(|person| (person["Contact ID"].clone(), person))
        .collect();
    assert_eq!((wanted.len(), found.len()), (202, 202));
    for person in &wanted {
        let identifier = &person["Contact ID"];
        assert_eq!(person, &found[identifier], "contact {identifier}");
    }
    for contact in importer.everybody().await {
        assert!(contact.emails.len() <= 2 && contact.phones.len() <= 2 && contact.addresses.len() <= 1);
        assert!(
            contact
                .emails
                .iter()
                .enumerate()
                .all(|(at, email)| email.is_primary == (at == 0))
        );
    }

    let second = importer.import("group-members.csv", &members_file).await;
    let wanted: BTreeSet<(String, String, String)> = people(&members_file)
        .into_iter()
        .map(|row| (row["Group"].clone(), row["Contact ID"].clone(), row["Status"].clone()))
        .collect();
    assert_eq!(wanted.len(), 84);
    assert_eq!(importer.memberships().await, wanted);
    assert!(
        importer
            .ada
            .get(&second.page)
            .await
            .has("84 group memberships were added")
    );

    let log = importer.ask(|tx| changelog::count(tx, &ChangeFilter::default())).await;
    for (name, file, rows) in [
        ("contacts.csv", &contacts_file, 202),
        ("group-members.csv", &members_file, 84),
    ] {
        let again = importer.check(name, file, &[]).await;
        assert_eq!(
            importer.tally(&again).await[2],
            format!("{rows} match somebody and change nothing")
        );
        assert!(!importer.ada.get(&again.page).await.has("Import 202 Rows"));
        assert_eq!(
            importer.ada.post(&format!("{}/start", again.page), &[]).await.status,
            303
        );
        importer.until(&again, "The file is imported").await;
        assert_eq!(importer.tally(&again).await[2], format!("{rows} rows changed nothing"));
    }
    let of_the_imports_themselves = 2;
    let log_after = importer.ask(|tx| changelog::count(tx, &ChangeFilter::default())).await;
    assert_eq!(log_after, log + of_the_imports_themselves);
}

#[tokio::test]
async fn memberships_of_somebody_unknown_are_rejected_in_words() {
    let importer = Importer::new().await;
    let import = importer
        .check("members.csv", b"Group,Contact ID,Status\nNewsletter,999,Added\n", &[])
        .await;
    let problems = importer.rows(&import, "problem").await;
    assert!(
        problems[0].contains("No contact has the External Identifier “999”."),
        "{problems:?}"
    );
}
