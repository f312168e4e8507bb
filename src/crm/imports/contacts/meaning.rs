//! What a column of a file of contacts can hold.

use crate::crm::imports::column::ColumnMeaning;
use serde::{Deserialize, Serialize};

/// What the cells of one column hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    ExternalIdentifier,
    /// The number of a contact here, in a file that was exported here.
    DmsNumber,
    ContactType,
    ContactSubtype,
    DisplayName,
    SortName,
    Prefix,
    FirstName,
    MiddleName,
    LastName,
    Suffix,
    OrganizationName,
    HouseholdName,
    JobTitle,
    Gender,
    BirthDate,
    Deceased,
    PreferredLanguage,
    Source,
    Email,
    EmailOnHold,
    SecondEmail,
    Phone,
    SecondPhone,
    StreetAddress,
    SupplementalAddress1,
    SupplementalAddress2,
    City,
    Province,
    PostalCode,
    Country,
    DoNotEmail,
    DoNotPhone,
    DoNotMail,
    DoNotSms,
    DoNotTrade,
    NoBulkEmails,
    Group,
    GroupStatus,
    Tags,
}

use Meaning::*;

/// The meanings as they are offered, under their headings.
pub const OFFERED: [(&str, &[Meaning]); 7] = [
    (
        "Who it is",
        &[
            ExternalIdentifier,
            DmsNumber,
            ContactType,
            ContactSubtype,
            OrganizationName,
            HouseholdName,
        ],
    ),
    (
        "Name",
        &[Prefix, FirstName, MiddleName, LastName, Suffix, DisplayName, SortName],
    ),
    (
        "About the person",
        &[JobTitle, Gender, BirthDate, Deceased, PreferredLanguage, Source],
    ),
    (
        "How to reach them",
        &[
            Email,
            EmailOnHold,
            SecondEmail,
            Phone,
            SecondPhone,
            StreetAddress,
            SupplementalAddress1,
            SupplementalAddress2,
            City,
            Province,
            PostalCode,
            Country,
        ],
    ),
    (
        "Privacy",
        &[DoNotEmail, DoNotPhone, DoNotMail, DoNotSms, DoNotTrade, NoBulkEmails],
    ),
    ("Groups", &[Group, GroupStatus]),
    ("Tags", &[Tags]),
];

impl Meaning {
    /// Whether the cells answer yes or no.
    pub fn is_flag(self) -> bool {
        matches!(
            self,
            Deceased | EmailOnHold | DoNotEmail | DoNotPhone | DoNotMail | DoNotSms | DoNotTrade | NoBulkEmails
        )
    }
}

impl ColumnMeaning for Meaning {
    fn second(self) -> Option<Self> {
        match self {
            Email => Some(SecondEmail),
            Phone => Some(SecondPhone),
            _ => None,
        }
    }

    fn is_date(self) -> bool {
        self == BirthDate
    }

