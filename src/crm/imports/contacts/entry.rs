//! What one row of the file says, read by what its columns mean; everything wrong with it in words.

use super::meaning::Meaning;
use crate::base::{ContactId, EmailAddress};
use crate::crm::contacts::ContactType;
use crate::crm::custom_fields::CustomValues;
use crate::crm::imports::cells;
use crate::crm::imports::column::ColumnMeaning;
use crate::crm::imports::custom::OwnColumns;
use crate::crm::imports::model::Import;
use crate::crm::imports::tags::tag_names;
use crate::crm::imports::value::{self, DateOrder};
use crate::crm::imports::whom::name_key;
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::BTreeMap;

/// How a file is read: what its columns mean, and what its rows say about dates.
#[derive(Clone, Debug)]
pub struct Reading {
    pub meanings: Vec<Option<Meaning>>,
    pub date_order: DateOrder,
    pub today: NaiveDate,
    /// Which columns hold fields the organization made; none unless somebody looked them up.
    pub own: OwnColumns,
}

/// A row that says something, cell by cell: trimmed, never empty, dates as 1980-12-25, flags as "Yes" and "No".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    values: BTreeMap<Meaning, String>,
    /// What it says of the organization's own fields.
    pub own: CustomValues,
}

impl Reading {
    /// Reads rows of an import as they stand at `now`.
    pub fn of(import: &Import, now: DateTime<Utc>) -> Self {
        Self {
            meanings: import.matching.meanings(),
            date_order: import.date_order,
            today: now.date_naive(),
            own: OwnColumns::default(),
        }
    }

    /// Whether rows speak only of contacts who are here already: an identifier and groups, but nothing to make a contact of.
    pub fn is_memberships_only(&self) -> bool {
        use Meaning::*;
        let makes_a_contact = [
            FirstName,
            LastName,
            DisplayName,
            OrganizationName,
            HouseholdName,
            Email,
            SecondEmail,
        ];
        !self
            .meanings
            .iter()
            .flatten()
            .any(|meaning| makes_a_contact.contains(meaning))
    }

    /// Reads a row. The error says what is wrong, a sentence each.
    pub fn entry(&self, cells: &[String]) -> Result<Entry, Vec<String>> {
        let (entry, problems) = self.read(cells);
        if problems.is_empty() { Ok(entry) } else { Err(problems) }
    }

    /// Who a row is about, also where something else in it is wrong.
    pub fn called(&self, cells: &[String]) -> Option<String> {
        self.read(cells).0.called()
    }

    fn read(&self, cells: &[String]) -> (Entry, Vec<String>) {
        let between_lines = |meaning| if meaning == Meaning::StreetAddress { ", " } else { " " };
        let value = |meaning, text| self.value(meaning, text);
        let (values, mut problems) = cells::read(&self.meanings, cells, between_lines, value);
        let (own, wrong) = self.own.read(cells);
        problems.extend(wrong);
        let entry = Entry { values, own };
        problems.extend(entry.without_what_it_needs());
        (entry, problems)
    }

    fn value(&self, meaning: Meaning, text: String) -> Result<String, String> {
        match meaning {
            Meaning::Email | Meaning::SecondEmail => {
                EmailAddress::parse(&text).map_err(|_| format!("“{text}” is not an email address."))?;
                Ok(text)
            }
            Meaning::BirthDate => self.birth_date(&text),
            Meaning::DmsNumber => match text.parse::<i64>() {
                Ok(number) => Ok(number.to_string()),
                Err(_) => Err(format!("“{text}” is not a DMS Number. Leave that column out.")),
            },
            Meaning::ContactType => match ContactType::parse(value::contact_type(&text).unwrap_or_default()) {
                Some(kind) => Ok(kind.as_str().into()),
                None => Err(format!(
                    "“{text}” is not a contact type: Individual, Organization or Household."
                )),
            },
            Meaning::PreferredLanguage => value::language(&text)
                .ok_or_else(|| format!("“{text}” is not a language: write English, French or a code such as fr_CA.")),
            Meaning::GroupStatus => match value::is_in_group(&text) {
                Some(is_in) => Ok(if is_in { "Added" } else { "Removed" }.into()),
                None => Err(format!("“{text}” is not a group status: Added or Removed.")),
            },
            Meaning::Group => crate::crm::groups::model::title(&text).map_err(|problem| format!("“{text}”: {problem}")),
            Meaning::Tags => tag_names(text),
            meaning if meaning.is_flag() => match value::yes_or_no(&text) {
                Some(yes) => Ok(if yes { "Yes" } else { "No" }.into()),
                None => Err(format!("“{text}” under {} is neither Yes nor No.", meaning.label())),
            },
            _ => Ok(text),
        }
    }

