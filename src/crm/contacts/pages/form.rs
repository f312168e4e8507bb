//! The form of a contact: it keeps whatever was typed, row by row, says at the field what is wrong, and becomes a draft.

use crate::base::EmailAddress;
use crate::crm::contacts::model::{
    Address, Contact, ContactDraft, ContactType, Details, EmailDraft, LOCATION_TYPES, PHONE_TYPES, Phone, Privacy,
    language_name,
};
use crate::crm::contacts::rules::{ENTRIES_MAX, Problem};
use crate::crm::custom_fields::{self, CustomFields, CustomInput, CustomValues};
use crate::web::{Choice, Field};
use chrono::NaiveDate;
use std::collections::HashMap;

/// Why an email is on hold when somebody ticks the box.
const HELD_BY_HAND: &str = "put on hold by hand";

/// What stands in the form. Every field is known by its name, as the rules name it: "first_name", "emails.0.address".
pub(super) struct ContactForm {
    pub contact_type: ContactType,
    typed: HashMap<String, String>,
    problems: HashMap<String, String>,
    pub emails: usize,
    pub phones: usize,
    pub addresses: usize,
    custom: CustomFields,
}

/// One of several emails, phones or addresses in the form.
pub(super) struct Row {
    pub list: &'static str,
    pub at: usize,
}

impl Row {
    /// The name of a field of this row.
    pub fn named(&self, part: &str) -> String {
        format!("{}.{}.{part}", self.list, self.at)
    }

    /// How the row is called for those who hear the page.
    pub fn number(&self) -> usize {
        self.at + 1
    }
}

impl ContactForm {
    /// An empty form.
    pub fn blank(contact_type: ContactType, custom: &CustomFields) -> Self {
        let mut form = Self::with_rows(contact_type, HashMap::new(), [2, 2, 1]);
        form.show_custom(custom, &CustomValues::default());
        for list in ["emails", "phones", "addresses"] {
            form.set(&format!("{list}.primary"), "0");
        }
        form.set("phones.1.phone_type", PHONE_TYPES[1]);
        form
    }

    /// The form of a contact that exists, with an empty row after its emails, phones and addresses.
    pub fn of(contact: &Contact, custom: &CustomFields) -> Self {
        let lengths = [contact.emails.len(), contact.phones.len(), contact.addresses.len()];
        let rows = lengths.map(|length| (length + 1).min(ENTRIES_MAX));
        let mut form = Self::with_rows(contact.details.contact_type, HashMap::new(), rows);
        form.set_details(&contact.details);
        form.show_custom(custom, &contact.details.custom);
        for (at, email) in contact.emails.iter().enumerate() {
            form.set_row(
                "emails",
                at,
                email.is_primary,
                &[
                    ("address", email.address.as_typed()),
                    ("location_type", &email.location_type),
                    ("is_bulk_mail", flag(email.is_bulk_mail)),
                    ("on_hold", flag(email.on_hold.is_some())),
                ],
            );
        }
        for (at, phone) in contact.phones.iter().enumerate() {
            form.set_row(
                "phones",
                at,
                phone.is_primary,
                &[
                    ("number", &phone.number),
                    ("extension", &phone.extension),
                    ("phone_type", &phone.phone_type),
                    ("location_type", &phone.location_type),
                ],
            );
        }
        for (at, address) in contact.addresses.iter().enumerate() {
            form.set_row(
                "addresses",
                at,
                address.is_primary,
                &[
                    ("location_type", &address.location_type),
                    ("street_address", &address.street_address),
                    ("supplemental_address_1", &address.supplemental_address_1),
                    ("supplemental_address_2", &address.supplemental_address_2),
                    ("city", &address.city),
                    ("province", &address.province),
                    ("postal_code", &address.postal_code),
                    ("country", &address.country),
                ],
            );
        }
        form
    }

