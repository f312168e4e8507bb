//! Sessions in Postgres: they survive restarts, are shared by all processes, and can be ended from anywhere.

use crate::base::StaffId;
use crate::db::schema::sessions;
use crate::db::{Db, SharedTx};
use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError, generate_session_key};
use actix_web::cookie::time;
use chrono::TimeDelta;
use diesel::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// How long somebody stays signed in without coming back, in days.
pub const SESSION_DAYS: i64 = 14;

/// The name under which a session remembers who signed in.
const STAFF: &str = "staff_id";

type State = HashMap<String, String>;

/// The store behind actix-session's cookie.
#[derive(Clone)]
pub struct Sessions(pub Db);

/// Whoever is signed in in this session.
pub fn staff_of(session: &actix_session::Session) -> Option<StaffId> {
    session.get(STAFF).ok().flatten()
}

impl Sessions {
    /// Signs somebody in: the session gets a new key, so that a planted one is worth nothing.
    pub fn sign_in(session: &actix_session::Session, staff: StaffId) -> anyhow::Result<()> {
        session.renew();
        session.insert(STAFF, staff)?;
        Ok(())
    }

    /// Ends every session of a person, on all of their devices.
    pub fn end_all(tx: &mut SharedTx<'_>, staff: StaffId) -> QueryResult<usize> {
        diesel::delete(sessions::table.filter(sessions::staff_id.eq(staff.0))).execute(&mut **tx)
    }
}

impl SessionStore for Sessions {
    async fn load(&self, key: &SessionKey) -> Result<Option<State>, LoadError> {
        let hash = hashed(key);
        let found: Result<_, anyhow::Error> = self
            .0
            .look(move |tx| {
                let now = tx.now();
                Ok(sessions::table
                    .find(hash)
                    .filter(sessions::expires_at.gt(now))
                    .select(sessions::state)
                    .first::<serde_json::Value>(&mut **tx)
                    .optional()?)
            })
            .await;
        let state = found.map_err(LoadError::Other)?;
        state
            .map(|json| serde_json::from_value(json).map_err(|error| LoadError::Deserialization(error.into())))
            .transpose()
    }

    async fn save(&self, state: State, ttl: &time::Duration) -> Result<SessionKey, SaveError> {
        let key = generate_session_key();
        self.put(hashed(&key), state, ttl).await.map_err(SaveError::Other)?;
        Ok(key)
    }

    async fn update(&self, key: SessionKey, state: State, ttl: &time::Duration) -> Result<SessionKey, UpdateError> {
        let (hash, json, expires) = (
            hashed(&key),
            state_json(&state),
            TimeDelta::seconds(ttl.whole_seconds()),
        );
        let staff = staff_in(&state);
        // A session that was ended meanwhile ("sign out everywhere") does not come back by a late save: nothing is updated.
        let updated: Result<usize, anyhow::Error> = self
            .0
            .shared(move |tx| {
                let now = tx.now();
                Ok(diesel::update(sessions::table.find(hash))
                    .set((
                        sessions::state.eq(json),
                        sessions::staff_id.eq(staff),
                        sessions::expires_at.eq(now + expires),
                    ))
                    .execute(&mut **tx)?)
            })
            .await;
        updated.map_err(UpdateError::Other)?;
        Ok(key)
    }

    async fn update_ttl(&self, key: &SessionKey, ttl: &time::Duration) -> Result<(), anyhow::Error> {
        let (hash, expires) = (hashed(key), TimeDelta::seconds(ttl.whole_seconds()));
        self.0
            .shared(move |tx| {
                let now = tx.now();
                diesel::update(sessions::table.find(hash))
                    .set(sessions::expires_at.eq(now + expires))
                    .execute(&mut **tx)?;
                Ok(())
            })
            .await
    }

    async fn delete(&self, key: &SessionKey) -> Result<(), anyhow::Error> {
        let hash = hashed(key);
        self.0
            .shared(move |tx| {
                diesel::delete(sessions::table.find(hash)).execute(&mut **tx)?;
                Ok(())
            })
            .await
    }
}

impl Sessions {
    async fn put(&self, hash: Vec<u8>, state: State, ttl: &time::Duration) -> Result<(), anyhow::Error> {
        let (json, staff, expires) = (
            state_json(&state),
            staff_in(&state),
            TimeDelta::seconds(ttl.whole_seconds()),
        );
        self.0
            .shared(move |tx| {
                let now = tx.now();
                diesel::delete(sessions::table.filter(sessions::expires_at.lt(now))).execute(&mut **tx)?;
                diesel::insert_into(sessions::table)
                    .values((
                        sessions::key_hash.eq(hash),
                        sessions::state.eq(json),
                        sessions::staff_id.eq(staff),
                        sessions::expires_at.eq(now + expires),
                    ))
                    .execute(&mut **tx)?;
                Ok(())
            })
            .await
    }
}

fn hashed(key: &SessionKey) -> Vec<u8> {
    Sha256::digest(key.as_ref().as_bytes()).to_vec()
}

fn state_json(state: &State) -> serde_json::Value {
    state
        .iter()
        .map(|(name, value)| (name.clone(), serde_json::Value::String(value.clone())))
        .collect()
}

fn staff_in(state: &State) -> Option<i64> {
    state.get(STAFF)?.parse().ok()
}
