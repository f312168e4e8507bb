//! What changes between two states of a contact, in the words of the Change Log: field, old, new.

use super::model::{Address, ContactDraft, EmailDraft, Phone, language_name};
use crate::changelog::FieldChange;
use crate::crm::custom_fields::CustomFields;

/// Every field that differs; `custom` names those the organization made.
pub fn between(old: &ContactDraft, new: &ContactDraft, custom: &CustomFields) -> Vec<FieldChange> {
    let mut found: Vec<FieldChange> = named_values(old)
        .into_iter()
        .zip(named_values(new))
        .filter_map(|((field, before), (_, after))| FieldChange::between(field, &before, &after))
        .collect();
    found.extend(of_list("Email", lines(&old.emails, email), lines(&new.emails, email)));
    found.extend(of_list("Phone", lines(&old.phones, phone), lines(&new.phones, phone)));
    found.extend(of_list(
        "Address",
        lines(&old.addresses, address),
        lines(&new.addresses, address),
    ));
    found.extend(custom.between(&old.details.custom, &new.details.custom));
    found
}

/// What a new contact begins with.
pub fn of_new(draft: &ContactDraft, custom: &CustomFields) -> Vec<FieldChange> {
    let differing = between(&ContactDraft::default(), draft, custom);
    let of_its_type = change("Contact Type", String::new(), draft.details.contact_type.label().into());
    let others = differing.into_iter().filter(|change| change.field != "Contact Type");
    std::iter::once(of_its_type)
        .chain(others.map(|change| FieldChange {
            old: String::new(),
            ..change
        }))
        .collect()
}

fn named_values(draft: &ContactDraft) -> Vec<(&'static str, String)> {
    let of = &draft.details;
    let mut values = vec![
        ("Contact Type", of.contact_type.label().to_owned()),
        ("Contact Subtype", of.contact_subtype.clone()),
        ("Prefix", of.prefix.clone()),
        ("First Name", of.first_name.clone()),
        ("Middle Name", of.middle_name.clone()),
        ("Last Name", of.last_name.clone()),
        ("Suffix", of.suffix.clone()),
        (of.organization_name_label(), of.organization_name.clone()),
        ("Household Name", of.household_name.clone()),
        ("Job Title", of.job_title.clone()),
        ("Gender", of.gender.clone()),
        (
            "Birth Date",
            of.birth_date.map(|date| date.to_string()).unwrap_or_default(),
        ),
        ("Deceased", yes_or_no(of.is_deceased)),
        ("Preferred Language", language(&of.preferred_language)),
        ("Contact Source", of.source.clone()),
        (
            "External Identifier",
            of.external_identifier.clone().unwrap_or_default(),
        ),
    ];
    let given = |name: &Option<String>| name.clone().unwrap_or_default();
    values.push(("Display Name", given(&draft.as_given.display_name)));
    values.push(("Sort Name", given(&draft.as_given.sort_name)));
    values.extend(of.privacy.flags().map(|(_, label, is_set)| (label, yes_or_no(is_set))));
    values
}

fn yes_or_no(is: bool) -> String {
    if is { "Yes" } else { "No" }.into()
}

/// The name with what is stored, so that "en" → "en_CA" is seen as the change it is.
fn language(stored: &str) -> String {
    let name = language_name(stored);
    if name == stored {
        stored.into()
    } else {
        format!("{name} ({stored})")
    }
}

/// One entry of a list: what it is recognized by, what it says, and what is said about it in brackets.
struct Line {
    key: String,
    text: String,
    about: String,
}

impl Line {
    fn whole(&self) -> String {
        format!("{} ({})", self.text, self.about)
    }
}

fn lines<T>(all: &[T], line: impl Fn(&T) -> Line) -> Vec<Line> {
    all.iter().map(line).collect()
}

fn email(email: &EmailDraft) -> Line {
    let mut about = vec![email.location_type.clone()];
    about.extend(email.is_primary.then(|| "primary".into()));
    about.extend(email.is_bulk_mail.then(|| "bulk mail".into()));
    about.extend(email.on_hold.as_ref().map(|reason| format!("on hold: {reason}")));
    Line {
        key: email.address.key(),
        text: email.address.as_typed().into(),
        about: about.join(", "),
    }
}

fn phone(phone: &Phone) -> Line {
    let text = match phone.extension.as_str() {
        "" => phone.number.clone(),
        extension => format!("{} ext. {extension}", phone.number),
    };
    let mut about = vec![phone.location_type.clone(), phone.phone_type.clone()];
    about.extend(phone.is_primary.then(|| "primary".into()));
    Line {
        key: text.clone(),
        text,
        about: about.join(", "),
    }
}

fn address(address: &Address) -> Line {
    let text = address.lines().join(", ");
    let mut about = vec![address.location_type.clone()];
    about.extend(address.is_primary.then(|| "primary".into()));
    Line {
        // Two parts may read alike with their border elsewhere: then they are told apart.
        key: address.parts().join("\n"),
        text,
        about: about.join(", "),
    }
}

/// Entries that are the same are left out, those with the same key are one that changed, and what is left is paired in
/// order: one address given up and another taken on reads as one change.
fn of_list(field: &str, old: Vec<Line>, new: Vec<Line>) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    let mut added: Vec<Line> = new;
    let mut removed = Vec::new();
    for before in old {
        match added.iter().position(|after| after.key == before.key) {
            Some(at) => changes.extend(FieldChange::between(field, &before.whole(), &added.remove(at).whole())),
            None => removed.push(before),
        }
    }
    let mut added = added.into_iter();
    for before in removed {
        changes.push(match added.next() {
            Some(after) => pair(field, &before, &after),
            None => change(field, before.whole(), String::new()),
        });
    }
    changes.extend(added.map(|after| change(field, String::new(), after.whole())));
    changes
}

/// What stayed the same about both is not repeated.
fn pair(field: &str, before: &Line, after: &Line) -> FieldChange {
    if before.about == after.about && before.text != after.text {
        return change(field, before.text.clone(), after.text.clone());
    }
    change(field, before.whole(), after.whole())
}

fn change(field: &str, old: String, new: String) -> FieldChange {
    FieldChange {
        field: field.into(),
        old,
        new,
    }
}
