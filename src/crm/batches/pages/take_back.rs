//! Taking a posted batch back as a whole, after asking. What was changed since is named, and keeps the batch as it is.

use super::super::model::Batch;
use super::super::{actions, store};
use super::BatchPath;
use crate::accounts::Member;
use crate::crm::contributions;
use crate::crm::contributions::search::{self, ContributionRow};
use crate::web::{self, Answer, Flash, Page, PageError};
use askama::Template;

#[derive(Template)]
#[template(path = "batches/take_back.html")]
struct TakeBackPage {
    page: Page,
    batch: Batch,
    /// How many of its contributions are here.
    here: usize,
    /// Those that are not as they were posted.
    changed: Vec<ContributionRow>,
}

impl TakeBackPage {
    /// How many were deleted one by one.
    fn gone(&self) -> usize {
        self.batch.entered().0.saturating_sub(self.here)
    }
}

/// `GET /o/{organization}/batches/{batch}/take-back`
pub async fn ask(member: Member, path: BatchPath) -> Answer {
    let id = path.1;
    let (batch, here, changed) = member
        .read(move |tx| {
            let batch = store::find(tx, id)?.ok_or(PageError::NotFound)?;
            let gifts = store::contributions(tx, id)?;
            let gifts = contributions::store::find_all(tx, &gifts)?;
            let changed = store::changed_since(tx, &gifts)?;
            Ok::<_, PageError>((batch, gifts.len(), search::rows(tx, &changed)?))
        })
        .await?;
    if !batch.is_posted {
        return Ok(member.redirect(&format!("batches/{id}")));
    }
    web::show(TakeBackPage {
        page: member.page("contributions"),
        batch,
        here,
        changed,
    })
}

/// `POST /o/{organization}/batches/{batch}/take-back`
pub async fn submit(member: Member, path: BatchPath) -> Answer {
    let id = path.1;
    let count = member.write(move |tx| actions::take_back(tx, id)).await?;
    let words = if count == 1 {
        "Its contribution was".to_owned()
    } else {
        format!("Its {count} contributions were")
    };
    member.say(Flash::success(format!(
        "The batch is a draft again. {words} deleted; what was typed is here to be put right and posted anew."
    )));
    Ok(member.redirect(&format!("batches/{id}")))
}
