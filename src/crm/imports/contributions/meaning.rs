//! What a column of a file of contributions can hold.

use crate::crm::imports::column::{ColumnMeaning, Facts};
use crate::crm::imports::whom::{self, SaysWhom};
use serde::{Deserialize, Serialize};

/// What the cells of one column hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    ContactNumber,
    ContactIdentifier,
    Email,
    FirstName,
    LastName,
    Name,
    Amount,
    Currency,
    DateReceived,
    PaymentMethod,
    Status,
    Fund,
    Campaign,
    Source,
    DmsNumber,
    ExternalIdentifier,
    TransactionId,
    ChequeNumber,
    FeeAmount,
    NetAmount,
    InKindDescription,
    AdvantageAmount,
    AdvantageDescription,
    InHonourOf,
    InMemoryOf,
    Note,
    ThankedOn,
    ClosedOn,
    ClosedReason,
}

use Meaning::*;

/// The meanings as they are offered, under their headings.
pub const OFFERED: [(&str, &[Meaning]); 4] = [
    (
        "Who gave it",
        &[ContactNumber, ContactIdentifier, Email, FirstName, LastName, Name],
    ),
    (
        "The gift",
        &[
            Amount,
            Currency,
            DateReceived,
            PaymentMethod,
            Status,
            Fund,
            Campaign,
            Source,
        ],
    ),
    (
        "References",
        &[
            DmsNumber,
            ExternalIdentifier,
            TransactionId,
            ChequeNumber,
            FeeAmount,
            NetAmount,
            ThankedOn,
        ],
    ),
    (
        "More about it",
        &[
            InKindDescription,
            AdvantageAmount,
            AdvantageDescription,
            InHonourOf,
            InMemoryOf,
            ClosedOn,
            ClosedReason,
            Note,
        ],
    ),
];

impl SaysWhom for Meaning {
    const WHOM: [Self; 6] = [ContactNumber, ContactIdentifier, Email, FirstName, LastName, Name];
}

impl ColumnMeaning for Meaning {
    fn is_date(self) -> bool {
        matches!(self, DateReceived | ThankedOn | ClosedOn)
    }

    fn facts(self) -> Facts {
        match self {
            ContactNumber => whom::NUMBER,
            ContactIdentifier => whom::IDENTIFIER,
            Email => whom::EMAIL,
            FirstName => whom::FIRST_NAME,
            LastName => whom::LAST_NAME,
            Name => whom::NAME,
            Amount => (
                "Amount",
                &[
                    "total amount",
                    "contribution amount",
                    "donation amount",
                    "gift amount",
                    "donation",
                    "gift",
                    "montant",
                    "montant du don",
                    "don",
                ],
            ),
            Currency => ("Currency", &["devise", "monnaie"]),
            DateReceived => (
                "Date Received",
                &[
                    "date",
                    "receive date",
                    "received date",
                    "contribution date",
                    "donation date",
                    "gift date",
                    "date du don",
                    "date de réception",
                ],
            ),
            PaymentMethod => (
                "Payment Method",
                &[
                    "method",
                    "payment instrument",
                    "payment type",
                    "paid by",
                    "mode de paiement",
                    "méthode de paiement",
                ],
            ),
            Status => (
                "Status",
                &["contribution status", "donation status", "statut", "statut du don"],
            ),
            Fund => (
                "Fund",
                &[
                    "financial type",
                    "fund name",
                    "designation",
                    "contribution type",
                    "fonds",
                    "type financier",
                ],
            ),
            Campaign => ("Campaign", &["campaign name", "appeal", "campagne"]),
            Source => ("Source", &["contribution source", "donation source", "provenance"]),
            DmsNumber => ("DMS Number of the contribution", &["numéro dms du don"]),
            ExternalIdentifier => (
                "Contribution ID",
                &[
                    "donation id",
                    "gift id",
                    "invoice number",
                    "identifiant du don",
                    "numéro du don",
                    "external contribution id",
                ],
            ),
            TransactionId => (
                "Transaction ID",
                &["transaction", "trxn id", "reference", "no de transaction"],
            ),
            ChequeNumber => (
                "Cheque Number",
                &[
                    "check number",
                    "cheque #",
                    "check #",
                    "cheque no",
                    "check no",
                    "numéro de chèque",
                    "no de chèque",
                ],
            ),
            FeeAmount => ("Fee Amount", &["fee", "fees", "frais"]),
            NetAmount => ("Net Amount", &["net", "montant net"]),
            InKindDescription => (
                "What was given in kind",
                &["in kind description", "description of property", "description du bien"],
            ),
            AdvantageAmount => (
                "Advantage Amount",
                &[
                    "advantage",
                    "non deductible amount",
                    "non-deductible amount",
                    "montant de l'avantage",
                ],
            ),
            AdvantageDescription => (
                "Description of advantage",
                &["advantage description", "description de l'avantage"],
            ),
            InHonourOf => (
                "In Honour Of",
                &["in honor of", "honoree", "en l'honneur de", "en hommage à"],
            ),
            InMemoryOf => ("In Memory Of", &["in memoriam", "à la mémoire de", "en mémoire de"]),
            Note => (
                "Note",
                &[
                    "contribution note",
                    "notes",
                    "comment",
                    "comments",
                    "remarque",
                    "commentaire",
                ],
            ),
            ClosedOn => (
                "Cancelled or Refunded On",
                &[
                    "cancel date",
                    "cancelled on",
                    "refund date",
                    "refunded on",
                    "date du remboursement",
                ],
            ),
            ClosedReason => (
                "Cancelled or Refunded Because",
                &["cancel reason", "refund reason", "motif du remboursement"],
            ),
            ThankedOn => (
                "Thanked On",
                &[
                    "thank-you date",
                    "thank you date",
                    "thankyou date",
                    "thanked",
                    "date du remerciement",
                ],
            ),
        }
    }
}