    fn facts(self) -> (&'static str, &'static [&'static str]) {
        match self {
            ExternalIdentifier => (
                "External Identifier",
                &[
                    "contact id",
                    "external id",
                    "civicrm id",
                    "id",
                    "donor id",
                    "donor number",
                    "constituent id",
                    "record id",
                    "member id",
                    "account id",
                    "identifiant",
                    "identifiant externe",
                    "id externe",
                    "id contact",
                    "numéro de donateur",
                    "no de donateur",
                    "numéro",
                ],
            ),
            DmsNumber => ("DMS Number", &["numéro dms"]),
            ContactType => ("Contact Type", &["type", "record type", "type de contact"]),
            ContactSubtype => ("Contact Subtype", &["subtype", "sous-type", "sous-type de contact"]),
            DisplayName => (
                "Display Name",
                &["name", "full name", "nom complet", "nom affiché", "nom d'affichage"],
            ),
            SortName => ("Sort Name", &["nom de tri"]),
            Prefix => (
                "Prefix",
                &[
                    "individual prefix",
                    "name prefix",
                    "title",
                    "salutation",
                    "préfixe",
                    "titre",
                    "civilité",
                ],
            ),
            FirstName => ("First Name", &["first", "given name", "forename", "prénom", "fname"]),
            MiddleName => (
                "Middle Name",
                &[
                    "middle",
                    "middle initial",
                    "deuxième prénom",
                    "second prénom",
                    "autres prénoms",
                ],
            ),
            LastName => (
                "Last Name",
                &["last", "surname", "family name", "nom", "nom de famille", "lname"],
            ),
            Suffix => ("Suffix", &["individual suffix", "name suffix", "suffixe"]),
            OrganizationName => (
                "Organization Name",
                &[
                    "organization",
                    "organisation",
                    "organisation name",
                    "company",
                    "company name",
                    "business",
                    "employer",
                    "current employer",
                    "organisme",
                    "nom de l'organisme",
                    "nom de l'organisation",
                    "entreprise",
                    "société",
                    "employeur",
                ],
            ),
            HouseholdName => (
                "Household Name",
                &["household", "family", "ménage", "foyer", "nom du ménage"],
            ),
            JobTitle => (
                "Job Title",
                &["job", "position", "occupation", "titre du poste", "poste", "fonction"],
            ),
            Gender => ("Gender", &["sex", "genre", "sexe"]),
            BirthDate => (
                "Birth Date",
                &[
                    "birthday",
                    "date of birth",
                    "dob",
                    "birthdate",
                    "date de naissance",
                    "naissance",
                    "anniversaire",
                ],
            ),
            Deceased => ("Deceased", &["is deceased", "décédé", "décédée", "décès", "décédé(e)"]),
            PreferredLanguage => (
                "Preferred Language",
                &[
                    "language",
                    "communication language",
                    "langue",
                    "langue préférée",
                    "langue de correspondance",
                ],
            ),
            Source => (
                "Contact Source",
                &["source", "source of contact data", "source du contact", "provenance"],
            ),
            Email => (
                "Email",
                &[
                    "email address",
                    "primary email",
                    "home email",
                    "personal email",
                    "email 1",
                    "courriel",
                    "adresse courriel",
                    "adresse email",
                    "adresse électronique",
                    "courriel principal",
                    "mail",
                ],
            ),
            EmailOnHold => ("Email On Hold", &["on hold", "courriel en suspens", "en suspens"]),
            SecondEmail => (
                "Second Email",
                &[
                    "email 2",
                    "second email address",
                    "secondary email",
                    "alternate email",
                    "other email",
                    "work email",
                    "deuxième courriel",
                    "autre courriel",
                    "courriel 2",
                    "courriel secondaire",
                ],
            ),
            Phone => (
                "Phone",
                &[
                    "phone number",
                    "telephone",
                    "telephone number",
                    "primary phone",
                    "home phone",
                    "phone 1",
                    "tel",
                    "téléphone",
                    "numéro de téléphone",
                    "no de téléphone",
                    "téléphone principal",
                    "téléphone domicile",
                ],
            ),
            SecondPhone => (
                "Second Phone",
                &[
                    "phone 2",
                    "secondary phone",
                    "alternate phone",
                    "other phone",
                    "work phone",
                    "mobile",
                    "mobile phone",
                    "cell",
                    "cell phone",
                    "cellulaire",
                    "deuxième téléphone",
                    "autre téléphone",
                    "téléphone 2",
                ],
            ),
            StreetAddress => (
                "Street Address",
                &[
                    "address",
                    "street",
                    "address 1",
                    "address line 1",
                    "mailing address",
                    "adresse",
                    "adresse postale",
                    "rue",
                    "adresse 1",
                    "adresse ligne 1",
                ],
            ),
            SupplementalAddress1 => (
                "Supplemental Address 1",
                &[
                    "address 2",
                    "address line 2",
                    "apartment",
                    "unit",
                    "suite",
                    "complément d'adresse",
                    "adresse 2",
                    "adresse ligne 2",
                    "appartement",
                ],
            ),
            SupplementalAddress2 => (
                "Supplemental Address 2",
                &["address 3", "address line 3", "complément d'adresse 2", "adresse 3"],
            ),
            City => ("City", &["town", "ville", "municipalité", "localité"]),
            Province => (
                "Province",
                &["state", "state/province", "province/state", "region", "état", "région"],
            ),
            PostalCode => ("Postal Code", &["zip", "zip code", "postcode", "postal", "code postal"]),
            Country => ("Country", &["pays"]),
            DoNotEmail => (
                "Do Not Email",
                &[
                    "no email",
                    "ne pas envoyer de courriel",
                    "pas de courriel",
                    "aucun courriel",
                ],
            ),
            DoNotPhone => (
                "Do Not Phone",
                &[
                    "do not call",
                    "no phone",
                    "ne pas téléphoner",
                    "ne pas appeler",
                    "pas de téléphone",
                ],
            ),
            DoNotMail => (
                "Do Not Mail",
                &[
                    "no mail",
                    "ne pas envoyer de courrier",
                    "pas de courrier",
                    "aucun courrier",
                ],
            ),
            DoNotSms => (
                "Do Not SMS",
                &[
                    "no sms",
                    "do not text",
                    "ne pas envoyer de sms",
                    "ne pas texter",
                    "pas de sms",
                ],
            ),
            DoNotTrade => (
                "Do Not Trade",
                &["no trade", "do not share", "ne pas échanger", "ne pas partager"],
            ),
            NoBulkEmails => (
                "NO BULK EMAILS (User Opt Out)",
                &[
                    "no bulk emails",
                    "no bulk email",
                    "opt out",
                    "is opt out",
                    "user opt out",
                    "unsubscribed",
                    "pas d'envois de masse",
                    "aucun courriel de masse",
                    "désabonné",
                ],
            ),
            Group => ("Group", &["group name", "group title", "groupe", "nom du groupe"]),
            GroupStatus => (
                "Group Status",
                &["status", "membership status", "statut", "statut du groupe"],
            ),
            // A file with a column “Tag” is one of tags, a row for each.
            Tags => (
                "Tags",
                &["tag names", "tag list", "keywords", "étiquettes", "mots-clés"],
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crm::imports::column;
    use crate::crm::imports::contacts::Contacts;

    fn recognized(headers: &str) -> Vec<Option<Meaning>> {
        let headers: Vec<String> = headers.split(',').map(str::to_owned).collect();
        let keys = column::recognize(&column::of(&Contacts), &headers);
        keys.iter().map(|key| key.as_deref().and_then(Meaning::parse)).collect()
    }

    #[test]
    fn a_file_as_civicrm_exports_it_is_recognized_whole() {
        let headers = "Contact ID,Contact Type,Contact Subtype,Sort Name,Display Name,Prefix,First Name,Middle Name,\
            Last Name,Suffix,Organization Name,Household Name,Job Title,Gender,Birth Date,Deceased,Preferred Language,\
            Contact Source,Do Not Email,Do Not Phone,Do Not Mail,Do Not SMS,Do Not Trade,\
            No Bulk Emails (User Opt Out),Email,Email On Hold,Phone,Street Address,Supplemental Address 1,City,State,\
            Postal Code,Country,Second Email,Second Phone";
        assert!(recognized(headers).iter().all(Option::is_some));
        assert_eq!(
            recognized("Group,Contact ID,Status"),
            [Some(Group), Some(ExternalIdentifier), Some(GroupStatus)]
        );
    }

    #[test]
    fn english_and_french_words_for_the_same_are_understood() {
        assert_eq!(
            recognized("E-mail,FIRST_NAME,surname"),
            [Some(Email), Some(FirstName), Some(LastName)]
        );
        assert_eq!(
            recognized("Prénom,NOM,Courriel,Téléphone,Code postal,Date de naissance"),
            [
                Some(FirstName),
                Some(LastName),
                Some(Email),
                Some(Phone),
                Some(PostalCode),
                Some(BirthDate)
            ]
        );
    }

    #[test]
    fn a_second_email_is_the_second_one_and_what_says_nothing_is_left_out() {
        assert_eq!(recognized("Email,Email,Email"), [Some(Email), Some(SecondEmail), None]);
        assert_eq!(
            recognized("Mobile,Second Phone,Phone"),
            [None, Some(SecondPhone), Some(Phone)]
        );
        assert_eq!(recognized("Shoe size,,City"), [None, None, Some(City)]);
    }
}
