//! Many people asking for pages at once.

use super::server::Visitor;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// People who ask at the same time, each for one page after the other.
pub const CONNECTIONS: usize = 16;

/// What the people saw.
pub struct Pages {
    pub per_second: f64,
    /// 99 of 100 pages were there by then.
    pub p99: Duration,
}

/// Asks for these pages over and over; every answer must be a whole page.
pub async fn ask(visitor: &Visitor, paths: &[String], time: Duration) -> anyhow::Result<Pages> {
    let next = Arc::new(AtomicUsize::new(0));
    let paths = Arc::new(paths.to_vec());
    for path in paths.iter() {
        visitor.page(path).await?;
    }
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
    let elapsed = began.elapsed().as_secs_f64();
    waits.sort_unstable();
    Ok(Pages {
        per_second: waits.len() as f64 / elapsed,
        p99: waits.get(waits.len() * 99 / 100).copied().unwrap_or_default(),
    })
}
