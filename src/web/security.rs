//! Two guards around every answer: cross-site posts are refused, and browsers are told what a page may do.

use super::PageError;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, ResponseError, web};
use url::Url;

/// Everything comes from us and nothing is inline; starts at 'none' and grants only what pages use.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Paths that machines post to from elsewhere: they carry their own secret.
const MACHINE_PREFIX: &str = "/hooks/";

/// Our own address, which a browser names as the origin of our own forms.
#[derive(Clone)]
pub struct OwnOrigin(String);

impl OwnOrigin {
    /// The origin of the address people type.
    pub fn of(public_url: &Url) -> Self {
        Self(public_url.origin().ascii_serialization())
    }
}

/// Refuses a change that a page of another site sent: browsers say where a request comes from.
pub async fn refuse_cross_site(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if safe || request.path().starts_with(MACHINE_PREFIX) || is_same_origin(&request) {
        return next.call(request).await.map(ServiceResponse::map_into_boxed_body);
    }
    let refusal = PageError::Refused(
        "This form was sent from another site, so we did not accept it and nothing was changed. \
         Open the page here and try again."
            .into(),
    );
    Ok(request.into_response(refusal.error_response()))
}

fn is_same_origin(request: &ServiceRequest) -> bool {
    let said = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    match said("sec-fetch-site") {
        Some(site) => matches!(site, "same-origin" | "none"),
        None => {
            let own = request.app_data::<web::Data<OwnOrigin>>();
            said("origin").is_some_and(|origin| own.is_some_and(|own| own.0 == origin))
        }
    }
}

/// Adds the security headers to every answer; signed-in pages are never stored by caches.
pub async fn security_headers(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let is_static = request.path().starts_with("/static/");
    let is_https = request
        .app_data::<web::Data<OwnOrigin>>()
        .is_some_and(|own| own.0.starts_with("https:"));
    let mut answer = next.call(request).await?;
    let headers = answer.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "same-origin");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=(), payment=()",
    );
    if is_https {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    if !is_static {
        set(header::CACHE_CONTROL, "no-store");
    }
    Ok(answer)
}
