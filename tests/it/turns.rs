//! Pages take turns at the database.

use crate::support::cluster::Cluster;
use dms::base::Clock;
use dms::db::{Db, POOL_SIZE_MAX};
use std::sync::mpsc;

#[tokio::test]
async fn slow_pages_hold_up_nobody_while_there_is_a_connection() {
    let database = Cluster::shared().fresh_database();
    let db = Db::connect(&database.app_url, Clock::system()).unwrap().in_turn();
    let (begun, beginning) = mpsc::channel();
    let (slow, ends): (Vec<_>, Vec<_>) = (1..POOL_SIZE_MAX)
        .map(|_| {
            let (db, begun) = (db.clone(), begun.clone());
            let (end, ending) = mpsc::channel::<()>();
            let page = async move {
                db.look(move |_| {
                    begun.send(()).unwrap();
                    // Until the other end is dropped.
                    let _ = ending.recv();
                    anyhow::Ok(())
                })
                .await
            };
            (tokio::spawn(page), end)
        })
        .unzip();
    tokio::task::spawn_blocking(move || (1..POOL_SIZE_MAX).for_each(|_| beginning.recv().unwrap()))
        .await
        .unwrap();

    let quick: anyhow::Result<i64> = db.look(|tx| Ok(tx.now().timestamp())).await;

    assert!(quick.unwrap() > 0);
    drop(ends);
    for page in slow {
        page.await.unwrap().unwrap();
    }
}
