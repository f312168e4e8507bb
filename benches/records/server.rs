//! The application as a process of its own, somebody signed in there, and how much memory it takes meanwhile.

use super::charity;
use anyhow::Context;
use futures_util::StreamExt;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::process::{Child, Command};

/// How long the application may take to start.
const START_TIME_MAX: Duration = Duration::from_secs(20);
/// How often its memory is looked at.
const MEMORY_LOOK: Duration = Duration::from_millis(50);
const PAGE_BYTES: u64 = 4096;

/// The running application.
pub struct Server {
    process: Child,
    origin: String,
}

/// Starts it on a free port.
pub async fn start(app_url: &str, folder: &Path) -> anyhow::Result<Server> {
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let log = std::fs::File::create(folder.join("server.log"))?;
    let process = Command::new(env!("CARGO_BIN_EXE_dms"))
        .arg("--var")
        .arg(folder)
        .arg("serve")
        .env("DATABASE_URL", app_url)
        .env("BIND_ADDRESS", address.to_string())
        .env("SECRET_KEY", "-".repeat(64))
        .env("RUST_LOG", "warn")
        .stdout(Stdio::from(log.try_clone()?))
        .stderr(Stdio::from(log))
        .kill_on_drop(true)
        .spawn()?;
    let server = Server {
        process,
        origin: format!("http://{address}"),
    };
    let began = Instant::now();
    while reqwest::get(format!("{}/ready", server.origin)).await.is_err() {
        anyhow::ensure!(began.elapsed() < START_TIME_MAX, "the application does not start");
        tokio::time::sleep(MEMORY_LOOK).await;
    }
    Ok(server)
}

impl Server {
    /// Signs in as the owner of the large charity.
    pub async fn sign_in(&self) -> anyhow::Result<Visitor> {
        let http = reqwest::Client::builder()
            // As a proxy on the same machine asks, which compresses itself.
            .no_gzip()
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let answer = http
            .post(format!("{}/sign-in", self.origin))
            .header("origin", &self.origin)
            .form(&[("email", charity::EMAIL), ("password", charity::PASSWORD)])
            .send()
            .await?;
        let cookie = answer.headers().get(SET_COOKIE).context("the sign-in gave no cookie")?;
        let cookie = cookie.to_str()?.split(';').next().unwrap_or_default().to_owned();
        Ok(Visitor {
            http,
            origin: self.origin.clone(),
            cookie,
        })
    }

    /// Looks at the memory of the process from now on.
    pub fn watch_memory(&self) -> MemoryWatch {
        let statm = format!("/proc/{}/statm", self.process.id().unwrap_or_default());
        let (stop, peak) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let before = resident(&statm);
        let (stopped, highest) = (stop.clone(), peak.clone());
        tokio::spawn(async move {
            while !stopped.load(Ordering::Relaxed) {
                highest.fetch_max(resident(&statm), Ordering::Relaxed);
                tokio::time::sleep(MEMORY_LOOK).await;
            }
        });
        MemoryWatch { before, peak, stop }
    }

    /// Ends the process.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        Ok(self.process.kill().await?)
    }
}

fn resident(statm: &str) -> u64 {
    let read = std::fs::read_to_string(statm).unwrap_or_default();
    let pages = read
        .split_whitespace()
        .nth(1)
        .and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or(0) * PAGE_BYTES
}

/// The memory of a process over a while.
pub struct MemoryWatch {
    before: u64,
    peak: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
}

impl MemoryWatch {
    /// Bytes at the beginning and at the highest.
    pub fn stop(self) -> (u64, u64) {
        self.stop.store(true, Ordering::Relaxed);
        (self.before, self.peak.load(Ordering::Relaxed).max(self.before))
    }
}

/// Somebody signed in.
#[derive(Clone)]
pub struct Visitor {
    http: reqwest::Client,
    origin: String,
    cookie: String,
}

impl Visitor {
    fn at(&self, path: &str) -> String {
        format!("{}/o/large-charity/{path}", self.origin)
    }

    /// Reads a whole page.
    pub async fn page(&self, path: &str) -> anyhow::Result<Vec<u8>> {
        let answer = self.http.get(self.at(path)).header(COOKIE, &self.cookie).send().await?;
        Ok(answer.error_for_status()?.bytes().await?.into())
    }

    /// Sends a form; where it leads to.
    pub async fn post(&self, path: &str, fields: &[(String, String)]) -> anyhow::Result<String> {
        let request = self.http.post(self.at(path)).form(fields);
        self.redirected(request).await
    }

    /// Sends a file.
    pub async fn upload(&self, path: &str, name: &str, file: &str) -> anyhow::Result<String> {
        let boundary = "a-line-that-stands-in-no-file";
        let body = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: text/csv\r\n\r\n{file}\r\n--{boundary}--\r\n"
        );
        let request = self
            .http
            .post(self.at(path))
            .header("content-type", format!("multipart/form-data; boundary={boundary}"))
            .body(body);
        self.redirected(request).await
    }

    async fn redirected(&self, request: reqwest::RequestBuilder) -> anyhow::Result<String> {
        let answer = request
            .header(COOKIE, &self.cookie)
            .header("origin", &self.origin)
            .send()
            .await?;
        let to = answer
            .headers()
            .get(LOCATION)
            .map(|to| to.to_str().map(ToOwned::to_owned));
        match to {
            Some(to) => Ok(to?.split('/').skip(3).collect::<Vec<_>>().join("/")),
            None => anyhow::bail!("{}: {}", answer.status(), answer.text().await?),
        }
    }

    /// Exports all contacts; how many bytes that were.
    pub async fn export_everybody(&self) -> anyhow::Result<usize> {
        let answer = self
            .http
            .post(self.at("contacts/export"))
            .header(COOKIE, &self.cookie)
            .header("origin", &self.origin)
            .form(&[("scope", "all")])
            .send()
            .await?;
        let mut stream = answer.error_for_status()?.bytes_stream();
        let mut bytes = 0;
        while let Some(chunk) = stream.next().await {
            bytes += chunk?.len();
        }
        Ok(bytes)
    }
}
