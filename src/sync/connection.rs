//! The connection of an organization to its Mailchimp account: made by OAuth2, refused when Mailchimp revokes it, taken up
//! again where it stopped, and let go.

use super::sealed::Seal;
use crate::base::OrganizationId;
use crate::changelog::{self, NewChange};
use crate::db::OrgTx;
use crate::db::schema::{audiences, mailchimp_connections, webhook_doors};
use crate::incidents::{self, Kind};
use crate::mailchimp::{self, oauth};
use crate::work::{self, Kind as WorkKind};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use secrecy::SecretString;
use url::Url;

/// A connection as pages show it; the token stays sealed.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = mailchimp_connections)]
pub struct Connection {
    /// `connected`, `refused` or `disconnected`.
    pub state: String,
    pub account_id: String,
    pub account_name: String,
    pub account_email: String,
    pub plan: String,
    pub role: String,
    pub login_id: String,
    pub api_base: String,
    token: Option<Vec<u8>>,
    pub connected_by: String,
    pub connected_at: DateTime<Utc>,
    pub refused_at: Option<DateTime<Utc>>,
    pub refused_words: Option<String>,
    pub last_run_at: Option<DateTime<Utc>>,
    pub last_success_at: Option<DateTime<Utc>>,
    pub audiences_read_at: Option<DateTime<Utc>>,
}

impl Connection {
    /// Mailchimp accepts our token, as far as we know.
    pub fn is_connected(&self) -> bool {
        self.state == "connected"
    }

    /// There is nothing to work with: never connected again after a disconnect.
    pub fn is_disconnected(&self) -> bool {
        self.state == "disconnected"
    }

    /// Mailchimp's word for the plan, readable: "forever free".
    pub fn plan_in_words(&self) -> String {
        self.plan.replace('_', " ")
    }

    /// The token, opened.
    pub fn token(&self, seal: &Seal, organization: OrganizationId) -> anyhow::Result<Option<SecretString>> {
        self.token
            .as_deref()
            .map(|sealed| seal.open(organization, sealed))
            .transpose()
    }
}

/// What the sign-in at Mailchimp gave us.
#[derive(Clone)]
pub struct Grant {
    pub token: SecretString,
    pub account_id: String,
    pub account_name: String,
    pub account_email: String,
    pub plan: String,
    pub role: String,
    pub login_id: String,
    pub api_base: Url,
}

impl Grant {
    /// Exchanges the code of a finished sign-in and asks once who that is.
    pub async fn from_code(app: &oauth::App, http: &reqwest::Client, code: String) -> Result<Self, mailchimp::Problem> {
        let token = app.exchange(http, code).await?;
        let metadata = app.metadata(http, &token).await?;
        let client = mailchimp::Client::new(http.clone(), &metadata.api_endpoint, token.clone());
        let account = client.account().await?;
        Ok(Self {
            token,
            account_id: account.account_id,
            account_name: account.account_name,
            account_email: metadata.login.login_email,
            plan: account.pricing_plan_type,
            role: account.role,
            login_id: metadata.login.login_id,
            api_base: metadata.api_endpoint,
        })
    }
}

