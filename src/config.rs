//! The settings: read once from the environment, checked at start, refused with a sentence when wrong.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use lettre::message::Mailbox;
use rand::RngExt;
use secrecy::{ExposeSecret, SecretString};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use url::Url;

/// `SECRET_KEY` must hold at least this many characters: 256 bits as base64.
const SECRET_KEY_LENGTH_MIN: usize = 43;
const POLL_INTERVAL_DEFAULT_SECONDS: u64 = 15 * 60;
/// Polling more often than once a second would only load Mailchimp.
const POLL_INTERVAL_MIN_SECONDS: u64 = 1;

/// Each setting, what it means, and whether it is a secret: the README and `dms check` show this table.
pub const SETTINGS: &[(&str, &str)] = &[
    (
        "DATABASE_URL",
        "Postgres, signed in as the role dms_app. Absent: a private Postgres under var/.",
    ),
    ("BIND_ADDRESS", "Address and port to listen on. Default 127.0.0.1:8080."),
    (
        "METRICS_ADDRESS",
        "Address and port where Prometheus reads figures, such as 127.0.0.1:9464. Absent: nowhere.",
    ),
    (
        "PUBLIC_URL",
        "The address people type. Default http:// and the bind address; https:// where a proxy adds TLS.",
    ),
    (
        "SECRET_KEY",
        "At least 43 random characters; seals tokens and cookies. Required with DATABASE_URL; else made once under var/.",
    ),
    (
        "SMTP_URL",
        "smtps://user:password@host or smtp://host:port. Absent: mails land as files under var/mail.",
    ),
    ("MAIL_FROM", "The sender of every mail. Default DMS <dms@localhost>."),
    (
        "MAILCHIMP_CLIENT_ID",
        "From registering the app at Mailchimp. Absent: connecting is not offered.",
    ),
    ("MAILCHIMP_CLIENT_SECRET", "Belongs to the client id."),
    (
        "MAILCHIMP_LOGIN_URL",
        "Where Mailchimp's sign-in lives. Default https://login.mailchimp.com.",
    ),
    (
        "MAILCHIMP_POLL_INTERVAL",
        "Seconds between two looks at an audience. Default 900.",
    ),
];

/// The settings in force.
#[derive(Clone, Debug)]
pub struct Config {
    pub database: Database,
    pub bind_address: SocketAddr,
    /// Where figures can be read; never where people are served, so that no proxy passes them on. `None`: nowhere.
    pub metrics_address: Option<SocketAddr>,
    /// Without a trailing slash in its path.
    pub public_url: Url,
    pub secret_key: SecretString,
    pub mail: MailTransport,
    pub mail_from: Mailbox,
    /// `None`: connecting Mailchimp is not offered.
    pub mailchimp: Option<MailchimpApp>,
    pub mailchimp_poll_interval: Duration,
    /// What this installation keeps on disk: `var/` under the working directory.
    pub var: PathBuf,
    /// The demo shows the mails it would send on a page.
    pub is_demo: bool,
}

/// Where the rows are.
#[derive(Clone, Debug)]
pub enum Database {
    /// A Postgres of the operator's, signed in as `dms_app`.
    Url(SecretString),
    /// The private Postgres under `var/`.
    Private,
}

/// Where mail goes.
#[derive(Clone, Debug)]
pub enum MailTransport {
    Smtp(SecretString),
    /// As files, one a mail.
    Files(PathBuf),
}

/// This installation as Mailchimp knows it.
#[derive(Clone, Debug)]
pub struct MailchimpApp {
    pub client_id: String,
    pub client_secret: SecretString,
    /// Authorize, token and metadata lie under it.
    pub login_url: Url,
}

impl Config {
    /// Reads the settings; every wrong one yields a sentence. `var` is where this installation keeps its files.
    pub fn from_environment(var: &Path) -> Result<Self, Vec<String>> {
        Self::read(var, |name| {
            std::env::var(name).ok().filter(|value| !value.trim().is_empty())
        })
    }

