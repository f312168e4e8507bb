//! The settings of the organization.

use super::super::actions::{self, NewSettings};
use super::super::model::{Colleague, MONTHS, required};
use super::super::{Member, store};
use crate::base::StaffId;
use crate::web::{self, Answer, Choice, Field, Flash, Page, PageError};
use actix_web::http::StatusCode;
use actix_web::web::Form;
use askama::Template;
use chrono_tz::{TZ_VARIANTS, Tz};
use std::collections::BTreeSet;

/// Canada's time zones in the words of its inhabitants, from east to west; all others follow by their own names.
const CANADIAN_ZONES: [(Tz, &str); 8] = [
    (Tz::America__St_Johns, "Newfoundland (St. John’s)"),
    (Tz::America__Halifax, "Atlantic (Halifax)"),
    (Tz::America__Toronto, "Eastern (Toronto, Montréal)"),
    (Tz::America__Winnipeg, "Central (Winnipeg)"),
    (Tz::America__Regina, "Central without daylight saving (Regina)"),
    (Tz::America__Edmonton, "Mountain (Edmonton, Calgary)"),
    (Tz::America__Whitehorse, "Yukon (Whitehorse)"),
    (Tz::America__Vancouver, "Pacific (Vancouver)"),
];

#[derive(Template)]
#[template(path = "accounts/settings.html")]
struct SettingsPage {
    page: Page,
    address: String,
    name: Field,
    time_zone: Field,
    time_zones: Vec<Choice>,
    fiscal_year_month: Field,
    months: Vec<Choice>,
    unsubscribe_sets_no_bulk_emails: bool,
    colleagues: Vec<Colleague>,
}

/// `GET /o/{organization}/settings`
pub async fn show(member: Member) -> Answer {
    let colleagues = member.read(|tx| Ok::<_, PageError>(store::colleagues(tx)?)).await?;
    let here = &member.organization;
    web::show(SettingsPage {
        page: member.page("settings"),
        address: member.at(""),
        name: Field::holding(&here.name),
        time_zone: Field::default(),
        time_zones: time_zones(here.time_zone),
        fiscal_year_month: Field::default(),
        months: months(here.fiscal_year_month),
        unsubscribe_sets_no_bulk_emails: here.unsubscribe_sets_no_bulk_emails,
        colleagues,
    })
}

/// `POST /o/{organization}/settings`
pub async fn submit(member: Member, typed: Form<Vec<(String, String)>>) -> Answer {
    let value = |name: &str| {
        typed
            .iter()
            .find(|(field, _)| field == name)
            .map_or("", |(_, value)| value)
    };
    let (name_field, name) = Field::read(value("name"), |text| {
        required(text, "Write the name of your organization.")
    });
    let (zone_field, time_zone) = Field::read(value("time_zone"), |text| {
        text.parse::<Tz>().map_err(|_| "Choose a time zone from the list.")
    });
    let (month_field, fiscal_year_month) = match value("fiscal_year_month") {
        "" => (Field::default(), Some(member.organization.fiscal_year_month)),
        typed => Field::read(typed, month),
    };
    let unsubscribe_sets_no_bulk_emails = value("unsubscribe_sets_no_bulk_emails") == "true";
    let alerted: BTreeSet<StaffId> = typed
        .iter()
        .filter(|(field, _)| field == "alerted")
        .filter_map(|(_, id)| id.parse().ok())
        .collect();
    let (Some(name), Some(time_zone), Some(fiscal_year_month)) = (name, time_zone, fiscal_year_month) else {
        let mut colleagues = member.read(|tx| Ok::<_, PageError>(store::colleagues(tx)?)).await?;
        for colleague in &mut colleagues {
            colleague.receives_alerts = alerted.contains(&colleague.id);
        }
        let page = SettingsPage {
            page: member.page("settings"),
            address: member.at(""),
            name: name_field,
            time_zones: time_zones(time_zone.unwrap_or(member.organization.time_zone)),
            time_zone: zone_field,
            months: months(fiscal_year_month.unwrap_or(member.organization.fiscal_year_month)),
            fiscal_year_month: month_field,
            unsubscribe_sets_no_bulk_emails,
            colleagues,
        };
        return web::show_with(StatusCode::UNPROCESSABLE_ENTITY, page);
    };
    let nobody_is_alerted = alerted.is_empty();
    let new = NewSettings {
        name,
        time_zone,
        fiscal_year_month,
        unsubscribe_sets_no_bulk_emails,
        alerted,
    };
    let changed = member
        .write(move |tx| Ok::<_, PageError>(actions::change_settings(tx, &new)?))
        .await?;
    member.say(match (changed, nobody_is_alerted) {
        (true, false) => Flash::success("The settings were saved."),
        (false, false) => Flash::success("Nothing was different, so nothing was changed."),
        (_, true) => {
            Flash::warning("The settings were saved, but nobody is told by mail when Mailchimp stops working.")
        }
    });
    Ok(member.redirect("settings"))
}

fn month(typed: &str) -> Result<u32, &'static str> {
    let month = typed.parse().ok().filter(|month| (1..=12).contains(month));
    month.ok_or("Choose a month from the list.")
}

fn months(chosen: u32) -> Vec<Choice> {
    Choice::list((1..).zip(MONTHS), &chosen.to_string())
}

fn time_zones(chosen: Tz) -> Vec<Choice> {
    let is_canadian = |zone: &Tz| CANADIAN_ZONES.iter().any(|(canadian, _)| canadian == zone);
    let canadian = CANADIAN_ZONES.map(|(zone, label)| (zone.name(), label.to_owned()));
    let others = TZ_VARIANTS
        .iter()
        .filter(|zone| !is_canadian(zone) && zone.name().contains('/'))
        .map(|zone| (zone.name(), zone.name().replace('_', " ")));
    Choice::list(canadian.into_iter().chain(others), chosen.name())
}