/// Why a connection was not made.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Mappings belong to the audiences of another account; they must be taken off first.
    #[error(
        "You signed in to another Mailchimp account than before. Your groups are linked to audiences of the former one, \
         so nothing was changed. Sign in to the former account, or switch those links off first."
    )]
    OtherAccount,
    #[error(transparent)]
    Query(#[from] diesel::result::Error),
    #[error(transparent)]
    Unavailable(#[from] crate::db::Unavailable),
    #[error(transparent)]
    Unexpected(#[from] anyhow::Error),
}

/// The connection of the organization, if it ever had one.
pub fn find(tx: &mut OrgTx<'_>) -> QueryResult<Option<Connection>> {
    mailchimp_connections::table
        .filter(mailchimp_connections::organization_id.eq(tx.organization().0))
        .select(Connection::as_select())
        .first(&mut **tx)
        .optional()
}

/// Connects or reconnects. All mappings are kept; the work goes on where it stopped.
pub fn connect(tx: &mut OrgTx<'_>, seal: &Seal, grant: &Grant) -> Result<(), ConnectError> {
    let before = find(tx)?;
    if let Some(before) = &before
        && before.account_id != grant.account_id
        && has_mappings(tx)?
    {
        return Err(ConnectError::OtherAccount);
    }
    let now = tx.now();
    let values = (
        mailchimp_connections::state.eq("connected"),
        mailchimp_connections::account_id.eq(&grant.account_id),
        mailchimp_connections::account_name.eq(&grant.account_name),
        mailchimp_connections::account_email.eq(&grant.account_email),
        mailchimp_connections::plan.eq(&grant.plan),
        mailchimp_connections::role.eq(&grant.role),
        mailchimp_connections::login_id.eq(&grant.login_id),
        mailchimp_connections::api_base.eq(grant.api_base.as_str()),
        mailchimp_connections::token.eq(seal.seal(tx.organization(), &grant.token)?),
        mailchimp_connections::connected_by.eq(tx.actor().name().to_owned()),
        mailchimp_connections::connected_at.eq(now),
        mailchimp_connections::refused_at.eq(None::<DateTime<Utc>>),
        mailchimp_connections::refused_words.eq(None::<String>),
        mailchimp_connections::audiences_read_at.eq(None::<DateTime<Utc>>),
        mailchimp_connections::failed_runs.eq(0),
        // Perhaps with another plan: what waits is tried at once.
        mailchimp_connections::additions_wait_until.eq(None::<DateTime<Utc>>),
    );
    diesel::insert_into(mailchimp_connections::table)
        .values(values.clone())
        .on_conflict(mailchimp_connections::organization_id)
        .do_update()
        .set(values)
        .execute(&mut **tx)?;
    let what = if before.is_some() {
        "Mailchimp connected again"
    } else {
        "Mailchimp connected"
    };
    say(tx, what, &format!("Account {}", grant.account_name))?;
    incidents::close(
        tx,
        Kind::ConnectionRefused,
        "",
        "Mailchimp is connected again. Everything that waited is being sent now.",
    )?;
    let organization = tx.organization();
    work::wake(tx, organization, WorkKind::Sync, now)?;
    Ok(())
}

/// Mailchimp refused the token of the connection made at `since`: the work stops, a banner goes up, and the chosen people are
/// told once. A connection made anew meanwhile is not meant.
pub fn refused(tx: &mut OrgTx<'_>, since: DateTime<Utc>, words: &str, link: &str) -> QueryResult<()> {
    let now = tx.now();
    let stopped = diesel::update(
        mailchimp_connections::table
            .filter(mailchimp_connections::organization_id.eq(tx.organization().0))
            .filter(mailchimp_connections::state.eq("connected"))
            .filter(mailchimp_connections::connected_at.eq(since)),
    )
    .set((
        mailchimp_connections::state.eq("refused"),
        mailchimp_connections::refused_at.eq(now),
        mailchimp_connections::refused_words.eq(words),
    ))
    .execute(&mut **tx)?;
    if stopped == 0 {
        return Ok(());
    }
    say(tx, "Mailchimp refused the connection", words)?;
    let sentence = "Mailchimp no longer accepts our connection, so nothing is sent and no unsubscribe is received until an \
         administrator connects again.";
    incidents::open(
        tx,
        Kind::ConnectionRefused,
        "",
        &format!("{sentence} Mailchimp said: {words}"),
        link,
    )?;
    Ok(())
}

/// Forgets the token. The links of groups rest until somebody connects the same account again, and what we know about
/// opt-outs stays. Our webhooks are removed by the caller beforehand.
pub fn disconnect(tx: &mut OrgTx<'_>) -> QueryResult<()> {
    let organization = tx.organization().0;
    diesel::update(mailchimp_connections::table.filter(mailchimp_connections::organization_id.eq(organization)))
        .set((
            mailchimp_connections::state.eq("disconnected"),
            mailchimp_connections::token.eq(None::<Vec<u8>>),
        ))
        .execute(&mut **tx)?;
    diesel::delete(webhook_doors::table.filter(webhook_doors::organization_id.eq(organization))).execute(&mut **tx)?;
    diesel::update(audiences::table.filter(audiences::organization_id.eq(organization)))
        .set((
            audiences::webhook_id.eq(None::<String>),
            audiences::webhook_state.eq("none"),
            audiences::webhook_signing_secret.eq(None::<Vec<u8>>),
            audiences::webhook_checked_at.eq(None::<DateTime<Utc>>),
            audiences::polled_at.eq(None::<DateTime<Utc>>),
        ))
        .execute(&mut **tx)?;
    say(tx, "Mailchimp disconnected", "")?;
    incidents::close_all(
        tx,
        &[
            Kind::ConnectionRefused,
            Kind::WebhookWrong,
            Kind::Silence,
            Kind::AdditionsRefused,
        ],
        "Mailchimp was disconnected by your staff.",
    )?;
    Ok(())
}

fn has_mappings(tx: &mut OrgTx<'_>) -> QueryResult<bool> {
    use crate::db::schema::mappings;
    diesel::select(diesel::dsl::exists(
        mappings::table.filter(mappings::organization_id.eq(tx.organization().0)),
    ))
    .get_result(&mut **tx)
}

fn say(tx: &mut OrgTx<'_>, what: &str, why: &str) -> QueryResult<()> {
    changelog::record(
        tx,
        NewChange {
            contact: None,
            what,
            fields: Vec::new(),
            why,
        },
    )
}
