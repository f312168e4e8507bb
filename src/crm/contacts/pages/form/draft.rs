//! The form of a contact becomes a draft: what was typed is read, and what is wrong stands at the form's own fields.

use super::{ContactForm, Row};
use crate::base::EmailAddress;
use crate::crm::contacts::model::{
    Address, Contact, ContactDraft, ContactType, Details, EmailDraft, LOCATION_TYPES, Phone, Privacy,
};
use crate::crm::contacts::rules::Problem;
use crate::crm::custom_fields;
use chrono::NaiveDate;

/// Why an email is on hold when somebody ticks the box.
const HELD_BY_HAND: &str = "put on hold by hand";

impl ContactForm {
    /// The contact the form describes, and what is wrong with it, at the form's own fields. Rows left empty are passed
    /// over. `stored` is the contact being changed: it knows what the form does not show, and why its emails are on hold.
    pub fn draft(&self, stored: Option<&Contact>) -> (ContactDraft, Vec<Problem>) {
        let mut problems = Vec::new();
        let mut details = self.details(stored, &mut problems);
        let sent = |name: &str| self.typed.get(name).map(String::as_str);
        let wrong = custom_fields::read(&self.custom, &mut details.custom, sent);
        problems.extend(wrong.into_iter().map(|(name, words)| Problem::new(name, words)));
        let (emails, email_rows) = self.read_emails(stored, &mut problems);
        let (phones, phone_rows) = self.read_phones();
        let (addresses, address_rows) = self.read_addresses();
        let mut draft = ContactDraft {
            details,
            emails,
            phones,
            addresses,
            ..ContactDraft::default()
        };
        draft.settle_primaries();
        if let Some(stored) = stored {
            draft.keep_names_given(&stored.draft());
        }
        let mistyped = problems.iter().any(|problem| problem.field.starts_with("emails."));
        for problem in draft.problems() {
            // Whoever mistyped their only email has not left it out.
            if mistyped && matches!(problem.field.as_str(), "first_name" | "last_name") {
                continue;
            }
            problems.push(Problem {
                field: at_the_row_of_the_form(&problem.field, &email_rows, &phone_rows, &address_rows),
                ..problem
            });
        }
        (draft, problems)
    }

    /// What the form of this type does not show stays as it is stored: files bring more than a form asks for.
    fn details(&self, stored: Option<&Contact>, problems: &mut Vec<Problem>) -> Details {
        let text = |name: &str| self.value(name).to_owned();
        let stored = stored.map(|contact| contact.details.clone()).unwrap_or_default();
        let shown = Details {
            contact_type: self.contact_type,
            contact_subtype: text("contact_subtype"),
            preferred_language: text("preferred_language"),
            source: text("source"),
            external_identifier: Some(text("external_identifier")).filter(|text| !text.is_empty()),
            privacy: Privacy {
                do_not_email: self.is_ticked("do_not_email"),
                do_not_phone: self.is_ticked("do_not_phone"),
                do_not_mail: self.is_ticked("do_not_mail"),
                do_not_sms: self.is_ticked("do_not_sms"),
                do_not_trade: self.is_ticked("do_not_trade"),
                is_opt_out: self.is_ticked("is_opt_out"),
            },
            ..stored
        };
        match self.contact_type {
            ContactType::Individual => Details {
                prefix: text("prefix"),
                first_name: text("first_name"),
                middle_name: text("middle_name"),
                last_name: text("last_name"),
                suffix: text("suffix"),
                organization_name: text("organization_name"),
                job_title: text("job_title"),
                gender: text("gender"),
                birth_date: self.birth_date(problems),
                is_deceased: self.is_ticked("is_deceased"),
                ..shown
            },
            ContactType::Organization => Details {
                organization_name: text("organization_name"),
                ..shown
            },
            ContactType::Household => Details {
                household_name: text("household_name"),
                ..shown
            },
        }
    }

    fn birth_date(&self, problems: &mut Vec<Problem>) -> Option<NaiveDate> {
        match self.value("birth_date") {
            "" => None,
            typed => NaiveDate::parse_from_str(typed, "%Y-%m-%d")
                .map_err(|_| problems.push(Problem::new("birth_date", "Write the date like 1968-04-27.")))
                .ok(),
        }
    }

    fn read_emails(&self, stored: Option<&Contact>, problems: &mut Vec<Problem>) -> (Vec<EmailDraft>, Vec<usize>) {
        let (mut emails, mut rows) = (Vec::new(), Vec::new());
        for row in self.rows("emails") {
            let typed = self.value(&row.named("address"));
            if typed.is_empty() {
                continue;
            }
            match EmailAddress::parse(typed) {
                Err(sentence) => problems.push(Problem::new(row.named("address"), sentence)),
                Ok(address) => {
                    let is_held = self.is_ticked(row.named("on_hold"));
                    let on_hold = is_held.then(|| reason_known(stored, &address).unwrap_or(HELD_BY_HAND.into()));
                    emails.push(EmailDraft {
                        location_type: self.location(&row),
                        is_primary: self.is_primary(&row),
                        is_bulk_mail: self.is_ticked(row.named("is_bulk_mail")),
                        on_hold,
                        address,
                    });
                    rows.push(row.at);
                }
            }
        }
        (emails, rows)
    }

    fn read_phones(&self) -> (Vec<Phone>, Vec<usize>) {
        let filled = self
            .rows("phones")
            .into_iter()
            .filter(|row| self.is_ticked(row.named("number")));
        filled
            .map(|row| {
                let phone = Phone {
                    number: self.value(&row.named("number")).to_owned(),
                    extension: self.value(&row.named("extension")).to_owned(),
                    phone_type: self.value(&row.named("phone_type")).to_owned(),
                    location_type: self.location(&row),
                    is_primary: self.is_primary(&row),
                };
                (phone, row.at)
            })
            .unzip()
    }

    fn read_addresses(&self) -> (Vec<Address>, Vec<usize>) {
        let all = self.rows("addresses").into_iter().map(|row| {
            let part = |name: &str| self.value(&row.named(name)).to_owned();
            let address = Address {
                location_type: self.location(&row),
                street_address: part("street_address"),
                supplemental_address_1: part("supplemental_address_1"),
                supplemental_address_2: part("supplemental_address_2"),
                city: part("city"),
                province: part("province"),
                postal_code: part("postal_code"),
                country: part("country"),
                is_primary: self.is_primary(&row),
            };
            (address, row.at)
        });
        all.filter(|(address, _)| !address.is_empty()).unzip()
    }

    fn location(&self, row: &Row) -> String {
        match self.value(&row.named("location_type")) {
            "" => LOCATION_TYPES[0].into(),
            word => word.into(),
        }
    }
}

fn reason_known(stored: Option<&Contact>, address: &EmailAddress) -> Option<String> {
    let email = stored?
        .emails
        .iter()
        .find(|email| email.address.key() == address.key())?;
    email.on_hold.as_ref().map(|hold| hold.reason.clone())
}

/// A draft counts only the rows that are filled in.
fn at_the_row_of_the_form(field: &str, emails: &[usize], phones: &[usize], addresses: &[usize]) -> String {
    let mut parts = field.splitn(3, '.');
    let (Some(list), Some(at), Some(part)) = (parts.next(), parts.next(), parts.next()) else {
        return field.to_owned();
    };
    let rows = match list {
        "emails" => emails,
        "phones" => phones,
        _ => addresses,
    };
    let at = at
        .parse()
        .ok()
        .and_then(|at: usize| rows.get(at))
        .copied()
        .unwrap_or_default();
    format!("{list}.{at}.{part}")
}
