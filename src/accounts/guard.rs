//! The guard of every page: who is signed in, whether they work for the organization of the path, and whether their role
//! is enough. Strangers are told that there is nothing, never that they may not.

use super::member::{Member, Person};
use super::model::{StaffMember, Workplace};
use super::{session, store};
use crate::base::{Role, StaffId};
use crate::db::{Db, OrgTx};
use crate::incidents;
use crate::web::{Banner, Needs, PageError, Route, staff_of};
use actix_session::{Session, SessionExt};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::{Next, from_fn};
use actix_web::{Error, HttpMessage, ResponseError, web};
use std::rc::Rc;
use url::{Position, Url};

/// The route with its guard around it, as the application is built from.
pub fn guarded(route: &Route) -> actix_web::Route {
    let needs = route.needs;
    route
        .handler()
        .wrap(from_fn(move |request, next| check(needs, request, next)))
}

async fn check(
    needs: Needs,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let admitted = match needs {
        Needs::Nothing | Needs::Secret => Ok(()),
        Needs::SignedIn => person(&request).await.map(|person| {
            request.extensions_mut().insert(Rc::new(person));
        }),
        Needs::Role(role) => member(&request, role).await.map(|member| {
            request.extensions_mut().insert(Rc::new(member));
        }),
    };
    match admitted {
        Ok(()) => next.call(request).await.map(ServiceResponse::map_into_boxed_body),
        // Answered, not returned as an error: an error would skip the sessions and headers around us.
        Err(error) => Ok(request.into_response(error.error_response())),
    }
}

async fn person(request: &ServiceRequest) -> Result<Person, PageError> {
    let session = request.get_session();
    let id = staff_of(&session).ok_or_else(|| sign_in(request))?;
    let db = database(request)?;
    let (staff, workplaces) = known(&db, id).await?.ok_or_else(|| sign_in(request))?;
    Ok(signed_in(session, db, staff, workplaces))
}

fn sign_in(request: &ServiceRequest) -> PageError {
    PageError::SignIn(page_to_return_to(request))
}

async fn known(db: &Db, id: StaffId) -> Result<Option<(StaffMember, Vec<Workplace>)>, PageError> {
    db.look(move |tx| Ok(store::at_work(tx, id)?)).await
}

fn signed_in(session: Session, db: Db, staff: StaffMember, workplaces: Vec<Workplace>) -> Person {
    session::used_on(&session, db.clock().now().date_naive());
    Person {
        staff,
        workplaces,
        session,
        db,
    }
}

/// The page that was asked for, or from which something was sent: what was sent itself cannot be repeated.
fn page_to_return_to(request: &ServiceRequest) -> String {
    let asked = || request.uri().path_and_query().map(ToString::to_string);
    let sent_from = || {
        let referer = request.headers().get(header::REFERER)?.to_str().ok()?;
        let page = Url::parse(referer).ok()?;
        Some(page[Position::BeforePath..Position::AfterQuery].to_owned())
    };
    let page = match *request.method() {
        Method::GET => asked(),
        _ => sent_from(),
    };
    page.unwrap_or_else(|| "/".into())
}

/// Who asks, what they may do here and what the banner says: every page begins with this.
async fn member(request: &ServiceRequest, least: Role) -> Result<Member, PageError> {
    let session = request.get_session();
    let id = staff_of(&session).ok_or_else(|| sign_in(request))?;
    let slug = request.match_info().get("organization").unwrap_or_default().to_owned();
    let db = database(request)?;
    let (staff, workplaces) = known(&db, id).await?.ok_or_else(|| sign_in(request))?;
    let here = workplaces.iter().find(|place| place.organization.slug == slug);
    let here = here.cloned().ok_or(PageError::NotFound)?;
    if here.role < least {
        return Err(PageError::Forbidden);
    }
    let banner = db
        .read(here.organization.id, move |tx| {
            banner(tx, format!("/o/{slug}/mailchimp"))
        })
        .await?;
    Ok(Member {
        person: signed_in(session, db, staff, workplaces),
        organization: here.organization,
        role: here.role,
        banner,
    })
}

fn banner(tx: &mut OrgTx<'_>, link: String) -> Result<Option<Banner>, PageError> {
    let first = incidents::open_now(tx)?.into_iter().next();
    Ok(first.map(|incident| Banner {
        text: incident.words,
        link,
        link_text: "See what to do".into(),
    }))
}

fn database(request: &ServiceRequest) -> Result<Db, PageError> {
    let db = request.app_data::<web::Data<Db>>();
    Ok(db
        .ok_or_else(|| anyhow::anyhow!("the application has no database"))?
        .get_ref()
        .clone())
}
