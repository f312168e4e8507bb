//! The question before something is undone, and undoing it.

use super::actions;
use crate::accounts::Member;
use crate::base::{ContactId, StepId};
use crate::changelog::FieldChange;
use crate::changelog::steps::{self, Place, Record, Step};
use crate::crm::undoable;
use crate::web::{self, Answer, Flash, Page, PageError};
use actix_web::web::Path;
use askama::Template;

/// Fields that are shown before the question; more are counted.
const FIELDS_SHOWN: usize = 20;

/// What both handlers take.
pub type StepPath = Path<(String, StepId)>;

#[derive(Template)]
#[template(path = "undo/ask.html")]
struct AskPage {
    page: Page,
    what: String,
    when: String,
    /// From what to what the undo changes it.
    fields: Vec<FieldChange>,
    more: usize,
    /// Other lines of the Change Log than the one shown.
    others: usize,
    back: String,
}

/// `GET /o/{organization}/undo/{step}`
pub async fn ask(member: Member, path: StepPath) -> Answer {
    let (id, role) = (path.1, member.role);
    let (step, told, (record, is_there)) = member
        .read(move |tx| {
            let step = steps::find(tx, id)?.ok_or(PageError::NotFound)?;
            let record = record_of(&step)?;
            if role < record.needs {
                return Err(PageError::Forbidden);
            }
            let told = steps::told(tx, &step)?;
            let is_there = steps::is_there(tx, record, step.record_id)?;
            Ok((step, told, (record, is_there)))
        })
        .await?;
    let contact = told.iter().find_map(|line| line.contact);
    let back = place(record, &step, contact, is_there);
    if step.undone_at.is_some() {
        member.say(Flash::info("This was undone already."));
        return Ok(member.redirect(&back));
    }
    let first = told.first().ok_or(PageError::NotFound)?;
    let fields: Vec<FieldChange> = first.fields.iter().map(actions::backwards).collect();
    web::show(AskPage {
        page: member.page("changes"),
        what: first.what.clone(),
        when: member.organization.local(step.at),
        more: fields.len().saturating_sub(FIELDS_SHOWN),
        fields: fields.into_iter().take(FIELDS_SHOWN).collect(),
        others: told.len() - 1,
        back: member.at(&back),
    })
}

/// `POST /o/{organization}/undo/{step}`
pub async fn submit(member: Member, path: StepPath) -> Answer {
    let (id, role) = (path.1, member.role);
    let ((said, back), step) = member
        .write(move |tx| {
            let step = steps::find(tx, id)?.ok_or(PageError::NotFound)?;
            let record = record_of(&step)?;
            if role < record.needs {
                return Err(PageError::Forbidden);
            }
            steps::remember(tx, record, step.record_id, |tx| {
                let told = steps::told(tx, &step)?;
                actions::take_back(tx, record, &step)?;
                let said = told.first().map(|line| actions::what(&line.what)).unwrap_or_default();
                let contact = told.iter().find_map(|line| line.contact);
                let is_there = steps::is_there(tx, record, step.record_id)?;
                Ok((said, place(record, &step, contact, is_there)))
            })
        })
        .await?;
    member.say_done(Flash::success(said), step);
    Ok(member.redirect(&back))
}

fn record_of(step: &Step) -> Result<&'static Record, PageError> {
    undoable::find(&step.record).ok_or(PageError::NotFound)
}

/// The page on which the record is seen, or would be if it were there.
fn place(record: &Record, step: &Step, contact: Option<ContactId>, is_there: bool) -> String {
    match (record.page, contact) {
        (Place::List(list), _) => list.to_owned(),
        (Place::Own(list), _) if !is_there => list.to_owned(),
        (Place::Own(list), _) => format!("{list}/{}", step.record_id),
        (Place::Tab(tab), Some(contact)) => format!("contacts/{contact}/{tab}"),
        (Place::Tab(_), None) => "contacts".to_owned(),
    }
}
