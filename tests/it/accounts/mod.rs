//! Organizations and staff, through the pages.
mod members;
mod own_account;
mod settings;
mod sign_in;
mod sign_up;
mod sign_up_with_mailchimp;
