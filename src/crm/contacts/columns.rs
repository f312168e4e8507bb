//! The columns a list of contacts can have: those everybody knows, and the organization's own fields. Which of them somebody
//! sees is remembered for each person.

use super::search::ContactRow;
use super::sort::Sort;
use crate::accounts::model::Organization;
use crate::base::{CustomFieldId, Money, StaffId};
use crate::crm::custom_fields::{CustomFields, Kind, Record};
use crate::db::OrgTx;
use crate::db::schema::chosen_columns;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde_json::json;

/// The word of the list of contacts.
const LIST: &str = "contacts";
/// Columns that are shown at once; more are no list any more.
pub const COLUMNS_MAX: usize = 40;

/// A column, beside the name, which every list begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Column {
    Known(Known),
    /// A field that the organization made for itself.
    Custom(CustomFieldId),
}

/// A column everybody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Known {
    City,
    Province,
    Phone,
    DateCreated,
    LastModified,
    Email,
    ContactType,
    ContactSubtype,
    FirstName,
    LastName,
    JobTitle,
    StreetAddress,
    PostalCode,
    Country,
    PreferredLanguage,
    Privacy,
    BirthDate,
    Source,
    ExternalIdentifier,
    Groups,
    Tags,
    TotalGiven,
    Contributions,
    LargestContribution,
    FirstContribution,
    LastContribution,
}

impl Known {
    /// In the order in which they are offered and stand.
    pub const ALL: [Self; 26] = [
        Self::City,
        Self::Province,
        Self::Phone,
        Self::Email,
        Self::ContactType,
        Self::ContactSubtype,
        Self::FirstName,
        Self::LastName,
        Self::JobTitle,
        Self::StreetAddress,
        Self::PostalCode,
        Self::Country,
        Self::PreferredLanguage,
        Self::Privacy,
        Self::BirthDate,
        Self::Source,
        Self::ExternalIdentifier,
        Self::Groups,
        Self::Tags,
        Self::TotalGiven,
        Self::Contributions,
        Self::LargestContribution,
        Self::FirstContribution,
        Self::LastContribution,
        Self::DateCreated,
        Self::LastModified,
    ];
    /// What the list shows to those who have chosen nothing.
    const FIRST: [Self; 5] = [
        Self::City,
        Self::Province,
        Self::Phone,
        Self::DateCreated,
        Self::LastModified,
    ];

    /// The heading.
    pub fn label(self) -> &'static str {
        match self {
            Self::City => "City",
            Self::Province => "Province",
            Self::Phone => "Phone",
            Self::DateCreated => "Date Created",
            Self::LastModified => "Last Modified",
            Self::Email => "Email",
            Self::ContactType => "Contact Type",
            Self::ContactSubtype => "Contact Subtype",
            Self::FirstName => "First Name",
            Self::LastName => "Last Name",
            Self::JobTitle => "Job Title",
            Self::StreetAddress => "Street Address",
            Self::PostalCode => "Postal Code",
            Self::Country => "Country",
            Self::PreferredLanguage => "Preferred Language",
            Self::Privacy => "Privacy",
            Self::BirthDate => "Birth Date",
            Self::Source => "Contact Source",
            Self::ExternalIdentifier => "External Identifier",
            Self::Groups => "Groups",
            Self::Tags => "Tags",
            Self::TotalGiven => "Total Given",
            Self::Contributions => "Number of Contributions",
            Self::LargestContribution => "Largest Contribution",
            Self::FirstContribution => "First Contribution",
            Self::LastContribution => "Last Contribution",
        }
    }

    /// The word stored and sent by forms; it never changes.
    fn key(self) -> String {
        self.label().to_lowercase().replace(' ', "_")
    }

    fn sort(self) -> Option<Sort> {
        match self {
            Self::City => Some(Sort::City),
            Self::Province => Some(Sort::Province),
            Self::Phone => Some(Sort::Phone),
            Self::DateCreated => Some(Sort::DateCreated),
            Self::LastModified => Some(Sort::LastModified),
            Self::Email => Some(Sort::Email),
            Self::TotalGiven => Some(Sort::TotalGiven),
            Self::LastContribution => Some(Sort::LastContribution),
            _ => None,
        }
    }
}

impl Column {
    /// Every column, in the order in which they stand.
    pub fn all(custom: &CustomFields) -> Vec<Self> {
        let own = custom.offered(Record::Contact).map(|field| Self::Custom(field.id));
        Known::ALL.into_iter().map(Self::Known).chain(own).collect()
    }

    /// The word stored and sent by forms.
    pub fn key(self) -> String {
        match self {
            Self::Known(known) => known.key(),
            Self::Custom(id) => format!("custom.{id}"),
        }
    }

    /// The heading.
    pub fn label(self, custom: &CustomFields) -> &str {
        match self {
            Self::Known(known) => known.label(),
            Self::Custom(id) => custom.label(id),
        }
    }

    /// How the list is sorted by it, where that is sensible.
    pub fn sort(self, custom: &CustomFields) -> Option<Sort> {
        match self {
            Self::Known(known) => known.sort(),
            Self::Custom(id) => {
                let kind = custom.get(id)?.kind;
                (!kind.has_options()).then_some(Sort::Custom(kind, id))
            }
        }
    }

