//! The Marketing API's routes: one table of methods and paths, from which come the answers, the 404s and the 405s alike.

mod account;
mod body;
mod bulk;
pub mod json;
mod lists;
mod members;
mod merge_fields;
pub mod tags;
mod webhooks;

use super::call::{Call, Outcome};
use super::world::World;

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

const fn read(path: &'static str, schema: &'static str, run: fn(&World, &Call) -> Outcome) -> Route {
    Route {
        method: "GET",
        path,
        schema,
        run: Run::Read(run),
    }
}

const fn write(
    method: &'static str,
    path: &'static str,
    schema: &'static str,
    run: fn(&mut World, &Call) -> Outcome,
) -> Route {
    Route {
        method,
        path,
        schema,
        run: Run::Write(run),
    }
}

pub static ROUTES: &[Route] = &[
    read("", "Root", account::root),
    read("ping", "Ping", account::ping),
    read("lists", "Lists/Collection", lists::all),
    read("lists/{list_id}", "Lists/Instance", lists::one),
    write("POST", "lists/{list_id}", "Lists/BatchPOST-Response", bulk::subscribe),
    read(
        "lists/{list_id}/merge-fields",
        "Lists/MergeFields/Collection",
        merge_fields::all,
    ),
    write(
        "POST",
        "lists/{list_id}/merge-fields",
        "Lists/MergeFields/Instance",
        merge_fields::create,
    ),
    read(
        "lists/{list_id}/merge-fields/{merge_id}",
        "Lists/MergeFields/Instance",
        merge_fields::one,
    ),
    write(
        "PATCH",
        "lists/{list_id}/merge-fields/{merge_id}",
        "Lists/MergeFields/Instance",
        merge_fields::change,
    ),
    write(
        "DELETE",
        "lists/{list_id}/merge-fields/{merge_id}",
        "",
        merge_fields::delete,
    ),
    read("lists/{list_id}/members", "Lists/Members/Collection", members::all),
    write(
        "POST",
        "lists/{list_id}/members",
        "Lists/Members/Instance",
        members::create,
    ),
    read(
        "lists/{list_id}/members/{subscriber_hash}",
        "Lists/Members/Instance",
        members::one,
    ),
    write(
        "PUT",
        "lists/{list_id}/members/{subscriber_hash}",
        "Lists/Members/Instance",
        members::upsert,
    ),
    write(
        "PATCH",
        "lists/{list_id}/members/{subscriber_hash}",
        "Lists/Members/Instance",
        members::change,
    ),
    write(
        "DELETE",
        "lists/{list_id}/members/{subscriber_hash}",
        "",
        members::archive,
    ),
    write(
        "POST",
        "lists/{list_id}/members/{subscriber_hash}/actions/delete-permanent",
        "",
        members::erase,
    ),
    read(
        "lists/{list_id}/members/{subscriber_hash}/tags",
        "Lists/Members/Tags/Collection",
        tags::of_member,
    ),
    write(
        "POST",
        "lists/{list_id}/members/{subscriber_hash}/tags",
        "",
        tags::change,
    ),
    read("lists/{list_id}/tag-search", "Lists/TagSearch/Collection", tags::search),
    read("lists/{list_id}/webhooks", "Lists/Webhooks/Collection", webhooks::all),
    write(
        "POST",
        "lists/{list_id}/webhooks",
        "Lists/Webhooks/Instance",
        webhooks::create,
    ),
    read(
        "lists/{list_id}/webhooks/{webhook_id}",
        "Lists/Webhooks/Instance",
        webhooks::one,
    ),
    write(
        "PATCH",
        "lists/{list_id}/webhooks/{webhook_id}",
        "Lists/Webhooks/Instance",
        webhooks::change,
    ),
    write("DELETE", "lists/{list_id}/webhooks/{webhook_id}", "", webhooks::delete),
];

/// What there is at a path.
pub enum Found {
    Route(&'static Route, Vec<String>),
    /// Other methods only: the value of `Allow`.
    OtherMethods(String),
    Nothing,
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
