//! What the tests stand on.
#![allow(dead_code, reason = "offered to tests that are still to be written")]
pub mod browser;
pub mod browserless;
pub mod cluster;
pub mod colleague;
pub mod hands;
pub mod office;
pub mod patience;
pub mod rehearsal;
pub mod works;
pub mod world;
