//! What a browser's session remembers, besides who signed in: messages for the next page, and what helps people to
//! recognize their own browsers.

use crate::base::StaffId;
use crate::web::{Flash, Page, Sessions};
use actix_session::Session;
use actix_web::dev::Payload;
use actix_web::http::header::USER_AGENT;
use actix_web::{FromRequest, HttpRequest};
use chrono::NaiveDate;
use std::convert::Infallible;
use std::future::{Ready, ready};
use uuid::Uuid;

/// Messages that wait for the next page.
const FLASHES: &str = "flashes";
/// What the browser calls itself, in words.
pub(super) const BROWSER: &str = "browser";
/// Tells this session from the others of the same person.
pub(super) const MARK: &str = "mark";

/// The day the session was last used.
pub(super) const USED_ON: &str = "used_on";

/// Signs somebody in with this browser, under a new key.
pub fn begin(session: &Session, staff: StaffId, browser: &Browser) -> anyhow::Result<()> {
    Sessions::sign_in(session, staff)?;
    session.insert(BROWSER, &browser.0)?;
    session.insert(MARK, Uuid::new_v4().to_string())?;
    Ok(())
}

/// Notes the day of use: whoever comes back within the lifetime of a session stays signed in.
pub(super) fn used_on(session: &Session, today: NaiveDate) {
    let noted: Option<NaiveDate> = session.get(USED_ON).ok().flatten();
    if noted != Some(today)
        && let Err(error) = session.insert(USED_ON, today)
    {
        tracing::warn!(%error, "the use of a session could not be noted");
    }
}

/// The mark of this session.
pub(super) fn mark(session: &Session) -> Option<String> {
    session.get(MARK).ok().flatten()
}

/// Says something on the next page that this browser is shown.
pub(super) fn say(session: &Session, flash: Flash) {
    let mut waiting: Vec<Flash> = session.get(FLASHES).ok().flatten().unwrap_or_default();
    waiting.push(flash);
    if let Err(error) = session.insert(FLASHES, waiting) {
        tracing::warn!(%error, "a message could not be kept for the next page");
    }
}

/// The layout's facts for a page that needs nobody: the messages that wait.
pub(super) fn plain_page(session: &Session) -> Page {
    Page {
        flashes: taken(session),
        ..Page::default()
    }
}

/// Asked for before they are removed: even a removal of nothing would count as a change and be written, with every page.
fn taken(session: &Session) -> Vec<Flash> {
    let waiting: Option<Vec<Flash>> = session.get(FLASHES).ok().flatten();
    if waiting.is_some() {
        session.remove(FLASHES);
    }
    waiting.unwrap_or_default()
}

/// What a browser calls itself, in words: "Firefox on Windows".
pub struct Browser(pub String);

impl FromRequest for Browser {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let said = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok());
        ready(Ok(Self(in_words(said.unwrap_or_default()))))
    }
}

/// Browsers name each other for compatibility, so the order matters: the most particular word comes first.
fn in_words(user_agent: &str) -> String {
    let first = |names: &[(&str, &'static str)]| {
        let found = names.iter().find(|(word, _)| user_agent.contains(word));
        found.map(|(_, name)| *name)
    };
    let browser = first(&[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser", "Samsung Internet"),
        ("Firefox", "Firefox"),
        ("FxiOS", "Firefox"),
        ("CriOS", "Chrome"),
        ("Chrome", "Chrome"),
        ("Safari", "Safari"),
    ]);
    let system = first(&[
        ("iPhone", "an iPhone"),
        ("iPad", "an iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("CrOS", "a Chromebook"),
        ("Mac OS", "a Mac"),
        ("Linux", "Linux"),
    ]);
    let browser = browser.unwrap_or("A browser");
    system.map_or(browser.to_owned(), |system| format!("{browser} on {system}"))
}

#[cfg(test)]
mod tests {
    use super::in_words;

    #[test]
    fn people_recognize_their_browsers() {
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Edg/120.0";
        assert_eq!(in_words(edge), "Edge on Windows");
        let phone =
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1 Version/17.0 Safari/604.1";
        assert_eq!(in_words(phone), "Safari on an iPhone");
        assert_eq!(in_words("curl/8"), "A browser");
    }
}
