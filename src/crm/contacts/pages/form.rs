//! The form of a contact: it keeps whatever was typed, row by row, and says at the field what is wrong.

mod draft;

use crate::crm::contacts::model::{Contact, ContactType, Details, LOCATION_TYPES, PHONE_TYPES, Privacy, language_name};
use crate::crm::contacts::rules::{ENTRIES_MAX, Problem};
use crate::crm::custom_fields::{self, CustomFields, CustomInput, CustomValues};
use crate::web::{Choice, Field};
use std::collections::HashMap;

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

fn flag(is_set: bool) -> &'static str {
    if is_set { "true" } else { "" }
}

/// Every row sends at least where it belongs to, so the last one sent tells how many were shown.
fn rows_sent(typed: &HashMap<String, String>, list: &'static str) -> usize {
    let shown = |at: &usize| typed.contains_key(&Row { list, at: *at }.named("location_type"));
    (0..ENTRIES_MAX).filter(shown).max().map_or(1, |last| last + 1)
}
