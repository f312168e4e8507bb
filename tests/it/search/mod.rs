//! Advanced Search: what somebody asks for is what they get.

mod asking;
mod property;
mod smart_groups;
