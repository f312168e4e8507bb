//! The sandbox's own time. It runs with the real clock until someone moves, speeds up or stops it, so that tests need not wait.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};

/// Seconds since 1970, UTC; 0 means "never", which Mailchimp writes as an empty text.
pub type When = i64;

#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct Clock {
    /// What the sandbox's clock showed …
    shown_ms: i64,
    /// … when the real one showed this.
    real_ms: i64,
    /// Sandbox seconds that pass in a real second; 0 stops the clock.
    speed: f64,
}

impl Clock {
    pub fn real() -> Clock {
        let now = real_ms();
        Clock {
            shown_ms: now,
            real_ms: now,
            speed: 1.0,
        }
    }

    pub fn now(&self) -> When {
        self.now_ms() / 1000
    }

    fn now_ms(&self) -> i64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            reason = "milliseconds of a rehearsal are far below 2^52"
        )]
        let passed = ((real_ms() - self.real_ms) as f64 * self.speed) as i64;
        self.shown_ms + passed
    }

    pub fn speed(&self) -> f64 {
        self.speed
    }

    pub fn set(&mut self, when: When) {
        self.shown_ms = when * 1000;
        self.real_ms = real_ms();
    }

    pub fn advance(&mut self, seconds: i64) {
        self.shown_ms = self.now_ms() + seconds * 1000;
        self.real_ms = real_ms();
    }

    pub fn set_speed(&mut self, speed: f64) {
        self.advance(0);
        self.speed = speed.max(0.0);
    }

    /// How long to wait in real time until the sandbox's clock shows `when`; nothing if it is stopped before then.
    pub fn wait_until(&self, when: When) -> Option<Duration> {
        let missing = when * 1000 - self.now_ms();
        if missing <= 0 {
            return Some(Duration::ZERO);
        }
        #[expect(clippy::cast_precision_loss, reason = "a wait is far below 2^52 milliseconds")]
        let real = missing as f64 / self.speed / 1000.0;
        (self.speed > 0.0).then(|| Duration::from_secs_f64(real))
    }
}

fn real_ms() -> i64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX)
}

/// `2021-11-23T22:51:56+00:00`, or an empty text for "never".
pub fn iso(when: When) -> String {
    formatted(when, "%Y-%m-%dT%H:%M:%S+00:00")
}

/// `2021-11-23 22:51:56`, as webhooks say it and Mailchimp's input accepts it.
pub fn plain(when: When) -> String {
    formatted(when, "%Y-%m-%d %H:%M:%S")
}

fn formatted(when: When, pattern: &str) -> String {
    match DateTime::from_timestamp(when, 0) {
        Some(time) if when != 0 => time.format(pattern).to_string(),
        _ => String::new(),
    }
}

/// Reads a date as Mailchimp does: the wall time counts as UTC, whatever offset is written behind it.
pub fn parse(text: &str) -> Option<When> {
    let wall = text.trim().replace('T', " ");
    let whole_seconds = wall
        .get(..19)
        .and_then(|wall| NaiveDateTime::parse_from_str(wall, "%Y-%m-%d %H:%M:%S").ok());
    whole_seconds
        .or_else(|| NaiveDateTime::parse_from_str(wall.get(..16)?, "%Y-%m-%d %H:%M").ok())
        .or_else(|| {
            NaiveDate::parse_from_str(wall.get(..10)?, "%Y-%m-%d")
                .ok()?
                .and_hms_opt(0, 0, 0)
        })
        .map(|time| time.and_utc().timestamp())
}
