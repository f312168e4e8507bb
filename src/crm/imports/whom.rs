//! Which contact a row speaks of, where it brings something about somebody who is here already: by External Identifier,
//! else by email and name. Nobody is guessed.

use super::cells::Said;
use super::column::{ColumnMeaning, Facts};
use crate::base::{ContactId, EmailAddress, fold};
use crate::crm::contacts::store::{self, AddressHolder};
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

/// Columns of which these five say whom a row is about.
pub trait SaysWhom: ColumnMeaning {
    /// The identifier, the email, the first name, the last name and the whole name.
    const WHOM: [Self; 5];
}

impl<M: SaysWhom> Said<M> {
    /// Whom the row is about.
    pub fn whom(&self) -> Whom {
        let [identifier, email, first, last, name] = M::WHOM.map(|meaning| self.get(meaning));
        Whom::said(identifier, email, [first, last], name)
    }
}

/// What a row says about whom it means.
#[derive(Clone, Debug, Default)]
pub struct Whom {
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
            identifier: identifier.map(str::to_owned),
            address: email.and_then(|text| EmailAddress::parse(text).ok()),
            name: name.map(str::to_owned),
        }
    }

    /// As people recognize them.
    pub fn called(&self) -> Option<String> {
        let address = || self.address.as_ref().map(EmailAddress::to_string);
        let identifier = || Some(format!("External Identifier {}", self.identifier.as_ref()?));
        self.name.clone().or_else(address).or_else(identifier)
    }

    /// Whether the row says nothing of whom it means.
    pub fn is_nobody(&self) -> bool {
        self.identifier.is_none() && self.address.is_none()
    }
}

/// The contacts that rows may mean.
#[derive(Debug, Default)]
pub struct Known {
    by_identifier: HashMap<String, ContactId>,
    by_address: HashMap<String, Vec<AddressHolder>>,
}

impl Known {
    /// Looks up everybody who is named, a question for all rows together.
    pub fn find<'w>(tx: &mut OrgTx<'_>, all: impl Iterator<Item = &'w Whom> + Clone) -> QueryResult<Self> {
        let identifiers: Vec<String> = all.clone().filter_map(|whom| whom.identifier.clone()).collect();
        let keys: Vec<String> = all.filter_map(|whom| Some(whom.address.as_ref()?.key())).collect();
        let mut by_address: HashMap<String, Vec<AddressHolder>> = HashMap::new();
        for holder in store::by_addresses(tx, &keys)? {
            by_address.entry(holder.address_key.clone()).or_default().push(holder);
        }
        Ok(Self {
            by_identifier: store::by_external_identifiers(tx, &identifiers)?,
            by_address,
        })
    }

    /// Whom a row means; the error is the sentence shown at the row.
    pub fn meant(&self, whom: &Whom) -> Result<ContactId, String> {
        if let Some(identifier) = &whom.identifier {
            let found = self.by_identifier.get(identifier).copied();
            if found.is_some() || whom.address.is_none() {
                return found.ok_or_else(|| format!("No contact has the External Identifier “{identifier}”."));
            }
        }
        let Some(address) = &whom.address else {
            return Err(
                "The row does not say whom it is about: it has neither an External Identifier nor an email.".into(),
            );
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
