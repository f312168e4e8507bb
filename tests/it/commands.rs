//! The commands as people run them: the real binary, its words and its signals.
use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel_migrations::MigrationHarness;
use dms::config::SETTINGS;
use dms::db::MIGRATIONS;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::cluster::{Cluster, Database};

const SECRET_KEY: &str = "a secret key for tests, known to everybody who reads";
/// How long a command may take to say something or to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// Passable, because root runs Postgres as another user.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    folder
}

/// The program with these settings and no others.
fn dms(var: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dms"));
    for (name, _) in SETTINGS {
        command.env_remove(name);
    }
    command.arg("--var").arg(var).args(arguments);
    command.envs(settings.iter().copied());
    command
}

fn run(arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    dms(folder().path(), arguments, settings).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.clone(), output.stderr.clone()].concat()).into_owned()
}

fn settings_for(database_url: &str) -> Vec<(&str, &str)> {
    vec![
        ("DATABASE_URL", database_url),
        ("SECRET_KEY", SECRET_KEY),
        ("BIND_ADDRESS", "127.0.0.1:0"),
    ]
}

/// A command that goes on running; killed when dropped.
struct Running {
    child: Child,
    lines: Receiver<String>,
}

impl Running {
    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (sender, lines) = mpsc::channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, lines }
    }

    /// The rest of the next line that has this in it.
    fn says(&self, what: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left);
            let line = line.unwrap_or_else(|_| panic!("it never said {what:?}"));
            if let Some((_, rest)) = line.split_once(what) {
                return rest.trim().to_owned();
            }
        }
    }

    fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("sh")
            .args(["-c", &format!("kill -{signal} {pid}")])
            .status();
        assert!(sent.unwrap().success());
    }

    fn ends(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "it did not end");
            thread::yield_now();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn http() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

fn older_database() -> Database {
    let database = Cluster::shared().fresh_database();
    let mut owner = PgConnection::establish(&database.owner_url).unwrap();
    owner.revert_last_migration(MIGRATIONS).unwrap();
    database
}

#[test]
fn serve_refuses_an_older_database_and_names_the_command_that_helps() {
    let database = older_database();
    let refused = run(&["serve"], &settings_for(&database.app_url));
    assert!(!refused.status.success());
    assert!(said(&refused).contains("Run `dms migrate`"), "{}", said(&refused));

    let migrated = run(&["migrate"], &settings_for(&database.owner_url));
    assert!(migrated.status.success(), "{}", said(&migrated));
    assert!(said(&migrated).contains("1 migration ran"), "{}", said(&migrated));
    let checked = run(&["check"], &settings_for(&database.app_url));
    assert!(checked.status.success(), "{}", said(&checked));
}

#[test]
fn serve_refuses_to_sign_in_as_somebody_for_whom_the_wall_between_organizations_does_not_hold() {
    let database = Cluster::shared().fresh_database();
    let superuser = database.owner_url.replace("dms_owner", "dms_admin");
    for url in [&database.owner_url, &superuser] {
        let refused = run(&["serve"], &settings_for(url));
        assert!(!refused.status.success());
        assert!(said(&refused).contains("Use the role dms_app"), "{}", said(&refused));
    }
}

