//! Two contacts side by side: a choice for each field, what is kept of both, and which opt-outs win.

use super::super::actions::{self, Preview};
use super::super::model::{Choices, Pair};
use super::super::store;
use super::{Mailchimp, PairPath};
use crate::accounts::Member;
use crate::base::{ContactId, counted};
use crate::crm::contacts::{self, Contact, Selection};
use crate::crm::contributions::totals;
use crate::crm::profile::{Frame, Tab};
use crate::db::OrgTx;
use crate::web::{self, Answer, Flash, Page, PageError};
use actix_web::web::{Form, Query};
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
    holdings: Vec<Holding>,
    queue: Option<Queue>,
}

impl ComparePage {
    fn pair(&self) -> Pair {
        Pair {
            survivor: self.preview.survivor.id,
            loser: self.preview.loser.id,
        }
    }
}

/// How much of one kind either has: the name of its tab, its address below the contact, and the numbers.
struct Holding {
    label: &'static str,
    tab: &'static str,
    survivor: String,
    loser: String,
}

/// The duplicates one after the other: where a pair comes from the queue, what is decided about it leads on to the next.
struct Queue {
    /// Which part of the queue, as the queue's own page reads it.
    which: String,
}

/// What stands behind the `?` where a pair comes from the queue: `from=duplicates`, and which part of it.
type Asked = Query<Vec<(String, String)>>;

impl Queue {
    fn of(asked: &Asked) -> Option<Self> {
        let (from, which): (Vec<_>, Vec<_>) = asked.iter().partition(|(name, _)| name == "from");
        let comes_from_it = from.iter().any(|(_, from)| from == "duplicates");
        comes_from_it.then(|| Self {
            which: serde_urlencoded::to_string(which).unwrap_or_default(),
        })
    }

    /// The pair behind this one.
    fn next(&self, pair: Pair) -> String {
        let (survivor, loser) = (pair.survivor, pair.loser);
        format!("duplicates/next?after={survivor}-{loser}&{}", self.which)
    }

    /// What follows the address of the two the other way round.
    fn query(&self) -> String {
        format!("?from=duplicates&{}", self.which)
    }
}

/// `POST /o/{organization}/merges/choose`: from a list in which two are chosen; the one known longest survives. Where there are
/// more, the queue of duplicates says who of them may be whom.
pub async fn choose(member: Member, sent: Sent) -> Answer {
    let selection = Selection::of(&sent);
    let among = serde_urlencoded::to_string(selection.pairs()).unwrap_or_default();
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
                    .with("Here are the pairs among those you chose, the most likely first. Nothing was changed yet."),
            );
            member.redirect(&format!("duplicates?{among}"))
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
pub async fn show(member: Member, path: PairPath, asked: Asked, mailchimp: Mailchimp) -> Answer {
    let (pair, queue) = (pair(&path)?, Queue::of(&asked));
    let (preview, holdings) = member
        .read(move |tx| {
            let preview = actions::preview(tx, mailchimp.as_ref(), pair, &Choices::default())?;
            let holdings = holdings(tx, &preview)?;
            Ok::<_, PageError>((preview, holdings))
        })
        .await?;
    let local = |moment| member.organization.local(moment);
    let swapped = format!("contacts/{}/merge/{}", pair.loser, pair.survivor);
    web::show(ComparePage {
        page: member.page("contacts"),
        swapped: member.at(&(swapped + &queue.as_ref().map(Queue::query).unwrap_or_default())),
        survivor_since: local(preview.survivor.created_at),
        loser_since: local(preview.loser.created_at),
        preview,
        holdings,
        queue,
    })
}

/// What hangs on the two, as far as one of them has any: it mostly decides which to keep.
fn holdings(tx: &mut OrgTx<'_>, preview: &Preview) -> QueryResult<Vec<Holding>> {
    let (survivor, loser) = (of(tx, &preview.survivor)?, of(tx, &preview.loser)?);
    let both = survivor.into_iter().zip(loser);
    let some = both.filter(|((.., survivor), (.., loser))| !(is_nothing(survivor) && is_nothing(loser)));
    Ok(some
        .map(|((label, tab, survivor), (.., loser))| Holding {
            label,
            tab,
            survivor,
            loser,
        })
        .collect())
}

/// What stands in place of an amount or a day where there is none.
const NOTHING: &str = "None";

fn is_nothing(count: &str) -> bool {
    matches!(count, NOTHING | "0")
}

fn of(tx: &mut OrgTx<'_>, contact: &Contact) -> QueryResult<[(&'static str, &'static str, String); 9]> {
    let counts = Frame::of(tx, contact, Tab::Summary)?.counts;
    let given = totals::of(tx, contact.id)?;
    let sums: Vec<String> = given.iter().map(|total| total.total().to_string()).collect();
    let sums = if sums.is_empty() {
        NOTHING.into()
    } else {
        sums.join(", ")
    };
    let last = given.iter().map(|total| total.last_on).max();
    let last = last.map_or(NOTHING.into(), |day| day.format("%b %-d, %Y").to_string());
    Ok([
        ("Contributions", "contributions", counted(counts.contributions)),
        ("Given", "contributions", sums),
        ("Last gift", "contributions", last),
        ("Opportunities", "opportunities", counted(counts.opportunities)),
        ("Activities", "activities", counted(counts.activities)),
        ("Relationships", "relationships", counted(counts.relationships)),
        ("Groups", "groups", counted(counts.groups)),
        ("Notes", "notes", counted(counts.notes)),
        ("Tags", "tags", counted(counts.tags)),
    ])
}

/// `POST /o/{organization}/contacts/{contact}/merge/{other}`
pub async fn submit(member: Member, path: PairPath, asked: Asked, mailchimp: Mailchimp, sent: Sent) -> Answer {
    let (pair, queue) = (pair(&path)?, Queue::of(&asked));
    let choices = Choices::of(&sent);
    let (id, mut names) = member
        .write(move |tx| {
            let names = store::names(tx, &[pair.survivor, pair.loser])?;
            Ok::<_, PageError>((actions::merge(tx, mailchimp.as_ref(), pair, &choices)?, names))
        })
        .await?;
    let merge = format!("merges/{id}");
    let Some(queue) = queue else {
        return Ok(member.redirect(&merge));
    };
    let mut name = |id| names.remove(&id).unwrap_or_default();
    let said = format!("{} was merged into {}.", name(pair.loser), name(pair.survivor));
    member.say(Flash::success(said).leading_to(member.at(&merge), "See or undo this merge"));
    Ok(member.redirect(&queue.next(pair)))
}

fn pair(path: &PairPath) -> Result<Pair, PageError> {
    let (survivor, loser) = (path.1, path.2);
    if survivor == loser {
        return Err(PageError::NotFound);
    }
    Ok(Pair { survivor, loser })
}
