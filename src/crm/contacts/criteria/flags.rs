//! Questions that are answered by yes or no.

use super::controls::{Control, Ops};
use super::sql::Sql;
use super::{Facts, Typed};

/// Yes or no.
pub struct Flag {
    pub(super) sql: fn(&mut Sql) -> String,
    pub(super) of: fn(&Facts) -> bool,
}

const OPS: Ops = &[("yes", "is Yes"), ("no", "is No")];

pub(super) fn read(typed: &Typed) -> Result<bool, &'static str> {
    match typed.op.as_str() {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("Choose yes or no."),
    }
}

pub(super) fn words(wanted: bool) -> String {
    if wanted { "is Yes" } else { "is No" }.into()
}

pub(super) fn controls(typed: &Typed) -> Vec<Control> {
    vec![Control::op(OPS, &typed.op)]
}

impl Flag {
    pub(super) fn sql(&self, wanted: bool, sql: &mut Sql) -> String {
        let holds = (self.sql)(sql);
        if wanted { holds } else { format!("NOT ({holds})") }
    }
}
