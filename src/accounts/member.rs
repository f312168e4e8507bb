//! Whoever asks for a page. A handler that takes a `Member` acts for one organization and cannot reach another's rows.

use super::model::{Organization, StaffMember, Workplace};
use super::session;
use crate::base::{Actor, Role, StepId};
use crate::changelog::steps::{self, Record};
use crate::db::{Db, OrgTx, Unavailable};
use crate::web::{Banner, Flash, OrganizationBar, Page, PageError, redirect};
use actix_session::Session;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse};
use chrono::NaiveDate;
use std::future::{Ready, ready};
use std::ops::Deref;
use std::rc::Rc;

/// A signed-in person, before any organization.
pub struct Person {
    pub staff: StaffMember,
    pub workplaces: Vec<Workplace>,
    pub(super) session: Session,
    pub(super) db: Db,
}

/// A signed-in person at work for the organization of the path, with a role that is enough for the route.
pub struct Member {
    pub(super) person: Person,
    pub organization: Organization,
    pub role: Role,
    pub(super) banner: Option<Banner>,
}

/// What handlers take as an argument; made by the guard.
pub struct Guarded<T>(Rc<T>);

impl<T> Deref for Guarded<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: 'static> FromRequest for Guarded<T> {
    type Error = PageError;
    type Future = Ready<Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let admitted = request.extensions().get::<Rc<T>>().cloned();
        ready(
            admitted
                .map(Self)
                .ok_or_else(|| anyhow::anyhow!("this route's guard lets nobody of that kind in").into()),
        )
    }
}

impl Person {
    /// The session, to sign out of or to remember something in.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The database, for accounts.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// Says something on the next page that is shown.
    pub fn say(&self, flash: Flash) {
        session::say(&self.session, flash);
    }

    /// The layout's facts for a page outside any organization.
    pub fn page(&self, section: &'static str) -> Page {
        Page {
            person: Some(self.staff.name.clone()),
            banner: (!self.staff.is_verified).then(please_confirm),
            section,
            ..session::plain_page(&self.session)
        }
    }
}

impl Member {
    /// Reads rows of this organization.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut OrgTx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<diesel::result::Error> + From<Unavailable> + Send + 'static,
    {
        self.person.db.read(self.organization.id, work).await
    }

    /// Changes rows of this organization as this person.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut OrgTx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<diesel::result::Error> + From<Unavailable> + Send + 'static,
    {
        self.person.db.write(self.organization.id, self.actor(), work).await
    }

    /// Does something to a record as this person and keeps how it stood before; to be told with `say_done`.
    pub async fn step<T, E, F>(&self, record: &'static Record, id: i64, work: F) -> Result<(T, Option<StepId>), E>
    where
        F: FnOnce(&mut OrgTx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<diesel::result::Error> + From<Unavailable> + Send + 'static,
    {
        self.write(move |tx| steps::remember(tx, record, id, work)).await
    }

    /// Who acts when this person does.
    pub fn actor(&self) -> Actor {
        Actor::Staff {
            id: self.person.staff.id,
            name: self.person.staff.name.clone(),
        }
    }

    /// Today in the organization's time zone.
    pub fn today(&self) -> NaiveDate {
        self.organization.day(self.person.db.clock().now())
    }

    /// The person behind the member.
    pub fn person(&self) -> &Person {
        &self.person
    }

    /// Whether this person may change records.
    pub fn may_write(&self) -> bool {
        self.role >= Role::Staff
    }

    /// Whether this person may change settings and Mailchimp.
    pub fn may_administer(&self) -> bool {
        self.role >= Role::Administrator
    }

    /// Says something on the next page that is shown.
    pub fn say(&self, flash: Flash) {
        self.person.say(flash);
    }

    /// Says what was done to a record, with the way back.
    pub fn say_done(&self, flash: Flash, step: Option<StepId>) {
        self.say(match step {
            Some(step) => flash.leading_to(self.at(&format!("undo/{step}")), "Undo"),
            None => flash,
        });
    }

    /// An address inside this organization.
    pub fn at(&self, path: &str) -> String {
        format!("/o/{}/{path}", self.organization.slug)
    }

    /// On to a page of this organization.
    pub fn redirect(&self, path: &str) -> HttpResponse {
        redirect(&self.at(path))
    }

    /// The layout's facts; `section` is the current menu entry.
    pub fn page(&self, section: &'static str) -> Page {
        let page = self.person.page(section);
        Page {
            organization: Some(self.bar()),
            banner: self.banner.clone().or(page.banner),
            ..page
        }
    }

    /// The facts for a part of a page that is fetched by itself: messages that wait stay for the next whole page.
    pub fn part(&self) -> Page {
        Page {
            organization: Some(self.bar()),
            ..Page::default()
        }
    }

    fn bar(&self) -> OrganizationBar {
        let others = self.person.workplaces.iter().map(|place| &place.organization);
        OrganizationBar {
            name: self.organization.name.clone(),
            slug: self.organization.slug.clone(),
            role: self.role.label().into(),
            others: others
                .filter(|other| other.id != self.organization.id)
                .map(|other| (other.slug.clone(), other.name.clone()))
                .collect(),
            may_write: self.may_write(),
            may_administer: self.may_administer(),
        }
    }
}

fn please_confirm() -> Banner {
    Banner {
        text: "Please confirm your email address with the link we sent you.".into(),
        link: "/account".into(),
        link_text: "Send it again, or correct the address".into(),
    }
}
