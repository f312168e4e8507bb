//! Erasing a person for good, on their request: personal data is gone from every table; what the law asks to keep stays
//! under "Erased contact". Only for who is in the trash, by an administrator, and after the name was typed.

pub mod actions;
mod pages;

pub use pages::routes;
