//! What needs somebody today: read in one go, told as a list in which every line opens what it is about.

use super::figures::Days;
use super::pages::{completed, link};
use crate::accounts::Member;
use crate::base::{ContactId, StaffId};
use crate::crm::activities::store::{ActivityFilter, State};
use crate::crm::contributions::recurring;
use crate::crm::contributions::search::{self, Filter};
use crate::crm::groups::mailchimp::{GroupSync, MailchimpView};
use crate::crm::opportunities::store::When;
use crate::crm::{activities, duplicates, groups, opportunities};
use crate::db::OrgTx;
use chrono::{NaiveDate, TimeDelta};
use diesel::QueryResult;

/// Gifts of so many days are looked at for thanks that are missing; older ones are nobody's task of today.
const THANKS_DAYS: i64 = 60;

/// Something that waits for somebody.
pub(super) struct Task {
    /// The mark's colour: `warn`, `bad` or `info`.
    pub tone: &'static str,
    pub icon: &'static str,
    pub what: String,
    pub why: &'static str,
    pub link: String,
}

/// What waits, as numbers.
pub(super) struct Waiting {
    my_overdue: i64,
    my_today: i64,
    my_soon: i64,
    overdue: i64,
    dates_past: i64,
    dates_soon: i64,
    recurring: i64,
    unthanked: i64,
    duplicates: i64,
    /// Who is to be erased, and whom Mailchimp did not delete.
    not_deleted: Vec<ContactId>,
    /// The linked groups with somebody Mailchimp does not take, or that have stopped.
    troubles: Vec<(String, GroupSync)>,
}

impl Waiting {
    pub(super) fn read(
        tx: &mut OrgTx<'_>,
        mailchimp: &dyn MailchimpView,
        me: StaffId,
        today: NaiveDate,
    ) -> QueryResult<Self> {
        let mut activities = |assigned_to, state| {
            let filter = ActivityFilter {
                assigned_to,
                state,
                today,
                ..ActivityFilter::default()
            };
            activities::store::count(tx, &filter)
        };
        let (my_overdue, my_today) = (
            activities(Some(me), State::Overdue)?,
            activities(Some(me), State::Today)?,
        );
        let my_soon = activities(Some(me), State::Soon)?;
        let overdue = activities(None, State::Overdue)?;
        let dates = opportunities::store::deadline_counts(tx, today)?;
        let unthanked = search::totals(tx, &without_thanks(today))?;
        Ok(Self {
            my_overdue,
            my_today,
            my_soon,
            overdue,
            dates_past: dates.past,
            dates_soon: dates.soon,
            recurring: recurring::count(tx, recurring::State::Overdue, today)?,
            unthanked: unthanked.iter().map(|total| total.contributions).sum(),
            duplicates: duplicates::store::count(tx, false)?,
            not_deleted: mailchimp.not_deleted(tx)?,
            troubles: troubles(tx, mailchimp)?,
        })
    }

    /// The most pressing first.
    pub(super) fn tasks(self, member: &Member, today: NaiveDate) -> Vec<Task> {
        let mut tasks: Vec<Task> = self
            .troubles
            .into_iter()
            .map(|(title, sync)| Task {
                tone: sync.tone,
                icon: "mailchimp",
                what: format!("{title}: {}", sync.text),
                why: "These people get no mail from Mailchimp. The page says why, and what helps.",
                link: member.at(&sync.link),
            })
            .collect();
        let mut add = |number: i64, words: [&str; 2], tone, icon, why, link: String| {
            if number > 0 {
                tasks.push(Task {
                    tone,
                    icon,
                    what: format!("{number} {}", words[usize::from(number != 1)]),
                    why,
                    link,
                });
            }
        };
        if let Some(first) = self.not_deleted.first().filter(|_| member.may_administer()) {
            add(
                i64::try_from(self.not_deleted.len()).unwrap_or(i64::MAX),
                [
                    "person waits to be erased: Mailchimp has not deleted them",
                    "people wait to be erased: Mailchimp has not deleted them",
                ],
                "bad",
                "mailchimp",
                "Somebody asked for it. The page says what Mailchimp said, and what helps.",
                member.at(&format!("contacts/{first}/erase")),
            );
        }
        let activities = |query: &str| member.at(&format!("activities?{query}"));
        add(
            self.my_overdue,
            ["activity of yours is overdue", "activities of yours are overdue"],
            "bad",
            "activities",
            "Assigned to you, and the day is past.",
            activities("whose=mine&state=overdue"),
        );
        add(
            self.my_today,
            ["activity of yours is due today", "activities of yours are due today"],
            "warn",
            "activities",
            "Assigned to you, and to be done today.",
            activities("whose=mine&state=today"),
        );
        add(
            self.overdue - self.my_overdue,
            [
                "activity of somebody else is overdue",
                "activities of others are overdue",
            ],
            "warn",
            "activities",
            "Assigned to a colleague or to nobody, and the day is past.",
            activities("whose=others&state=overdue"),
        );
        add(
            self.my_soon,
            [
                "activity of yours is due within a week",
                "activities of yours are due within a week",
            ],
            "info",
            "activities",
            "Assigned to you, in the seven days after today.",
            activities("whose=mine&state=soon"),
        );
        let deadlines = |when: &str| member.at(&format!("opportunities/deadlines?when={when}"));
        add(
            self.dates_past,
            ["opportunity date has passed", "opportunity dates have passed"],
            "bad",
            "star",
            "An application, a decision or a report that was due.",
            deadlines(When::Past.as_str()),
        );
        add(
            self.dates_soon,
            ["opportunity date is coming up", "opportunity dates are coming up"],
            "warn",
            "star",
            "An application, a decision or a report within two weeks.",
            deadlines(When::Soon.as_str()),
        );
        add(
            self.recurring,
            [
                "recurring contribution is overdue",
                "recurring contributions are overdue",
            ],
            "warn",
            "contributions",
            "A gift was expected, and none is recorded. Record it, ask the donor, or end what has stopped.",
            member.at("recurring?state=overdue"),
        );
        add(
            self.unthanked,
            ["gift is not thanked for yet", "gifts are not thanked for yet"],
            "info",
            "contributions",
            "Received in the last two months.",
            link(member, &without_thanks(today)),
        );
        add(
            self.duplicates,
            [
                "pair of contacts may be one person",
                "pairs of contacts may be one person each",
            ],
            "info",
            "merge",
            "Look at them side by side, and merge them or say that they are two.",
            member.at("duplicates"),
        );
        tasks
    }
}

/// Gifts of the last weeks that nobody has thanked for.
fn without_thanks(today: NaiveDate) -> Filter {
    let recent = Days {
        from: today - TimeDelta::days(THANKS_DAYS),
        to: today,
    };
    Filter {
        thanked: Some(false),
        ..completed(recent)
    }
}

fn troubles(tx: &mut OrgTx<'_>, mailchimp: &dyn MailchimpView) -> QueryResult<Vec<(String, GroupSync)>> {
    let titles = groups::store::titles(tx)?;
    let mut column = mailchimp.column(tx)?;
    column.retain(|_, sync| matches!(sync.tone, "bad" | "warn"));
    let troubled = titles
        .into_iter()
        .filter_map(|(group, title)| Some((title, column.remove(&group)?)));
    Ok(troubled.collect())
}
