//! Two contacts side by side: a choice for each field, what is kept of both, and which opt-outs win.

use super::super::actions::{self, Preview};
use super::super::model::{Choices, Pair};
use super::{Mailchimp, PairPath};
use crate::accounts::Member;
use crate::base::ContactId;
use crate::crm::contacts::{self, Selection};
use crate::db::OrgTx;
use crate::web::{self, Answer, Flash, Page, PageError};
use actix_web::web::Form;
use askama::Template;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

/// What a form sends, in the order it was sent.
type Sent = Form<Vec<(String, String)>>;

#[derive(Template)]
#[template(path = "merge/compare.html")]
struct ComparePage {
    page: Page,
    preview: Preview,
    /// The same two, the other way round.
    swapped: String,
    survivor_since: String,
    loser_since: String,
}

/// `POST /o/{organization}/merges/choose`: from a list in which two are chosen; the one known longest survives. Where there are
/// more, the queue of duplicates says who of them may be whom.
pub async fn choose(member: Member, sent: Sent) -> Answer {
    let selection = Selection::of(&sent);
    let chosen = member
        .read(move |tx| Ok::<_, PageError>(first_three(tx, &selection)?))
        .await?;
    Ok(match chosen.as_slice() {
        [survivor, loser] => member.redirect(&format!("contacts/{survivor}/merge/{loser}")),
        [] => contacts::nobody_chosen(&member),
        [_] => {
            member.say(
                Flash::error("Choose two contacts to merge").with("One alone cannot be merged. Nothing was changed."),
            );
            member.redirect("contacts")
        }
        _ => {
            member.say(
                Flash::info("Two contacts are merged at a time")
                    .with("Here are those who may be one, the most likely first. Nothing was changed yet."),
            );
            member.redirect("duplicates")
        }
    })
}

/// More than two are not told apart: all may be chosen.
fn first_three(tx: &mut OrgTx<'_>, selection: &Selection) -> QueryResult<Vec<ContactId>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        id: ContactId,
    }
    let Some((query, _)) = contacts::chosen(tx, selection, "SELECT contacts.id", "")? else {
        return Ok(Vec::new());
    };
    let rows: Vec<Row> = query.sql(" ORDER BY contacts.id LIMIT 3").load(&mut **tx)?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// `GET /o/{organization}/contacts/{contact}/merge/{other}`: the first one survives.
pub async fn show(member: Member, path: PairPath, mailchimp: Mailchimp) -> Answer {
    let pair = pair(&path)?;
    let preview = member
        .read(move |tx| actions::preview(tx, mailchimp.as_ref(), pair, &Choices::default()))
        .await?;
    let local = |moment| member.organization.local(moment);
    web::show(ComparePage {
        page: member.page("contacts"),
        swapped: member.at(&format!("contacts/{}/merge/{}", pair.loser, pair.survivor)),
        survivor_since: local(preview.survivor.created_at),
        loser_since: local(preview.loser.created_at),
        preview,
    })
}

/// `POST /o/{organization}/contacts/{contact}/merge/{other}`
pub async fn submit(member: Member, path: PairPath, mailchimp: Mailchimp, sent: Sent) -> Answer {
    let pair = pair(&path)?;
    let choices = Choices::of(&sent);
    let id = member
        .write(move |tx| actions::merge(tx, mailchimp.as_ref(), pair, &choices))
        .await?;
    Ok(member.redirect(&format!("merges/{id}")))
}

fn pair(path: &PairPath) -> Result<Pair, PageError> {
    let (survivor, loser) = (path.1, path.2);
    if survivor == loser {
        return Err(PageError::NotFound);
    }
    Ok(Pair { survivor, loser })
}
