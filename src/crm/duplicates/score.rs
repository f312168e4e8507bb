//! How likely two contacts are one, with the reasons in words. No database here.

use super::keys;
use crate::crm::contacts::Contact;

/// Pairs below this are not shown: too many of them are two people.
const SCORE_MIN: i32 = 50;
/// What is certain.
const SCORE_MAX: i32 = 100;

const SAME_EMAIL: i32 = 60;
const SAME_NAME: i32 = 40;
const NAME_SOUNDS_ALIKE: i32 = 25;
/// An address that people of different names share: couples do.
const OTHER_NAME: i32 = -10;
const SAME_PHONE: i32 = 35;
const SAME_POSTAL_CODE: i32 = 25;
const SAME_BIRTH_DATE: i32 = 20;
/// Father and son may share everything else.
const OTHER_BIRTH_DATE: i32 = -40;

/// From 50 to 100, with what the two have in common; `None` where it is too little.
pub(super) fn of(one: &Contact, other: &Contact) -> Option<(i32, Vec<String>)> {
    let found = [
        email(one, other),
        name(one, other),
        shared(keys::phones(one), keys::phones(other)).then(|| (SAME_PHONE, Some("same phone".into()))),
        shared(keys::postal_codes(one), keys::postal_codes(other))
            .then(|| (SAME_POSTAL_CODE, Some("same postal code".into()))),
        birth_date(one, other),
    ];
    let found: Vec<(i32, Option<String>)> = found.into_iter().flatten().collect();
    let score: i32 = found.iter().map(|(points, _)| points).sum();
    let reasons = found.into_iter().filter_map(|(_, reason)| reason).collect();
    (score >= SCORE_MIN).then(|| (score.min(SCORE_MAX), reasons))
}

fn email(one: &Contact, other: &Contact) -> Option<(i32, Option<String>)> {
    let theirs: Vec<String> = other.emails.iter().map(|email| email.address.key()).collect();
    let mut ours = one.emails.iter().map(|email| email.address.key());
    let address = ours.find(|address| theirs.contains(address))?;
    Some((SAME_EMAIL, Some(format!("same email {address}"))))
}

fn name(one: &Contact, other: &Contact) -> Option<(i32, Option<String>)> {
    let (ours, theirs) = (keys::name(&one.details), keys::name(&other.details));
    if ours.is_empty() || theirs.is_empty() {
        return None;
    }
    Some(if ours == theirs {
        (SAME_NAME, Some("same name".into()))
    } else if keys::sound(&one.details) == keys::sound(&other.details) {
        (NAME_SOUNDS_ALIKE, Some("names that sound alike".into()))
    } else {
        (OTHER_NAME, None)
    })
}

fn birth_date(one: &Contact, other: &Contact) -> Option<(i32, Option<String>)> {
    let (ours, theirs) = (one.details.birth_date?, other.details.birth_date?);
    Some(if ours == theirs {
        (SAME_BIRTH_DATE, Some("same birth date".into()))
    } else {
        (OTHER_BIRTH_DATE, None)
    })
}

fn shared(mut ours: impl Iterator<Item = String>, theirs: impl Iterator<Item = String>) -> bool {
    let theirs: Vec<String> = theirs.collect();
    ours.any(|one| theirs.contains(&one))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{ContactId, EmailAddress};
    use crate::crm::contacts::{Address, Details, Email, Phone};
    use chrono::{DateTime, NaiveDate};

    fn contact(first: &str, last: &str, email: &str, phone: &str, postal_code: &str) -> Contact {
        let at = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        Contact {
            id: ContactId(1),
            display_name: String::new(),
            sort_name: String::new(),
            created_at: at,
            modified_at: at,
            deleted_at: None,
            merged_into: None,
            erased_at: None,
            details: Details {
                first_name: first.into(),
                last_name: last.into(),
                ..Details::default()
            },
            emails: EmailAddress::parse(email)
                .map(|address| Email {
                    address,
                    location_type: "Home".into(),
                    is_primary: true,
                    is_bulk_mail: false,
                    on_hold: None,
                })
                .into_iter()
                .collect(),
            phones: vec![Phone::new(phone)],
            addresses: vec![Address {
                postal_code: postal_code.into(),
                ..Address::default()
            }],
        }
    }

    fn have_a_key_in_common(one: &Contact, other: &Contact) -> bool {
        keys::of(one).intersection(&keys::of(other)).next().is_some()
    }

    #[test]
    fn each_rule_finds_its_pair_and_says_why() {
        let anne = contact("Anne", "Lévesque", "anne@x.test", "613 555-0100", "G8B 1A1");
        for (other, reasons) in [
            (
                contact("Anne", "Levesque", "ANNE@x.test", "", ""),
                "same email anne@x.test, same name",
            ),
            (contact("Bo", "Roy", "anne@x.test", "", ""), "same email anne@x.test"),
            (
                contact("anne", "LEVESQUE", "", "", "g8b1a1"),
                "same name, same postal code",
            ),
            (
                contact("Anne", "Lévesque", "", "1 (613) 555 0100", ""),
                "same name, same phone",
            ),
            (
                contact("Ann", "Levesk", "", "", "G8B 1A1"),
                "names that sound alike, same postal code",
            ),
        ] {
            let (_, found) = of(&anne, &other).unwrap_or_else(|| panic!("{reasons}"));
            assert_eq!(found.join(", "), reasons);
            assert!(have_a_key_in_common(&anne, &other), "{reasons}");
        }
    }

    #[test]
    fn too_little_in_common_is_no_pair() {
        let anne = contact("Anne", "Lem", "anne@x.test", "613 555 0100", "G8B 1A1");
        for other in [
            contact("Anne", "Lem", "other@x.test", "613 555 0199", "K1A 0A1"),
            contact("Bo", "Roy", "bo@x.test", "613 555 0199", "G8B 1A1"),
            contact("", "", "", "", "G8B 1A1"),
        ] {
            assert!(of(&anne, &other).is_none());
        }
        let day = |year| NaiveDate::from_ymd_opt(year, 4, 27);
        let (mut father, mut son) = (anne.clone(), contact("Anne", "Lem", "", "", "G8B 1A1"));
        (father.details.birth_date, son.details.birth_date) = (day(1950), day(1980));
        assert!(of(&father, &son).is_none(), "born on different days");
    }
}
