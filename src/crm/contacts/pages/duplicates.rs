//! The box beside the form that shows possible duplicates while somebody types.

use super::Pairs;
use super::form::ContactForm;
use crate::accounts::Member;
use crate::base::ContactId;
use crate::crm::contacts::duplicates::{Duplicate, possible_duplicates};
use crate::crm::contacts::model::ContactType;
use crate::crm::custom_fields::CustomFields;
use crate::web::{self, Answer, Page, PageError};
use actix_web::web::Form;
use askama::Template;

/// A contact that may be the same, as it is shown.
pub(super) struct Match {
    pub id: ContactId,
    pub url: String,
    pub contact_type: ContactType,
    pub name: String,
    /// "anne@example.ca, Toronto"
    pub about: String,
    /// "Same email, same name"
    pub common: String,
}

impl Match {
    pub(super) fn of(member: &Member, duplicate: Duplicate) -> Self {
        let row = duplicate.row;
        let about: Vec<&str> = [row.email.as_str(), &row.phone, &row.city]
            .into_iter()
            .filter(|text| !text.is_empty())
            .collect();
        let common = duplicate.common.join(", ");
        Self {
            id: row.id,
            url: member.at(&format!("contacts/{}", row.id)),
            contact_type: row.contact_type,
            about: about.join(", "),
            common: common.replacen('s', "S", 1),
            name: row.sort_name,
        }
    }
}

#[derive(Template)]
#[template(path = "contacts/duplicates.html")]
struct Fragment {
    page: Page,
    duplicates: Vec<Match>,
}

/// `POST /o/{organization}/contacts/duplicates`: the fields typed so far; answers with the inside of the box.
pub async fn look(member: Member, form: Form<Pairs>) -> Answer {
    let (draft, _) = ContactForm::read(&form, None, &CustomFields::default()).draft(None);
    let found = member
        .read(move |tx| Ok::<_, PageError>(possible_duplicates(tx, &draft)?))
        .await?;
    web::show(Fragment {
        // Only for the drawings: the member's own page would use up the messages that wait for a whole one.
        page: Page::default(),
        duplicates: found.into_iter().map(|found| Match::of(&member, found)).collect(),
    })
}
