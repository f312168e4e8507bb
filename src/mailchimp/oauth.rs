//! Connecting an account: the address a person is sent to, the exchange of the code they bring back for a token, and the
//! facts about the account behind it. Mailchimp's OAuth2 has no scopes, no PKCE, no refresh and tokens that never expire.

use std::fmt;
use std::time::Duration;

use oauth2::basic::{BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType};
use oauth2::{
    AccessToken, AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet,
    HttpRequest, HttpResponse, RedirectUrl, RefreshToken, RequestTokenError, Scope, StandardRevocableToken, TokenUrl,
};
use reqwest::header::AUTHORIZATION;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use super::client::Answer;
use super::problem::{Kind, Problem};
use super::wire;

/// Where Mailchimp's people sign in.
pub const LOGIN_URL: &str = "https://login.mailchimp.com";

/// A person waits for these answers.
const LOGIN_TIMEOUT: Duration = Duration::from_secs(30);
/// Tokens and metadata are a few hundred bytes.
const LOGIN_BODY_BYTES_MAX: usize = 64 * 1024;

/// The oauth2 crate's client with Mailchimp's two addresses and Mailchimp's own shapes.
type Codes = oauth2::Client<
    Refusal,
    TokenAnswer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// Our registration with Mailchimp.
#[derive(Clone)]
pub struct App {
    codes: Codes,
    metadata_url: Url,
}

impl App {
    /// `login_url` is [`LOGIN_URL`] or a stand-in's; `redirect_uri` must be exactly the registered one.
    pub fn new(
        login_url: &Url,
        client_id: String,
        client_secret: &SecretString,
        redirect_uri: Url,
    ) -> Result<Self, url::ParseError> {
        let codes = oauth2::Client::new(ClientId::new(client_id))
            .set_client_secret(ClientSecret::new(client_secret.expose_secret().to_owned()))
            // Mailchimp reads the credentials in the body only.
            .set_auth_type(AuthType::RequestBody)
            .set_auth_uri(AuthUrl::from_url(below(login_url, "authorize")?))
            .set_token_uri(TokenUrl::from_url(below(login_url, "token")?))
            .set_redirect_uri(RedirectUrl::from_url(redirect_uri));
        Ok(Self {
            codes,
            metadata_url: below(login_url, "metadata")?,
        })
    }

    /// Where to send the person, and the state they must bring back: keep it in their session, take it once.
    pub fn authorize_url(&self) -> (Url, String) {
        let (url, state) = self.codes.authorize_url(CsrfToken::new_random).url();
        (url, state.into_secret())
    }

    /// Exchanges the code for the token, which never expires. A code works once and for about half a minute: after any
    /// problem the person has to start again.
    pub async fn exchange(&self, http: &reqwest::Client, code: String) -> Result<SecretString, Problem> {
        let carry = |request| carry(http, request);
        let answer = self
            .codes
            .exchange_code(AuthorizationCode::new(code))
            .request_async(&carry)
            .await;
        match answer {
            Ok(token) if !token.access_token.secret().is_empty() => Ok(token.access_token.into_secret().into()),
            Ok(_) => Err(no_token(&Refusal::default())),
            Err(RequestTokenError::Request(problem)) => Err(problem),
            Err(RequestTokenError::ServerResponse(refusal)) => Err(no_token(&refusal)),
            Err(RequestTokenError::Parse(_, body)) => Err(no_token(&serde_json::from_slice(&body).unwrap_or_default())),
            Err(RequestTokenError::Other(_)) => Err(no_token(&Refusal::default())),
        }
    }

    /// The account behind a fresh token. Ask once, when connecting: Mailchimp throttles it.
    pub async fn metadata(&self, http: &reqwest::Client, token: &SecretString) -> Result<Metadata, Problem> {
        let request = http
            .get(self.metadata_url.clone())
            .header(AUTHORIZATION, format!("OAuth {}", token.expose_secret()));
        let request = request.timeout(LOGIN_TIMEOUT).build();
        let answer = json_answer(http, request.map_err(|error| Problem::transport(&error, false))?).await?;
        let refusal: Refusal = serde_json::from_slice(&answer.body).unwrap_or_default();
        if !refusal.error.is_empty() {
            // Comes with status 200.
            return Err(Problem::oauth(
                Kind::TokenRefused,
                Some(answer.status),
                &refusal.error,
                &refusal.error_description,
            ));
        }
        if !(200..300).contains(&answer.status) {
            return Err(Problem::answer(answer.status, &answer.body, false));
        }
        let metadata: Metadata = serde_json::from_slice(&answer.body)
            .map_err(|_| Problem::unreadable(answer.status, "it does not describe an account", false))?;
        if metadata.api_endpoint.scheme() != self.metadata_url.scheme() {
            return Err(Problem::unreadable(
                answer.status,
                "it names an address of another kind",
                false,
            ));
        }
        Ok(metadata)
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("metadata_url", &self.metadata_url.as_str())
            .finish_non_exhaustive()
    }
}

