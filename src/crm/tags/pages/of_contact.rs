//! A contact's Tags tab: every tag with a box to tick.

use super::super::model::Tag;
use super::super::{actions, store};
use super::{TagBox, boxes};
use crate::accounts::Member;
use crate::base::{ContactId, TagId};
use crate::crm::contacts::{self, Sent, sent_values};
use crate::crm::profile::{Frame, Tab};
use crate::crm::undoable;
use crate::web::{self, Answer, Flash, Page, PageError};
use actix_web::web::Path;
use askama::Template;

/// What the handlers take.
type ContactPath = Path<(String, ContactId)>;

#[derive(Template)]
#[template(path = "tags/of_contact.html")]
struct TagsPage {
    page: Page,
    frame: Frame,
    tags: Vec<Tag>,
    boxes: Vec<TagBox>,
}

impl TagsPage {
    /// Neither a reader's page nor one of a contact in the trash.
    fn may_change(&self) -> bool {
        self.page.may_write() && !self.frame.is_in_the_trash
    }
}

/// `GET /o/{organization}/contacts/{contact}/tags`
pub async fn show(member: Member, path: ContactPath) -> Answer {
    let contact = path.1;
    let (frame, tags, all) = member
        .read(move |tx| {
            let frame = Frame::load(tx, contact, Tab::Tags)?;
            Ok::<_, PageError>((frame, store::of_contact(tx, contact)?, store::all(tx)?))
        })
        .await?;
    let has = |tag: &Tag| tags.iter().any(|own| own.id == tag.id);
    web::show(TagsPage {
        page: member.page("contacts"),
        frame,
        boxes: boxes(all, |tag| Some((has(tag), String::new()))),
        tags,
    })
}

/// `POST /o/{organization}/contacts/{contact}/tags`: `tag` for each box that is ticked, `had` for each that was. Only what
/// was changed on the page is changed: another's work of the meantime stays.
pub async fn save(member: Member, path: ContactPath, sent: Sent) -> Answer {
    let contact = path.1;
    let (ticked, had): (Vec<TagId>, Vec<TagId>) = (sent_values(&sent, "tag"), sent_values(&sent, "had"));
    let (changed, step) = member
        .step(&undoable::TAGS_OF_CONTACT, contact.0, move |tx| {
            contacts::store::name_of(tx, contact)?.ok_or(PageError::NotFound)?;
            let mut changed = 0;
            for tag in ticked.iter().filter(|tag| !had.contains(tag)) {
                changed += actions::tag_contacts(tx, *tag, &[contact], "")?.len();
            }
            for tag in had.iter().filter(|tag| !ticked.contains(tag)) {
                changed += actions::untag_contacts(tx, *tag, &[contact], "")?.len();
            }
            Ok::<_, PageError>(changed)
        })
        .await?;
    let said = Flash::success(match changed {
        0 => "Nothing was different, so nothing was changed.",
        _ => "The tags have been saved.",
    });
    member.say_done(said, step);
    Ok(member.redirect(&format!("contacts/{contact}/tags")))
}
