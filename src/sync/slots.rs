//! Mailchimp allows a user ten connections at once, whoever opens them. Slots in Postgres keep all our processes and
//! organizations together below that; a slot is a lease, so that a killed process gives its slots back.

use crate::db::{Db, SharedTx};
use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sql_types::{Binary, Integer, SmallInt, Timestamptz, Uuid as SqlUuid};
use sha2::{Digest, Sha256};
use std::time::Duration;
use uuid::Uuid;

/// Two of the ten are left to the charity's other tools.
pub const SLOTS_PER_USER: i32 = 8;
/// Nearly every call is answered by then. A slower one loses its slot and may be one too many, for which two are spare; a
/// killed process's slots are free again soon.
const SLOT_HELD: TimeDelta = TimeDelta::seconds(30);
/// How long to wait before looking for a free slot again.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(40);

/// One of a Mailchimp user's connections, ours until it is given back.
pub struct Slot {
    user: Vec<u8>,
    number: i16,
    holder: Uuid,
}

#[derive(QueryableByName)]
struct Taken {
    #[diesel(sql_type = SmallInt)]
    slot: i16,
}

/// Waits for a connection of this Mailchimp user.
pub async fn take(db: &Db, login_id: &str) -> Result<Slot, anyhow::Error> {
    // Hashed: the table is seen across organizations and holds nothing personal.
    let user = Sha256::digest(login_id.as_bytes()).to_vec();
    loop {
        let asked = user.clone();
        if let Some(slot) = db.shared(move |tx| try_take(tx, asked)).await? {
            return Ok(slot);
        }
        tokio::time::sleep(LOOK_AGAIN_AFTER).await;
    }
}

fn try_take(tx: &mut SharedTx<'_>, user: Vec<u8>) -> Result<Option<Slot>, anyhow::Error> {
    let (holder, now) = (Uuid::new_v4(), tx.now());
    let taken: Option<Taken> = diesel::sql_query(
        "INSERT INTO mailchimp_call_slots AS held (login_hash, slot, holder, held_until) \
         SELECT $1, number, $2, $3 FROM generate_series(1, $4) AS number \
         WHERE NOT EXISTS (SELECT FROM mailchimp_call_slots WHERE login_hash = $1 AND slot = number AND held_until > $5) \
         LIMIT 1 \
         ON CONFLICT (login_hash, slot) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until \
         WHERE held.held_until <= $5 RETURNING slot",
    )
    .bind::<Binary, _>(&user)
    .bind::<SqlUuid, _>(holder)
    .bind::<Timestamptz, _>(now + SLOT_HELD)
    .bind::<Integer, _>(SLOTS_PER_USER)
    .bind::<Timestamptz, _>(now)
    .get_result(&mut **tx)
    .optional()?;
    Ok(taken.map(|row| Slot {
        user,
        number: row.slot,
        holder,
    }))
}

/// Gives a slot back.
pub async fn give_back(db: &Db, slot: Slot) -> Result<(), anyhow::Error> {
    db.shared(move |tx| {
        diesel::sql_query("DELETE FROM mailchimp_call_slots WHERE login_hash = $1 AND slot = $2 AND holder = $3")
            .bind::<Binary, _>(&slot.user)
            .bind::<SmallInt, _>(slot.number)
            .bind::<SqlUuid, _>(slot.holder)
            .execute(&mut **tx)?;
        Ok::<_, anyhow::Error>(())
    })
    .await
}
