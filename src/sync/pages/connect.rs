//! To Mailchimp's sign-in and back: to connect an organization, or to sign up with "Continue with Mailchimp". The state is
//! bound to the browser's session, used once, and good for a quarter of an hour.

use super::CALLBACK;
use crate::accounts::actions::SignUpError;
use crate::accounts::session::Browser;
use crate::accounts::{self, ClientAddress, Member, actions, password};
use crate::base::{Actor, EmailAddress, OrganizationId};
use crate::config::Config;
use crate::db::Db;
use crate::mailchimp::Problem;
use crate::sync::audiences;
use crate::sync::connection::{self, ConnectError, Grant};
use crate::sync::engine::Engine;
use crate::web::{self, Answer, Field, Flash, Page, PageError, redirect};
use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Query};
use askama::Template;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

/// The session's name for a sign-in at Mailchimp that is under way.
const UNDER_WAY: &str = "mailchimp_sign_in";
/// The session's name for a code that Mailchimp sent back and nobody has exchanged yet.
const CODE: &str = "mailchimp_code";
/// The session's name for the account somebody signs up with.
const GRANT: &str = "mailchimp_grant";
/// Whoever takes longer at Mailchimp's sign-in begins again.
const UNDER_WAY_MAX: TimeDelta = TimeDelta::minutes(15);

/// A sign-in at Mailchimp that is under way.
#[derive(Serialize, Deserialize)]
struct UnderWay {
    state: String,
    since: DateTime<Utc>,
    /// Where to go on with the code.
    then: String,
}

/// `GET /o/{organization}/mailchimp/connect`: a link, not a form, because browsers apply `form-action` to redirects.
pub async fn leave(member: Member, engine: Data<Engine>) -> Answer {
    to_mailchimp(&engine, member.person().session(), member.at("mailchimp/finish"))
}

/// `GET /sign-up/mailchimp`
pub async fn sign_up(session: Session, engine: Data<Engine>) -> Answer {
    to_mailchimp(&engine, &session, "/sign-up/mailchimp/finish".into())
}

fn to_mailchimp(engine: &Engine, session: &Session, then: String) -> Answer {
    let app = engine.oauth(CALLBACK)?.ok_or_else(|| {
        PageError::Refused(
            "Connecting Mailchimp is not set up on this system. Whoever runs it can switch it on.".into(),
        )
    })?;
    let (url, state) = app.authorize_url();
    let under_way = UnderWay {
        state,
        since: engine.clock().now(),
        then,
    };
    session.insert(UNDER_WAY, under_way).map_err(anyhow::Error::from)?;
    Ok(redirect(url.as_str()))
}

/// What Mailchimp sends people back with.
#[derive(Deserialize)]
pub struct Back {
    state: Option<String>,
    code: Option<SecretString>,
    error: Option<String>,
}

/// `GET /mailchimp/callback`: checks that this browser asked, and goes on to whoever asked.
pub async fn callback(session: Session, engine: Data<Engine>, back: Query<Back>) -> Answer {
    let under_way = session.remove_as::<UnderWay>(UNDER_WAY).and_then(Result::ok);
    let now = engine.clock().now();
    let mine = under_way.filter(|under_way| {
        let same = back
            .state
            .as_deref()
            .is_some_and(|state| state.as_bytes().ct_eq(under_way.state.as_bytes()).into());
        same && now - under_way.since <= UNDER_WAY_MAX
    });
    let Some(under_way) = mine else {
        return Err(PageError::Refused(
            "This answer from Mailchimp does not belong to a sign-in you started here a moment ago, so we did not use it. \
             Nothing was changed. Please start again from the Mailchimp page."
                .into(),
        ));
    };
    match (&back.code, &back.error) {
        (Some(code), None) => {
            session
                .insert(CODE, code.expose_secret())
                .map_err(anyhow::Error::from)?;
            Ok(redirect(&under_way.then))
        }
        _ => Err(PageError::Refused(
            "You did not allow the connection at Mailchimp, so nothing was connected and nothing was changed.".into(),
        )),
    }
}

/// `GET /o/{organization}/mailchimp/finish`
pub async fn finish(member: Member, engine: Data<Engine>) -> Answer {
    let grant = exchange(&engine, member.person().session()).await?;
    let seal = engine.seal.clone();
    let connected: Result<(), ConnectError> = {
        let grant = grant.clone();
        member.write(move |tx| connection::connect(tx, &seal, &grant)).await
    };
    match connected {
        Ok(()) => {}
        Err(ConnectError::OtherAccount) => return Err(PageError::Refused(ConnectError::OtherAccount.to_string())),
        Err(ConnectError::Query(error)) => return Err(error.into()),
        Err(ConnectError::Unavailable(error)) => return Err(error.into()),
        Err(ConnectError::Unexpected(error)) => return Err(error.into()),
    }
    let connected = Flash::success(format!("Mailchimp is connected: {}", grant.account_name));
    let read = read_audiences(
        &engine,
        member.organization.id,
        &member.organization.slug,
        member.actor(),
    )
    .await;
    member.say(match read {
        Ok(()) => connected,
        Err(_) => connected.with("The list of audiences could not be read just now. Please read it again below."),
    });
    Ok(member.redirect("mailchimp"))
}

