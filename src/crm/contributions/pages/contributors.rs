//! Choosing who gave: contacts that fit what is typed are offered while somebody types, or when "Find" is pressed.

use super::Pairs;
use crate::accounts::Member;
use crate::base::ContactId;
use crate::crm::contacts::{self, ContactRow, ListFilter};
use crate::db::OrgTx;
use crate::web::{self, Answer, Page, PageError};
use actix_web::web::Form;
use askama::Template;
use diesel::QueryResult;

/// Contacts offered at once: more are told apart by typing on.
const OFFERED: i64 = 8;

/// The contacts that are offered, and which of them is chosen.
#[derive(Default)]
pub struct Picker {
    /// What was typed to find them.
    pub typed: String,
    /// What stands before the field's name where a form has several: "rows.3."
    pub prefix: String,
    pub found: Vec<Offered>,
}

/// A contact to choose.
pub struct Offered {
    pub id: ContactId,
    pub name: String,
    /// "anne@example.ca, Toronto"
    pub about: String,
    pub is_chosen: bool,
}

impl Picker {
    /// Offers who fits what was typed, and who is chosen already. The only one who fits is chosen.
    pub fn find(tx: &mut OrgTx<'_>, typed: &str, chosen: Option<ContactId>) -> QueryResult<Self> {
        let typed = typed.trim();
        let mut found = contacts::list_rows(tx, chosen.as_slice())?;
        if !typed.is_empty() {
            let filter = ListFilter {
                query: typed.to_owned(),
                ..ListFilter::default()
            };
            let fitting = contacts::list(tx, &filter, 0, OFFERED)?;
            found.extend(fitting.into_iter().filter(|row| Some(row.id) != chosen));
        }
        let is_only = found.len() == 1;
        let offered = found.into_iter().map(|row| Offered {
            is_chosen: is_only || Some(row.id) == chosen,
            id: row.id,
            about: about(&row),
            name: row.display_name,
        });
        Ok(Self {
            typed: typed.to_owned(),
            prefix: String::new(),
            found: offered.collect(),
        })
    }

    /// The same for a form that has several.
    pub fn prefixed(self, prefix: &str) -> Self {
        Self {
            prefix: prefix.to_owned(),
            ..self
        }
    }
}

fn about(row: &ContactRow) -> String {
    let parts = [row.email.as_str(), &row.phone, &row.city];
    let said: Vec<&str> = parts.into_iter().filter(|text| !text.is_empty()).collect();
    said.join(", ")
}

#[derive(Template)]
#[template(path = "contributions/contributors.html")]
struct Fragment {
    page: Page,
    picker: Picker,
}

/// `POST /o/{organization}/contributions/contributors`: answers with the contacts to choose from.
pub async fn look(member: Member, asked: Form<Pairs>) -> Answer {
    // "who", or "rows.3.who" where a form has several.
    let found = asked
        .iter()
        .find_map(|(name, typed)| Some((name.strip_suffix("who")?.to_owned(), typed.clone())));
    let (prefix, typed) = found.unwrap_or_default();
    let picker = member
        .read(move |tx| Ok::<_, PageError>(Picker::find(tx, &typed, None)?.prefixed(&prefix)))
        .await?;
    web::show(Fragment {
        page: member.part(),
        picker,
    })
}
