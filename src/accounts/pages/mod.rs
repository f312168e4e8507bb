//! The pages of accounts, each handler beside its template.

mod client_address;
mod sign_in;
mod sign_up;
mod start;
mod verify_email;

use crate::base::Role;
use crate::web::{Needs, Route, get, post};
use client_address::ClientAddress;

/// Every route of accounts.
pub fn routes() -> Vec<Route> {
    vec![
        get("/", Needs::Nothing, start::show),
        get("/o/{organization}/", Needs::Role(Role::Reader), start::enter),
        get("/sign-up", Needs::Nothing, sign_up::show),
        post("/sign-up", Needs::Nothing, sign_up::submit),
        get("/sign-up/sent", Needs::Nothing, sign_up::sent),
        get("/verify-email/{token}", Needs::Nothing, verify_email::show),
        post("/verify-email/{token}", Needs::Nothing, verify_email::submit),
        get("/sign-in", Needs::Nothing, sign_in::show),
        post("/sign-in", Needs::Nothing, sign_in::submit),
        post("/sign-out", Needs::Nothing, sign_in::sign_out),
    ]
}
