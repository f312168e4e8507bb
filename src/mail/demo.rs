//! The page of the demo that shows the mails it would have sent. Nowhere else is there such a page.

use crate::config::Config;
use crate::db::Db;
use crate::db::schema::outbox;
use crate::web::{self, Answer, Needs, Page, PageError, Route, get};
use actix_web::web::Data;
use askama::Template;
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// How many mails are shown.
const SHOWN: i64 = 50;

/// The page's route.
pub fn routes() -> Vec<Route> {
    vec![get("/demo/mails", Needs::Nothing, show)]
}

#[derive(Template)]
#[template(path = "mail/demo.html")]
struct DemoPage {
    page: Page,
    mails: Vec<Mail>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = outbox)]
struct Mail {
    recipient: String,
    subject: String,
    body: String,
    created_at: DateTime<Utc>,
}

/// A line's beginning, or a link in it.
struct Piece<'a> {
    text: &'a str,
    is_link: bool,
}

impl Mail {
    fn paragraphs(&self) -> impl Iterator<Item = Vec<Piece<'_>>> {
        self.body.split("\n\n").map(|paragraph| {
            let lines = paragraph.lines().map(|line| Piece {
                text: line,
                is_link: line.starts_with("http://") || line.starts_with("https://"),
            });
            lines.collect()
        })
    }
}

async fn show(db: Data<Db>, config: Data<Config>) -> Answer {
    if !config.is_demo {
        return Err(PageError::NotFound);
    }
    let mails = db
        .shared(|tx| {
            Ok::<_, PageError>(
                outbox::table
                    .order(outbox::id.desc())
                    .limit(SHOWN)
                    .select(Mail::as_select())
                    .load(&mut **tx)?,
            )
        })
        .await?;
    web::show(DemoPage {
        page: Page::default(),
        mails,
    })
}
