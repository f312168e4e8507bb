//! Funds say what gifts are meant for (CiviCRM's financial type): the general one every organization begins with, and
//! those for a building, a scholarship, dues. Whether gifts to a fund earn a tax receipt stands here, and its GL code.

pub mod actions;
pub mod model;
mod pages;
pub mod store;

pub use model::{Fund, FundDraft};
pub use pages::routes;
