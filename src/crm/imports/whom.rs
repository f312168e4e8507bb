//! Which contact a row speaks of, where it brings something about somebody who is here already: by External Identifier,
//! by DMS Number and name, else by email and name. Nobody is guessed.

use super::cells::Said;
use super::column::{ColumnMeaning, Facts};
use crate::base::{ContactId, EmailAddress, fold};
use crate::crm::contacts::store::{self, AddressHolder, Numbered};
use crate::db::OrgTx;
use diesel::QueryResult;
use std::collections::HashMap;

/// Columns by which a row means a contact, as `ColumnMeaning::facts` gives them: for every kind of record the same.
pub const IDENTIFIER: Facts = (
    "External Identifier of the contact",
    &[
        "contact id",
        "external identifier",
        "donor id",
        "donor number",
        "constituent id",
        "id contact",
        "numéro de donateur",
        "no de donateur",
        "identifiant du contact",
    ],
);
pub const NUMBER: Facts = (
    "DMS Number of the contact",
    &[
        "dms number",
        "dms contact number",
        "numéro dms",
        "numéro dms du contact",
    ],
);
pub const EMAIL: Facts = (
    "Email",
    &[
        "email address",
        "donor email",
        "courriel",
        "adresse courriel",
        "courriel du donateur",
    ],
);
pub const FIRST_NAME: Facts = ("First Name", &["first", "donor first name", "prénom"]);
pub const LAST_NAME: Facts = ("Last Name", &["last", "surname", "donor last name", "nom de famille"]);
pub const NAME: Facts = (
    "Name",
    &[
        "contributor",
        "donor",
        "donor name",
        "contact name",
        "display name",
        "full name",
        "donateur",
        "nom complet",
    ],
);

/// Columns of which these six say whom a row is about.
pub trait SaysWhom: ColumnMeaning + PartialEq {
    /// The number, the identifier, the email, the first name, the last name and the whole name.
    const WHOM: [Self; 6];

    /// Whether a file with these columns tells whom its rows are about.
    fn tells_whom(has: &dyn Fn(Self) -> bool) -> bool {
        let [number, identifier, email, first, last, name] = Self::WHOM;
        let any = |columns: &[Self]| columns.iter().any(|column| has(*column));
        // A number by itself may be another program's: something else has to be theirs as well.
        any(&[identifier, email]) || (has(number) && any(&[first, last, name]))
    }
}

/// Reads a DMS Number.
pub fn number(text: String) -> Result<String, String> {
    match text.parse::<i64>() {
        Ok(_) => Ok(text),
        Err(_) => Err(format!("“{text}” is not a DMS Number. Leave that column out.")),
    }
}

impl<M: SaysWhom> Said<M> {
    /// Whom the row is about.
    pub fn whom(&self) -> Whom {
        let [number, identifier, email, first, last, name] = M::WHOM.map(|meaning| self.get(meaning));
        Whom::said(identifier, email, [first, last], name).numbered(number)
    }
}

/// What a row says about whom it means.
#[derive(Clone, Debug, Default)]
pub struct Whom {
    /// The DMS Number, which may be that of another where the file comes from elsewhere.
    pub number: Option<ContactId>,
    pub identifier: Option<String>,
    pub address: Option<EmailAddress>,
    /// As people write it: "Anne Lem".
    pub name: Option<String>,
}

impl Whom {
    /// By what stands in the columns for it; the name is that of `names`, first and last, or else `name`.
    pub fn said(identifier: Option<&str>, email: Option<&str>, names: [Option<&str>; 2], name: Option<&str>) -> Self {
        let names = names.map(Option::unwrap_or_default).join(" ");
        let name = Some(names.trim()).filter(|names| !names.is_empty()).or(name);
        Self {
            number: None,
            identifier: identifier.map(str::to_owned),
            address: email.and_then(|text| EmailAddress::parse(text).ok()),
            name: name.map(str::to_owned),
        }
    }

    /// The same with what stands in the column for the DMS Number.
    pub fn numbered(self, number: Option<&str>) -> Self {
        Self {
            number: number.and_then(|text| text.parse().ok()),
            ..self
        }
    }

    /// As people recognize them.
    pub fn called(&self) -> Option<String> {
        let address = || self.address.as_ref().map(EmailAddress::to_string);
        let identifier = || Some(format!("External Identifier {}", self.identifier.as_ref()?));
        let number = || Some(format!("DMS Number {}", self.number?));
        self.name.clone().or_else(address).or_else(identifier).or_else(number)
    }

    /// Whether the row says nothing of whom it means.
    pub fn is_nobody(&self) -> bool {
        self.number.is_none() && self.identifier.is_none() && self.address.is_none()
    }
}

/// The contacts that rows may mean.
#[derive(Debug, Default)]
pub struct Known {
    by_number: HashMap<ContactId, Numbered>,
    by_identifier: HashMap<String, ContactId>,
    by_address: HashMap<String, Vec<AddressHolder>>,
}

