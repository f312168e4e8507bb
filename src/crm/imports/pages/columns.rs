//! Matching a file: what its rows are about, what each column holds, with three of its values, and which group everybody
//! joins.

use super::super::column::{self, Column};
use super::super::custom;
use super::super::kind::{KINDS, Kind, named};
use super::super::matching::Matching;
use super::super::model::{Import, State, column_letter};
use super::super::{actions, store};
use super::{ImportPath, existing};
use crate::accounts::Member;
use crate::base::GroupId;
use crate::crm::groups;
use crate::crm::groups::actions::TitleError;
use crate::db::OrgTx;
use crate::web::{self, Answer, Choice, Field, Page, PageError};
use actix_web::http::StatusCode;
use actix_web::web::{Form, Query};
use askama::Template;
use serde::Deserialize;
use std::collections::HashMap;

/// Values of a column that are shown.
const SAMPLES: usize = 3;

#[derive(Template)]
#[template(path = "imports/columns.html")]
struct ColumnsPage {
    page: Page,
    import: Import,
    kinds: Vec<Choice>,
    kind: &'static dyn Kind,
    makes_missing: bool,
    adds_alike: bool,
    columns: Vec<FileColumn>,
    offered: Vec<(&'static str, Vec<Column>)>,
    groups: Vec<Choice>,
    group: Field,
    new_group: Field,
    /// What is wrong with the choices as a whole.
    problem: Option<String>,
    left_out: usize,
}

struct FileColumn {
    letter: String,
    header: String,
    samples: Vec<String>,
    key: Option<String>,
    error: Option<String>,
}

impl FileColumn {
    fn holds(&self, column: &Column) -> bool {
        self.key.as_ref() == Some(&column.key)
    }
}

/// What was chosen.
#[derive(Clone)]
struct Chosen {
    matching: Matching,
    group: String,
    new_group: String,
}

/// What the rows are said to be about.
#[derive(Deserialize)]
pub struct Said {
    #[serde(default)]
    kind: String,
}

/// `GET /o/{organization}/imports/{import}/columns`
pub async fn show(member: Member, path: ImportPath, said: Query<Said>) -> Answer {
    let id = path.1;
    let kind = KINDS.into_iter().find(|kind| kind.word() == said.kind);
    let (import, chosen, own) = member
        .read(move |tx| {
            let import = existing(tx, id)?;
            let chosen = Chosen {
                matching: actions::suggested(tx, &import, kind)?,
                group: import.group.map(|group| group.to_string()).unwrap_or_default(),
                new_group: String::new(),
            };
            let own = custom::columns(tx, chosen.matching.kind())?;
            Ok::<_, PageError>((import, chosen, own))
        })
        .await?;
    if !matches!(import.state, State::Matching | State::Checking | State::Checked) {
        return Ok(member.redirect(&format!("imports/{id}")));
    }
    form(&member, StatusCode::OK, import, (chosen, own), Wrong::default()).await
}

/// `POST /o/{organization}/imports/{import}/columns`
pub async fn save(member: Member, path: ImportPath, typed: Form<Vec<(String, String)>>) -> Answer {
    let id = path.1;
    let typed: HashMap<String, String> = typed.into_inner().into_iter().collect();
    let kind = named(typed.get("kind").map_or("", String::as_str));
    let (import, own) = member
        .read(move |tx| Ok::<_, PageError>((existing(tx, id)?, custom::columns(tx, kind)?)))
        .await?;
    let chosen = read(&import, &typed, &own);
    let wrong = wrong(&chosen, &own);
    if !wrong.is_nothing() {
        return form(&member, StatusCode::UNPROCESSABLE_ENTITY, import, (chosen, own), wrong).await;
    }
    member.write(move |tx| choose(tx, id, &chosen)).await?;
    Ok(member.redirect(&format!("imports/{id}")))
}

fn choose(tx: &mut OrgTx<'_>, id: crate::base::ImportId, chosen: &Chosen) -> Result<(), PageError> {
    let group = match groups::model::title(&chosen.new_group) {
        Ok(title) => Some(existing_or_new(tx, &title)?),
        Err(_) => chosen.group.parse::<GroupId>().ok(),
    };
    if let Some(group) = group {
        groups::store::find(tx, group)?.ok_or(PageError::NotFound)?;
    }
    actions::choose_columns(tx, id, &chosen.matching, group)
}

fn existing_or_new(tx: &mut OrgTx<'_>, title: &str) -> Result<GroupId, PageError> {
    if let Some(group) = groups::store::find_by_title(tx, title)? {
        return Ok(group.id);
    }
    match groups::actions::create(tx, title, "") {
        Ok(group) => Ok(group),
        Err(TitleError::Taken) => Err(PageError::Refused(
            "Somebody made a group of this name at the same moment. Nothing was changed. Go back and choose it.".into(),
        )),
        Err(TitleError::Unavailable(error)) => Err(error.into()),
        Err(TitleError::Query(error)) => Err(error.into()),
    }
}

fn read(import: &Import, typed: &HashMap<String, String>, own: &[Column]) -> Chosen {
    let text = |name: &str| typed.get(name).cloned().unwrap_or_default();
    let kind = named(&text("kind"));
    let known = [column::of(kind), own.to_vec()].concat();
    let key = |at: usize| Some(text(&format!("column_{at}"))).filter(|key| known.iter().any(|one| one.key == *key));
    Chosen {
        matching: Matching {
            kind: kind.word().to_owned(),
            columns: (0..import.headers.len()).map(key).collect(),
            makes_missing: !text("makes_missing").is_empty(),
            adds_alike: !text("adds_alike").is_empty(),
        },
        group: text("group"),
        new_group: text("new_group"),
    }
}

/// What is wrong with the choices.
#[derive(Default)]
struct Wrong {
    /// By column.
    twice: HashMap<usize, String>,
    as_a_whole: Option<String>,
    new_group: Option<String>,
}

impl Wrong {
    fn is_nothing(&self) -> bool {
        self.twice.is_empty() && self.as_a_whole.is_none() && self.new_group.is_none()
    }
}

fn wrong(chosen: &Chosen, own: &[Column]) -> Wrong {
    let mut wrong = Wrong::default();
    let kind = chosen.matching.kind();
    let known = column::of(kind).into_iter().chain(own.iter().cloned());
    let labels: HashMap<String, _> = known.map(|one| (one.key, one.label)).collect();
    let mut first: HashMap<&str, usize> = HashMap::new();
    for (at, key) in chosen.matching.columns.iter().enumerate() {
        let Some(key) = key.as_deref() else { continue };
        if let Some(other) = first.get(key) {
            let sentence = format!(
                "Column {} is {} already. Choose something else here, or leave this column out.",
                column_letter(*other),
                labels.get(key).map_or(key, |label| &**label)
            );
            wrong.twice.insert(at, sentence);
        } else {
            first.insert(key, at);
        }
    }
    let joins = !chosen.group.is_empty() || !chosen.new_group.trim().is_empty();
    let keys: Vec<&str> = first.into_keys().collect();
    wrong.as_a_whole = kind.unfit(&keys, joins);
    if !chosen.new_group.trim().is_empty() {
        wrong.new_group = groups::model::title(&chosen.new_group).err().map(str::to_owned);
    }
    wrong
}

/// Everything a column can hold, the organization's own fields last.
fn offered(kind: &'static dyn Kind, own: Vec<Column>) -> Vec<(&'static str, Vec<Column>)> {
    let own = Some((custom::HEADING, own)).filter(|(_, own)| !own.is_empty());
    kind.offered().into_iter().chain(own).collect()
}

async fn form(
    member: &Member,
    status: StatusCode,
    import: Import,
    (chosen, own): (Chosen, Vec<Column>),
    wrong: Wrong,
) -> Answer {
    let (id, columns) = (import.id, import.headers.len());
    let (samples, groups) = member
        .read(move |tx| Ok::<_, PageError>((store::samples(tx, id, columns, SAMPLES)?, groups::store::list(tx)?)))
        .await?;
    let groups = groups
        .into_iter()
        .map(|counted| (counted.group.id.to_string(), counted.group.title));
    let nobody = [(String::new(), "Nobody, only as the file says".to_owned())];
    let kind = chosen.matching.kind();
    let keys = chosen.matching.columns.iter().cloned().chain(std::iter::repeat(None));
    let columns: Vec<FileColumn> = import
        .headers
        .iter()
        .zip(samples)
        .zip(keys)
        .enumerate()
        .map(|(at, ((header, samples), key))| FileColumn {
            letter: column_letter(at),
            header: header.clone(),
            samples,
            key,
            error: wrong.twice.get(&at).cloned(),
        })
        .collect();
    let page = ColumnsPage {
        page: member.page("imports"),
        left_out: columns.iter().filter(|column| column.key.is_none()).count(),
        columns,
        import,
        kinds: Choice::list(KINDS.map(|kind| (kind.word(), kind.words().each_row_is)), kind.word()),
        makes_missing: chosen.matching.makes_missing,
        adds_alike: chosen.matching.adds_alike,
        offered: offered(kind, own),
        kind,
        groups: Choice::list(nobody.into_iter().chain(groups), &chosen.group),
        group: Field::holding(chosen.group),
        new_group: Field {
            value: chosen.new_group,
            error: wrong.new_group,
        },
        problem: wrong.as_a_whole,
    };
    web::show_with(status, page)
}
