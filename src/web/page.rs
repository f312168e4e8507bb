//! The facts the layout shows around every page.

use serde::{Deserialize, Serialize};

/// What the layout needs; every template has one as `page`.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// `None` on sign-in and the like.
    pub organization: Option<OrganizationBar>,
    /// The name of whoever is signed in.
    pub person: Option<String>,
    /// Messages after an action, shown once.
    pub flashes: Vec<Flash>,
    /// What stops the work until somebody acts.
    pub banner: Option<Banner>,
    /// The menu entry that is current.
    pub section: &'static str,
    /// What stands in the search box.
    pub query: String,
}

/// The organization at the top of the page, with the others this person works for.
#[derive(Clone, Debug)]
pub struct OrganizationBar {
    pub name: String,
    pub slug: String,
    pub role: String,
    /// Slug and name.
    pub others: Vec<(String, String)>,
    pub may_write: bool,
    pub may_administer: bool,
}

/// A message after an action.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Flash {
    /// `success`, `warning`, `error` or `info`.
    pub kind: String,
    pub text: String,
    /// Lines under it.
    pub more: Vec<String>,
    /// Where it leads, and in which words: "Undo".
    #[serde(default)]
    pub link: Option<(String, String)>,
}

impl Flash {
    /// It worked.
    pub fn success(text: impl Into<String>) -> Self {
        Self {
            kind: "success".into(),
            text: text.into(),
            more: Vec::new(),
            link: None,
        }
    }

    /// It worked, but somebody should know something.
    pub fn warning(text: impl Into<String>) -> Self {
        Self {
            kind: "warning".into(),
            text: text.into(),
            more: Vec::new(),
            link: None,
        }
    }

    /// Neither good nor bad, but worth knowing.
    pub fn info(text: impl Into<String>) -> Self {
        Self {
            kind: "info".into(),
            text: text.into(),
            more: Vec::new(),
            link: None,
        }
    }

    /// It did not work.
    pub fn error(text: impl Into<String>) -> Self {
        Self {
            kind: "error".into(),
            text: text.into(),
            more: Vec::new(),
            link: None,
        }
    }

    /// Adds a line under the message.
    pub fn with(mut self, line: impl Into<String>) -> Self {
        self.more.push(line.into());
        self
    }

    /// Adds a link under the message.
    pub fn leading_to(mut self, address: impl Into<String>, words: impl Into<String>) -> Self {
        self.link = Some((address.into(), words.into()));
        self
    }
}

/// A bar across the top of every page of an organization.
#[derive(Clone, Debug)]
pub struct Banner {
    pub text: String,
    pub link: String,
    pub link_text: String,
}

impl Page {
    /// The address of a static file.
    pub fn asset(&self, path: &str) -> &'static str {
        super::asset(path)
    }

    /// An address inside this organization: `page.at("contacts")`.
    pub fn at(&self, path: &str) -> String {
        match &self.organization {
            Some(organization) => format!("/o/{}/{path}", organization.slug),
            None => format!("/{path}"),
        }
    }

    /// Whether `section` is the current menu entry.
    pub fn is(&self, section: &str) -> bool {
        self.section == section
    }

    /// Whether this person may change records.
    pub fn may_write(&self) -> bool {
        self.organization
            .as_ref()
            .is_some_and(|organization| organization.may_write)
    }

    /// Whether this person may change settings and Mailchimp.
    pub fn may_administer(&self) -> bool {
        self.organization
            .as_ref()
            .is_some_and(|organization| organization.may_administer)
    }
}