    /// What was sent, of a new contact or of one that exists.
    pub fn read(pairs: &[(String, String)], stored: Option<&Contact>, custom: &CustomFields) -> Self {
        let typed: HashMap<String, String> = pairs
            .iter()
            .map(|(name, value)| (name.clone(), value.trim().to_owned()))
            .collect();
        let rows = ["emails", "phones", "addresses"].map(|list| rows_sent(&typed, list));
        let typed_type = typed.get("type").and_then(|word| ContactType::parse(word));
        let contact_type = stored.map(|contact| contact.details.contact_type).or(typed_type);
        let contact_type = contact_type.unwrap_or_default();
        let values = stored.map(|contact| contact.details.custom.clone()).unwrap_or_default();
        Self {
            custom: custom.of_form(contact_type.as_str(), &values),
            ..Self::with_rows(contact_type, typed, rows)
        }
    }

    fn with_rows(
        contact_type: ContactType,
        typed: HashMap<String, String>,
        [emails, phones, addresses]: [usize; 3],
    ) -> Self {
        Self {
            contact_type,
            typed,
            problems: HashMap::new(),
            emails,
            phones,
            addresses,
            custom: CustomFields::default(),
        }
    }

    /// Shows the organization's own fields with these values.
    fn show_custom(&mut self, custom: &CustomFields, values: &CustomValues) {
        self.custom = custom.of_form(self.contact_type.as_str(), values);
        self.typed.extend(custom_fields::typed(&self.custom, values));
    }

    /// The organization's own fields.
    pub fn custom_inputs(&self) -> Vec<CustomInput> {
        custom_fields::inputs(&self.custom, |name| self.field(name))
    }

    /// What a field holds.
    pub fn value(&self, name: &str) -> &str {
        self.typed.get(name).map(String::as_str).unwrap_or_default()
    }

    /// A field with what is wrong with it.
    pub fn field(&self, name: impl AsRef<str>) -> Field {
        let name = name.as_ref();
        match self.problems.get(name) {
            Some(words) => Field::wrong(self.value(name), words),
            None => Field::holding(self.value(name)),
        }
    }

    /// Whether a box is ticked.
    pub fn is_ticked(&self, name: impl AsRef<str>) -> bool {
        !self.value(name.as_ref()).is_empty()
    }

    /// Whether a row is the primary one of its list.
    pub fn is_primary(&self, row: &Row) -> bool {
        self.value(&format!("{}.primary", row.list)) == row.at.to_string()
    }

    /// The rows of a list.
    pub fn rows(&self, list: &'static str) -> Vec<Row> {
        let count = match list {
            "emails" => self.emails,
            "phones" => self.phones,
            _ => self.addresses,
        };
        (0..count).map(|at| Row { list, at }).collect()
    }

    /// Shows another row, if this is what was asked for instead of saving.
    pub fn show_another(&mut self, list: &str) -> bool {
        let count = match list {
            "emails" => &mut self.emails,
            "phones" => &mut self.phones,
            "addresses" => &mut self.addresses,
            _ => return false,
        };
        *count = (*count + 1).min(ENTRIES_MAX);
        true
    }

    /// Where a row belongs to.
    pub fn locations(&self, row: &Row) -> Vec<Choice> {
        self.choices(&row.named("location_type"), &LOCATION_TYPES.map(|word| (word, word)))
    }

    /// What kind of phone a row is.
    pub fn phone_types(&self, row: &Row) -> Vec<Choice> {
        self.choices(&row.named("phone_type"), &PHONE_TYPES.map(|word| (word, word)))
    }

    /// The languages we write in.
    pub fn languages(&self) -> Vec<Choice> {
        self.choices(
            "preferred_language",
            &[("", "Not known"), ("en", "English"), ("fr", "French")],
        )
    }

    /// The words a field offers, and the one that stands there should it be another.
    fn choices(&self, name: &str, known: &[(&str, &str)]) -> Vec<Choice> {
        let chosen = self.value(name);
        let mut choices = Choice::list(known.iter().copied(), chosen);
        if !chosen.is_empty() && choices.iter().all(|choice| !choice.selected) {
            let language = language_name(chosen);
            let label = if language == chosen {
                chosen.to_owned()
            } else {
                format!("{language} ({chosen})")
            };
            choices.extend(Choice::list([(chosen, label)], chosen));
        }
        choices
    }

