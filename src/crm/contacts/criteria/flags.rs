//! Questions that are answered by yes or no.

use super::controls::{Control, Ops};
use super::sql::Sql;
use super::{Calendar, Facts, Typed};

/// Yes or no.
pub struct Flag<R = Facts> {
    pub(super) sql: fn(&mut Sql, &Calendar) -> String,
    pub(super) of: fn(&R, &Calendar) -> bool,
    /// Where the answer changes as time passes: that it did from one day to another.
    pub(super) moved: Option<fn(&mut Sql, [&Calendar; 2]) -> String>,
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

impl<R> Flag<R> {
    pub(super) fn sql(&self, wanted: bool, sql: &mut Sql, calendar: &Calendar) -> String {
        let holds = (self.sql)(sql, calendar);
        if wanted { holds } else { format!("NOT ({holds})") }
    }
}
