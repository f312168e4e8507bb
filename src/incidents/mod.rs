//! What stops the work until somebody acts: an incident opens once, is mailed to the organization's chosen people and again
//! each day while it lasts, shows as a banner on every page, and closes with a recovery mail.

use crate::base::EmailAddress;
use crate::db::OrgTx;
use crate::db::schema::{incidents, memberships, organizations, staff};
use crate::mail::{self, Letter};
use chrono::TimeDelta;
use diesel::prelude::*;

/// How long after a letter about an incident the next one is written.
const REMIND_EVERY: TimeDelta = TimeDelta::days(1);

/// A kind of incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Mailchimp no longer accepts our token.
    ConnectionRefused,
    /// The audience of a mapping is gone.
    MappingBroken,
    /// The webhook is missing or points elsewhere.
    WebhookWrong,
    /// Nothing has succeeded for too long.
    Silence,
    /// More removals than the sync may decide by itself wait for somebody to look.
    RemovalsHeld,
    /// Mailchimp takes no new people: its plan is full, as a rule.
    AdditionsRefused,
}

impl Kind {
    /// The word the database stores.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ConnectionRefused => "connection_refused",
            Self::MappingBroken => "mapping_broken",
            Self::WebhookWrong => "webhook_wrong",
            Self::Silence => "silence",
            Self::RemovalsHeld => "removals_held",
            Self::AdditionsRefused => "additions_refused",
        }
    }
}

/// Opens an incident unless it is open already, and mails the chosen people once. `subject` tells incidents of one kind
/// apart; `words` say what happened, `link` is the full address of the page that fixes it.
pub fn open(tx: &mut OrgTx<'_>, kind: Kind, subject: &str, words: &str, link: &str) -> QueryResult<bool> {
    let now = tx.now();
    let opened = diesel::insert_into(incidents::table)
        .values((
            incidents::kind.eq(kind.as_str()),
            incidents::subject.eq(subject),
            incidents::words.eq(words),
            incidents::opened_at.eq(now),
            incidents::mailed_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(&mut **tx)?;
    if opened == 1 {
        show_oldest(tx)?;
        tell(tx, "needs you", &letter(words, link))?;
    }
    Ok(opened == 1)
}

/// Writes once more about what is open since yesterday or longer.
pub fn remind(tx: &mut OrgTx<'_>, link: &str) -> QueryResult<()> {
    let now = tx.now();
    let still_open: Vec<String> = diesel::update(incidents::table)
        .filter(incidents::organization_id.eq(tx.organization().0))
        .filter(incidents::closed_at.is_null())
        .filter(incidents::mailed_at.le(now - REMIND_EVERY))
        .set(incidents::mailed_at.eq(now))
        .returning(incidents::words)
        .get_results(&mut **tx)?;
    for words in still_open {
        tell(tx, "still needs you", &letter(&words, link))?;
    }
    Ok(())
}

fn letter(words: &str, link: &str) -> String {
    format!("{words}\n\nNothing was lost. This page shows what to do:\n{link}\n")
}

/// Closes an incident, if it is open, and says so by mail.
pub fn close(tx: &mut OrgTx<'_>, kind: Kind, subject: &str, words: &str) -> QueryResult<bool> {
    let closed = diesel::update(
        incidents::table.filter(
            incidents::organization_id
                .eq(tx.organization().0)
                .and(incidents::kind.eq(kind.as_str()))
                .and(incidents::subject.eq(subject))
                .and(incidents::closed_at.is_null()),
        ),
    )
    .set(incidents::closed_at.eq(tx.now()))
    .execute(&mut **tx)?;
    if closed > 0 {
        show_oldest(tx)?;
        tell(tx, "is working again", words)?;
    }
    Ok(closed > 0)
}

/// Closes everything of some kinds, and says so by one mail.
pub fn close_all(tx: &mut OrgTx<'_>, kinds: &[Kind], words: &str) -> QueryResult<()> {
    let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
    let closed = diesel::update(incidents::table)
        .filter(incidents::organization_id.eq(tx.organization().0))
        .filter(incidents::kind.eq_any(kinds))
        .filter(incidents::closed_at.is_null())
        .set(incidents::closed_at.eq(tx.now()))
        .execute(&mut **tx)?;
    if closed > 0 {
        show_oldest(tx)?;
        tell(tx, "needs nobody any more", words)?;
    }
    Ok(())
}

/// The banner of every page says what has been open longest. It stands beside the organization, so that no page has to ask.
fn show_oldest(tx: &mut OrgTx<'_>) -> QueryResult<()> {
    let oldest: Option<String> = incidents::table
        .filter(incidents::organization_id.eq(tx.organization().0))
        .filter(incidents::closed_at.is_null())
        .order(incidents::id)
        .select(incidents::words)
        .first(&mut **tx)
        .optional()?;
    diesel::update(organizations::table.find(tx.organization().0))
        .set(organizations::banner.eq(oldest))
        .execute(&mut **tx)?;
    Ok(())
}

fn tell(tx: &mut OrgTx<'_>, state: &str, body: &str) -> QueryResult<()> {
    let organization = tx.organization();
    let name: String = organizations::table
        .find(organization.0)
        .select(organizations::name)
        .first(&mut **tx)?;
    let recipients: Vec<String> = memberships::table
        .inner_join(staff::table.on(staff::id.eq(memberships::staff_id)))
        .filter(
            memberships::organization_id
                .eq(organization.0)
                .and(memberships::receives_alerts),
        )
        .order(staff::id)
        .select(staff::email)
        .load(&mut **tx)?;
    for recipient in recipients
        .iter()
        .filter_map(|address| EmailAddress::parse(address).ok())
    {
        let letter = Letter {
            to: recipient,
            subject: format!("{name}: the Mailchimp connection {state}"),
            body: format!("{body}\n\n{name}\n"),
        };
        mail::post(tx, Some(organization), &letter)?;
    }
    Ok(())
}