#[test]
fn each_wrong_setting_is_refused_with_a_sentence_that_names_it() {
    let database = Cluster::shared().fresh_database();
    for (name, wrong, sentence) in [
        ("BIND_ADDRESS", "localhost", "must be an address and a port"),
        ("METRICS_ADDRESS", "9464", "must be an address and a port"),
        ("PUBLIC_URL", "dms.example.org", "must look like https://"),
        ("PUBLIC_URL", "https://example.org/dms", "without a path"),
        ("SECRET_KEY", "short", "at least 43 random characters"),
        ("SECRET_KEY", "", "With DATABASE_URL it is required"),
        ("SMTP_URL", "mail.example.org", "must look like smtps://"),
        ("MAIL_FROM", "nobody", "must look like"),
        ("MAILCHIMP_CLIENT_ID", "123", "set both or neither"),
        ("MAILCHIMP_CLIENT_SECRET", "abc", "set both or neither"),
        ("MAILCHIMP_LOGIN_URL", "login.mailchimp.com", "must be an address"),
        ("MAILCHIMP_POLL_INTERVAL", "0", "must be a number of seconds"),
        ("MAILCHIMP_POLL_INTERVAL", "often", "must be a number of seconds"),
    ] {
        let mut settings = settings_for(&database.app_url);
        settings.push((name, wrong));
        for command in ["serve", "check"] {
            let refused = run(&[command], &settings);
            let said = said(&refused);
            assert!(!refused.status.success(), "{name}={wrong}");
            assert!(said.contains(name) && said.contains(sentence), "{name}={wrong}: {said}");
        }
    }
}

#[test]
fn all_wrong_settings_are_told_at_once_and_a_database_out_of_reach_too() {
    let refused = run(
        &["check"],
        &[("BIND_ADDRESS", "here"), ("MAILCHIMP_POLL_INTERVAL", "-1")],
    );
    assert!(said(&refused).contains("BIND_ADDRESS") && said(&refused).contains("MAILCHIMP_POLL_INTERVAL"));
    let refused = run(&["serve"], &settings_for("postgres://dms_app@127.0.0.1:1/dms"));
    assert!(!refused.status.success());
    assert!(
        said(&refused).contains("The database cannot be reached"),
        "{}",
        said(&refused)
    );
}

#[test]
fn check_shows_every_setting_and_no_secret() {
    let database = Cluster::shared().fresh_database();
    let mut settings = settings_for(&database.app_url);
    let secrets = [
        ("SMTP_URL", "smtps://mailer:rye-bread@mail.example.org"),
        ("MAILCHIMP_CLIENT_SECRET", "sourdough"),
    ];
    settings.extend(secrets);
    settings.extend([("MAILCHIMP_CLIENT_ID", "4711"), ("MAILCHIMP_POLL_INTERVAL", "60")]);
    let checked = run(&["check"], &settings);
    let said = said(&checked);
    assert!(checked.status.success(), "{said}");
    for (name, _) in SETTINGS {
        assert!(said.contains(name), "{name} is missing in {said}");
    }
    assert!(said.contains("4711") && said.contains("60 seconds") && said.contains("Everything is in order"));
    for secret in ["rye-bread", "sourdough", SECRET_KEY, database.app_url.as_str()] {
        assert!(!said.contains(secret), "{said}");
    }
}

#[tokio::test]
async fn serve_stops_cleanly_when_told() {
    let database = Cluster::shared().fresh_database();
    let folder = folder();
    for signal in ["TERM", "INT"] {
        let mut serving = Running::start(dms(folder.path(), &["serve"], &settings_for(&database.app_url)));
        let line: Value = loop {
            let line: Value = serde_json::from_str(&format!("{{{}", serving.says("{"))).unwrap();
            if line["fields"]["message"] == "serving" {
                break line;
            }
        };
        let address = line["fields"]["address"].as_str().unwrap().to_owned();
        for (path, words) in [("health", "alive"), ("ready", "ready")] {
            let answer = http().get(format!("http://{address}/{path}")).send().await.unwrap();
            assert_eq!(answer.text().await.unwrap(), words);
        }
        serving.signal(signal);
        assert!(serving.ends().success(), "after SIG{signal}");
    }
}

