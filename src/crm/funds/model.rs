//! What a fund is.

use crate::accounts::model::required;
use crate::base::FundId;
use crate::db::schema::funds;
use crate::web;
use diesel::prelude::*;
use serde::Serialize;

/// The longest GL code, in characters.
const GL_CODE_LENGTH_MAX: usize = 40;

/// A fund as somebody wants it to be.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Serialize)]
#[diesel(table_name = funds)]
pub struct FundDraft {
    pub name: String,
    pub description: String,
    /// "Eligible for tax receipts?"
    pub is_receiptable: bool,
    /// The account in the general ledger.
    pub gl_code: String,
    /// Offered for new gifts.
    pub is_enabled: bool,
    /// Chosen where nobody says otherwise; exactly one is.
    pub is_default: bool,
}

impl FundDraft {
    /// A fund of this name and nothing else, as a file may bring it: whether it earns receipts is for somebody to say.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            description: String::new(),
            is_receiptable: false,
            gl_code: String::new(),
            is_enabled: true,
            is_default: false,
        }
    }
}

/// A fund as it stands in the records.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = funds)]
pub struct Fund {
    pub id: FundId,
    #[diesel(embed)]
    pub is: FundDraft,
}

/// Reads a name as somebody typed it.
pub fn name(typed: &str) -> Result<String, &'static str> {
    required(typed, "Give the fund a name.")
}

/// Reads a GL code as somebody typed it.
pub fn gl_code(typed: &str) -> Result<String, &'static str> {
    web::one_line(typed, GL_CODE_LENGTH_MAX, "A GL code may have up to 40 characters.")
}
