//! `/` and `/ping`: whose account this is, and whether anybody is there.

use serde_json::json;

use super::json::{link, links};
use crate::sandbox::call::{Answer, Call, Outcome};
use crate::sandbox::clock;
use crate::sandbox::member::Status;
use crate::sandbox::problem::Problem;
use crate::sandbox::world::World;

pub fn ping(_: &World, _: &Call) -> Outcome {
    Ok(Answer::json(json!({"health_status": "Everything's Chimpy!"})))
}

pub fn root(world: &World, call: &Call) -> Outcome {
    let account = world.account(&call.account_id).ok_or_else(Problem::key_invalid)?;
    let subscribers: usize = world
        .audiences_of(&account.id)
        .map(|audience| audience.count(Status::Subscribed))
        .sum();
    let base = &call.base;
    Ok(Answer::json(json!({
        "account_id": account.id,
        "login_id": account.login_id.to_string(),
        "account_name": account.name,
        "email": account.email,
        "first_name": account.first_name,
        "last_name": account.last_name,
        "username": account.email,
        "avatar_url": "",
        "role": "owner",
        "member_since": clock::iso(account.member_since),
        "pricing_plan_type": "forever_free",
        "first_payment": "",
        "account_timezone": "America/Toronto",
        "account_industry": "Non-Profit",
        "contact": {
            "company": account.name,
            "addr1": "12 Riverside Drive",
            "addr2": "",
            "city": "Fredericton",
            "state": "NB",
            "zip": "E3B 1A1",
            "country": "CA",
        },
        "pro_enabled": false,
        "last_login": clock::iso(account.member_since),
        "total_subscribers": subscribers,
        "industry_stats": {"open_rate": 0.25, "bounce_rate": 0.005, "click_rate": 0.03},
        "_links": links([
            link(base, "self", "/", "GET", "Definitions/Root/Response", ""),
            link(base, "lists", "/lists", "GET", "Definitions/Lists/CollectionResponse", "Paths/Lists/Collection"),
        ]),
    })))
}
