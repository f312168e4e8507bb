//! Custom fields: what an organization writes down about contacts and contributions beyond what everybody does. Administrators
//! define them; their values travel inside the drafts of the records (`CustomValues`), and whoever reads, writes, searches or
//! exports a record asks the definitions here what a value means.

pub mod actions;
mod fields;
mod inputs;
pub mod model;
mod number;
mod pages;
pub mod store;
mod values;

pub use fields::{CustomFields, Shown};
pub use inputs::{CustomInput, inputs, read, typed};
pub use model::{CustomField, CustomOption, Kind, Record};
pub use number::{number, number_words};
pub use pages::routes;
pub use values::{CustomValue, CustomValues};
