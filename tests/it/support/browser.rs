//! A real Chromium, driven through chromedriver, for what only a browser can show: keyboard, layout, accessibility.
//! Where none is installed a plain `cargo test` passes these tests over; `bin/test` insists on one.
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::patience::patiently;

/// `required` makes a missing browser a failure.
const INSISTENCE: &str = "DMS_BROWSER";
/// The names Chromium goes by.
const CHROMIUM: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/// The accessibility checker, installed by `bin/setup --browser`.
const AXE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/node_modules/axe-core/axe.min.js");
/// What a page must satisfy: all of WCAG up to 2.2, levels A and AA.
const WCAG: [&str; 5] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
/// No page takes this long, even on a busy machine with two cores.
const PATIENCE: Duration = Duration::from_secs(20);
/// No update, no sync, no word to anybody: every name but the loopback's is unknown.
const FLAGS: [&str; 11] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,900",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
];

/// One browser window with an empty profile. Ends with the value.
pub struct Browser {
    pub client: Client,
    session: String,
    driver: Driver,
    _profile: TempDir,
}

/// Something on a page that keeps somebody out.
#[derive(Debug)]
#[expect(dead_code, reason = "read through Debug, when a test fails")]
pub struct Violation {
    /// axe's name of the rule, such as `color-contrast`.
    pub rule: String,
    pub help: String,
    /// CSS selectors of the elements concerned.
    pub elements: Vec<String>,
}

impl Browser {
    /// `None` where no browser is installed and nobody insists; a line on the terminal says so.
    pub async fn open() -> Option<Self> {
        let Some((chromium, chromedriver)) = installed() else {
            let missing = "Chromium, chromedriver or axe-core is not installed. Run: bin/setup --browser";
            assert_ne!(std::env::var(INSISTENCE).as_deref(), Ok("required"), "{missing}");
            eprintln!("note: browser test passed over. {missing}");
            return None;
        };
        let profile = tempfile::tempdir().unwrap();
        let driver = Driver::start(&chromedriver, profile.path());
        let arguments = FLAGS.iter().map(ToString::to_string);
        let arguments: Vec<_> = arguments
            .chain([format!("--user-data-dir={}", profile.path().display())])
            .collect();
        let wishes = json!({ "goog:chromeOptions": { "binary": chromium, "args": arguments } });
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(wishes.as_object().unwrap().clone());
        let client = builder
            .connect(&format!("http://127.0.0.1:{}", driver.port))
            .await
            .unwrap();
        let session = client.session_id().await.unwrap().unwrap();
        Some(Self {
            client,
            session,
            driver,
            _profile: profile,
        })
    }