    /// What a line of the list tells of itself.
    pub fn of_row(self, row: &ContactRow) -> Option<Cell> {
        let Self::Known(known) = self else { return None };
        Some(match known {
            Known::City => Cell::Text(row.city.clone()),
            Known::Province => Cell::Text(row.province.clone()),
            Known::Phone => Cell::Text(row.phone.clone()),
            Known::Email => Cell::Text(row.email.clone()),
            Known::ContactType => Cell::Text(row.contact_type.label().into()),
            Known::DateCreated => Cell::Moment(row.created_at),
            Known::LastModified => Cell::Moment(row.modified_at),
            _ => return None,
        })
    }

    /// Whether its cells are numbers, which stand at the end of the cell.
    pub fn is_number(self, custom: &CustomFields) -> bool {
        match self {
            Self::Known(known) => matches!(
                known,
                Known::TotalGiven | Known::Contributions | Known::LargestContribution
            ),
            Self::Custom(id) => {
                let kind = custom.get(id).map(|field| field.kind);
                matches!(kind, Some(Kind::Number | Kind::Money))
            }
        }
    }
}

/// What a contact has in a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    Text(String),
    List(Vec<String>),
    Day(NaiveDate),
    Moment(DateTime<Utc>),
    Number(i64),
    /// One for each currency.
    Money(Vec<Money>),
    /// A custom field: as people read it, and as a file holds it.
    Custom {
        shown: String,
        filed: String,
    },
}

impl Cell {
    /// As a page shows it.
    pub fn shown(&self, organization: &Organization) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::List(all) => all.join(", "),
            Self::Day(day) => day.format("%b %-d, %Y").to_string(),
            Self::Moment(moment) => organization.local(*moment),
            Self::Number(number) => number.to_string(),
            Self::Money(all) => joined(all, |money| money.to_string(), ", "),
            Self::Custom { shown, .. } => shown.clone(),
        }
    }

    /// As a file holds it: days as 2026-11-24, amounts as 1250.50 with the currency where it is not our own dollar.
    pub fn filed(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::List(all) => all.join("; "),
            Self::Day(day) => day.to_string(),
            Self::Moment(moment) => moment.format("%Y-%m-%d %H:%M:%S UTC").to_string(),
            Self::Number(number) => number.to_string(),
            Self::Money(all) => joined(all, in_file, "; "),
            Self::Custom { filed, .. } => filed.clone(),
        }
    }
}

fn joined(all: &[Money], words: impl Fn(&Money) -> String, between: &str) -> String {
    all.iter().map(words).collect::<Vec<_>>().join(between)
}

fn in_file(money: &Money) -> String {
    match money.currency.code() {
        "CAD" => money.digits(),
        code => format!("{} {code}", money.digits()),
    }
}

/// The columns a person has chosen, in the order in which they stand; those everybody begins with where none are.
pub fn chosen(tx: &mut OrgTx<'_>, by: StaffId, custom: &CustomFields) -> QueryResult<Vec<Column>> {
    let stored: Option<serde_json::Value> = chosen_columns::table
        .find((tx.organization(), by, LIST))
        .select(chosen_columns::shown)
        .first(&mut **tx)
        .optional()?;
    let keys: Option<Vec<String>> = stored.and_then(|keys| serde_json::from_value(keys).ok());
    Ok(match keys {
        Some(keys) => of_keys(&keys, custom),
        None => Known::FIRST.into_iter().map(Column::Known).collect(),
    })
}

/// The columns of these keys; what is not known is passed over.
pub fn of_keys(keys: &[String], custom: &CustomFields) -> Vec<Column> {
    let mut all = Column::all(custom);
    all.retain(|column| keys.contains(&column.key()));
    all.truncate(COLUMNS_MAX);
    all
}

/// Remembers what a person has chosen; nothing chosen is what everybody begins with.
pub fn choose(tx: &mut OrgTx<'_>, by: StaffId, columns: &[Column]) -> QueryResult<()> {
    diesel::delete(chosen_columns::table.find((tx.organization(), by, LIST))).execute(&mut **tx)?;
    if columns.is_empty() {
        return Ok(());
    }
    let keys: Vec<String> = columns.iter().map(|column| column.key()).collect();
    diesel::insert_into(chosen_columns::table)
        .values((
            chosen_columns::staff_id.eq(by),
            chosen_columns::list.eq(LIST),
            chosen_columns::shown.eq(json!(keys)),
        ))
        .on_conflict((
            chosen_columns::organization_id,
            chosen_columns::staff_id,
            chosen_columns::list,
        ))
        .do_update()
        .set(chosen_columns::shown.eq(json!(keys)))
        .execute(&mut **tx)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_column_is_offered_once_and_known_again_by_its_key() {
        let custom = CustomFields::default();
        let all = Column::all(&custom);
        let keys: Vec<String> = all.iter().map(|column| column.key()).collect();
        assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), Known::ALL.len());
        assert_eq!(of_keys(&keys, &custom), all);
        assert!(of_keys(&["shoe_size".into(), "custom.7".into()], &custom).is_empty());
    }
}
