//! All routes stand in tables with what each needs: the application is built from them, and a test walks them as nobody,
//! as a stranger and with too low a role.

use crate::base::Role;
use actix_web::http::Method;
use actix_web::{FromRequest, Handler, Responder};

/// What somebody needs to reach a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Anybody, signed in or not.
    Nothing,
    /// A signed-in person, whatever organization.
    SignedIn,
    /// At least this role in the organization of the path; strangers are told that there is nothing.
    Role(Role),
    /// A machine with a secret in the path: Mailchimp's webhooks. Cross-site by nature.
    Secret,
}

/// One line of the table: `get("/o/{organization}/contacts", Needs::Role(Role::Reader), list::show)`.
pub struct Route {
    pub method: Method,
    pub path: &'static str,
    pub needs: Needs,
    handler: Box<dyn Fn() -> actix_web::Route>,
}

/// A page that shows.
pub fn get<F, Args>(path: &'static str, needs: Needs, handler: F) -> Route
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    Route {
        method: Method::GET,
        path,
        needs,
        handler: Box::new(move || actix_web::web::get().to(handler.clone())),
    }
}

/// An action.
pub fn post<F, Args>(path: &'static str, needs: Needs, handler: F) -> Route
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    Route {
        method: Method::POST,
        path,
        needs,
        handler: Box::new(move || actix_web::web::post().to(handler.clone())),
    }
}

impl Route {
    /// The handler as actix registers it.
    pub fn handler(&self) -> actix_web::Route {
        (self.handler)()
    }
}
