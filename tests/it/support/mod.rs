//! What the tests stand on.
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
