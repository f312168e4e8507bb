//! Choosing a file. It goes to a temporary file first, and from there row by row into the database.

use super::super::actions::{self, StageError};
use super::super::file::CsvFile;
use crate::accounts::Member;
use crate::base::ImportId;
use crate::web::{self, Answer, Field, Page, PageError};
use actix_multipart::MultipartError;
use actix_multipart::form::tempfile::TempFile;
use actix_multipart::form::{MultipartForm, MultipartFormConfig};
use actix_web::http::StatusCode;
use askama::Template;
use std::fs::File;

/// The largest file: some 500,000 contacts with every column filled in.
const UPLOAD_MIB_MAX: usize = 100;
/// What of a form with a file may stay in memory: the fields beside the file.
const UPLOAD_MEMORY_BYTES: usize = 64 * 1024;

#[derive(Template)]
#[template(path = "imports/new.html")]
struct NewPage {
    page: Page,
    file: Field,
    limit: usize,
}

/// The form with the file.
#[derive(MultipartForm)]
pub struct Upload {
    file: TempFile,
}

/// The limits of forms with a file, for the application.
pub fn upload_limits() -> MultipartFormConfig {
    MultipartFormConfig::default()
        .total_limit(UPLOAD_MIB_MAX * 1024 * 1024)
        .memory_limit(UPLOAD_MEMORY_BYTES)
}

/// `GET /o/{organization}/imports/new`
pub async fn show(member: Member) -> Answer {
    form(&member, StatusCode::OK, Field::default())
}

/// `POST /o/{organization}/imports/new`
pub async fn submit(member: Member, upload: Result<MultipartForm<Upload>, actix_web::Error>) -> Answer {
    let wrong = |sentence: String| form(&member, StatusCode::UNPROCESSABLE_ENTITY, Field::wrong("", sentence));
    let upload = match upload {
        Ok(upload) => upload.into_inner().file,
        Err(error) => return wrong(broken_off(&error)),
    };
    let name = upload.file_name.unwrap_or_default();
    if name.is_empty() && upload.size == 0 {
        return wrong("Choose a file first.".into());
    }
    match take_in(&member, name, upload.file.into_file()).await {
        Ok(import) => Ok(member.redirect(&format!("imports/{import}/columns"))),
        Err(StageError::File(problem)) => wrong(problem.to_string()),
        Err(StageError::Query(error)) => Err(error.into()),
        Err(StageError::Unavailable(error)) => Err(error.into()),
    }
}

fn form(member: &Member, status: StatusCode, file: Field) -> Answer {
    let page = NewPage {
        page: member.page("imports"),
        file,
        limit: UPLOAD_MIB_MAX,
    };
    web::show_with(status, page)
}

fn broken_off(error: &actix_web::Error) -> String {
    match error.as_error::<MultipartError>() {
        Some(MultipartError::Payload(actix_web::error::PayloadError::Overflow)) => format!(
            "This file is larger than {UPLOAD_MIB_MAX} MB. Divide it into several files and import one after the other."
        ),
        Some(MultipartError::MissingField(_)) => "Choose a file first.".into(),
        _ => "The file did not arrive whole. Nothing was changed. Please try again.".into(),
    }
}

/// Takes the file in, a few thousand rows in a transaction; a file that turns out unreadable leaves nothing behind.
async fn take_in(member: &Member, name: String, file: File) -> Result<ImportId, StageError> {
    let (import, mut file) = member
        .write(move |tx| {
            let file = CsvFile::open(file)?;
            Ok::<_, StageError>((actions::begin(tx, &name, &file)?, file))
        })
        .await?;
    let taken_in = loop {
        match member.write(move |tx| actions::stage(tx, import, file)).await {
            Ok(Some(more)) => file = more,
            Ok(None) => break member.write(move |tx| actions::staged(tx, import)).await,
            Err(problem) => break Err(problem),
        }
    };
    if let Err(problem) = taken_in {
        let discarded: Result<(), PageError> = member.write(move |tx| actions::discard(tx, import)).await;
        if let Err(error) = discarded {
            tracing::warn!(%error, "an unreadable file could not be thrown away; it goes with the next upload");
        }
        return Err(problem);
    }
    Ok(import)
}
