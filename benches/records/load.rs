//! Many people asking for pages at once.

use super::server::Visitor;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// People who ask at the same time, each for one page after the other.
pub const CONNECTIONS: usize = 16;

/// What the people saw, and what plain SQL does in their place.
pub struct Pages {
    pub per_second: f64,
    /// 99 of 100 pages were there by then.
    pub p99: Duration,
    /// Transactions a second.
    pub plain: f64,
}

/// Turns in which pages and plain SQL are measured, so that whatever else the machine does meets both.
const TURNS: u32 = 3;

/// Asks for pages and for the same by plain SQL in turns, each for `time` in all.
pub async fn compare(
    visitor: &Visitor,
    paths: &[String],
    time: Duration,
    plain: impl Fn(Duration) -> anyhow::Result<f64>,
) -> anyhow::Result<Pages> {
    let (mut waits, mut elapsed, mut transactions) = (Vec::new(), 0.0, 0.0);
    for _ in 0..TURNS {
        let began = Instant::now();
        waits.extend(ask(visitor, paths, time / TURNS).await?);
        elapsed += began.elapsed().as_secs_f64();
        transactions += plain(time / TURNS)?;
    }
    waits.sort_unstable();
    Ok(Pages {
        per_second: waits.len() as f64 / elapsed,
        p99: waits.get(waits.len() * 99 / 100).copied().unwrap_or_default(),
        plain: transactions / f64::from(TURNS),
    })
}

/// Asks for these pages over and over; every answer must be a whole page. How long each took.
async fn ask(visitor: &Visitor, paths: &[String], time: Duration) -> anyhow::Result<Vec<Duration>> {
    let next = Arc::new(AtomicUsize::new(0));
    let paths = Arc::new(paths.to_vec());
    let began = Instant::now();
    let people: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let (visitor, paths, next) = (visitor.clone(), paths.clone(), next.clone());
            tokio::spawn(async move {
                let mut waits = Vec::new();
                while began.elapsed() < time {
                    let at = next.fetch_add(1, Ordering::Relaxed) % paths.len();
                    let asked = Instant::now();
                    visitor.page(&paths[at]).await?;
                    waits.push(asked.elapsed());
                }
                anyhow::Ok(waits)
            })
        })
        .collect();
    let mut waits = Vec::new();
    for person in people {
        waits.extend(person.await??);
    }
    Ok(waits)
}
