//! Trouble on demand: rules that spoil calls by count or probability, per method and route.

use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::api::ROUTES;
use super::ids::Ids;

/// What goes wrong with a call.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The answer comes late.
    Latency,
    /// 429, nothing done.
    TooManyRequests,
    /// 500, nothing done.
    ServerError,
    /// 500, although the effect was applied.
    ServerErrorAfter,
    /// The firewall's page with status 503.
    BlockedHtml,
    /// The firewall's page with status 403.
    DeniedHtml,
    /// The content network's page with status 502.
    GatewayHtml,
    /// 429 without a body.
    EmptyTooMany,
    /// 403 without a body.
    EmptyForbidden,
    /// 200 without a body, although the effect was applied.
    EmptyBody,
    /// The connection is closed before anything was done.
    DropBefore,
    /// The connection is closed after the effect was applied.
    DropAfter,
    /// 400 Member Exists, although nobody is there.
    MemberExists,
    /// 404, although it is there.
    NotFound,
    /// 403 in Mailchimp's own words: the user's role or plan does not allow this.
    NotPermitted,
}

impl Kind {
    pub const ALL: [(Kind, &str, &str); 15] = [
        (Kind::Latency, "latency", "answers late"),
        (Kind::TooManyRequests, "too_many_requests", "429, nothing done"),
        (Kind::ServerError, "server_error", "500, nothing done"),
        (Kind::ServerErrorAfter, "server_error_after", "500, although done"),
        (Kind::BlockedHtml, "blocked_html", "503, a web page of the firewall"),
        (Kind::DeniedHtml, "denied_html", "403, a web page of the firewall"),
        (Kind::GatewayHtml, "gateway_html", "502, a web page"),
        (Kind::EmptyTooMany, "empty_too_many", "429 with nothing in it"),
        (Kind::EmptyForbidden, "empty_forbidden", "403 with nothing in it"),
        (Kind::EmptyBody, "empty_body", "200 with nothing in it, although done"),
        (Kind::DropBefore, "drop_before", "line cut, nothing done"),
        (Kind::DropAfter, "drop_after", "line cut, although done"),
        (Kind::MemberExists, "member_exists", "says that the member exists"),
        (Kind::NotFound, "not_found", "404, nothing done"),
        (Kind::NotPermitted, "not_permitted", "403, the user may not do this"),
    ];

    pub fn name(self) -> &'static str {
        Kind::ALL
            .iter()
            .find(|(kind, ..)| *kind == self)
            .map_or("", |(_, name, _)| name)
    }
}

/// A rule. An absent condition fits every call.
#[derive(Serialize, Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    #[serde(default)]
    pub id: u32,
    pub kind: Kind,
    #[serde(default)]
    pub method: Option<String>,
    /// A route as documented, such as `lists/{list_id}/members/{subscriber_hash}`.
    #[serde(default)]
    pub route: Option<String>,
    #[serde(default)]
    pub path_contains: Option<String>,
    /// How often it still strikes; absent: without end.
    #[serde(default)]
    pub count: Option<u32>,
    /// Fitting calls it lets pass first.
    #[serde(default)]
    pub skip: u32,
    #[serde(default = "always")]
    pub probability: f64,
    /// How long `latency` takes.
    #[serde(default)]
    pub milliseconds: u64,
}

fn always() -> f64 {
    1.0
}

/// A route as the table has it, however it was written.
fn plain_route(route: &str) -> &str {
    route.trim_matches('/').trim_start_matches("3.0/")
}

/// The rules in force.
pub struct Faults {
    inside: Mutex<Inside>,
}

struct Inside {
    rules: Vec<Rule>,
    last_id: u32,
    dice: Ids,
}

impl Rule {
    /// What makes a rule meaningless: it would never strike.
    fn check(&self) -> Result<(), String> {
        if let Some(route) = &self.route
            && !ROUTES.iter().any(|known| known.path == plain_route(route))
        {
            return Err(format!("There is no route {route}."));
        }
        if !(0.0..=1.0).contains(&self.probability) || self.probability == 0.0 {
            return Err("The probability lies above 0 and goes up to 1.".to_owned());
        }
        if self.count == Some(0) {
            return Err("A rule has to strike at least once.".to_owned());
        }
        Ok(())
    }

    fn fits(&self, method: &str, route: &str, path: &str) -> bool {
        let wanted = |condition: &Option<String>, fits: &dyn Fn(&str) -> bool| condition.as_deref().is_none_or(fits);
        wanted(&self.method, &|wanted| wanted.eq_ignore_ascii_case(method))
            && wanted(&self.route, &|wanted| plain_route(wanted) == route)
            && wanted(&self.path_contains, &|wanted| path.contains(wanted))
    }
}

impl Faults {
    pub fn none(seed: u64) -> Faults {
        Faults {
            inside: Mutex::new(Inside {
                rules: Vec::new(),
                last_id: 0,
                dice: Ids::new(seed),
            }),
        }
    }

    /// What strikes this call: at most one latency and one other fault.
    pub fn strike(&self, method: &str, route: &str, path: &str) -> (u64, Option<Kind>) {
        let inside = &mut *self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut delay, mut struck) = (0, None);
        for rule in inside.rules.iter_mut().filter(|rule| rule.fits(method, route, path)) {
            if rule.count == Some(0) || (rule.kind != Kind::Latency && struck.is_some()) {
                continue;
            }
            if rule.skip > 0 {
                rule.skip -= 1;
                continue;
            }
            if rule.probability < 1.0 && !inside.dice.chance(rule.probability) {
                continue;
            }
            rule.count = rule.count.map(|count| count - 1);
            if rule.kind == Kind::Latency {
                delay += rule.milliseconds;
            } else {
                struck = Some(rule.kind);
            }
        }
        inside.rules.retain(|rule| rule.count != Some(0));
        (delay, struck)
    }

    pub fn add(&self, mut rule: Rule) -> Result<Rule, String> {
        rule.check()?;
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        inside.last_id += 1;
        rule.id = inside.last_id;
        inside.rules.push(rule.clone());
        Ok(rule)
    }

    pub fn rules(&self) -> Vec<Rule> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner).rules.clone()
    }

    /// Removes one rule, or all.
    pub fn remove(&self, id: Option<u32>) {
        self.inside
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .rules
            .retain(|rule| id.is_some_and(|id| id != rule.id));
    }
}

/// The pages a firewall or content network shows instead of an answer.
pub fn page(kind: Kind) -> Option<(u16, &'static str)> {
    match kind {
        Kind::BlockedHtml => Some((
            503,
            "<html><head><title>Request Blocked</title></head><body><h1>Request Blocked.</h1><p>We had to block your request because of something that looked suspicious.</p><p>Reference Number: 00.5987d317.1579170368.a05659b</p></body></html>",
        )),
        Kind::DeniedHtml => Some((
            403,
            "<HTML><HEAD><TITLE>Access Denied</TITLE></HEAD><BODY><H1>Access Denied</H1>You don't have permission to access this resource on this server.<P>Reference #18.5987d317.1579170368.a05659b</BODY></HTML>",
        )),
        Kind::GatewayHtml => Some((
            502,
            "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>",
        )),
        _ => None,
    }
}
