//! Errors are pages: what happened, that nothing was lost, what to do.

use super::{Page, redirect};
use crate::db::Unavailable;
use actix_web::body::BoxBody;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use askama::Template;
use std::time::Duration;
use uuid::Uuid;

/// Why a page cannot be shown or an action was not done.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// Not there, or not for this person to know that it is.
    #[error("not found")]
    NotFound,
    /// The role may not do this.
    #[error("not allowed")]
    Forbidden,
    /// Sign in first, then go on to the path.
    #[error("not signed in")]
    SignIn(String),
    /// Too often in too short a time.
    #[error("too many attempts")]
    TooMany(Duration),
    /// It could not be done, for a reason in words.
    #[error("{0}")]
    Refused(String),
    /// Two did something about the same records at the same moment, each waiting for the other, and this one was given up.
    #[error("somebody was faster")]
    Overtaken,
    /// The database is busy or the process stops.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// A fault of ours.
    #[error(transparent)]
    Unexpected(anyhow::Error),
}

impl From<anyhow::Error> for PageError {
    fn from(error: anyhow::Error) -> Self {
        let was_overtaken = error.chain().filter_map(|cause| cause.downcast_ref()).any(is_deadlock);
        match was_overtaken {
            true => Self::Overtaken,
            false => Self::Unexpected(error),
        }
    }
}

impl From<diesel::result::Error> for PageError {
    fn from(error: diesel::result::Error) -> Self {
        match error {
            diesel::result::Error::NotFound => Self::NotFound,
            other => anyhow::Error::from(other).into(),
        }
    }
}

/// Whether Postgres gave this transaction up so that another could go on. Diesel tells neither the code (40P01) nor the kind, only
/// the words of the message.
fn is_deadlock(error: &diesel::result::Error) -> bool {
    matches!(error, diesel::result::Error::DatabaseError(_, said) if said.message() == "deadlock detected")
}

#[derive(Template)]
#[template(path = "errors/error.html")]
struct ErrorPage {
    page: Page,
    title: &'static str,
    text: String,
    reference: Option<Uuid>,
}

impl PageError {
    fn title(&self) -> &'static str {
        match self {
            Self::NotFound => "There is nothing here",
            Self::Forbidden => "Your role does not allow this",
            Self::SignIn(_) => "Please sign in",
            Self::TooMany(_) => "Too many attempts",
            Self::Refused(_) => "This could not be done",
            Self::Overtaken => "Somebody was faster",
            Self::Unavailable(_) => "Too busy right now",
            Self::Unexpected(_) => "Something went wrong on our side",
        }
    }

    fn text(&self) -> String {
        match self {
            Self::NotFound => "The page may have been moved or deleted, or the address was mistyped.".into(),
            Self::Forbidden => {
                "Nothing was changed. Ask an administrator of your organization if you need to do this.".into()
            }
            Self::SignIn(_) => String::new(),
            Self::TooMany(wait) => format!(
                "To protect accounts we ask you to wait {} before trying again. Nothing was changed.",
                match wait.as_secs().div_ceil(60) {
                    0 | 1 => "a minute".into(),
                    minutes => format!("{minutes} minutes"),
                }
            ),
            Self::Refused(sentence) => sentence.clone(),
            Self::Overtaken => {
                "Somebody else was changing the same records at this moment. Nothing was changed: go back in your browser, \
                 where what you typed still stands, and send it again."
                    .into()
            }
            Self::Unavailable(_) => "Nothing was changed. Please try again in a minute.".into(),
            Self::Unexpected(_) => {
                "Nothing was changed. Please try again; if it happens again, tell whoever runs this system \
                 the reference below."
                    .into()
            }
        }
    }
}

impl ResponseError for PageError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::SignIn(_) => StatusCode::SEE_OTHER,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Refused(_) | Self::Overtaken => StatusCode::CONFLICT,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unexpected(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        if let Self::SignIn(next) = self {
            let next = serde_urlencoded::to_string([("next", next)]).unwrap_or_default();
            return redirect(&format!("/sign-in?{next}"));
        }
        let reference = match self {
            Self::Unexpected(error) => {
                let reference = Uuid::new_v4();
                tracing::error!(%reference, error = format!("{error:#}"), "a request failed unexpectedly");
                Some(reference)
            }
            Self::Unavailable(error) => {
                tracing::warn!(%error, "a request could not be served");
                None
            }
            _ => None,
        };
        let page = ErrorPage {
            page: Page::default(),
            title: self.title(),
            text: self.text(),
            reference,
        };
        let mut answer = HttpResponse::build(self.status_code());
        if let Self::TooMany(wait) = self {
            answer.insert_header((header::RETRY_AFTER, wait.as_secs().max(1).to_string()));
        }
        answer
            .content_type("text/html; charset=utf-8")
            .body(page.render().unwrap_or_else(|_| self.text()))
    }
}