    /// Reads the settings from anything that can be asked by name.
    pub fn read(var: &Path, get: impl Fn(&str) -> Option<String>) -> Result<Self, Vec<String>> {
        let mut wrong = Vec::new();
        let database = match get("DATABASE_URL") {
            Some(url) => Database::Url(url.into()),
            None => Database::Private,
        };
        let bind_address = noted(&mut wrong, bind_address(&get)).unwrap_or(([127, 0, 0, 1], 8080).into());
        let metrics_address = noted(&mut wrong, metrics_address(&get)).flatten();
        let public_url = noted(&mut wrong, public_url(&get, bind_address));
        let secret_key = noted(&mut wrong, secret_key(&get, &database, var));
        let mail = noted(&mut wrong, mail_transport(&get, var));
        let mail_from = noted(&mut wrong, mail_from(&get));
        let mailchimp = noted(&mut wrong, mailchimp_app(&get));
        let poll = noted(&mut wrong, poll_interval(&get));
        match (public_url, secret_key, mail, mail_from, mailchimp, poll) {
            (Some(public_url), Some(secret_key), Some(mail), Some(mail_from), Some(mailchimp), Some(poll))
                if wrong.is_empty() =>
            {
                Ok(Self {
                    database,
                    bind_address,
                    metrics_address,
                    public_url,
                    secret_key,
                    mail,
                    mail_from,
                    mailchimp,
                    mailchimp_poll_interval: poll,
                    var: var.to_owned(),
                    is_demo: false,
                })
            }
            _ => Err(wrong),
        }
    }

    /// The full address of a path of ours, for mails and Mailchimp.
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.public_url.as_str().trim_end_matches('/'))
    }

    /// Served over TLS: cookies are `Secure` and carry the `__Host-` prefix.
    pub fn is_https(&self) -> bool {
        self.public_url.scheme() == "https"
    }

    /// The settings in force, secrets hidden, for `dms check`.
    pub fn describe(&self) -> Vec<(&'static str, String)> {
        let hidden = "(set, hidden)".to_owned();
        let (client, secret, login) = match &self.mailchimp {
            Some(app) => (app.client_id.clone(), hidden.clone(), app.login_url.to_string()),
            None => (
                "(not set: connecting Mailchimp is not offered)".into(),
                "(not set)".into(),
                "-".into(),
            ),
        };
        vec![
            (
                "DATABASE_URL",
                match &self.database {
                    Database::Url(_) => hidden.clone(),
                    Database::Private => format!("(private Postgres under {})", self.var.join("postgres").display()),
                },
            ),
            ("BIND_ADDRESS", self.bind_address.to_string()),
            (
                "METRICS_ADDRESS",
                self.metrics_address
                    .map_or("(not set: no figures)".into(), |address| address.to_string()),
            ),
            ("PUBLIC_URL", self.public_url.to_string()),
            ("SECRET_KEY", hidden.clone()),
            (
                "SMTP_URL",
                match &self.mail {
                    MailTransport::Smtp(_) => hidden,
                    MailTransport::Files(folder) => format!("(files under {})", folder.display()),
                },
            ),
            ("MAIL_FROM", self.mail_from.to_string()),
            ("MAILCHIMP_CLIENT_ID", client),
            ("MAILCHIMP_CLIENT_SECRET", secret),
            ("MAILCHIMP_LOGIN_URL", login),
            (
                "MAILCHIMP_POLL_INTERVAL",
                format!("{} seconds", self.mailchimp_poll_interval.as_secs()),
            ),
        ]
    }
}

fn noted<T>(wrong: &mut Vec<String>, read: Result<T, String>) -> Option<T> {
    read.map_err(|sentence| wrong.push(sentence)).ok()
}

fn bind_address(get: &impl Fn(&str) -> Option<String>) -> Result<SocketAddr, String> {
    let text = get("BIND_ADDRESS").unwrap_or_else(|| "127.0.0.1:8080".into());
    address("BIND_ADDRESS", &text)
}

fn metrics_address(get: &impl Fn(&str) -> Option<String>) -> Result<Option<SocketAddr>, String> {
    get("METRICS_ADDRESS")
        .map(|text| address("METRICS_ADDRESS", &text))
        .transpose()
}

fn address(name: &str, text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| format!("{name} is \"{text}\", but must be an address and a port such as 127.0.0.1:8080."))
}

fn public_url(get: &impl Fn(&str) -> Option<String>, bind: SocketAddr) -> Result<Url, String> {
    let text = get("PUBLIC_URL").unwrap_or_else(|| format!("http://{bind}"));
    match Url::parse(&text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() && url.path() == "/" => Ok(url),
        _ => Err(format!(
            "PUBLIC_URL is \"{text}\", but must look like https://dms.example.org, without a path."
        )),
    }
}