    fn birth_date(&self, text: &str) -> Result<String, String> {
        let date = value::date(text, self.date_order).map_err(|problem| problem.words(text))?;
        if date > self.today {
            return Err(format!("“{text}” is a birth date in the future."));
        }
        Ok(date.to_string())
    }
}

impl Entry {
    /// What the row says under a meaning.
    pub fn get(&self, meaning: Meaning) -> Option<&str> {
        self.values.get(&meaning).map(String::as_str)
    }

    /// The same, "" where it says nothing.
    pub fn text(&self, meaning: Meaning) -> &str {
        self.get(meaning).unwrap_or_default()
    }

    /// Whether it says yes.
    pub fn says_yes(&self, meaning: Meaning) -> bool {
        self.get(meaning) == Some("Yes")
    }

    /// Everything it says.
    pub fn all(&self) -> impl Iterator<Item = (Meaning, &str)> {
        self.values.iter().map(|(meaning, value)| (*meaning, value.as_str()))
    }

    /// An email address it gives.
    pub fn address(&self, meaning: Meaning) -> Option<EmailAddress> {
        EmailAddress::parse(self.get(meaning)?).ok()
    }

    /// The addresses it gives, in lower case: somebody may be known by either.
    pub fn address_keys(&self) -> Vec<String> {
        [Meaning::Email, Meaning::SecondEmail]
            .into_iter()
            .filter_map(|meaning| self.address(meaning))
            .map(|address| address.key())
            .collect()
    }

    /// The number it gives somebody here.
    pub fn number(&self) -> Option<ContactId> {
        self.get(Meaning::DmsNumber)?.parse().ok().map(ContactId)
    }

    /// The contact type it says, or the one its names tell.
    pub fn contact_type(&self) -> ContactType {
        use Meaning::{FirstName, HouseholdName, LastName, OrganizationName};
        let has = |meaning| self.get(meaning).is_some();
        let told = self.get(Meaning::ContactType).and_then(ContactType::parse);
        told.unwrap_or(match () {
            () if has(FirstName) || has(LastName) => ContactType::Individual,
            () if has(OrganizationName) => ContactType::Organization,
            () if has(HouseholdName) => ContactType::Household,
            () => ContactType::Individual,
        })
    }

    /// The name people compare by, folded; `None` where the row has none.
    pub fn name_key(&self) -> Option<String> {
        let (first, last) = (self.text(Meaning::FirstName), self.text(Meaning::LastName));
        let name = match self.contact_type() {
            ContactType::Individual => format!("{first} {last}"),
            ContactType::Organization => self.text(Meaning::OrganizationName).to_owned(),
            ContactType::Household => self.text(Meaning::HouseholdName).to_owned(),
        };
        let name = if name.trim().is_empty() {
            self.text(Meaning::DisplayName)
        } else {
            &name
        };
        Some(name_key(name)).filter(|key| !key.is_empty())
    }