    /// The privacy flags: name, words, whether ticked.
    pub fn privacy(&self) -> [(&'static str, &'static str, bool); 6] {
        Privacy::default()
            .flags()
            .map(|(name, label, _)| (name, label, self.is_ticked(name)))
    }

    /// Shows these at their fields.
    pub fn show_problems(&mut self, problems: Vec<Problem>) {
        for problem in problems {
            self.problems.entry(problem.field).or_insert(problem.words);
        }
    }

    fn set(&mut self, name: &str, value: &str) {
        self.typed.insert(name.to_owned(), value.to_owned());
    }

    fn set_row(&mut self, list: &'static str, at: usize, is_primary: bool, parts: &[(&str, &str)]) {
        let row = Row { list, at };
        for (part, value) in parts {
            self.set(&row.named(part), value);
        }
        if is_primary {
            self.set(&format!("{list}.primary"), &at.to_string());
        }
    }

    fn set_details(&mut self, of: &Details) {
        let date = of.birth_date.map(|date| date.to_string()).unwrap_or_default();
        let texts = [
            ("contact_subtype", of.contact_subtype.as_str()),
            ("prefix", &of.prefix),
            ("first_name", &of.first_name),
            ("middle_name", &of.middle_name),
            ("last_name", &of.last_name),
            ("suffix", &of.suffix),
            ("organization_name", &of.organization_name),
            ("household_name", &of.household_name),
            ("job_title", &of.job_title),
            ("gender", &of.gender),
            ("birth_date", &date),
            ("is_deceased", flag(of.is_deceased)),
            ("preferred_language", &of.preferred_language),
            ("source", &of.source),
            (
                "external_identifier",
                of.external_identifier.as_deref().unwrap_or_default(),
            ),
        ];
        for (name, value) in texts {
            self.set(name, value);
        }
        for (name, _, is_set) in of.privacy.flags() {
            self.set(name, flag(is_set));
        }
    }
}

/// Becoming a draft.
impl ContactForm {
    /// The contact the form describes, and what is wrong with it, at the form's own fields. Rows left empty are passed
    /// over. `stored` is the contact being changed: it knows why its emails are on hold.
    pub fn draft(&self, stored: Option<&Contact>) -> (ContactDraft, Vec<Problem>) {
        let mut problems = Vec::new();
        let mut details = self.details(&mut problems);
        details.custom = stored.map(|contact| contact.details.custom.clone()).unwrap_or_default();
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

    fn details(&self, problems: &mut Vec<Problem>) -> Details {
        let text = |name: &str| self.value(name).to_owned();
        let birth_date = match self.value("birth_date") {
            "" => None,
            typed => NaiveDate::parse_from_str(typed, "%Y-%m-%d")
                .map_err(|_| problems.push(Problem::new("birth_date", "Write the date like 1968-04-27.")))
                .ok(),
        };
        Details {
            contact_type: self.contact_type,
            contact_subtype: text("contact_subtype"),
            prefix: text("prefix"),
            first_name: text("first_name"),
            middle_name: text("middle_name"),
            last_name: text("last_name"),
            suffix: text("suffix"),
            organization_name: text("organization_name"),
            household_name: text("household_name"),
            job_title: text("job_title"),
            gender: text("gender"),
            birth_date,
            is_deceased: self.is_ticked("is_deceased"),
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
            custom: CustomValues::default(),
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

fn flag(is_set: bool) -> &'static str {
    if is_set { "true" } else { "" }
}

/// Every row sends at least where it belongs to, so the last one sent tells how many were shown.
fn rows_sent(typed: &HashMap<String, String>, list: &'static str) -> usize {
    let shown = |at: &usize| typed.contains_key(&Row { list, at: *at }.named("location_type"));
    (0..ENTRIES_MAX).filter(shown).max().map_or(1, |last| last + 1)
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