fn below(login_url: &Url, name: &str) -> Result<Url, url::ParseError> {
    Url::parse(&format!("{}/oauth2/{name}", login_url.as_str().trim_end_matches('/')))
}

/// What Mailchimp tells about the account behind a token.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Metadata {
    /// The data centre, such as `us3`.
    #[serde(default, deserialize_with = "wire::text")]
    pub dc: String,
    /// What the account calls itself.
    #[serde(default, rename = "accountname", deserialize_with = "wire::text")]
    pub account_name: String,
    /// The role of the person who connected.
    #[serde(default, deserialize_with = "wire::text")]
    pub role: String,
    /// Mailchimp's number of the user; the limit of ten connections is theirs.
    #[serde(default, deserialize_with = "wire::text")]
    pub user_id: String,
    /// The person who connected.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub login: Login,
    /// Where the API of this account is, without `/3.0`.
    pub api_endpoint: Url,
}

/// The person who connected an account.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Login {
    /// Identifies the person over all their accounts.
    #[serde(default, deserialize_with = "wire::text")]
    pub login_id: String,
    /// What they sign in with.
    #[serde(default, deserialize_with = "wire::text")]
    pub login_name: String,
    /// Their address.
    #[serde(default, deserialize_with = "wire::text")]
    pub login_email: String,
}

/// Without name and address, so that no log learns them.
impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Login({})", self.login_id)
    }
}

/// Carries a request of the oauth2 crate with our own client.
async fn carry(http: &reqwest::Client, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut request = reqwest::Request::try_from(request).map_err(|error| Problem::transport(&error, false))?;
    *request.timeout_mut() = Some(LOGIN_TIMEOUT);
    let answer = json_answer(http, request).await?;
    let response = oauth2::http::Response::builder()
        .status(answer.status)
        .body(answer.body);
    response.map_err(|_| Problem::oauth(Kind::Unreadable, None, "Mailchimp did not answer as usual", ""))
}

/// Sends and insists on a JSON object, whatever the status.
async fn json_answer(http: &reqwest::Client, request: reqwest::Request) -> Result<Answer, Problem> {
    let response = http
        .execute(request)
        .await
        .map_err(|error| Problem::transport(&error, false))?;
    let answer = Answer::read(response, LOGIN_BODY_BYTES_MAX, false).await?;
    match serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&answer.body) {
        Ok(_) => Ok(answer),
        Err(_) if (200..300).contains(&answer.status) => {
            Err(Problem::unreadable(answer.status, "it is not JSON", false))
        }
        Err(_) => Err(Problem::answer(answer.status, &answer.body, false)),
    }
}

/// No `access_token` came, whatever else did.
fn no_token(refusal: &Refusal) -> Problem {
    let title = if refusal.error.is_empty() {
        "Mailchimp gave no token"
    } else {
        &refusal.error
    };
    Problem::oauth(Kind::Refused, None, title, &refusal.error_description)
}

/// Mailchimp's token answer: `expires_in` is 0 for "never", `scope` is null, `token_type` may be missing. Only the token
/// itself counts.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct TokenAnswer {
    access_token: AccessToken,
}

impl oauth2::TokenResponse for TokenAnswer {
    type TokenType = BasicTokenType;

    fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    fn token_type(&self) -> &BasicTokenType {
        &BasicTokenType::Bearer
    }

    fn expires_in(&self) -> Option<Duration> {
        None
    }

    fn refresh_token(&self) -> Option<&RefreshToken> {
        None
    }

    fn scopes(&self) -> Option<&Vec<Scope>> {
        None
    }
}

/// `{"error":"invalid_grant","error_description":"…"}`
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Refusal {
    #[serde(default, deserialize_with = "wire::text")]
    error: String,
    #[serde(default, deserialize_with = "wire::text")]
    error_description: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.error, self.error_description)
    }
}

impl oauth2::ErrorResponse for Refusal {}
