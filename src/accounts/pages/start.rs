//! The address `/`: straight to work, or the welcome page.

use super::super::model::Workplace;
use super::super::session::plain_page;
use super::super::{Member, store};
use crate::config::Config;
use crate::db::Db;
use crate::web::{self, Answer, Page, PageError, redirect, staff_of};
use actix_session::Session;
use actix_web::web::Data;
use askama::Template;

#[derive(Template)]
#[template(path = "accounts/welcome.html")]
struct WelcomePage {
    page: Page,
    offers_mailchimp: bool,
}

#[derive(Template)]
#[template(path = "accounts/choose.html")]
struct ChoosePage {
    page: Page,
    workplaces: Vec<Workplace>,
}

/// `GET /`
pub async fn show(session: Session, db: Data<Db>, config: Data<Config>) -> Answer {
    let Some(id) = staff_of(&session) else {
        return welcome(&session, &config);
    };
    let known = db.look(move |tx| Ok::<_, PageError>(store::at_work(tx, id)?)).await?;
    let Some((person, workplaces)) = known else {
        return welcome(&session, &config);
    };
    match workplaces.as_slice() {
        // Messages wait for the page that is gone on to.
        [only] => Ok(redirect(&format!("/o/{}/dashboard", only.organization.slug))),
        _ => web::show(ChoosePage {
            page: Page {
                person: Some(person.name),
                ..plain_page(&session)
            },
            workplaces,
        }),
    }
}

fn welcome(session: &Session, config: &Config) -> Answer {
    web::show(WelcomePage {
        page: plain_page(session),
        offers_mailchimp: config.mailchimp.is_some(),
    })
}

/// `GET /o/{organization}/`
pub async fn enter(member: Member) -> Answer {
    Ok(member.redirect("dashboard"))
}
