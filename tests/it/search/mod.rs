//! Advanced Search: what somebody asks for is what they get.

mod asking;
mod property;
mod records;
mod smart_groups;
