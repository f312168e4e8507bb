//! A real HTTP server on a port of its own that gives the answers it was told to, in order, and remembers what it was
//! asked. It knows nothing of Mailchimp.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use dms::mailchimp::{AudienceId, Client, Limits, SubscriberHash, http_client};
use serde_json::Value;
use url::Url;

/// What to answer.
#[derive(Clone)]
pub enum Reply {
    Json(u16, Value),
    Html(u16, &'static str),
    Empty(u16),
    /// A first part of a body, then the connection is cut.
    Broken,
    /// Nothing, ever.
    Never,
}

/// What was asked.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub query: String,
    pub authorization: String,
    pub body: String,
}

#[derive(Default)]
struct Script {
    replies: VecDeque<Reply>,
    asked: Vec<Asked>,
}

#[derive(Clone)]
pub struct StandIn {
    pub url: Url,
    script: Arc<Mutex<Script>>,
}

impl StandIn {
    pub async fn answering(replies: impl IntoIterator<Item = Reply>) -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let script = Arc::new(Mutex::new(Script {
            replies: replies.into_iter().collect(),
            asked: Vec::new(),
        }));
        let shared = web::Data::from(script.clone());
        let server = HttpServer::new(move || App::new().app_data(shared.clone()).default_service(web::to(answer)))
            .workers(1)
            .disable_signals()
            .bind(("127.0.0.1", 0))
            .unwrap();
        let url = Url::parse(&format!("http://{}", server.addrs()[0])).unwrap();
        tokio::spawn(server.run());
        Self { url, script }
    }

    /// A client of it with little patience, as `limits` say.
    pub fn client_with(&self, limits: Limits) -> Client {
        Client::new(http_client().unwrap(), &self.url, "a-token".to_owned().into()).with_limits(limits)
    }

    pub fn client(&self) -> Client {
        self.client_with(Limits {
            timeout: Duration::from_secs(10),
            ..Limits::default()
        })
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.script.lock().unwrap().asked.clone()
    }
}

async fn answer(request: HttpRequest, body: web::Bytes, script: web::Data<Mutex<Script>>) -> HttpResponse {
    let authorization = request
        .headers()
        .get(AUTHORIZATION)
        .map(|value| value.to_str().unwrap().to_owned());
    let reply = {
        let mut script = script.lock().unwrap();
        script.asked.push(Asked {
            method: request.method().to_string(),
            path: request.path().to_owned(),
            query: request.query_string().to_owned(),
            authorization: authorization.unwrap_or_default(),
            body: String::from_utf8(body.to_vec()).unwrap(),
        });
        script
            .replies
            .pop_front()
            .expect("one question more than there are answers")
    };
    match reply {
        Reply::Json(status, value) => with(status, "application/json; charset=utf-8").body(value.to_string()),
        Reply::Html(status, page) => with(status, "text/html").body(page),
        Reply::Empty(status) => with(status, "application/json; charset=utf-8").finish(),
        Reply::Broken => {
            let parts = [
                Ok(web::Bytes::from_static(b"{\"id\":")),
                Err(std::io::Error::other("cut")),
            ];
            with(200, "application/json").streaming(futures_util::stream::iter(parts))
        }
        Reply::Never => std::future::pending().await,
    }
}

fn with(status: u16, content_type: &str) -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::build(StatusCode::from_u16(status).unwrap());
    response.insert_header((CONTENT_TYPE, content_type));
    response
}

pub fn audience() -> AudienceId {
    AudienceId::parse("a36b032126").unwrap()
}

pub fn anna() -> SubscriberHash {
    SubscriberHash::of("anna@b.ch")
}
