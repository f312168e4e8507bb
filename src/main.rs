//! The command line: serve, demo, migrate, sandbox, check.
fn main() {}