fn secret_key(get: &impl Fn(&str) -> Option<String>, database: &Database, var: &Path) -> Result<SecretString, String> {
    match (get("SECRET_KEY"), database) {
        (Some(key), _) if key.len() < SECRET_KEY_LENGTH_MIN => Err(format!(
            "SECRET_KEY is too short: it needs at least {SECRET_KEY_LENGTH_MIN} random characters \
             (for example from `openssl rand -base64 32`)."
        )),
        (Some(key), _) => Ok(key.into()),
        (None, Database::Url(_)) => Err(
            "SECRET_KEY is not set. With DATABASE_URL it is required, so that every process \
             shares it and sealed tokens can be opened again."
                .into(),
        ),
        (None, Database::Private) => kept_secret_key(&var.join("secret-key")),
    }
}

/// Makes the key on the first start and keeps it, readable by this user alone.
fn kept_secret_key(file: &Path) -> Result<SecretString, String> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let said = |error: std::io::Error| format!("The secret key under {} cannot be kept: {error}", file.display());
    if let Ok(kept) = std::fs::read_to_string(file)
        && kept.trim().len() >= SECRET_KEY_LENGTH_MIN
    {
        return Ok(kept.trim().to_owned().into());
    }
    let key = BASE64_URL_SAFE_NO_PAD.encode(rand::rng().random::<[u8; 32]>());
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(said)?;
    }
    let mut made = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(file)
        .map_err(said)?;
    made.write_all(key.as_bytes()).map_err(said)?;
    Ok(key.into())
}

fn mail_transport(get: &impl Fn(&str) -> Option<String>, var: &Path) -> Result<MailTransport, String> {
    let Some(text) = get("SMTP_URL") else {
        return Ok(MailTransport::Files(var.join("mail")));
    };
    match Url::parse(&text) {
        Ok(url) if matches!(url.scheme(), "smtp" | "smtps") && url.has_host() => Ok(MailTransport::Smtp(text.into())),
        _ => Err("SMTP_URL must look like smtps://user:password@mail.example.org or smtp://localhost:25.".into()),
    }
}

fn mail_from(get: &impl Fn(&str) -> Option<String>) -> Result<Mailbox, String> {
    let text = get("MAIL_FROM").unwrap_or_else(|| "DMS <dms@localhost>".into());
    text.parse()
        .map_err(|_| format!("MAIL_FROM is \"{text}\", but must look like Riverside DMS <dms@example.org>."))
}

fn mailchimp_app(get: &impl Fn(&str) -> Option<String>) -> Result<Option<MailchimpApp>, String> {
    let login = get("MAILCHIMP_LOGIN_URL").unwrap_or_else(|| "https://login.mailchimp.com".into());
    let login_url = Url::parse(&login)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or_else(|| {
            format!("MAILCHIMP_LOGIN_URL is \"{login}\", but must be an address such as https://login.mailchimp.com.")
        })?;
    match (get("MAILCHIMP_CLIENT_ID"), get("MAILCHIMP_CLIENT_SECRET")) {
        (Some(client_id), Some(secret)) => Ok(Some(MailchimpApp {
            client_id,
            client_secret: secret.into(),
            login_url,
        })),
        (None, None) => Ok(None),
        _ => Err("MAILCHIMP_CLIENT_ID and MAILCHIMP_CLIENT_SECRET belong together: set both or neither.".into()),
    }
}

fn poll_interval(get: &impl Fn(&str) -> Option<String>) -> Result<Duration, String> {
    let Some(text) = get("MAILCHIMP_POLL_INTERVAL") else {
        return Ok(Duration::from_secs(POLL_INTERVAL_DEFAULT_SECONDS));
    };
    match text.parse::<u64>() {
        Ok(seconds) if seconds >= POLL_INTERVAL_MIN_SECONDS => Ok(Duration::from_secs(seconds)),
        _ => Err(format!(
            "MAILCHIMP_POLL_INTERVAL is \"{text}\", but must be a number of seconds, 1 or more."
        )),
    }
}

impl MailTransport {
    /// The secret URL, where mail goes by SMTP.
    pub fn smtp_url(&self) -> Option<&str> {
        match self {
            Self::Smtp(url) => Some(url.expose_secret()),
            Self::Files(_) => None,
        }
    }
}
