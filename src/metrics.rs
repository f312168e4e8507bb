//! What an operator watches (Prometheus): requests, the pool, due work and its age, calls to Mailchimp. Never who or what.

use crate::db::{Db, SharedTx};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use prometheus::{Encoder, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry, TextEncoder};

/// All figures of this process.
#[derive(Clone)]
pub struct Metrics {
    registry: Registry,
    requests: HistogramVec,
    mailchimp_calls: IntCounterVec,
    pool_in_use: IntGauge,
    pool_size: IntGauge,
    due_work: IntGauge,
    oldest_due_seconds: IntGauge,
}

impl Metrics {
    /// Figures of their own, so that several applications in one process (tests) do not share them.
    pub fn new() -> prometheus::Result<Self> {
        let requests = HistogramOpts::new("dms_request_seconds", "Requests by route and status class.");
        let calls = Opts::new("dms_mailchimp_calls_total", "Calls to Mailchimp by route and outcome.");
        let metrics = Self {
            registry: Registry::new(),
            requests: HistogramVec::new(requests, &["route", "status"])?,
            mailchimp_calls: IntCounterVec::new(calls, &["route", "outcome"])?,
            pool_in_use: IntGauge::new("dms_pool_connections_in_use", "Database connections in use.")?,
            pool_size: IntGauge::new("dms_pool_connections", "Database connections open.")?,
            due_work: IntGauge::new(
                "dms_due_work",
                "Work that is due, under way or stopped, over all organizations.",
            )?,
            oldest_due_seconds: IntGauge::new("dms_oldest_due_seconds", "Age of the oldest due change.")?,
        };
        metrics.registry.register(Box::new(metrics.requests.clone()))?;
        metrics.registry.register(Box::new(metrics.mailchimp_calls.clone()))?;
        for gauge in [
            &metrics.pool_in_use,
            &metrics.pool_size,
            &metrics.due_work,
            &metrics.oldest_due_seconds,
        ] {
            metrics.registry.register(Box::new(gauge.clone()))?;
        }
        Ok(metrics)
    }

    /// A request was answered; `route` is the pattern, never the path.
    pub fn request(&self, route: &str, status: u16, seconds: f64) {
        let class = format!("{}xx", status / 100);
        self.requests
            .with_label_values(&[route, class.as_str()])
            .observe(seconds);
    }

    /// Mailchimp was asked.
    pub fn mailchimp_call(&self, route: &str, outcome: &str) {
        self.mailchimp_calls.with_label_values(&[route, outcome]).inc();
    }

    /// The figures as Prometheus reads them; what stands in the database is asked for now.
    pub async fn text(&self, db: &Db) -> anyhow::Result<String> {
        let (in_use, size) = db.pool_state();
        self.pool_in_use.set(in_use.into());
        self.pool_size.set(size.into());
        let now = db.clock().now();
        let (due, oldest): (i64, Option<DateTime<Utc>>) = db.shared(due_work).await?;
        self.due_work.set(due);
        self.oldest_due_seconds
            .set(oldest.map_or(0, |oldest| (now - oldest).num_seconds().max(0)));
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(String::from_utf8(text)?)
    }
}

fn due_work(tx: &mut SharedTx<'_>) -> anyhow::Result<(i64, Option<DateTime<Utc>>)> {
    use crate::db::schema::{leases, wake_ups};
    let now = tx.now();
    let (waiting, oldest_waiting): (i64, Option<DateTime<Utc>>) = wake_ups::table
        .filter(wake_ups::due_at.le(now))
        .select((diesel::dsl::count_star(), diesel::dsl::min(wake_ups::due_at)))
        .first(&mut **tx)?;
    // Under way, or left undone because Mailchimp refuses the connection.
    let (under_way, oldest_under_way): (i64, Option<DateTime<Utc>>) = leases::table
        .filter(leases::holder.is_not_null().or(leases::due_since.is_not_null()))
        .select((diesel::dsl::count_star(), diesel::dsl::min(leases::due_since)))
        .first(&mut **tx)?;
    Ok((
        waiting + under_way,
        oldest_waiting.into_iter().chain(oldest_under_way).min(),
    ))
}