#[tokio::test]
async fn the_stand_ins_state_survives_a_kill_and_it_stops_when_told() {
    let folder = folder();
    let state = folder.path().join("rehearsal.state");
    let arguments = ["sandbox", "--bind", "127.0.0.1:0", "--state", state.to_str().unwrap()];
    let start = || Running::start(dms(folder.path(), &arguments, &[]));
    let members_named = async |base: &str, email: &str| {
        let url = format!("{base}/__sandbox/members?email={email}");
        let found: Value = http().get(url).send().await.unwrap().json().await.unwrap();
        found.to_string().matches(&format!("\"{email}\"")).count()
    };

    let mut first = start();
    let base = first.says("MAILCHIMP_LOGIN_URL=");
    let email = "ada.lem@maplemail.test-charity.ca";
    let accounts: Value = http()
        .get(format!("{base}/__sandbox/accounts"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let audience = accounts["accounts"][0]["audiences"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let signed_up = http()
        .post(format!("{base}/__sandbox/audiences/{audience}/sign-up"))
        .json(&json!({ "email_address": email }))
        .send()
        .await
        .unwrap();
    assert_eq!(signed_up.status(), StatusCode::OK);
    assert!(members_named(&base, email).await > 0);
    first.signal("KILL");
    assert!(!first.ends().success());

    let mut second = start();
    let base = second.says("MAILCHIMP_LOGIN_URL=");
    assert!(members_named(&base, email).await > 0, "forgotten by a kill");
    second.signal("TERM");
    assert!(second.ends().success());
}

/// The addresses that the demo prints: its own and the stand-in's.
fn started(demo: &Running) -> (String, String) {
    let dms = demo.says("  DMS  ");
    (dms, demo.says("Mailchimp stand-in"))
}

async fn may_sign_in(dms: &str) -> bool {
    let typed = [
        ("email", "robin@riverside.test-charity.ca"),
        ("password", "three warm loaves"),
    ];
    let answer = http()
        .post(format!("{dms}/sign-in"))
        .header("Origin", dms)
        .form(&typed)
        .send()
        .await
        .unwrap();
    answer.status() == StatusCode::SEE_OTHER
}

#[tokio::test]
async fn the_demo_is_found_again_and_begins_afresh_only_when_asked() {
    let folder = folder();
    let demo = |more: &[&str]| {
        let arguments = [&["demo"], more].concat();
        Running::start(dms(folder.path(), &arguments, &[("BIND_ADDRESS", "127.0.0.1:0")]))
    };
    let sign_up = async |mailchimp: &str| {
        let accounts: Value = http()
            .get(format!("{mailchimp}/__sandbox/accounts"))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let audience = accounts["accounts"][0]["audiences"][0]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let url = format!("{mailchimp}/__sandbox/audiences/{audience}/sign-up");
        let email = json!({ "email_address": "ada.lem@maplemail.test-charity.ca" });
        assert!(
            http()
                .post(url)
                .json(&email)
                .send()
                .await
                .unwrap()
                .status()
                .is_success()
        );
    };
    let knows_ada = async |mailchimp: &str| {
        let url = format!("{mailchimp}/__sandbox/members?email=ada.lem@maplemail.test-charity.ca");
        http()
            .get(url)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
            .contains("\"ada.lem@")
    };

    let mut first = demo(&[]);
    let (dms, mailchimp) = started(&first);
    assert!(may_sign_in(&dms).await);
    sign_up(&mailchimp).await;
    let mails = http().get(format!("{dms}/demo/mails")).send().await.unwrap();
    assert_eq!(mails.status(), StatusCode::OK);
    first.signal("INT");
    assert!(first.ends().success());

    let mut killed = demo(&[]);
    assert_eq!(
        started(&killed).1,
        mailchimp,
        "a connected charity would not find its Mailchimp again"
    );
    assert!(knows_ada(&mailchimp).await);
    killed.signal("KILL");
    killed.ends();

    let mut afresh = demo(&["--reset"]);
    let (dms, mailchimp) = started(&afresh);
    assert!(may_sign_in(&dms).await);
    assert!(!knows_ada(&mailchimp).await);
    afresh.signal("TERM");
    assert!(afresh.ends().success());
}

#[test]
fn the_readme_explains_every_setting_in_the_same_words() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    for (name, meaning) in SETTINGS {
        assert!(readme.contains(&format!("| `{name}` | {meaning} |")), "{name}");
    }
}
