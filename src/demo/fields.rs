//! What the demo's charity writes down of its own: three custom fields, with values for some of its people and gifts.

use super::records::{People, person};
use anyhow::Context;
use dms::accounts;
use dms::base::CustomFieldId;
use dms::crm::contacts::{self, actions as contact_actions};
use dms::crm::contributions::search::{self, Filter};
use dms::crm::contributions::{actions as contributions, store as contribution_store};
use dms::crm::custom_fields::actions::{self, Definition};
use dms::crm::custom_fields::{Kind, Record, store};
use dms::db::OrgTx;

/// Who eats what, as the kitchen must know it before the spring dinner.
const DIETS: [(&str, &str); 6] = [
    ("Tremblay, Aline", "Vegetarian"),
    ("Nguyen, Thi Mai", "No nuts"),
    ("Al-Khatib, Noor", "Halal"),
    ("Raman, Devika", "Vegetarian; No nuts"),
    ("O'Neill, Margaret", "No gluten"),
    ("Singh, Joan", "Vegetarian"),
];
/// Since when somebody helps; some did long before there was a DMS.
const SINCE: [(&str, &str); 8] = [
    ("Kowalchuk, Dmitri", "2014-09-01"),
    ("Boateng, Kwame", "2019-05-11"),
    ("Cormier, Jean-François", "2021-03-20"),
    ("Nguyen, Thi Mai", "2022-10-01"),
    ("Thibodeau, Réal", "2016-01-15"),
    ("Maillet, Zoé", "2023-02-04"),
    ("Gill, Harpreet", "2024-06-08"),
    ("Okafor, Bert", "2018-11-17"),
];
/// Whose employer gives the same again; for their latest gift.
const EMPLOYERS: [(&str, &str); 3] = [
    ("Bernstein, Ruth", "Tantramar Regional Library"),
    ("O'Neill, Margaret", "Horizon Health"),
    ("Paul, Kateri", "Provincial Museum"),
];

/// Writes all of it down.
pub fn write(tx: &mut OrgTx<'_>, people: &People) -> anyhow::Result<()> {
    let wanted = definition("Dietary Needs", "For whoever cooks for our dinners", true);
    let options = ["Vegetarian", "Halal", "No gluten", "No nuts"].map(|label| (None, label.to_owned()));
    let wanted = Definition {
        options: options.into(),
        ..wanted
    };
    let diet = actions::add(tx, Record::Contact, Kind::SeveralChoices, &wanted)?;
    let wanted = definition("Volunteer Since", "The day they first helped", false);
    let since = actions::add(tx, Record::Contact, Kind::Date, &wanted)?;
    let wanted = definition("Matching Employer", "Whose employer gives the same again", false);
    let employer = actions::add(tx, Record::Contribution, Kind::Text, &wanted)?;
    for (name, written) in DIETS {
        write_value(tx, people, name, diet, written)?;
    }
    for (name, written) in SINCE {
        write_value(tx, people, name, since, written)?;
    }
    for (name, written) in EMPLOYERS {
        match_latest_gift(tx, people, name, employer, written)?;
    }
    Ok(())
}

fn definition(label: &str, help: &str, for_households: bool) -> Definition {
    Definition {
        label: label.into(),
        help: help.into(),
        is_required: false,
        for_individuals: true,
        for_organizations: false,
        for_households,
        options: Vec::new(),
    }
}

fn write_value(
    tx: &mut OrgTx<'_>,
    people: &People,
    name: &str,
    field: CustomFieldId,
    written: &str,
) -> anyhow::Result<()> {
    let id = person(people, name)?;
    let field = store::find(tx, field)?.context("the field was just made")?;
    let mut draft = contacts::store::find(tx, id)?.context("nobody is there")?.draft();
    draft
        .details
        .custom
        .set(field.id, field.read(written).map_err(anyhow::Error::msg)?);
    contact_actions::change(tx, id, &draft, "")?;
    Ok(())
}

fn match_latest_gift(
    tx: &mut OrgTx<'_>,
    people: &People,
    name: &str,
    field: CustomFieldId,
    employer: &str,
) -> anyhow::Result<()> {
    let today = accounts::today(tx)?;
    let theirs = Filter {
        contact: Some(person(people, name)?),
        ..Filter::default()
    };
    let latest = search::ids(tx, &theirs)?.first().copied().context("a gift of theirs")?;
    let field = store::find(tx, field)?.context("the field was just made")?;
    let mut draft = contribution_store::find(tx, latest)?.context("the gift")?.is;
    draft
        .custom
        .set(field.id, field.read(employer).map_err(anyhow::Error::msg)?);
    contributions::change(tx, latest, &draft, today, "")?;
    Ok(())
}