    pub async fn visit(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    /// The visible text of the first such element, as soon as there is one.
    pub async fn text(&self, css: &str) -> String {
        let find = async |client: &Client| client.find(Locator::Css(css)).await.ok()?.text().await.ok();
        self.wait_for(css, find).await
    }

    pub async fn click(&self, css: &str) {
        let find = async |client: &Client| client.find(Locator::Css(css)).await.ok();
        let element = self.wait_for(css, find).await;
        // The driver scrolls just as far as it must: then it may lie below what stays at the edge, as a panel's button does.
        let into_view = "arguments[0].scrollIntoView({ block: 'center' })";
        let argument = serde_json::to_value(&element).unwrap();
        self.client.execute(into_view, vec![argument]).await.unwrap();
        element.click().await.unwrap();
    }

    /// Replaces what the field holds.
    pub async fn fill(&self, css: &str, text: &str) {
        let field = self.client.find(Locator::Css(css)).await.unwrap();
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Looks again and again until there is an answer. `what` names it when it never comes.
    pub async fn wait_for<T>(&self, what: &str, look: impl AsyncFn(&Client) -> Option<T>) -> T {
        patiently(
            PATIENCE,
            async || look(&self.client).await,
            async || format!("{what}\n{:?}", self.client.source().await),
        )
        .await
    }

    /// The page's own measure, free of the window's frame and its smallest width; 320 is a phone, or 400 % zoom.
    pub async fn viewport(&self, width: u32, height: u32) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// As in a browser whose owner has switched scripts off.
    pub async fn without_scripts(&self) {
        self.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": true }))
            .await;
    }

    /// Writes `target/screenshots/<name>.png`.
    pub async fn screenshot(&self, name: &str) -> PathBuf {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots");
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join(name).with_extension("png");
        fs::write(&path, self.client.screenshot().await.unwrap()).unwrap();
        path
    }

    /// What axe-core finds wrong with the page as it is now. WebDriver's scripts are not subject to the page's policy.
    pub async fn axe(&self) -> Vec<Violation> {
        self.client
            .execute(&fs::read_to_string(AXE).unwrap(), vec![])
            .await
            .unwrap();
        let check = "const [rules, done] = arguments; \
            axe.run(document, { runOnly: rules, resultTypes: ['violations'] }).then(found => done(found.violations))";
        let found = self.client.execute_async(check, vec![json!(WCAG)]).await.unwrap();
        found.as_array().unwrap().iter().map(Violation::read).collect()
    }

    /// Looks at the page as on a desk and as on a phone: nothing keeps anybody out, nothing scrolls sideways, and a picture
    /// of it is kept.
    pub async fn look(&self, name: &str) {
        for (width, height) in [(1280, 1500), (390, 2400)] {
            self.viewport(width, height).await;
            let found = self.axe().await;
            assert!(found.is_empty(), "{name} at {width}: {found:?}");
            let wider = "return document.documentElement.scrollWidth > window.innerWidth";
            let wider = self.client.execute(wider, vec![]).await.unwrap();
            assert_eq!(wider, false, "{name} scrolls sideways at {width}");
            self.screenshot(&format!("{name}-{width}")).await;
        }
        self.viewport(1280, 900).await;
    }

    async fn devtools(&self, cmd: &'static str, params: Value) {
        self.client.issue_cmd(Devtools { cmd, params }).await.unwrap();
    }
}

impl Violation {
    fn read(found: &Value) -> Self {
        let nodes = found["nodes"].as_array().unwrap().iter();
        Self {
            rule: found["id"].as_str().unwrap().to_owned(),
            help: found["help"].as_str().unwrap().to_owned(),
            elements: nodes.map(|node| node["target"].to_string()).collect(),
        }
    }
}

/// Chromedriver on a port of its own choosing.
struct Driver {
    process: Child,
    port: u16,
    /// Open as long as it runs: it may have more to say.
    says: BufReader<ChildStdout>,
}

impl Driver {
    /// What the browser leaves in its home and among the temporary files goes with the profile.
    fn start(chromedriver: &Path, home: &Path) -> Self {
        let mut command = Command::new(chromedriver);
        command.arg("--port=0").env("HOME", home).env("TMPDIR", home);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut process = command.spawn().unwrap();
        let says = BufReader::new(process.stdout.take().unwrap());
        let mut driver = Self { process, port: 0, says };
        driver.port = driver.port_it_names();
        driver
    }

    fn port_it_names(&mut self) -> u16 {
        let mut heard = String::new();
        while self.says.read_line(&mut heard).unwrap() > 0 {
            if let Some((_, port)) = heard
                .trim_end()
                .trim_end_matches('.')
                .rsplit_once("successfully on port ")
            {
                return port.parse().unwrap();
            }
        }
        panic!("chromedriver did not start: {heard}");
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Chromium does not end with chromedriver, only with its session; chromedriver answers when it has ended.
impl Drop for Browser {
    fn drop(&mut self) {
        let Ok(mut chromedriver) = TcpStream::connect(("127.0.0.1", self.driver.port)) else {
            return;
        };
        let end = format!("DELETE /session/{} HTTP/1.1\r\nHost: localhost\r\n\r\n", self.session);
        let _ = chromedriver.set_read_timeout(Some(PATIENCE));
        let _ = chromedriver.write_all(end.as_bytes());
        let _ = chromedriver.read(&mut [0; 64]);
    }
}

/// A command of Chromium's own protocol, which chromedriver passes on.
#[derive(Debug)]
struct Devtools {
    cmd: &'static str,
    params: Value,
}

impl WebDriverCompatibleCommand for Devtools {
    fn endpoint(&self, base_url: &url::Url, session_id: Option<&str>) -> Result<url::Url, url::ParseError> {
        base_url.join(&format!("session/{}/goog/cdp/execute", session_id.unwrap_or_default()))
    }

    fn method_and_body(&self, _request_url: &url::Url) -> (reqwest::Method, Option<String>) {
        (
            reqwest::Method::POST,
            Some(json!({ "cmd": self.cmd, "params": self.params }).to_string()),
        )
    }
}

fn installed() -> Option<(PathBuf, PathBuf)> {
    let chromium = CHROMIUM.iter().find_map(|name| on_path(name))?;
    Path::new(AXE).exists().then_some((chromium, on_path("chromedriver")?))
}

fn on_path(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}
