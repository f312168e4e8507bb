//! Keeps groups and Mailchimp in step. `decide` is the heart; everything else brings it facts and carries out what it says.

mod additions;
pub mod audiences;
pub mod breaker;
pub mod care;
pub mod connection;
pub mod consent;
pub mod decide;
mod deleting;
pub mod engine;
mod erasing;
pub mod facts;
pub mod gone;
pub mod known;
pub mod ledger;
mod merging;
pub mod mirror;
pub mod newcomers;
mod outcome;
pub mod pages;
pub mod person;
pub mod plan;
pub mod poll;
pub mod preview;
pub mod receive;
pub mod runs;
pub mod sealed;
pub mod send;
pub mod slots;
pub mod standing;
pub mod switch;
pub mod task;
pub mod view;
pub mod webhooks;
pub mod who;

use crate::db::OrgTx;
use crate::db::schema::review_members;
use diesel::prelude::*;

/// Subscribers who wait for staff to say who they are.
pub fn review_count(tx: &mut OrgTx<'_>) -> QueryResult<i64> {
    review_members::table
        .filter(review_members::organization_id.eq(tx.organization()))
        .count()
        .get_result(&mut **tx)
}
