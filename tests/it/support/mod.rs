//! What the tests stand on.
pub mod browser;
pub mod cluster;
