//! The Summary tab: everything that is written down about the contact.

use super::{Frame, Tab};
use crate::accounts::Member;
use crate::accounts::model::Organization;
use crate::base::ContactId;
use crate::crm::contacts::model::{Contact, ContactType, Email, language_name};
use crate::crm::contacts::store;
use crate::crm::custom_fields::{self, Record, Shown};
use crate::crm::relationships::{self, store::Nearest};
use crate::crm::tags::{self, model::Tag};
use crate::web::{self, Answer, Flash, Page, PageError};
use actix_web::web::Path;
use askama::Template;
use chrono::{DateTime, Utc};

#[derive(Template)]
#[template(path = "profile/summary.html")]
struct SummaryPage {
    page: Page,
    frame: Frame,
    contact: Contact,
    tags: Vec<Tag>,
    custom: Vec<Shown>,
    nearest: Nearest,
    organization: Organization,
}

impl SummaryPage {
    fn local(&self, moment: &DateTime<Utc>) -> String {
        self.organization.local(*moment)
    }

    /// Whether mailings go to this email.
    fn gets_mailings(&self, email: &Email) -> bool {
        let details = &self.contact.details;
        let wants_none = details.privacy.do_not_email || details.privacy.is_opt_out || details.is_deceased;
        !wants_none && self.contact.bulk_mail_address().is_some_and(|chosen| chosen == email)
    }

    fn language(&self) -> &str {
        language_name(&self.contact.details.preferred_language)
    }
}

/// `GET /o/{organization}/contacts/{contact}`: of one who was merged, on to whom it became.
pub async fn show(member: Member, path: Path<(String, ContactId)>) -> Answer {
    let id = path.into_inner().1;
    let today = member.today();
    let (frame, contact, tags, nearest, custom) = member
        .read(move |tx| {
            let contact = store::find(tx, id)?.ok_or(PageError::NotFound)?;
            let frame = Frame::of(tx, &contact, Tab::Summary)?;
            // The counts tell where there is nothing to ask for: most people have neither tags nor relationships.
            let tags = match frame.counts.tags {
                0 => Vec::new(),
                _ => tags::store::of_contact(tx, id)?,
            };
            let nearest = match frame.counts.relationships {
                0 => Nearest::default(),
                _ => relationships::store::nearest(tx, id, today)?,
            };
            let custom = custom_fields::store::of(tx, Record::Contact)?;
            let custom = custom.shown(contact.details.contact_type.as_str(), &contact.details.custom);
            Ok::<_, PageError>((frame, contact, tags, nearest, custom))
        })
        .await?;
    if let Some(survivor) = contact.merged_into {
        member.say(Flash::info(format!(
            "{} was merged into this contact.",
            contact.display_name
        )));
        return Ok(member.redirect(&format!("contacts/{survivor}")));
    }
    web::show(SummaryPage {
        page: member.page("contacts"),
        frame,
        contact,
        tags,
        custom,
        nearest,
        organization: member.organization.clone(),
    })
}
