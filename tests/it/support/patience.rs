//! Waiting for what comes about elsewhere: in another process, in the background, in a browser. These have no event in common
//! to wait for, so the condition is looked at again and again; here alone.

use std::time::{Duration, Instant};

/// How often it is looked at.
const GLANCE: Duration = Duration::from_millis(20);

/// Looks until there is an answer. When patience has ended `missing` tells what was waited for in vain.
pub async fn patiently<T>(
    patience: Duration,
    mut look: impl AsyncFnMut() -> Option<T>,
    missing: impl AsyncFnOnce() -> String,
) -> T {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(answer) = look().await {
            return answer;
        }
        if Instant::now() > deadline {
            panic!("waited in vain: {}", missing().await);
        }
        tokio::time::sleep(GLANCE).await;
    }
}
