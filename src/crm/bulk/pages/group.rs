//! Contacts chosen in a list into a group or a new one, or out of one. The page in between says how many there are and how many
//! are in each group already.

use super::super::model::{BulkAction, Deed, State};
use super::super::{actions, store};
use super::choose::count;
use super::{seen_at, with_undo};
use crate::accounts::Member;
use crate::base::GroupId;
use crate::crm::contacts::{self, Selection, Sent, sent_value};
use crate::crm::groups::actions::Added;
use crate::crm::groups::mailchimp::MailchimpView;
use crate::crm::groups::{self, Told, model, said_removed};
use crate::db::OrgTx;
use crate::web::{self, Answer, Choice, Field, Page, PageError};
use actix_web::http::StatusCode;
use askama::Template;

/// The seam to Mailchimp, as handlers take it.
type Mailchimp = actix_web::web::Data<dyn MailchimpView>;

/// The longest reason for a removal, in characters: a sentence.
const WHY_LENGTH_MAX: usize = 200;

#[derive(Template)]
#[template(path = "bulk/group.html")]
struct ChoosePage {
    page: Page,
    /// Carries the selection on: ids, or the filter of the list.
    selection: Vec<(&'static str, String)>,
    chosen: i64,
    /// The first of them is none.
    groups: Vec<Choice>,
    /// What is wrong with the choice.
    group: Field,
    title: Field,
}

#[derive(Template)]
#[template(path = "bulk/group_removal.html")]
struct ChooseRemovalPage {
    page: Page,
    selection: Vec<(&'static str, String)>,
    chosen: i64,
    groups: Vec<Choice>,
    group: Field,
    why: Field,
}

/// The group contacts are added to.
enum Target {
    Existing(GroupId),
    New(String),
}

/// `POST /o/{organization}/groups/choose`
pub async fn show(member: Member, sent: Sent) -> Answer {
    ask(&member, StatusCode::OK, &sent, Field::default(), Field::default()).await
}

async fn ask(member: &Member, status: StatusCode, sent: &Sent, group: Field, title: Field) -> Answer {
    let selection = Selection::of(sent);
    let pairs = selection.pairs();
    let (chosen, groups) = member.read(move |tx| groups_of(tx, &selection)).await?;
    if chosen == 0 {
        return Ok(contacts::nobody_chosen(member));
    }
    let labels = groups.into_iter().map(|group| match group.inside {
        0 => (group.id, group.title),
        inside => (
            group.id,
            format!("{} ({inside} of {chosen} already in it)", group.title),
        ),
    });
    let page = ChoosePage {
        page: member.page("contacts"),
        selection: pairs,
        chosen,
        groups: choices(labels, sent),
        group,
        title,
    };
    web::show_with(status, page)
}

/// `POST /o/{organization}/groups/additions`: to `group`, or to a new one called `title`.
pub async fn add(member: Member, mailchimp: Mailchimp, sent: Sent) -> Answer {
    const WRONG: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;
    let target = match target(&sent) {
        Ok(target) => target,
        Err((group, title)) => return ask(&member, WRONG, &sent, group, title).await,
    };
    let selection = Selection::of(&sent);
    let started = member
        .write(move |tx| {
            let group = match target {
                Target::Existing(group) => group,
                Target::New(title) if groups::store::find_by_title(tx, &title)?.is_some() => return Ok(None),
                Target::New(title) => groups::actions::create(tx, &title, "")?,
            };
            add_to(tx, mailchimp.as_ref(), group, &selection).map(Some)
        })
        .await?;
    let Some((group, action, told)) = started else {
        let taken = Field::wrong(
            sent_value(&sent, "title"),
            "A group of this name already exists. Choose it above.",
        );
        return ask(&member, WRONG, &sent, Field::default(), taken).await;
    };
    let place = format!("groups/{group}");
    let (Some(action), mut said) = (action, told.map_or_else(Vec::new, |told| told.flashes())) else {
        return Ok(contacts::nobody_chosen(&member));
    };
    if let Some(joined) = said.pop() {
        said.into_iter().for_each(|refused| member.say(refused));
        member.say(with_undo(&member, joined, &action));
    }
    Ok(seen_at(&member, &action, &place))
}

/// Starts it, and asks what is to be said where it was done at once.
fn add_to(
    tx: &mut OrgTx<'_>,
    mailchimp: &dyn MailchimpView,
    group: GroupId,
    selection: &Selection,
) -> Result<(GroupId, Option<BulkAction>, Option<Told>), PageError> {
    let title = existing(tx, group)?;
    let deed = Deed::AddToGroup { group, title };
    let Some(action) = actions::start(tx, selection, &deed)? else {
        return Ok((group, None, None));
    };
    let told = match action.state {
        State::Running => None,
        _ => {
            let added = Added {
                added: store::changed(tx, action.id)?,
                already_there: usize::try_from(action.result.unchanged).unwrap_or(0),
            };
            Some(Told::of(tx, mailchimp, group, added)?)
        }
    };
    Ok((group, Some(action), told))
}

/// The title of a group.
fn existing(tx: &mut OrgTx<'_>, group: GroupId) -> Result<String, PageError> {
    let group = groups::store::find(tx, group)?.ok_or(PageError::NotFound)?;
    Ok(group.title)
}

fn target(sent: &Sent) -> Result<Target, (Field, Field)> {
    if sent_value(sent, "into") == "new" {
        let (field, title) = Field::read(sent_value(sent, "title"), model::title);
        return title.map(Target::New).ok_or((Field::default(), field));
    }
    let (field, group) = chosen_group(sent);
    group.map(Target::Existing).ok_or((field, Field::default()))
}

/// `POST /o/{organization}/groups/choose-removal`
pub async fn show_removal(member: Member, sent: Sent) -> Answer {
    ask_removal(&member, StatusCode::OK, &sent, Field::default(), Field::default()).await
}

async fn ask_removal(member: &Member, status: StatusCode, sent: &Sent, group: Field, why: Field) -> Answer {
    let selection = Selection::of(sent);
    let pairs = selection.pairs();
    let (chosen, groups) = member.read(move |tx| groups_of(tx, &selection)).await?;
    if chosen == 0 {
        return Ok(contacts::nobody_chosen(member));
    }
    let labels = groups.into_iter().filter(|group| group.inside > 0).map(|group| {
        (
            group.id,
            format!("{} ({} of {chosen} in it)", group.title, group.inside),
        )
    });
    let page = ChooseRemovalPage {
        page: member.page("contacts"),
        selection: pairs,
        chosen,
        groups: choices(labels, sent),
        group,
        why,
    };
    web::show_with(status, page)
}

/// `POST /o/{organization}/groups/removals`
pub async fn remove(member: Member, sent: Sent) -> Answer {
    let (group_field, group) = chosen_group(&sent);
    let (why_field, why) = Field::read(sent_value(&sent, "why"), reason);
    let (Some(group), Some(why)) = (group, why) else {
        return ask_removal(&member, StatusCode::UNPROCESSABLE_ENTITY, &sent, group_field, why_field).await;
    };
    let selection = Selection::of(&sent);
    let (title, started) = member
        .write(move |tx| {
            let title = existing(tx, group)?;
            let deed = Deed::RemoveFromGroup {
                group,
                title: title.clone(),
                why,
            };
            Ok::<_, PageError>((title, actions::start(tx, &selection, &deed)?))
        })
        .await?;
    let Some(action) = started else {
        return Ok(contacts::nobody_chosen(&member));
    };
    if action.state == State::Done {
        let removed = usize::try_from(action.result.changed).unwrap_or(0);
        member.say(with_undo(&member, said_removed(&title, removed), &action));
    }
    Ok(seen_at(&member, &action, &format!("groups/{group}")))
}

/// A group and how many of the chosen are in it.
struct GroupChoice {
    id: GroupId,
    title: String,
    inside: i64,
}

/// How many are chosen, and every group with how many of them are in it.
fn groups_of(tx: &mut OrgTx<'_>, selection: &Selection) -> Result<(i64, Vec<GroupChoice>), PageError> {
    let chosen = count(tx, selection)?;
    let inside = groups::store::already_in(tx, selection)?;
    let groups = groups::store::titles(tx)?.into_iter().map(|(id, title)| GroupChoice {
        inside: inside.get(&id).copied().unwrap_or(0),
        id,
        title,
    });
    Ok((chosen, groups.collect()))
}

/// The groups, after a line that is none: nobody is added somewhere for not having looked.
fn choices(groups: impl Iterator<Item = (GroupId, String)>, sent: &Sent) -> Vec<Choice> {
    let groups = groups.map(|(id, label)| (id.to_string(), label));
    let none = (String::new(), "Choose a group".to_owned());
    Choice::list(std::iter::once(none).chain(groups), sent_value(sent, "group"))
}

fn chosen_group(sent: &Sent) -> (Field, Option<GroupId>) {
    Field::read(sent_value(sent, "group"), |typed| {
        typed.parse().map_err(|_| "Choose a group.")
    })
}

fn reason(typed: &str) -> Result<String, &'static str> {
    web::one_line(typed, WHY_LENGTH_MAX, "A reason may have up to 200 characters.")
}