    /// Who it is about, as people call them: a name, an email, an identifier.
    fn called(&self) -> Option<String> {
        use Meaning::{DisplayName, Email, ExternalIdentifier, FirstName, HouseholdName, LastName, OrganizationName};
        let person = [self.text(FirstName), self.text(LastName)].join(" ");
        let person = Some(person.trim().to_owned()).filter(|name| !name.is_empty());
        let first_of = |meanings: &[Meaning]| {
            meanings
                .iter()
                .find_map(|meaning| self.get(*meaning))
                .map(str::to_owned)
        };
        let name = first_of(&[DisplayName])
            .or(person)
            .or_else(|| first_of(&[OrganizationName, HouseholdName]));
        let identifier = || {
            self.get(ExternalIdentifier)
                .map(|identifier| format!("External Identifier {identifier}"))
        };
        match (name, first_of(&[Email])) {
            (Some(name), Some(email)) if name != email => Some(format!("{name} · {email}")),
            (name, email) => name.or(email).or_else(identifier),
        }
    }

    /// A status of nothing.
    fn without_what_it_needs(&self) -> Option<String> {
        if self.get(Meaning::GroupStatus) == Some("Removed") && self.get(Meaning::Group).is_none() {
            return Some("The row says “Removed” but names no group.".into());
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crm::imports::column;
    use crate::crm::imports::contacts::Contacts;

    fn read(headers: &str, row: &str) -> Result<Entry, Vec<String>> {
        let split = |line: &str| line.split(',').map(str::to_owned).collect::<Vec<_>>();
        let reading = Reading {
            meanings: column::recognize(&column::of(&Contacts), &split(headers))
                .iter()
                .map(|key| key.as_deref().and_then(Meaning::parse))
                .collect(),
            date_order: DateOrder::default(),
            today: NaiveDate::from_ymd_opt(2026, 4, 27).unwrap(),
            own: OwnColumns::default(),
        };
        reading.entry(&split(row))
    }

    fn problem(headers: &str, row: &str) -> String {
        read(headers, row).unwrap_err().join(" ")
    }

    #[test]
    fn what_is_wrong_is_said_in_words_that_name_the_cell() {
        assert_eq!(
            problem("First Name,Email", "Anne,abc"),
            "“abc” is not an email address."
        );
        assert!(problem("Birth Date", "03/04/2020").contains("no other row tells"));
        assert!(problem("Birth Date", "2030-01-01").contains("future"));
        assert!(problem("Do Not Phone", "perhaps").contains("neither Yes nor No"));
        assert!(problem("Contact Type", "Robot").contains("not a contact type"));
        assert!(problem("Group,Status", "Friends,Pending").contains("not a group status"));
        assert!(problem("Status,Email", "Removed,a@b.ca").contains("names no group"));
        assert!(problem("First Name,Last Name", "Ren\u{FFFD},Roy").contains("letter"));
    }

    #[test]
    fn every_problem_of_a_row_is_told_at_once() {
        assert_eq!(read("Email,Birth Date", "abc,soon").unwrap_err().len(), 2);
    }

    #[test]
    fn a_row_of_another_width_is_told_and_not_guessed() {
        assert!(problem("First Name,Last Name,Email", "Anne,Lem").contains("2 cells"));
        assert!(problem("First Name,Last Name", "Anne,Lem,oh").contains("3 cells"));
        assert!(read("First Name,Last Name", "Anne,Lem,, ").is_ok());
    }

    #[test]
    fn an_empty_cell_says_nothing() {
        let entry = read("First Name,Last Name,Phone", "Anne, Lem ,  ").unwrap();
        assert_eq!(
            entry.all().collect::<Vec<_>>(),
            [(Meaning::FirstName, "Anne"), (Meaning::LastName, "Lem")]
        );
    }

    #[test]
    fn names_tell_the_contact_type_where_no_column_does() {
        let kind = |headers, row| read(headers, row).unwrap().contact_type();
        assert_eq!(
            kind("Organization Name,First Name", "Bay Trust,"),
            ContactType::Organization
        );
        assert_eq!(
            kind("Organization Name,First Name", "Bay Trust,Anne"),
            ContactType::Individual
        );
        assert_eq!(kind("Household Name", "Lem family"), ContactType::Household);
        assert_eq!(
            kind("Contact Type,Organization Name", "Household,Bay Trust"),
            ContactType::Household
        );
    }
}
