//! An import as it stands: being checked, ready, running, done, being undone or undone. While the background works on it
//! the page keeps itself current.

use super::super::kind::Named;
use super::super::model::{Import, Outcome, State};
use super::super::store;
use super::rows::RowView;
use super::{ImportPath, existing};
use crate::accounts::Member;
use crate::base::ImportId;
use crate::crm::groups;
use crate::db::OrgTx;
use crate::web::{self, Answer, Page, PageError};
use askama::Template;

/// Rows of each kind that the page shows at once.
const FIRST_ROWS: i64 = 5;

#[derive(Template)]
#[template(path = "imports/show.html")]
struct ShowPage {
    page: Page,
    import: Import,
    parts: Parts,
}

#[derive(Template)]
#[template(path = "imports/state.html")]
struct LivePart {
    page: Page,
    import: Import,
    parts: Parts,
}

/// What the page shows beside the import itself.
struct Parts {
    /// What is counted, worst news last.
    tally: Vec<Counted>,
    /// The first rows of each kind.
    first: Vec<(Outcome, Vec<RowView>)>,
    /// What the file names: groups, funds.
    named: Vec<Named>,
    /// Whom everybody joins.
    everybody: Option<String>,
    started: String,
    finished: String,
    undone: String,
    can_be_undone: bool,
    /// When the rows are forgotten.
    kept_until: String,
}

struct Counted {
    outcome: Outcome,
    number: i32,
    tone: &'static str,
    what: String,
    about: &'static str,
}

/// `GET /o/{organization}/imports/{import}`
pub async fn show(member: Member, path: ImportPath) -> Answer {
    let (import, parts) = look_up(&member, path.1).await?;
    if import.state == State::Matching && member.may_write() {
        return Ok(member.redirect(&format!("imports/{}/columns", import.id)));
    }
    let page = member.page("imports");
    web::show(ShowPage { page, import, parts })
}

/// `GET /o/{organization}/imports/{import}/live`
pub async fn live(member: Member, path: ImportPath) -> Answer {
    let (import, parts) = look_up(&member, path.1).await?;
    let page = member.page("imports");
    web::show(LivePart { page, import, parts })
}

async fn look_up(member: &Member, id: ImportId) -> Result<(Import, Parts), PageError> {
    let (import, mut parts) = member
        .read(move |tx| {
            let import = existing(tx, id)?;
            let parts = parts(tx, &import)?;
            Ok::<_, PageError>((import, parts))
        })
        .await?;
    let local = |moment| member.organization.local(moment);
    parts.started = local(import.created_at);
    parts.finished = import.finished_at.map(local).unwrap_or_default();
    parts.undone = import.undone_at.map(local).unwrap_or_default();
    parts.kept_until = local(import.kept_until());
    Ok((import, parts))
}

fn parts(tx: &mut OrgTx<'_>, import: &Import) -> Result<Parts, PageError> {
    let mut parts = Parts {
        tally: tally(import),
        first: Vec::new(),
        named: Vec::new(),
        everybody: None,
        started: String::new(),
        finished: String::new(),
        undone: String::new(),
        can_be_undone: import.can_be_undone(tx.now()),
        kept_until: String::new(),
    };
    if import.state == State::Checked {
        for outcome in [Outcome::Problem, Outcome::Changing, Outcome::New] {
            let rows = store::rows_with(tx, import.id, outcome, 0, FIRST_ROWS)?;
            let rows: Vec<RowView> = rows.into_iter().map(|row| RowView::of(import, row, tx.now())).collect();
            parts.first.extend((!rows.is_empty()).then_some((outcome, rows)));
        }
        parts.named = import.kind().named(tx, import)?;
    }
    if let Some(group) = import.group {
        parts.everybody = groups::store::find(tx, group)?.map(|group| group.title);
    }
    Ok(parts)
}

fn tally(import: &Import) -> Vec<Counted> {
    let (found, result, words) = (import.found, import.result, import.kind().words());
    match import.state {
        State::Checked => vec![
            counted(
                Outcome::New,
                found.new,
                "good",
                ["is new".into(), "are new".into()],
                "They are not here yet.",
            ),
            counted(
                Outcome::Changing,
                found.changing,
                "info",
                [
                    format!("{} and changes something", words.matches[0]),
                    format!("{} and change something", words.matches[1]),
                ],
                words.found_by,
            ),
            counted(
                Outcome::Unchanged,
                found.unchanged,
                "quiet",
                [
                    format!("{} and changes nothing", words.matches[0]),
                    format!("{} and change nothing", words.matches[1]),
                ],
                words.unchanged,
            ),
            counted(
                Outcome::Problem,
                found.problems,
                "bad",
                ["has a problem".into(), "have a problem".into()],
                "Left out. You can download such rows, correct them and import them afterwards.",
            ),
        ],
        State::Done => vec![
            counted(
                Outcome::Added,
                result.added,
                "good",
                words.noun.map(|noun| format!("{noun} added")),
                "",
            ),
            counted(
                Outcome::Changed,
                result.changed,
                "info",
                words.changed.map(str::to_owned),
                words.about_changed,
            ),
            counted(
                Outcome::Unchanged,
                result.unchanged,
                "quiet",
                ["row changed nothing".into(), "rows changed nothing".into()],
                "What they say was here already.",
            ),
            counted(
                Outcome::Rejected,
                result.rejected,
                "bad",
                ["row rejected".into(), "rows rejected".into()],
                "Nothing of them was imported.",
            ),
        ],
        State::Undone => vec![
            counted(
                Outcome::Undone,
                result.taken_back,
                "good",
                ["row taken back".into(), "rows taken back".into()],
                words.undone,
            ),
            counted(
                Outcome::Kept,
                result.kept,
                "warn",
                ["row not taken back wholly".into(), "rows not taken back wholly".into()],
                words.kept,
            ),
            counted(
                Outcome::Rejected,
                result.rejected,
                "quiet",
                ["row had been rejected".into(), "rows had been rejected".into()],
                "",
            ),
        ],
        _ => Vec::new(),
    }
}

/// `words` for one and for several.
fn counted(outcome: Outcome, number: i32, tone: &'static str, words: [String; 2], about: &'static str) -> Counted {
    let [one, several] = words;
    Counted {
        outcome,
        number,
        tone: if number == 0 { "quiet" } else { tone },
        what: if number == 1 { one } else { several },
        about,
    }
}

impl Import {
    /// What the background does now, for the progress bar, with how far it is and how far it will go.
    fn progress(&self) -> (&'static str, i32, i32) {
        match self.state {
            State::Undoing => (
                "Taking rows back",
                self.rows_done,
                self.result.added + self.result.changed,
            ),
            State::Running => ("Importing rows", self.rows_done, self.row_count),
            _ => ("Checking rows", self.rows_done, self.row_count),
        }
    }

    /// Which of the four steps the page belongs to.
    fn step(&self) -> i32 {
        match self.state {
            State::Reading => 1,
            State::Matching => 2,
            State::Checking | State::Checked => 3,
            State::Running => 4,
            // Past the last.
            State::Done | State::Undoing | State::Undone => 5,
        }
    }

    fn rows_to_import(&self) -> i32 {
        self.found.new + self.found.changing + self.found.unchanged
    }

    fn would_change_anything(&self) -> bool {
        self.found.new + self.found.changing > 0
    }

    /// Whether there are rows to download and correct.
    fn has_rejected(&self) -> bool {
        match self.state {
            State::Checked => self.found.problems > 0,
            _ => self.result.rejected > 0,
        }
    }
}
