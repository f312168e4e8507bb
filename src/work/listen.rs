//! One connection a process listens on: whatever becomes due anywhere wakes the tasks here within a tenth of a second.

use super::CHANNEL;
use diesel::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Notify;

/// How often the connection is looked at; libpq offers no waiting that could be joined with stopping.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How long to wait before connecting again after the database went away.
const CONNECT_AGAIN_AFTER: Duration = Duration::from_secs(2);

/// Wakes whoever waits, whenever something became due.
#[derive(Clone, Default)]
pub struct Wakes(Arc<Notify>);

impl Wakes {
    /// Waits for the next wake-up. Register before looking for work, so that none is missed.
    pub fn next(&self) -> tokio::sync::futures::Notified<'_> {
        self.0.notified()
    }

    /// Wakes everybody who waits in this process.
    pub fn wake(&self) {
        self.0.notify_waiters();
    }
}

/// Starts listening on a thread of its own until `stop` says so.
pub fn listen(url: String, stop: Arc<AtomicBool>) -> std::io::Result<Wakes> {
    let wakes = Wakes::default();
    let waking = wakes.clone();
    std::thread::Builder::new().name("listen".into()).spawn(move || {
        while !stop.load(Ordering::Relaxed) {
            if let Err(error) = hear(&url, &waking, &stop) {
                tracing::warn!(%error, "listening for work was interrupted; the timetable goes on meanwhile");
                std::thread::sleep(CONNECT_AGAIN_AFTER);
            }
        }
    })?;
    Ok(wakes)
}

fn hear(url: &str, wakes: &Wakes, stop: &AtomicBool) -> anyhow::Result<()> {
    let mut conn = PgConnection::establish(url)?;
    diesel::sql_query(format!("LISTEN {CHANNEL}")).execute(&mut conn)?;
    wakes.wake();
    while !stop.load(Ordering::Relaxed) {
        let mut heard = false;
        for notification in conn.notifications_iter() {
            notification?;
            heard = true;
        }
        if heard {
            wakes.wake();
        }
        std::thread::sleep(LOOK_EVERY);
    }
    Ok(())
}
