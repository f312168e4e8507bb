//! Somebody at the pages without a browser: keeps cookies, names its origin, and follows no redirect unasked.

use dms::base::OrganizationId;
use reqwest::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::{Method, RequestBuilder, StatusCode};
use scraper::{Html, Selector};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Mutex;

/// A person at the pages.
pub struct Browserless {
    http: reqwest::Client,
    origin: String,
    from: String,
    cookies: Mutex<BTreeMap<String, String>>,
    workplace: Option<(OrganizationId, String)>,
}

/// What a page or an action answered.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Browserless {
    pub(super) fn new(address: SocketAddr, from: String) -> Self {
        Self {
            http: reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .unwrap(),
            origin: format!("http://{address}"),
            from,
            cookies: Mutex::default(),
            workplace: None,
        }
    }

    pub(super) fn bind(&mut self, organization: OrganizationId, slug: String) {
        self.workplace = Some((organization, slug));
    }

    /// The organization this person works for.
    pub fn organization_id(&self) -> OrganizationId {
        self.workplace.as_ref().expect("works for no organization").0
    }

    /// The path of a page: `/…` as it is, anything else inside the organization.
    pub fn at(&self, path: &str) -> String {
        match (&self.workplace, path.starts_with('/')) {
            (_, true) => path.to_owned(),
            (Some((_, slug)), false) => format!("/o/{slug}/{path}"),
            (None, false) => panic!("works for no organization, so {path} is nowhere"),
        }
    }

    /// Opens a page.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// Sends a form from one of our own pages.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_from(&self.origin, path, fields).await
    }

    /// Opens the form of something that exists and sends it, so that it says which state it began with.
    pub async fn save(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let began_with = self.get(path).await.attribute("[name=began_with]", "value");
        let began_with = began_with.iter().map(|state| ("began_with", state.as_str()));
        let fields: Vec<(&str, &str)> = fields.iter().copied().chain(began_with).collect();
        self.post(path, &fields).await
    }

    /// Sends a form from a page of whatever site.
    pub async fn post_from(&self, origin: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let form = self
            .request(Method::POST, path)
            .header("origin", origin)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(serde_urlencoded::to_string(fields).unwrap());
        self.send(form).await
    }

    /// Sends a form with a file in it.
    pub async fn upload(&self, path: &str, field: &str, name: &str, file: &[u8], fields: &[(&str, &str)]) -> Answer {
        let boundary = "a-line-that-stands-in-no-file";
        let mut body = Vec::new();
        for (field, value) in fields {
            let head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(head.as_bytes());
        }
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\
             Content-Type: text/csv\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(file);
        body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        let form = self
            .request(Method::POST, path)
            .header("origin", &self.origin)
            .header("content-type", format!("multipart/form-data; boundary={boundary}"))
            .body(body);
        self.send(form).await
    }

    /// Goes where an answer points to.
    pub async fn follow(&self, answer: Answer) -> Answer {
        self.get(&answer.location()).await
    }

    /// The value of a cookie this browser has.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    /// Plants a cookie in this browser.
    pub fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }

    /// A request as this person makes it, to be changed before it is sent.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let cookies = self.cookies.lock().unwrap();
        let cookies: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self
            .http
            .request(method, format!("{}{}", self.origin, self.at(path)))
            .header("x-forwarded-for", &self.from);
        match cookies.is_empty() {
            true => request,
            false => request.header(COOKIE, cookies.join("; ")),
        }
    }

    /// Sends it and keeps the cookies of the answer.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        self.keep_cookies(&headers);
        let body = answer.text().await.unwrap();
        Answer { status, headers, body }
    }

    fn keep_cookies(&self, headers: &HeaderMap) {
        let mut cookies = self.cookies.lock().unwrap();
        for set in headers.get_all(SET_COOKIE) {
            let (pair, attributes) = set.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            match attributes.contains("Max-Age=0") {
                true => cookies.remove(name),
                false => cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
    }
}

impl Answer {
    /// Where it points to.
    pub fn location(&self) -> String {
        self.location_if_any()
            .unwrap_or_else(|| panic!("{} leads nowhere: {}", self.status, self.visible()))
    }

    /// Where it points to, if it does.
    pub fn location_if_any(&self) -> Option<String> {
        Some(self.headers.get(LOCATION)?.to_str().unwrap().to_owned())
    }

    /// The page, to ask by CSS selector.
    pub fn html(&self) -> Html {
        Html::parse_document(&self.body)
    }

    /// The text of the first element that fits, with single spaces.
    pub fn text(&self, selector: &str) -> String {
        let all = self.texts(selector);
        all.into_iter()
            .next()
            .unwrap_or_else(|| panic!("no {selector} on the page: {}", self.visible()))
    }

    /// The texts of all elements that fit.
    pub fn texts(&self, selector: &str) -> Vec<String> {
        let (html, selector) = (self.html(), parsed(selector));
        html.select(&selector)
            .map(|element| single_spaced(element.text()))
            .collect()
    }

    /// An attribute of the first element that fits.
    pub fn attribute(&self, selector: &str, name: &str) -> Option<String> {
        let html = self.html();
        Some(html.select(&parsed(selector)).next()?.value().attr(name)?.to_owned())
    }

    /// Whether the page shows this text.
    pub fn has(&self, text: &str) -> bool {
        self.visible().contains(text)
    }

    /// The form as a browser sends it back: every field of the page, with some typed anew.
    pub fn filled(&self, typed: &[(&str, &str)]) -> Vec<(String, String)> {
        let html = self.html();
        let mut fields: Vec<(String, String)> = Vec::new();
        for field in html.select(&parsed("main form[method=post] :is(input, select, textarea)")) {
            let Some(name) = field.value().attr("name") else {
                continue;
            };
            let value = match (field.value().name(), field.value().attr("type")) {
                ("select", _) => field
                    .select(&parsed("option[selected]"))
                    .chain(field.select(&parsed("option")))
                    .next()
                    .and_then(|option| option.value().attr("value"))
                    .map(str::to_owned),
                ("textarea", _) => Some(field.text().collect()),
                (_, Some("checkbox" | "radio")) if field.value().attr("checked").is_none() => continue,
                _ => field.value().attr("value").map(str::to_owned),
            };
            fields.push((name.into(), value.unwrap_or_default()));
        }
        for (name, value) in typed {
            fields.retain(|(there, _)| there != name);
            fields.push((name.to_string(), value.to_string()));
        }
        fields
    }

    fn visible(&self) -> String {
        single_spaced(self.html().root_element().text())
    }
}

fn parsed(selector: &str) -> Selector {
    Selector::parse(selector).unwrap_or_else(|error| panic!("{selector}: {error}"))
}

fn single_spaced<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<&str> = texts.flat_map(str::split_whitespace).collect();
    // A comma or colon behind a link or a date stands close to it, as it does on the page.
    [",", ":"]
        .iter()
        .fold(words.join(" "), |text, mark| text.replace(&format!(" {mark}"), mark))
}
