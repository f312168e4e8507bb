//! Advanced Search: the form in which a search is put together. What it finds is shown by the list of contacts, with its
//! columns, sorting and Actions; for a smart group, the group's page says who would come and go.

mod pages;

pub use pages::routes;
