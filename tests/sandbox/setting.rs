//! A sandbox with a token, a caller that talks to it as an application does, and a receiver for webhooks.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use dms::sandbox::{self, Options, Sandbox};
use reqwest::{Client, Method, StatusCode, header::HeaderMap};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::specification::{self, Checked};

/// How long a condition may take to come true.
const DEADLINE: Duration = Duration::from_secs(10);

pub struct Setting {
    pub sandbox: Sandbox,
    pub http: Client,
    pub token: String,
    pub newsletter: String,
    pub volunteers: String,
    /// What was held against the specification.
    checked: Mutex<Vec<Checked>>,
}

pub struct Answered {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
    pub json: Value,
}

impl Answered {
    pub fn ok(self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        self.json
    }

    /// Status and title of an error.
    pub fn error(&self) -> (u16, &str) {
        (self.status.as_u16(), self.json["title"].as_str().unwrap_or(""))
    }

    pub fn detail(&self) -> &str {
        self.json["detail"].as_str().unwrap_or("")
    }
}

pub fn http() -> Client {
    drop(rustls::crypto::ring::default_provider().install_default());
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

pub async fn setting() -> Setting {
    setting_with(Options::default()).await
}

pub async fn setting_with(options: Options) -> Setting {
    let sandbox = sandbox::start(options).await.unwrap();
    let mut setting = Setting {
        sandbox,
        http: http(),
        token: String::new(),
        newsletter: String::new(),
        volunteers: String::new(),
        checked: Mutex::default(),
    };
    let token = setting.control(Method::POST, "tokens", json!({})).await;
    setting.token = token["access_token"].as_str().unwrap().to_owned();
    let lists = setting.get("/lists").await.ok();
    let id = |index: usize| lists["lists"][index]["id"].as_str().unwrap().to_owned();
    (setting.newsletter, setting.volunteers) = (id(0), id(1));
    setting
}

impl Setting {
    pub fn url(&self, path: &str) -> String {
        format!("{}/3.0{path}", self.sandbox.base_url())
    }

    /// A call to the API, whose answer is held against the specification.
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answered {
        let mut request = self
            .http
            .request(method.clone(), self.url(path))
            .bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = answered(request).await;
        self.checked
            .lock()
            .unwrap()
            .extend(specification::check(&method, path, &answer));
        answer
    }

    /// The answers so far that the specification has a word about.
    pub fn checked(&self) -> MutexGuard<'_, Vec<Checked>> {
        self.checked.lock().unwrap()
    }

    pub async fn get(&self, path: &str) -> Answered {
        self.call(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answered {
        self.call(Method::POST, path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answered {
        self.call(Method::PUT, path, Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answered {
        self.call(Method::PATCH, path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answered {
        self.call(Method::DELETE, path, None).await
    }

    /// A call to `/__sandbox/…` that has to succeed.
    pub async fn control(&self, method: Method, path: &str, body: Value) -> Value {
        let url = format!("{}/__sandbox/{path}", self.sandbox.base_url());
        let answer = self.http.request(method, url).json(&body).send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    pub async fn settings(&self, change: Value) {
        self.control(Method::PATCH, "settings", change).await;
    }

    pub async fn fault(&self, rule: Value) {
        self.control(Method::POST, "faults", rule).await;
    }

    /// Adds a member to the newsletter by the API and answers its path.
    pub async fn add(&self, email: &str, status: &str) -> String {
        let path = format!("/lists/{}/members", self.newsletter);
        let added = self
            .post(&path, json!({"email_address": email, "status": status}))
            .await
            .ok();
        format!("{path}/{}", added["id"].as_str().unwrap())
    }

    /// Does something to a newsletter member, named by its path, as the person or the admin.
    pub async fn act(&self, member: &str, action: &str, details: Value) -> Value {
        let who = member.rsplit('/').next().unwrap();
        self.control(
            Method::POST,
            &format!("members/{}/{who}/{action}", self.newsletter),
            details,
        )
        .await
    }

    pub async fn status_of(&self, member: &str) -> String {
        self.get(member).await.ok()["status"].as_str().unwrap().to_owned()
    }
}

pub async fn answered(request: reqwest::RequestBuilder) -> Answered {
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    let text = answer.text().await.unwrap();
    let json = serde_json::from_str(&text).unwrap_or(Value::Null);
    Answered {
        status,
        headers,
        text,
        json,
    }
}

/// Waits until something is so.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(start.elapsed() < DEADLINE, "{what} did not happen");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// What a webhook receiver got.
#[derive(Clone, Debug)]
pub struct Received {
    pub method: String,
    pub head: String,
    pub body: String,
}

impl Received {
    pub fn fields(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(self.body.as_bytes()).into_owned().collect()
    }

    pub fn field(&self, key: &str) -> Option<String> {
        self.fields()
            .into_iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(':'));
        let (_, value) = lines.find(|(found, _)| found.eq_ignore_ascii_case(name))?;
        Some(value.trim())
    }

    pub fn kind(&self) -> String {
        self.field("type").unwrap_or_default()
    }
}

/// A server that takes webhooks and answers them with a status that tests may change.
pub struct Receiver {
    pub url: String,
    received: Arc<Mutex<Vec<Received>>>,
    /// Nothing: no answer at all.
    status: Arc<Mutex<Option<u16>>>,
}

impl Receiver {
    pub async fn start() -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let receiver = Receiver {
            url,
            received: Arc::default(),
            status: Arc::new(Mutex::new(Some(200))),
        };
        let (received, status) = (Arc::clone(&receiver.received), Arc::clone(&receiver.status));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (received, status) = (Arc::clone(&received), Arc::clone(&status));
                tokio::spawn(async move {
                    let Some(request) = read_request(&mut stream).await else {
                        return;
                    };
                    received.lock().unwrap().push(request);
                    let answering = *status.lock().unwrap();
                    let Some(status) = answering else {
                        return std::future::pending().await;
                    };
                    let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                    drop(stream.write_all(answer.as_bytes()).await);
                });
            }
        });
        receiver
    }

    pub fn answer_with(&self, status: u16) {
        *self.status.lock().unwrap() = Some(status);
    }

    /// Takes calls from now on and lets them wait.
    pub fn never_answer(&self) {
        *self.status.lock().unwrap() = None;
    }

    /// What came by POST.
    pub fn received(&self) -> Vec<Received> {
        self.received
            .lock()
            .unwrap()
            .iter()
            .filter(|received| received.method == "POST")
            .cloned()
            .collect()
    }

    pub fn checks(&self) -> Vec<Received> {
        self.received
            .lock()
            .unwrap()
            .iter()
            .filter(|received| received.method == "GET")
            .cloned()
            .collect()
    }

    pub fn kinds(&self) -> Vec<String> {
        self.received().iter().map(Received::kind).collect()
    }

    pub async fn wait_for(&self, count: usize) -> Vec<Received> {
        eventually(&format!("{count} deliveries"), || async {
            let received = self.received();
            (received.len() >= count).then_some(received)
        })
        .await
    }
}

async fn read_request(stream: &mut tokio::net::TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    loop {
        let mut part = [0; 4096];
        let read = stream.read(&mut part).await.ok()?;
        bytes.extend_from_slice(&part[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                line.to_lowercase()
                    .strip_prefix("content-length:")
                    .map(|length| length.trim().parse().unwrap())
            });
            if body.len() >= length.unwrap_or(0) {
                let method = head.split(' ').next()?.to_owned();
                return Some(Received {
                    method,
                    head: head.to_owned(),
                    body: body.to_owned(),
                });
            }
        }
        if read == 0 {
            return None;
        }
    }
}
