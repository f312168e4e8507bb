//! Advanced Search: what somebody asks for is what they get.

mod asking;
mod details;
mod property;
mod records;
mod smart_groups;
