//! A contact's Activities tab: the line of time, of everything or of one kind.

use super::super::model::Status;
use super::super::timeline::{self, Happening, Kind};
use crate::accounts::Member;
use crate::accounts::model::Organization;
use crate::base::ContactId;
use crate::crm::profile::{Frame, Tab};
use crate::web::{self, Answer, Choice, PAGE_SIZE, Page, PageError, Pager};
use actix_web::web::{Path, Query};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "activities/of_contact.html")]
struct TimelinePage {
    page: Page,
    frame: Frame,
    kinds: Vec<Choice>,
    is_filtered: bool,
    happenings: Vec<Happening>,
    pager: Pager,
    organization: Organization,
}

impl TimelinePage {
    /// Neither a reader's page nor one of a contact in the trash.
    fn may_change(&self) -> bool {
        self.page.may_write() && !self.frame.is_in_the_trash
    }

    fn local(&self, moment: &DateTime<Utc>) -> String {
        self.organization.local(*moment)
    }

    /// How a status looks as a badge.
    fn tone(&self, status: &str) -> &'static str {
        Status::parse(status).map_or("quiet", Status::tone)
    }

    /// The page of what happened, where it has one.
    fn link(&self, happening: &Happening) -> Option<String> {
        let own = format!("contacts/{}", self.frame.id);
        Some(self.page.at(&match happening.kind {
            Kind::Activity => format!("activities/{}", happening.id),
            Kind::Contribution => format!("contributions/{}", happening.id),
            Kind::Note => format!("{own}/notes#note-{}", happening.id),
            Kind::Group => format!("{own}/groups"),
            Kind::Merge => format!("merges/{}", happening.id),
            Kind::Import | Kind::Change => return None,
        }))
    }
}

/// What stands behind the `?`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    show: String,
    page: String,
}

/// `GET /o/{organization}/contacts/{contact}/activities`
pub async fn show(member: Member, path: Path<(String, ContactId)>, asked: Query<Asked>) -> Answer {
    let contact = path.1;
    let kind = Kind::parse(&asked.show);
    let wanted = asked.page.parse().unwrap_or(1);
    let (frame, number, total, happenings) = member
        .read(move |tx| {
            let frame = Frame::load(tx, contact, Tab::Activities)?;
            let total = timeline::count(tx, contact, kind)?;
            let number = Pager::number(wanted, total);
            let happenings = timeline::list(tx, contact, kind, (number - 1) * PAGE_SIZE, PAGE_SIZE)?;
            Ok::<_, PageError>((frame, number, total, happenings))
        })
        .await?;
    let shown = kind.map_or("", Kind::as_str);
    let kinds = Kind::ALL.map(|kind| (kind.as_str(), kind.label()));
    web::show(TimelinePage {
        page: member.page("contacts"),
        frame,
        kinds: Choice::list(std::iter::once(("", "Everything")).chain(kinds), shown),
        is_filtered: kind.is_some(),
        happenings,
        pager: Pager::of(number, total, |page| {
            member.at(&format!("contacts/{contact}/activities?show={shown}&page={page}"))
        }),
        organization: member.organization.clone(),
    })
}
