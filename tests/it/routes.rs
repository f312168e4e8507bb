//! All routes of the product, walked as people who have no business there, and looked at for what every page promises.

use crate::support::browserless::{Answer, Browserless};
use crate::support::world::World;
use dms::base::Role;
use dms::web::{Needs, Route};
use reqwest::Method;
use scraper::{Html, Selector};

/// What a reader may send: nothing that changes a record.
const SENT_BY_READERS: &[&str] = &[
    "/o/{organization}/leave",
    "/o/{organization}/contacts/export",
    "/o/{organization}/contacts/columns",
];

/// A plausible address of a route.
fn filled(route: &Route, slug: &str) -> String {
    let mut path = String::new();
    let mut rest = route.path;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap();
        path.push_str(before);
        path.push_str(match name {
            "organization" => slug,
            "version" => "none",
            "path:.*" => "css/base.css",
            _ => "1",
        });
        rest = after;
    }
    path + rest
}

async fn ask(somebody: &Browserless, route: &Route, slug: &str) -> Answer {
    let path = filled(route, slug);
    match route.method {
        actix_web::http::Method::GET => somebody.get(&path).await,
        _ => somebody.post(&path, &[]).await,
    }
}

fn in_words(route: &Route) -> String {
    format!("{} {}", route.method, route.path)
}

#[test]
fn a_route_of_an_organization_needs_a_role_there_and_changes_need_more_than_reading() {
    for route in dms::server::routes() {
        let words = in_words(&route);
        let is_of_organization = route.path.starts_with("/o/{organization}/");
        assert_eq!(matches!(route.needs, Needs::Role(_)), is_of_organization, "{words}");
        assert_eq!(
            matches!(route.needs, Needs::Secret),
            route.path.starts_with("/hooks/"),
            "{words}"
        );
        if route.method != actix_web::http::Method::GET && !SENT_BY_READERS.contains(&route.path) {
            assert_ne!(route.needs, Needs::Role(Role::Reader), "{words}");
        }
    }
}

#[tokio::test]
async fn nobody_is_sent_to_sign_in_and_a_stranger_finds_nothing() {
    let world = World::start().await;
    let ada = world
        .sign_up("Riverside Food Bank", "Ada Lem", "ada@riverside.test")
        .await;
    let slug = ada.at("").split('/').nth(2).unwrap().to_owned();
    let (nobody, stranger) = (world.nobody(), world.stranger().await);
    for route in dms::server::routes() {
        let words = in_words(&route);
        let answer = ask(&nobody, &route, &slug).await;
        match route.needs {
            Needs::Nothing | Needs::Secret => assert!(answer.status.as_u16() < 500, "{words}: {}", answer.status),
            Needs::SignedIn | Needs::Role(_) => {
                assert!(
                    answer.location().starts_with("/sign-in?next="),
                    "{words}: {}",
                    answer.status
                );
            }
        }
        if matches!(route.needs, Needs::Role(_)) {
            assert_eq!(ask(&stranger, &route, &slug).await.status, 404, "{words} to a stranger");
            assert_eq!(
                ask(&ada, &route, "no-such-place").await.status,
                404,
                "{words} of nobody"
            );
        }
    }
}

#[tokio::test]
async fn too_low_a_role_is_refused() {
    let world = World::start().await;
    let ada = world
        .sign_up("Riverside Food Bank", "Ada Lem", "ada@riverside.test")
        .await;
    let slug = ada.at("").split('/').nth(2).unwrap().to_owned();
    let mut people = Vec::new();
    for role in [Role::Reader, Role::Staff, Role::Administrator] {
        let email = format!("{}@riverside.test", role.as_str());
        people.push((role, world.invite(&ada, role, &email).await));
    }
    for route in dms::server::routes() {
        let Needs::Role(least) = route.needs else { continue };
        for (role, person) in &people {
            if *role < least {
                let answer = ask(person, &route, &slug).await;
                assert_eq!(answer.status, 403, "{} as {}", in_words(&route), role.label());
            } else if route.method == actix_web::http::Method::GET {
                let answer = ask(person, &route, &slug).await;
                assert_ne!(answer.status, 403, "{} as {}", in_words(&route), role.label());
            }
        }
    }
}

