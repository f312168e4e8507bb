//! The pages of accounts, each handler beside its template.

mod account;
mod client_address;
mod invitation;
mod link_ended;
mod members;
mod organizations;
mod reset_password;
mod settings;
mod sign_in;
mod sign_up;
mod start;
mod verify_email;

use crate::base::Role;
use crate::web::{Needs, Route, get, post};
pub use client_address::ClientAddress;
pub use sign_up::{count_attempt as count_sign_up, letter_sent};

/// Every route of accounts.
pub fn routes() -> Vec<Route> {
    [open_to_all(), of_the_person(), of_the_organization()]
        .into_iter()
        .flatten()
        .collect()
}

fn open_to_all() -> Vec<Route> {
    vec![
        get("/", Needs::Nothing, start::show),
        get("/sign-up", Needs::Nothing, sign_up::show),
        post("/sign-up", Needs::Nothing, sign_up::submit),
        get("/sign-up/sent", Needs::Nothing, sign_up::sent),
        get("/verify-email/{token}", Needs::Nothing, verify_email::show),
        post("/verify-email/{token}", Needs::Nothing, verify_email::submit),
        get("/sign-in", Needs::Nothing, sign_in::show),
        post("/sign-in", Needs::Nothing, sign_in::submit),
        post("/sign-out", Needs::Nothing, sign_in::sign_out),
        get("/reset-password", Needs::Nothing, reset_password::show),
        post("/reset-password", Needs::Nothing, reset_password::submit),
        get("/reset-password/sent", Needs::Nothing, reset_password::sent),
        get("/reset-password/{token}", Needs::Nothing, reset_password::choose),
        post("/reset-password/{token}", Needs::Nothing, reset_password::keep),
        get("/invitations/{token}", Needs::Nothing, invitation::show),
        post("/invitations/{token}", Needs::Nothing, invitation::accept),
    ]
}

fn of_the_person() -> Vec<Route> {
    vec![
        get("/organizations/new", Needs::SignedIn, organizations::show),
        post("/organizations/new", Needs::SignedIn, organizations::add),
        get("/account", Needs::SignedIn, account::show),
        post("/account/name", Needs::SignedIn, account::rename),
        post("/account/email", Needs::SignedIn, account::change_email),
        post("/account/verification", Needs::SignedIn, account::send_again),
        post("/account/password", Needs::SignedIn, account::change_password),
        post(
            "/account/sign-out-everywhere",
            Needs::SignedIn,
            account::sign_out_everywhere,
        ),
    ]
}

fn of_the_organization() -> Vec<Route> {
    let (anybody, administrator) = (Needs::Role(Role::Reader), Needs::Role(Role::Administrator));
    vec![
        get("/o/{organization}/", anybody, start::enter),
        get("/o/{organization}/leave", anybody, members::ask_to_leave),
        post("/o/{organization}/leave", anybody, members::leave),
        get("/o/{organization}/settings", administrator, settings::show),
        post("/o/{organization}/settings", administrator, settings::submit),
        get("/o/{organization}/members", administrator, members::show),
        post("/o/{organization}/members/invite", administrator, members::invite),
        post("/o/{organization}/members/withdraw", administrator, members::withdraw),
        post(
            "/o/{organization}/members/{staff}/role",
            administrator,
            members::change_role,
        ),
        get(
            "/o/{organization}/members/{staff}/remove",
            administrator,
            members::ask_to_remove,
        ),
        post(
            "/o/{organization}/members/{staff}/remove",
            administrator,
            members::remove,
        ),
    ]
}
