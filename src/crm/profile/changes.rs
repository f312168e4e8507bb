//! The Change Log tab: who changed this contact, when, what, from what to what, and why; the newest first.

use super::{Frame, Tab};
use crate::accounts::Member;
use crate::base::ContactId;
use crate::changelog::ChangeFilter;
use crate::crm::changes::{Asked, AskedForm, Line, one_page};
use crate::web::{self, Answer, Page, PageError, Pager};
use actix_web::web::{Path, Query};
use askama::Template;

#[derive(Template)]
#[template(path = "profile/changes.html")]
struct ChangesPage {
    page: Page,
    frame: Frame,
    lines: Vec<Line>,
    pager: Pager,
    form: AskedForm,
    names_contacts: bool,
}

/// `GET /o/{organization}/contacts/{contact}/changes`
pub async fn show(member: Member, path: Path<(String, ContactId)>, asked: Query<Asked>) -> Answer {
    let id = path.into_inner().1;
    let asked = asked.into_inner();
    let wanted = asked.page.parse().unwrap_or(1);
    let of_this_one = ChangeFilter {
        contact: Some(id),
        ..asked.filter(&member.organization)
    };
    let reading = asked.clone();
    let (frame, (number, total, changes), form) = member
        .read(move |tx| {
            let frame = Frame::load(tx, id, Tab::ChangeLog)?;
            Ok::<_, PageError>((frame, one_page(tx, &of_this_one, wanted)?, reading.form(tx)?))
        })
        .await?;
    let organization = &member.organization;
    web::show(ChangesPage {
        page: member.page("contacts"),
        lines: changes
            .into_iter()
            .map(|change| Line::of(change, organization))
            .collect(),
        pager: Pager::of(number, total, |page| {
            member.at(&format!("contacts/{id}/changes?{}", asked.query(page)))
        }),
        frame,
        form,
        names_contacts: false,
    })
}