impl Known {
    /// Looks up everybody who is named, a question for all rows together.
    pub fn find<'w>(tx: &mut OrgTx<'_>, all: impl Iterator<Item = &'w Whom> + Clone) -> QueryResult<Self> {
        let identifiers: Vec<String> = all.clone().filter_map(|whom| whom.identifier.clone()).collect();
        let numbers: Vec<ContactId> = all.clone().filter_map(|whom| whom.number).collect();
        let keys: Vec<String> = all.filter_map(|whom| Some(whom.address.as_ref()?.key())).collect();
        let mut by_address: HashMap<String, Vec<AddressHolder>> = HashMap::new();
        for holder in store::by_addresses(tx, &keys)? {
            by_address.entry(holder.address_key.clone()).or_default().push(holder);
        }
        let numbered = store::by_numbers(tx, &numbers)?.into_iter();
        Ok(Self {
            by_number: numbered.map(|one| (one.contact, one)).collect(),
            by_identifier: store::by_external_identifiers(tx, &identifiers)?,
            by_address,
        })
    }

    /// Whom a row means; the error is the sentence shown at the row.
    pub fn meant(&self, whom: &Whom) -> Result<ContactId, String> {
        if let Some(identifier) = &whom.identifier {
            let found = self.by_identifier.get(identifier).copied();
            if found.is_some() || (whom.address.is_none() && whom.number.is_none()) {
                return found.ok_or_else(|| format!("No contact has the External Identifier “{identifier}”."));
            }
        }
        if let Some(numbered) = whom.number.and_then(|number| self.by_number.get(&number)) {
            return match self.is_numbered(whom, numbered) {
                true => Ok(numbered.contact),
                false => Err(of_another(numbered)),
            };
        }
        let Some(address) = &whom.address else {
            return Err(match whom.number {
                Some(number) => format!("No contact has the DMS Number {number}."),
                None => "The row does not say whom it is about: it has neither a DMS Number, nor an External Identifier, nor an \
                         email."
                    .into(),
            });
        };
        let holders = self.by_address.get(&address.key()).map_or(&[][..], Vec::as_slice);
        let called: Vec<&AddressHolder> = holders
            .iter()
            .filter(|holder| is_called(holder, whom.name.as_deref()))
            .collect();
        let fitting: Vec<ContactId> = called
            .iter()
            .filter(|holder| !is_another(holder, whom.identifier.as_deref()))
            .map(|holder| holder.contact)
            .collect();
        match (fitting.as_slice(), called.as_slice(), holders) {
            ([one], ..) => Ok(*one),
            ([], [], []) => Err(format!("No contact has the email {address}.")),
            ([], [], _) => Err(format!("A contact has the email {address}, but another name.")),
            ([], ..) => Err(format!(
                "A contact has the email {address}, but another External Identifier."
            )),
            _ => Err(format!(
                "{} contacts fit the email {address}. Give the row the External Identifier of the right one.",
                fitting.len()
            )),
        }
    }
}

impl Known {
    /// Whether the contact with the row's DMS Number is whom the row means: something else has to be theirs as well.
    fn is_numbered(&self, whom: &Whom, numbered: &Numbered) -> bool {
        if let (Some(said), Some(own)) = (&whom.identifier, &numbered.external_identifier) {
            return said == own;
        }
        let names = [
            name_key(&numbered.display_name),
            name_key(&numbered.sort_name),
            name_key(&format!("{} {}", numbered.first_name, numbered.last_name)),
        ];
        let is_called_so = whom.name.as_deref().is_some_and(|name| names.contains(&name_key(name)));
        let key = whom.address.as_ref().map(EmailAddress::key);
        let holders = key.and_then(|key| self.by_address.get(&key)).into_iter().flatten();
        is_called_so || holders.into_iter().any(|holder| holder.contact == numbered.contact)
    }
}

fn of_another(numbered: &Numbered) -> String {
    format!(
        "The DMS Number {} is that of {} here, and neither the name nor the email of the row is theirs. If the file was not \
         exported here, leave the column DMS Number out.",
        numbered.contact, numbered.display_name
    )
}

/// Whether somebody has an External Identifier of their own that is not the row's: two people may share an address.
fn is_another(holder: &AddressHolder, identifier: Option<&str>) -> bool {
    let own = holder.external_identifier.as_deref();
    identifier.is_some_and(|said| own.is_some_and(|own| own != said))
}

/// Whether what the row calls somebody is not another's name; one without a name is known by the address alone.
fn is_called(holder: &AddressHolder, name: Option<&str>) -> bool {
    let Some(name) = name.map(name_key).filter(|key| !key.is_empty()) else {
        return true;
    };
    let own = format!("{} {}", holder.first_name, holder.last_name);
    let own = [name_key(&own), name_key(&holder.display_name)];
    own.contains(&name) || holder.display_name.to_lowercase() == holder.address_key
}

/// A name as names are compared: folded, signs and spaces apart.
pub fn name_key(name: &str) -> String {
    let folded = fold(name);
    let words = folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}
