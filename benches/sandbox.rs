//! Measures the stand-in for Mailchimp with a large audience: how long seeding takes, whether pages far behind are slower than the first,
//! what a member costs in memory, and whether calls wait for each other. Prints ratios of one run; nothing is asserted.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::Context;
use dms::sandbox::{self, Options, Sandbox};
use futures_util::future::join_all;
use reqwest::{Client, Method};
use serde_json::{Value, json};

/// Members of the large audience, and on a page.
const MEMBERS: usize = 300_000;
const PAGE: usize = 1_000;
/// Every page is asked for so often; the quickest counts.
const TRIES: usize = 5;
/// Simultaneous connections of a user, and the latency with which they are measured (milliseconds).
const CONNECTIONS: usize = 10;
const LATENCY: u64 = 200;
/// What the texts of an invented member take: an address and two names.
const TEXT_OF_A_MEMBER: usize = 50;

struct Bench {
    sandbox: Sandbox,
    http: Client,
    token: String,
    list: String,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // Run as a test by `cargo test --all-targets`: a bench has nothing to say there.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    drop(rustls::crypto::ring::default_provider().install_default());
    let bench = Bench::start().await?;
    let empty = resident_bytes()?;
    let seeding = bench.seed().await?;
    let per_member = resident_bytes()?.saturating_sub(empty) / MEMBERS;
    println!(
        "{MEMBERS} members are seeded in {seeding:.1?}: {:.1?} each",
        seeding / count(MEMBERS)
    );
    println!(
        "a member costs {per_member} bytes, {} of them beyond its texts",
        per_member.saturating_sub(TEXT_OF_A_MEMBER)
    );
    let first = bench.page(0, "").await?;
    println!("the first page of {PAGE} takes {first:.1?}");
    for offset in [MEMBERS / 2, MEMBERS - PAGE] {
        bench.compare(&format!("the page at {offset}"), bench.page(offset, "").await?, first);
    }
    let sorted = "&sort_field=last_changed&sort_dir=DESC";
    bench.compare("sorted, the page at 0", bench.page(0, sorted).await?, first);
    bench.compare(
        "sorted, the last page",
        bench.page(MEMBERS - PAGE, sorted).await?,
        first,
    );
    let changed = "&since_last_changed=2020-01-01T00:00:00%2B00:00";
    bench.compare(
        "changed since, the last page",
        bench.page(MEMBERS - PAGE, changed).await?,
        first,
    );
    bench.compare(
        "the last page just after a change",
        bench.page_after_a_change(MEMBERS - PAGE, changed).await?,
        first,
    );
    let (one, ten) = bench.side_by_side().await?;
    println!(
        "with {LATENCY} ms of latency one call takes {one:.1?}, {CONNECTIONS} at once {ten:.1?}: {:.2} times",
        ratio(ten, one)
    );
    Ok(())
}

impl Bench {
    async fn start() -> anyhow::Result<Bench> {
        let sandbox = sandbox::start(Options::default()).await?;
        let mut bench = Bench {
            sandbox,
            http: Client::new(),
            token: String::new(),
            list: String::new(),
        };
        let token = bench.control("tokens", &json!({})).await?;
        bench.token = token["access_token"].as_str().context("no token")?.to_owned();
        let lists = bench.call(Method::GET, "lists", None).await?;
        bench.list = lists["lists"][0]["id"].as_str().context("no audience")?.to_owned();
        Ok(bench)
    }

    async fn control(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let url = format!("{}/__sandbox/{path}", self.sandbox.base_url());
        Ok(self
            .http
            .post(url)
            .json(body)
            .send()
            .await?
            .error_for_status()?
            .json()
            .await?)
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> anyhow::Result<Value> {
        let url = format!("{}/3.0/{path}", self.sandbox.base_url());
        let request = self.http.request(method, url).bearer_auth(&self.token);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        Ok(request.send().await?.error_for_status()?.json().await?)
    }

    async fn seed(&self) -> anyhow::Result<Duration> {
        let began = Instant::now();
        let path = format!("audiences/{}/members", self.list);
        self.control(&path, &json!({"count": MEMBERS})).await?;
        Ok(began.elapsed())
    }

    /// How long a page takes when the question was asked before.
    async fn page(&self, offset: usize, question: &str) -> anyhow::Result<Duration> {
        self.fetch(offset, question).await?;
        let mut quickest = Duration::MAX;
        for _ in 0..TRIES {
            quickest = quickest.min(self.fetch(offset, question).await?);
        }
        Ok(quickest)
    }

    /// How long a page takes when somebody changed in between, as while a sync writes.
    async fn page_after_a_change(&self, offset: usize, question: &str) -> anyhow::Result<Duration> {
        let mut quickest = Duration::MAX;
        for number in 0..TRIES {
            let member = format!("lists/{}/members/member000100@maplemail.test-charity.ca", self.list);
            let name = json!({"merge_fields": {"FNAME": format!("Name {number}")}});
            self.call(Method::PATCH, &member, Some(name)).await?;
            quickest = quickest.min(self.fetch(offset, question).await?);
        }
        Ok(quickest)
    }

    async fn fetch(&self, offset: usize, question: &str) -> anyhow::Result<Duration> {
        let path = format!("lists/{}/members?count={PAGE}&offset={offset}{question}", self.list);
        let began = Instant::now();
        let page = self.call(Method::GET, &path, None).await?;
        let took = began.elapsed();
        anyhow::ensure!(
            page["members"].as_array().is_some_and(|members| members.len() == PAGE),
            "no full page"
        );
        Ok(took)
    }

    fn compare(&self, what: &str, took: Duration, first: Duration) {
        println!(
            "{what} takes {took:.1?}: {:.2} times the first page",
            ratio(took, first)
        );
    }

    /// One call with latency, and as many at once as a user may make.
    async fn side_by_side(&self) -> anyhow::Result<(Duration, Duration)> {
        self.control("faults", &json!({"kind": "latency", "milliseconds": LATENCY}))
            .await?;
        let ping = async || self.call(Method::GET, "ping", None).await;
        let began = Instant::now();
        ping().await?;
        let one = began.elapsed();
        let began = Instant::now();
        for answer in join_all((0..CONNECTIONS).map(|_| ping())).await {
            answer?;
        }
        Ok((one, began.elapsed()))
    }
}

fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// What of this process is in memory.
fn resident_bytes() -> anyhow::Result<usize> {
    const PAGE_BYTES: usize = 4096;
    let pages = fs::read_to_string("/proc/self/statm")?;
    let resident = pages.split_whitespace().nth(1).context("statm has no second number")?;
    Ok(resident.parse::<usize>()? * PAGE_BYTES)
}