/// Exchanges the code that came back, once.
async fn exchange(engine: &Engine, session: &Session) -> Result<Grant, PageError> {
    let code = session.remove_as::<String>(CODE).and_then(Result::ok);
    let (Some(code), Some(app)) = (code, engine.oauth(CALLBACK)?) else {
        return Err(PageError::Refused(
            "This sign-in at Mailchimp has been used already. Nothing was changed. Please start again.".into(),
        ));
    };
    Grant::from_code(&app, &engine.http, code)
        .await
        .map_err(|problem| not_connected(&problem))
}

fn not_connected(problem: &Problem) -> PageError {
    tracing::warn!(%problem, "a sign-in at Mailchimp could not be finished");
    PageError::Refused(format!(
        "Mailchimp did not complete the sign-in, so nothing was connected. Please try again. Mailchimp said: {}",
        problem.words()
    ))
}

/// Reads the list of audiences to its end.
pub async fn read_audiences(
    engine: &Engine,
    organization: OrganizationId,
    slug: &str,
    actor: Actor,
) -> Result<(), PageError> {
    let connection = engine
        .db
        .read(organization, |tx| Ok::<_, PageError>(connection::find(tx)?))
        .await?;
    let client = match connection {
        Some(connection) if connection.is_connected() => engine.client(organization, &connection)?,
        _ => None,
    };
    let Some(client) = client else { return Ok(()) };
    let theirs = client.audiences().await.map_err(|problem| {
        PageError::Refused(format!(
            "The list of audiences could not be read; nothing was changed. Please try again in a minute. Mailchimp said: {}",
            problem.words()
        ))
    })?;
    let link = engine.connection_link(slug);
    engine
        .db
        .write(organization, actor, move |tx| {
            Ok(audiences::take_in(tx, &theirs.audiences, &link)?)
        })
        .await
}

/// A grant as the session keeps it while somebody signs up; the token sealed for no organization.
#[derive(Clone, Serialize, Deserialize)]
struct KeptGrant {
    since: DateTime<Utc>,
    sealed_token: String,
    account_id: String,
    account_name: String,
    account_email: String,
    plan: String,
    role: String,
    login_id: String,
    api_base: url::Url,
}

/// Tokens of organizations that do not exist yet are sealed for this id, which none ever has.
const NO_ORGANIZATION: OrganizationId = OrganizationId(0);

/// `GET /sign-up/mailchimp/finish`
pub async fn finish_sign_up(session: Session, engine: Data<Engine>) -> Answer {
    let grant = exchange(&engine, &session).await?;
    let kept = KeptGrant {
        since: engine.clock().now(),
        sealed_token: BASE64_STANDARD.encode(engine.seal.seal(NO_ORGANIZATION, &grant.token)?),
        account_id: grant.account_id,
        account_name: grant.account_name,
        account_email: grant.account_email,
        plan: grant.plan,
        role: grant.role,
        login_id: grant.login_id,
        api_base: grant.api_base,
    };
    session.insert(GRANT, kept).map_err(anyhow::Error::from)?;
    Ok(redirect("/sign-up/mailchimp/organization"))
}

#[derive(Template)]
#[template(path = "mailchimp/sign_up.html")]
struct SignUpPage {
    page: Page,
    account: String,
    organization: Field,
    name: Field,
    email: Field,
    password: Field,
}

/// What was typed.
#[derive(Deserialize)]
pub struct Typed {
    #[serde(default)]
    organization: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: SecretString,
}

/// `GET /sign-up/mailchimp/organization`: name and address are taken over from the account; a password is left to choose.
pub async fn organization(session: Session, engine: Data<Engine>) -> Answer {
    let Some(kept) = kept_grant(&session, &engine) else {
        return Ok(redirect("/sign-up"));
    };
    web::show(SignUpPage {
        page: Page::default(),
        account: kept.account_name.clone(),
        organization: Field::holding(kept.account_name),
        name: Field::default(),
        email: Field::holding(kept.account_email),
        password: Field::default(),
    })
}

