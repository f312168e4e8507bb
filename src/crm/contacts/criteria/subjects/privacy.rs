//! What a contact has asked us not to do, and what follows from it.

use super::super::flags::Flag;
use super::super::plain::Plain;
use super::super::sql::Sql;
use super::super::{Calendar, Facts};
use super::{Asks, Section, Subject};

const fn flag(
    key: &'static str,
    label: &'static str,
    sql: fn(&mut Sql, &Calendar) -> String,
    of: fn(&Facts, &Calendar) -> bool,
) -> Subject {
    Subject {
        key,
        section: Section::Privacy,
        label,
        asks: Asks::Plain(Plain::Flag(Flag { sql, of, moved: None })),
    }
}

/// Alive, has not opted out, and has an email that is not on hold.
fn may_be_emailed(sql: &mut Sql) -> String {
    let usable = sql.has_row("emails", "on_hold_since IS NULL");
    format!("NOT (contacts.do_not_email OR contacts.is_opt_out OR contacts.is_deceased) AND {usable}")
}

/// The family, in the words of the contact's form.
pub(super) const SUBJECTS: &[Subject] = &[
    flag(
        "may_be_emailed",
        "May Be Emailed",
        |sql, _| format!("({})", may_be_emailed(sql)),
        |facts, _| {
            let details = &facts.contact.details;
            let barred = details.privacy.do_not_email || details.privacy.is_opt_out || details.is_deceased;
            !barred && facts.contact.bulk_mail_address().is_some()
        },
    ),
    flag(
        "do_not_email",
        "Do Not Email",
        |_, _| "contacts.do_not_email".into(),
        |facts, _| facts.contact.details.privacy.do_not_email,
    ),
    flag(
        "is_opt_out",
        "NO BULK EMAILS (User Opt Out)",
        |_, _| "contacts.is_opt_out".into(),
        |facts, _| facts.contact.details.privacy.is_opt_out,
    ),
    flag(
        "do_not_phone",
        "Do Not Phone",
        |_, _| "contacts.do_not_phone".into(),
        |facts, _| facts.contact.details.privacy.do_not_phone,
    ),
    flag(
        "do_not_mail",
        "Do Not Mail",
        |_, _| "contacts.do_not_mail".into(),
        |facts, _| facts.contact.details.privacy.do_not_mail,
    ),
    flag(
        "do_not_sms",
        "Do Not SMS",
        |_, _| "contacts.do_not_sms".into(),
        |facts, _| facts.contact.details.privacy.do_not_sms,
    ),
    flag(
        "do_not_trade",
        "Do Not Trade",
        |_, _| "contacts.do_not_trade".into(),
        |facts, _| facts.contact.details.privacy.do_not_trade,
    ),
];
