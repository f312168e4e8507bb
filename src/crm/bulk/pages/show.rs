//! A bulk action as it stands: at work, done, being undone or undone. While the background works on it the page keeps itself
//! current.

use super::super::actions;
use super::super::model::{BulkAction, Outcome, State};
use super::{BulkPath, existing};
use crate::accounts::Member;
use crate::base::BulkActionId;
use crate::web::{self, Answer, Page, PageError};
use askama::Template;

#[derive(Template)]
#[template(path = "bulk/show.html")]
struct ShowPage {
    page: Page,
    action: BulkAction,
    parts: Parts,
}

#[derive(Template)]
#[template(path = "bulk/state.html")]
struct LivePart {
    page: Page,
    action: BulkAction,
    parts: Parts,
}

/// What the page shows beside the action itself.
struct Parts {
    tally: Vec<Counted>,
    started: String,
    finished: String,
    undone: String,
    can_be_undone: bool,
    kept_until: String,
}

struct Counted {
    /// `None` where nobody is listed.
    outcome: Option<Outcome>,
    number: i32,
    tone: &'static str,
    what: &'static str,
    about: &'static str,
}

/// `GET /o/{organization}/bulk/{action}`
pub async fn show(member: Member, path: BulkPath) -> Answer {
    let (action, parts) = look_up(&member, path.1).await?;
    let page = member.page("contacts");
    web::show(ShowPage { page, action, parts })
}

/// `GET /o/{organization}/bulk/{action}/live`
pub async fn live(member: Member, path: BulkPath) -> Answer {
    let (action, parts) = look_up(&member, path.1).await?;
    let page = member.part();
    web::show(LivePart { page, action, parts })
}

/// `POST /o/{organization}/bulk/{action}/again`
pub async fn try_again(member: Member, path: BulkPath) -> Answer {
    let id = path.1;
    member.write(move |tx| actions::try_again(tx, id)).await?;
    Ok(member.redirect(&format!("bulk/{id}")))
}

async fn look_up(member: &Member, id: BulkActionId) -> Result<(BulkAction, Parts), PageError> {
    let (action, now) = member
        .read(move |tx| Ok::<_, PageError>((existing(tx, id)?, tx.now())))
        .await?;
    let local = |moment| member.organization.local(moment);
    let parts = Parts {
        tally: tally(&action),
        started: local(action.created_at),
        finished: action.finished_at.map(local).unwrap_or_default(),
        undone: action.undone_at.map(local).unwrap_or_default(),
        can_be_undone: action.can_be_undone(now),
        kept_until: local(action.kept_until()),
    };
    Ok((action, parts))
}

fn tally(action: &BulkAction) -> Vec<Counted> {
    let result = action.result;
    match action.state {
        State::Running | State::Undoing => Vec::new(),
        State::Done => vec![
            counted(
                Some(Outcome::Changed),
                result.changed,
                "good",
                action.deed.changed_words(),
                "",
            ),
            counted(None, result.unchanged, "quiet", action.deed.unchanged_words(), ""),
            counted(
                Some(Outcome::Skipped),
                result.skipped,
                "warn",
                ["contact skipped", "contacts skipped"],
                "Each with the reason.",
            ),
        ],
        State::Undone => vec![
            counted(
                Some(Outcome::Undone),
                result.taken_back,
                "good",
                ["contact is as before", "contacts are as before"],
                "",
            ),
            counted(
                Some(Outcome::Kept),
                result.kept,
                "warn",
                ["contact not taken back wholly", "contacts not taken back wholly"],
                "Somebody changed them since; what they changed was left as it is.",
            ),
        ],
    }
}

/// `words` for one and for several.
fn counted(
    outcome: Option<Outcome>,
    number: i32,
    tone: &'static str,
    words: [&'static str; 2],
    about: &'static str,
) -> Counted {
    Counted {
        outcome,
        number,
        tone: if number == 0 { "quiet" } else { tone },
        what: words[usize::from(number != 1)],
        about,
    }
}
