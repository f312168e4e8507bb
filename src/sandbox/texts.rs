//! The validation messages of merge fields, which Mailchimp writes in the language of the account.

pub const MISSING: &str = "Please enter a value";
pub const NOT_A_NUMBER: &str = "Please enter a number";
pub const NOT_A_DATE: &str = "Please enter the date";
pub const NOT_A_BIRTHDAY: &str = "Please enter a month (01-12) and a day (01-31)";
pub const INCOMPLETE_ADDRESS: &str = "Please enter a complete address";
pub const NOT_A_CHOICE: &str = "Please select an option";
pub const NOT_A_ZIP: &str = "Please enter a zip code (5 digits)";
pub const NOT_A_URL: &str = "Please enter a valid URL";
/// Comes from the schema, not from the form, and is therefore never translated.
pub const WRONG_TYPE: &str = "Data did not match any of the schemas described in anyOf.";

/// German, French and Italian of each message.
const TRANSLATIONS: [(&str, [&str; 3]); 8] = [
    (
        MISSING,
        [
            "Bitte gib einen Wert ein.",
            "Veuillez saisir une valeur",
            "Inserisci un valore",
        ],
    ),
    (
        NOT_A_NUMBER,
        [
            "Bitte gib eine Zahl ein.",
            "Veuillez saisir un nombre",
            "Inserisci un numero",
        ],
    ),
    (
        NOT_A_DATE,
        [
            "Bitte gib das Datum ein.",
            "Veuillez saisir la date",
            "Inserisci la data",
        ],
    ),
    (
        NOT_A_BIRTHDAY,
        [
            "Bitte gib einen Monat (01-12) und einen Tag (01-31) ein.",
            "Veuillez saisir un mois (01-12) et un jour (01-31)",
            "Inserisci un mese (01-12) e un giorno (01-31)",
        ],
    ),
    (
        INCOMPLETE_ADDRESS,
        [
            "Bitte gib eine vollständige Adresse ein.",
            "Veuillez saisir une adresse complète",
            "Inserisci un indirizzo completo",
        ],
    ),
    (
        NOT_A_CHOICE,
        [
            "Bitte wähle eine Option.",
            "Veuillez choisir une option",
            "Seleziona un'opzione",
        ],
    ),
    (
        NOT_A_ZIP,
        [
            "Bitte gib eine Postleitzahl ein (5 Ziffern).",
            "Veuillez saisir un code postal (5 chiffres)",
            "Inserisci un CAP (5 cifre)",
        ],
    ),
    (
        NOT_A_URL,
        [
            "Bitte gib eine gültige URL ein.",
            "Veuillez saisir une URL valide",
            "Inserisci un URL valido",
        ],
    ),
];

/// The message in the account's language; English where there is no translation.
pub fn localised(message: &'static str, language: &str) -> &'static str {
    let column = match language {
        "de" => 0,
        "fr" => 1,
        "it" => 2,
        _ => return message,
    };
    TRANSLATIONS
        .iter()
        .find(|(english, _)| *english == message)
        .map_or(message, |(_, others)| others[column])
}