#[tokio::test]
async fn no_page_breaks_on_nothing_and_every_answer_keeps_the_browser_safe() {
    let world = World::start().await;
    let mut ada = world
        .sign_up("Riverside Food Bank", "Ada Lem", "ada@riverside.test")
        .await;
    let slug = ada.at("").split('/').nth(2).unwrap().to_owned();
    let mut routes = dms::server::routes();
    routes.sort_by_key(|route| route.method != actix_web::http::Method::GET);
    for route in routes {
        let answer = ask(&ada, &route, &slug).await;
        let words = in_words(&route);
        assert!(
            answer.status.as_u16() < 500,
            "{words}: {} {}",
            answer.status,
            answer.body
        );
        assert_safe(&answer, &words);
        if ada.get("/account").await.status != 200 {
            ada = world.sign_in("ada@riverside.test").await;
        }
    }
    for (path, status) in [("/no/such/page", 404), ("/account/name", 405)] {
        let answer = world.nobody().get(path).await;
        assert_eq!(answer.status, status, "{path}");
        assert_safe(&answer, path);
    }
}

fn assert_safe(answer: &Answer, words: &str) {
    let header = |name: &str| {
        let value = answer.headers.get(name);
        value
            .unwrap_or_else(|| panic!("{words} lacks {name}"))
            .to_str()
            .unwrap()
            .to_owned()
    };
    let policy = header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'"), "{words}: {policy}");
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{words}: {policy}");
    for part in [
        "script-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(part), "{words} lacks {part}");
    }
    assert_eq!(header("x-content-type-options"), "nosniff", "{words}");
    assert_eq!(header("referrer-policy"), "same-origin", "{words}");
    assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{words}");
    if !words.contains("/static/") {
        assert_eq!(header("cache-control"), "no-store", "{words}");
        assert_nothing_inline(&answer.html(), words);
    }
}

/// What the policy would block anyway must not be there in the first place.
fn assert_nothing_inline(page: &Html, words: &str) {
    for selector in ["style", "[style]", "script:not([src])", "a[href^='javascript:']"] {
        let found = page.select(&Selector::parse(selector).unwrap()).next();
        assert!(found.is_none(), "{words} has {selector}");
    }
    for element in page.select(&Selector::parse("*").unwrap()) {
        let handler = element.value().attrs().find(|(name, _)| name.starts_with("on"));
        assert!(handler.is_none(), "{words} has {handler:?}");
    }
}

#[tokio::test]
async fn a_form_of_another_site_changes_nothing() {
    let world = World::start().await;
    let ada = world
        .sign_up("Riverside Food Bank", "Ada Lem", "ada@riverside.test")
        .await;
    let name = [("name", "Eve")];
    assert_eq!(
        ada.post_from("https://evil.test", "/account/name", &name).await.status,
        409
    );
    assert_eq!(ada.post_from("null", "/account/name", &name).await.status, 409);
    for site in ["cross-site", "same-site"] {
        let sent = ada
            .request(Method::POST, "/account/name")
            .header("sec-fetch-site", site);
        assert_eq!(ada.send(sent).await.status, 409, "{site}");
    }
    let without_origin = ada.request(Method::POST, "/account/name");
    assert_eq!(ada.send(without_origin).await.status, 409);
    assert!(ada.get("/account").await.has("Ada Lem"));
    for route in dms::server::routes() {
        if route.method != actix_web::http::Method::GET && !matches!(route.needs, Needs::Secret) {
            let path = filled(&route, "riverside-food-bank");
            let answer = ada.post_from("https://evil.test", &path, &[]).await;
            assert_eq!(answer.status, 409, "{}", in_words(&route));
        }
    }
}

#[tokio::test]
async fn the_cookie_is_for_us_alone() {
    let world = World::start().await;
    let sign_in = world.nobody().post("/reset-password", &[("email", "a@b.test")]).await;
    let cookie = sign_in.headers["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.starts_with("dms="), "{cookie}");
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="] {
        assert!(cookie.contains(attribute), "{cookie} lacks {attribute}");
    }
    assert!(!cookie.contains("Secure") && !cookie.contains("Domain"), "{cookie}");
    assert!(!sign_in.headers.contains_key("strict-transport-security"));

    let world = World::start_with(|settings| {
        settings.insert("PUBLIC_URL".into(), "https://dms.example.org".into());
    })
    .await;
    let fields = [("email", "a@b.test")];
    let behind_tls = world.nobody();
    let answer = behind_tls
        .post_from("https://dms.example.org", "/reset-password", &fields)
        .await;
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    assert!(
        cookie.starts_with("__Host-dms=") && cookie.contains("Secure"),
        "{cookie}"
    );
    assert!(answer.headers.contains_key("strict-transport-security"));
}
