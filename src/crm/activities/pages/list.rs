//! All activities, with filters: whose, how they stand, of which type, and when.

use super::super::model::Activity;
use super::super::store::{self, ActivityFilter, State};
use super::super::types;
use crate::accounts::{self, Member};
use crate::web::{self, Answer, Choice, Field, PAGE_SIZE, Page, PageError, Pager, day};
use actix_web::web::Query;
use askama::Template;
use serde::Deserialize;

/// What may stand in the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// "mine", "others", or a colleague's id.
    whose: String,
    state: String,
    #[serde(rename = "type")]
    of_type: String,
    /// First day, as "2026-04-27".
    from: String,
    /// Last day, which counts.
    to: String,
    page: String,
}

#[derive(Template)]
#[template(path = "activities/list.html")]
struct ListPage {
    page: Page,
    rows: Vec<Row>,
    pager: Pager,
    whose: Vec<Choice>,
    states: Vec<Choice>,
    types: Vec<Choice>,
    from: Field,
    to: Field,
    is_filtered: bool,
}

struct Row {
    activity: Activity,
    when: String,
    due: String,
    is_overdue: bool,
}

/// `GET /o/{organization}/activities`
pub async fn show(member: Member, asked: Query<Asked>) -> Answer {
    let asked = asked.into_inner();
    let (from, first_day) = Field::read(&asked.from, day);
    let (to, last_day) = Field::read(&asked.to, day);
    let here = &member.organization;
    let me = member.person().staff.id;
    let filter = ActivityFilter {
        assigned_to: match asked.whose.as_str() {
            "mine" => Some(me),
            whose => whose.parse().ok(),
        },
        not_assigned_to: (asked.whose == "others").then_some(me),
        state: State::parse(&asked.state),
        type_id: asked.of_type.parse().ok(),
        from: first_day.flatten().and_then(|day| here.beginning_of(day)),
        until: last_day.flatten().and_then(|day| here.beginning_of(day.succ_opt()?)),
        today: member.today(),
        ..ActivityFilter::default()
    };
    let is_filtered = [&asked.whose, &asked.state, &asked.of_type, &asked.from, &asked.to]
        .iter()
        .any(|given| !given.is_empty());
    let wanted = asked.page.parse().unwrap_or(1);
    let (number, total, activities, types, colleagues) = member
        .read(move |tx| {
            let total = store::count(tx, &filter)?;
            let number = Pager::number(wanted, total);
            let activities = store::list(tx, &filter, (number - 1) * PAGE_SIZE, PAGE_SIZE)?;
            Ok::<_, PageError>((number, total, activities, types::stored(tx)?, accounts::colleagues(tx)?))
        })
        .await?;

    let (now, today) = (member.person().db().clock().now(), member.today());
    let whose = [
        (String::new(), "Everybody".to_owned()),
        ("mine".to_owned(), "Mine".to_owned()),
        ("others".to_owned(), "Not mine".to_owned()),
    ];
    let others = colleagues.into_iter().filter(|colleague| colleague.id != me);
    let others = others.map(|colleague| (colleague.id.to_string(), colleague.name));
    let types = types.into_iter().map(|of_type| (of_type.id.to_string(), of_type.name));
    let any = std::iter::once((String::new(), "Any".to_owned()));
    web::show(ListPage {
        page: member.page("activities"),
        rows: activities
            .into_iter()
            .map(|activity| Row {
                when: here.local(activity.is.activity_at),
                due: activity
                    .is
                    .due_on
                    .map(|day| day.format("%b %-d, %Y").to_string())
                    .unwrap_or_default(),
                is_overdue: activity.is_overdue(now, today),
                activity,
            })
            .collect(),
        pager: Pager::of(number, total, |page| at(&member, &asked, page)),
        whose: Choice::list(whose.into_iter().chain(others), &asked.whose),
        states: Choice::list(State::ALL.map(|state| (state.as_str(), state.label())), &asked.state),
        types: Choice::list(any.chain(types), &asked.of_type),
        from,
        to,
        is_filtered,
    })
}

fn at(member: &Member, asked: &Asked, page: i64) -> String {
    let page = page.to_string();
    let pairs = [
        ("whose", &asked.whose),
        ("state", &asked.state),
        ("type", &asked.of_type),
        ("from", &asked.from),
        ("to", &asked.to),
        ("page", &page),
    ];
    let given: Vec<_> = pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    let query = serde_urlencoded::to_string(given).unwrap_or_default();
    member.at(&format!("activities?{query}"))
}
