//! The Marketing API's answers, and how a method and path finds the one that is meant.

mod account;
mod activity;
mod batch_webhooks;
mod batches;
mod body;
mod bulk;
mod campaigns;
mod given;
mod interests;
pub mod json;
mod lists;
mod members;
mod merge_fields;
mod reports;
mod responses;
mod routes;
mod segments;
mod tags;
mod webhooks;

use url::form_urlencoded;

use super::call::{Call, Outcome};
use super::world::World;

pub use routes::ROUTES;

/// A method and path that is answered.
pub struct Route {
    pub method: &'static str,
    /// Below `/3.0/`; parts in braces are open.
    pub path: &'static str,
    /// The schema that the `Link` header names.
    pub schema: &'static str,
    pub run: Run,
}

#[derive(Clone, Copy)]
pub enum Run {
    Read(fn(&World, &Call) -> Outcome),
    Write(fn(&mut World, &Call) -> Outcome),
}

/// What there is at a path.
pub enum Found {
    Route(&'static Route, Vec<String>),
    /// Other methods only: the value of `Allow`.
    OtherMethods(String),
    Nothing,
}

/// The parts of a path below `/3.0`, percent-decoded; a plus is a plus.
pub fn parts(path: &str) -> Vec<String> {
    let decode = |part: &str| {
        let query = part.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
        let decoded = form_urlencoded::parse(query.as_bytes())
            .next()
            .map(|(key, _)| key.into_owned());
        decoded.unwrap_or_default()
    };
    path.split('/').filter(|part| !part.is_empty()).map(decode).collect()
}

/// Looks a path below `/3.0/` up; the parts come percent-decoded.
pub fn find(method: &str, parts: &[String]) -> Found {
    let mut allow = Vec::new();
    for route in ROUTES {
        let Some(params) = fit(route.path, parts) else { continue };
        if route.method == method {
            return Found::Route(route, params);
        }
        allow.push(route.method);
    }
    if allow.is_empty() {
        Found::Nothing
    } else {
        Found::OtherMethods(allow.join(", "))
    }
}

fn fit(path: &str, parts: &[String]) -> Option<Vec<String>> {
    let pattern: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    if pattern.len() != parts.len() {
        return None;
    }
    let mut params = Vec::new();
    for (wanted, part) in pattern.iter().zip(parts) {
        if wanted.starts_with('{') {
            params.push(part.clone());
        } else if wanted != part {
            return None;
        }
    }
    Some(params)
}