/// `POST /sign-up/mailchimp/organization`: organization, owner and connection come to be together. Whoever takes the address
/// that Mailchimp confirmed goes straight on to linking; every other address gets a letter, and nobody learns here whether
/// it has an account.
pub async fn create_organization(
    session: Session,
    engine: Data<Engine>,
    db: Data<Db>,
    config: Data<Config>,
    from: ClientAddress,
    browser: Browser,
    typed: Form<Typed>,
) -> Answer {
    let Some(kept) = kept_grant(&session, &engine) else {
        return Ok(redirect("/sign-up"));
    };
    let (organization, name) = (typed.organization.trim().to_owned(), typed.name.trim().to_owned());
    let (email_field, email) = Field::read(&typed.email, EmailAddress::parse);
    let verdict = password::accept(&typed.password, &name, typed.email.trim());
    let complete = !organization.is_empty() && !name.is_empty() && verdict.is_ok();
    let (Some(email), true) = (email, complete) else {
        let written = |text: String, sentence: &str| match text.is_empty() {
            true => Field::wrong(text, sentence),
            false => Field::holding(text),
        };
        let page = SignUpPage {
            page: Page::default(),
            account: kept.account_name,
            organization: written(organization, "Write the name of your organization."),
            name: written(name, "Write your name."),
            email: email_field,
            password: password::field(verdict),
        };
        return web::show_with(StatusCode::UNPROCESSABLE_ENTITY, page);
    };
    accounts::count_sign_up(&db, email.key(), from).await?;
    // Mailchimp confirmed the address it gave us; another one is confirmed by mail.
    let is_email_confirmed = email.key() == kept.account_email.trim().to_lowercase();
    let sent_to = email.as_typed().to_owned();
    let new = actions::NewOrganization {
        name: organization,
        person_name: name,
        email,
        password_hash: password::hash(&typed.password).await?,
        is_email_confirmed,
    };
    let grant = opened(&engine, kept)?;
    let signed_up = together(&db, &engine, config.into_inner(), new, grant).await?;
    session.remove(GRANT);
    let signed_up = match signed_up {
        Some(signed_up) if is_email_confirmed => signed_up,
        other => return accounts::letter_sent(&session, sent_to, other.map(|signed_up| signed_up.staff)),
    };
    accounts::session::begin(&session, signed_up.staff, &browser)?;
    if let Err(error) = read_audiences(&engine, signed_up.organization, &signed_up.slug, Actor::System).await {
        // The organization stands and is connected; the sync reads the list as soon as it can.
        tracing::warn!(%error, "the audiences could not be read after a sign-up");
    }
    Ok(redirect(&format!("/o/{}/mailchimp/links/new", signed_up.slug)))
}

/// The account somebody signs up with, while they are at it; forgotten afterwards, so that nobody finds it in this browser.
fn kept_grant(session: &Session, engine: &Engine) -> Option<KeptGrant> {
    let kept = session.get::<KeptGrant>(GRANT).ok().flatten()?;
    if engine.clock().now() - kept.since <= UNDER_WAY_MAX {
        return Some(kept);
    }
    session.remove(GRANT);
    None
}

fn opened(engine: &Engine, kept: KeptGrant) -> Result<Grant, PageError> {
    let sealed = BASE64_STANDARD
        .decode(&kept.sealed_token)
        .map_err(anyhow::Error::from)?;
    Ok(Grant {
        token: engine.seal.open(NO_ORGANIZATION, &sealed)?,
        account_id: kept.account_id,
        account_name: kept.account_name,
        account_email: kept.account_email,
        plan: kept.plan,
        role: kept.role,
        login_id: kept.login_id,
        api_base: kept.api_base,
    })
}

/// `None`: the address has an account already, and its owner was written to.
async fn together(
    db: &Db,
    engine: &Engine,
    config: std::sync::Arc<Config>,
    new: actions::NewOrganization,
    grant: Grant,
) -> Result<Option<actions::SignedUp>, PageError> {
    let seal = engine.seal.clone();
    db.shared(move |tx| {
        let signed_up = match actions::ask_to_sign_up(tx, &config, &new) {
            Ok(Some(signed_up)) => signed_up,
            Ok(None) | Err(SignUpError::EmailTaken) => return Ok(None),
            Err(SignUpError::Database(error)) => return Err(error.into()),
            Err(SignUpError::Unavailable(error)) => return Err(error.into()),
        };
        let actor = Actor::Staff {
            id: signed_up.staff,
            name: new.person_name.clone(),
        };
        let mut inside = tx.enter(signed_up.organization, actor)?;
        connection::connect(&mut inside, &seal, &grant).map_err(|error| PageError::Unexpected(error.into()))?;
        Ok(Some(signed_up))
    })
    .await
}
