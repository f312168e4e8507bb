//! What the list of contacts can be sorted by, and how Postgres does it.

use crate::base::CustomFieldId;
use crate::crm::custom_fields::{CustomField, Kind, Record};
use std::borrow::Cow;

/// What the list can be sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    #[default]
    Name,
    City,
    Province,
    Phone,
    Email,
    DateCreated,
    LastModified,
    /// In our own dollars.
    TotalGiven,
    LastContribution,
    /// A field that the organization made for itself.
    Custom(Kind, CustomFieldId),
}

impl Sort {
    /// All but the organization's own fields.
    const KNOWN: [Self; 9] = [
        Self::Name,
        Self::City,
        Self::Province,
        Self::Phone,
        Self::Email,
        Self::DateCreated,
        Self::LastModified,
        Self::TotalGiven,
        Self::LastContribution,
    ];

    /// The word in the address.
    pub fn word(self) -> Cow<'static, str> {
        match self {
            Self::Name => "name".into(),
            Self::City => "city".into(),
            Self::Province => "province".into(),
            Self::Phone => "phone".into(),
            Self::Email => "email".into(),
            Self::DateCreated => "created".into(),
            Self::LastModified => "modified".into(),
            Self::TotalGiven => "given".into(),
            Self::LastContribution => "last_contribution".into(),
            Self::Custom(kind, id) => format!("contact.{}.{id}", kind.key()).into(),
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        let custom = || match CustomField::parse_key(word)? {
            (Record::Contact, kind, id) => Some(Self::Custom(kind, id)),
            (Record::Contribution, ..) => None,
        };
        let known = Self::KNOWN.into_iter().find(|sort| sort.word() == word);
        known.or_else(custom)
    }

    /// Whether somebody who chooses it wants the latest or the largest first.
    pub fn starts_descending(self) -> bool {
        matches!(
            self,
            Self::DateCreated | Self::LastModified | Self::TotalGiven | Self::LastContribution
        )
    }

    /// The tables the order needs beside the contacts.
    pub(super) fn tables(self) -> &'static str {
        match self {
            Self::City | Self::Province => {
                " LEFT JOIN addresses address ON address.organization_id = contacts.organization_id \
                   AND address.contact_id = contacts.id AND address.is_primary"
            }
            Self::Phone => {
                " LEFT JOIN phones phone ON phone.organization_id = contacts.organization_id \
                   AND phone.contact_id = contacts.id AND phone.is_primary"
            }
            Self::Email => {
                " LEFT JOIN emails email ON email.organization_id = contacts.organization_id \
                   AND email.contact_id = contacts.id AND email.is_primary"
            }
            other => other.tables_of_its_own(),
        }
    }

    /// Those of them that no line shows anything of.
    pub(super) fn tables_of_its_own(self) -> &'static str {
        match self {
            Self::TotalGiven => {
                " LEFT JOIN giving_totals given ON given.organization_id = contacts.organization_id \
                   AND given.contact_id = contacts.id AND given.currency = 'CAD'"
            }
            Self::LastContribution => {
                " LEFT JOIN (SELECT contact_id, max(last_on) AS last_on FROM giving_totals WHERE organization_id = $1 \
                   GROUP BY contact_id) lasts ON lasts.contact_id = contacts.id"
            }
            _ => "",
        }
    }

    /// In the order in which people look names up, accents or not. Contacts without a value come last either way; the id
    /// makes the order of equals firm.
    pub(super) fn order(self, descending: bool) -> String {
        let way = if descending { "DESC" } else { "ASC" };
        let first = match self {
            Self::Name => format!("contacts.sort_name COLLATE \"und-x-icu\" {way}"),
            Self::City => format!("nullif(address.city, '') COLLATE \"und-x-icu\" {way} NULLS LAST"),
            Self::Province => format!("nullif(address.province, '') COLLATE \"und-x-icu\" {way} NULLS LAST"),
            Self::Phone => format!("phone.number {way} NULLS LAST"),
            Self::Email => format!("email.address_key {way} NULLS LAST"),
            Self::DateCreated => format!("contacts.created_at {way}"),
            Self::LastModified => format!("contacts.modified_at {way}"),
            Self::TotalGiven => format!("given.total {way} NULLS LAST"),
            Self::LastContribution => format!("lasts.last_on {way} NULLS LAST"),
            Self::Custom(Kind::Text, id) => {
                format!("(contacts.custom ->> '{id}') COLLATE \"und-x-icu\" {way} NULLS LAST")
            }
            Self::Custom(_, id) => format!("contacts.custom -> '{id}' {way} NULLS LAST"),
        };
        format!("{first}, contacts.id {way}")
    }
}
