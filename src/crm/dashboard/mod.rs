//! The Dashboard: what needs somebody today, and how giving goes. Each number opens the list behind it.

mod figures;
mod pages;
mod tasks;

pub use pages::routes;
