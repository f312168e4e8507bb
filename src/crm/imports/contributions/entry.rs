//! What one row says of a gift, read by what its columns hold; everything wrong with it in words.

use super::meaning::Meaning;
use crate::base::{Currency, Money, fold};
use crate::crm::contributions::{ContributionDraft, Dedication, PaymentMethod, Status};
use crate::crm::imports::cells::Said;
use crate::crm::imports::value::{self, DateOrder};
use crate::crm::imports::whom;
use crate::crm::{campaigns, funds};
use chrono::{NaiveDate, NaiveTime};

/// Reads a cell by what its column holds.
pub fn value(meaning: Meaning, text: String, order: DateOrder) -> Result<String, String> {
    match meaning {
        Meaning::ContactNumber | Meaning::DmsNumber => whom::number(text),
        Meaning::Email => value::email(text),
        Meaning::Currency => match Currency::parse(&text) {
            Some(currency) => Ok(currency.to_string()),
            None => Err(format!(
                "“{text}” is not a currency. Write its code, such as CAD or USD."
            )),
        },
        Meaning::DateReceived => value::date_and_time(&text, order),
        Meaning::ThankedOn | Meaning::ClosedOn => match value::date(&text, order) {
            Ok(day) => Ok(day.to_string()),
            Err(problem) => Err(problem.words(&text)),
        },
        Meaning::PaymentMethod => match payment_method(&text) {
            Some(method) => Ok(method.to_string()),
            None => Err(format!(
                "“{text}” is not a payment method. Known are {}.",
                all(PaymentMethod::ALL)
            )),
        },
        Meaning::Status => match status(&text) {
            Some(status) => Ok(status.to_string()),
            None => Err(format!("“{text}” is not a status. Known are {}.", all(Status::ALL))),
        },
        Meaning::Fund => named(&text, funds::model::name),
        Meaning::Campaign => named(&text, campaigns::model::name),
        _ => Ok(text),
    }
}

fn named(text: &str, name: fn(&str) -> Result<String, &'static str>) -> Result<String, String> {
    name(text).map_err(|words| format!("“{text}”: {words}"))
}

fn all<T: ToString>(words: &[T]) -> String {
    let words: Vec<String> = words.iter().map(T::to_string).collect();
    words.join(", ")
}

/// How a gift was paid, in the words of other systems and in French.
fn payment_method(text: &str) -> Option<PaymentMethod> {
    let word = fold(text);
    let found = match word.trim() {
        "check" | "cheque" | "cheques" => PaymentMethod::Cheque,
        "credit" | "visa" | "mastercard" | "amex" | "american express" | "carte de credit" => PaymentMethod::CreditCard,
        "debit" | "carte de debit" => PaymentMethod::DebitCard,
        "eft"
        | "pad"
        | "pre-authorized debit"
        | "preauthorized debit"
        | "direct deposit"
        | "bank transfer"
        | "wire"
        | "debit preautorise"
        | "prelevement automatique"
        | "virement"
        | "virement bancaire" => PaymentMethod::DirectDebit,
        "e-transfer" | "etransfer" | "interac" | "interac e-transfer" | "email transfer" | "virement interac" => {
            PaymentMethod::ETransfer
        }
        "comptant" | "especes" | "argent comptant" => PaymentMethod::Cash,
        "gift in kind" | "in-kind" | "don en nature" | "en nature" => PaymentMethod::InKind,
        "stock" | "stocks" | "shares" | "titres" | "actions" => PaymentMethod::Securities,
        "autre" => PaymentMethod::Other,
        _ => return PaymentMethod::parse(text),
    };
    Some(found)
}

/// What became of a gift, in the words of other systems and in French.
fn status(text: &str) -> Option<Status> {
    let word = fold(text);
    let found = match word.trim() {
        "complete" | "paid" | "received" | "recu" | "paye" | "termine" => Status::Completed,
        "in progress" | "pledged" | "en attente" | "promis" => Status::Pending,
        "canceled" | "annule" => Status::Cancelled,
        "refund" | "chargeback" | "rembourse" => Status::Refunded,
        "declined" | "echoue" | "refuse" => Status::Failed,
        _ => return Status::parse(text),
    };
    Some(found)
}

impl Said<Meaning> {
    /// Who gave how much, as people recognize it.
    pub fn called(&self) -> Option<String> {
        let amount = match self.money(Meaning::Amount, self.currency()) {
            Ok(Some(amount)) => Some(amount.to_string()),
            _ => None,
        };
        let day = self.get(Meaning::DateReceived).map(str::to_owned);
        let said: Vec<String> = [self.whom().called(), amount, day].into_iter().flatten().collect();
        (!said.is_empty()).then(|| said.join(" · "))
    }

    /// The currency it gives, or our own.
    fn currency(&self) -> Currency {
        let given = self.get(Meaning::Currency).and_then(Currency::parse);
        given.unwrap_or(Currency::CAD)
    }

    fn money(&self, meaning: Meaning, currency: Currency) -> Result<Option<Money>, String> {
        let Some(text) = self.get(meaning) else { return Ok(None) };
        let read = Money::parse(text, currency).map(Some);
        read.map_err(|words| format!("“{text}” in {currency}: {words}"))
    }

    fn received(&self) -> Option<(NaiveDate, Option<NaiveTime>)> {
        value::written_date_and_time(self.get(Meaning::DateReceived)?)
    }

    /// What is wrong between its amounts.
    pub fn wrong_amounts(&self) -> Vec<String> {
        self.wrong_amounts_in(self.currency())
    }

    /// The same in the currency that the gift has or gets.
    pub fn wrong_amounts_in(&self, currency: Currency) -> Vec<String> {
        let amounts = [
            Meaning::Amount,
            Meaning::FeeAmount,
            Meaning::NetAmount,
            Meaning::AdvantageAmount,
        ];
        let read: Vec<_> = amounts
            .into_iter()
            .map(|meaning| self.money(meaning, currency))
            .collect();
        let mut problems: Vec<String> = read.iter().filter_map(|one| one.clone().err()).collect();
        if let [Ok(Some(amount)), Ok(fee), Ok(Some(net)), _] = read.as_slice() {
            let differs = match fee {
                Some(fee) => amount.minor - fee.minor != net.minor,
                None => net.minor > amount.minor,
            };
            if differs {
                problems.push(format!(
                    "Net Amount {net} is not what remains of {amount} after the fee."
                ));
            }
        }
        problems
    }

    /// What is needed to make a new contribution of the row, and is missing.
    pub fn missing(&self) -> Option<String> {
        match (self.get(Meaning::Amount), self.received()) {
            (None, _) => Some("The row has no amount.".into()),
            (_, None) => Some("The row has no date.".into()),
            _ => None,
        }
    }

    /// How much and when, for a new contribution.
    pub fn amount_and_day(&self) -> Option<(Money, NaiveDate)> {
        let amount = self.money(Meaning::Amount, self.currency()).ok()??;
        Some((amount, self.received()?.0))
    }

    /// Takes on what the row says; an empty cell never blanks. Contact, fund and campaign are found by others.
    pub fn onto(&self, mut draft: ContributionDraft) -> ContributionDraft {
        if let Some(currency) = self.get(Meaning::Currency).and_then(Currency::parse) {
            draft.currency = currency;
        }
        let currency = draft.currency;
        let amount = |meaning| self.money(meaning, currency).ok().flatten().map(|money| money.minor);
        draft.amount = amount(Meaning::Amount).unwrap_or(draft.amount);
        let by_net = amount(Meaning::NetAmount).map(|net| draft.amount - net);
        draft.fee = amount(Meaning::FeeAmount).or(by_net).unwrap_or(draft.fee);
        draft.advantage = amount(Meaning::AdvantageAmount).unwrap_or(draft.advantage);
        if let Some((day, time)) = self.received() {
            draft.received_on = day;
            draft.received_time = time;
        }
        let method = self.get(Meaning::PaymentMethod).and_then(PaymentMethod::parse);
        draft.payment_method = method.unwrap_or(draft.payment_method);
        draft.status = self
            .get(Meaning::Status)
            .and_then(Status::parse)
            .unwrap_or(draft.status);
        let thanked = self.get(Meaning::ThankedOn).and_then(|day| day.parse().ok());
        draft.thanked_on = thanked.or(draft.thanked_on);
        let closed = self.get(Meaning::ClosedOn).and_then(|day| day.parse().ok());
        draft.closed_on = closed.or(draft.closed_on);
        for (meaning, text) in [
            (Meaning::ClosedReason, &mut draft.closed_reason),
            (Meaning::TransactionId, &mut draft.transaction_id),
            (Meaning::ChequeNumber, &mut draft.cheque_number),
            (Meaning::Source, &mut draft.source),
            (Meaning::InKindDescription, &mut draft.in_kind_description),
            (Meaning::AdvantageDescription, &mut draft.advantage_description),
            (Meaning::Note, &mut draft.note),
        ] {
            if let Some(said) = self.get(meaning) {
                said.clone_into(text);
            }
        }
        for (meaning, kind) in [
            (Meaning::InHonourOf, Dedication::InHonourOf),
            (Meaning::InMemoryOf, Dedication::InMemoryOf),
        ] {
            if let Some(name) = self.get(meaning) {
                draft.dedication = Some(kind);
                name.clone_into(&mut draft.honoree_name);
            }
        }
        if let Some(identifier) = self.get(Meaning::ExternalIdentifier) {
            draft.external_identifier = Some(identifier.to_owned());
        }
        draft
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{ContactId, FundId};
    use crate::crm::imports::cells;
    use crate::crm::imports::column::{self, ColumnMeaning};
    use crate::crm::imports::contributions::Contributions;

    fn read(headers: &str, row: &str) -> (Said<Meaning>, Vec<String>) {
        let split = |line: &str| line.split(';').map(str::to_owned).collect::<Vec<_>>();
        let keys = column::recognize(&column::of(&Contributions), &split(headers));
        let meanings: Vec<Option<Meaning>> = keys.iter().map(|key| key.as_deref().and_then(Meaning::parse)).collect();
        let value = |meaning, text| value(meaning, text, DateOrder::default());
        let (values, mut problems) = cells::read(&meanings, &split(row), |_| " ", value);
        let said = Said::from(values);
        problems.extend(said.wrong_amounts());
        (said, problems)
    }

    fn draft(headers: &str, row: &str) -> ContributionDraft {
        let (said, problems) = read(headers, row);
        assert_eq!(problems, [""; 0]);
        let (amount, day) = said.amount_and_day().unwrap();
        said.onto(ContributionDraft::new(ContactId(1), amount, day, FundId(1)))
    }

    #[test]
    fn a_row_of_another_system_is_read_in_its_own_words() {
        let gift = draft(
            "Total Amount;Currency;Receive Date;Payment Instrument;Check Number;Contribution Status;Fee;Net",
            "1 250,50;cad;2026-03-01 16:03:52;Check;1041;Paid;1.50;1249.00",
        );
        assert_eq!((gift.amount().to_string(), gift.fee), ("$1,250.50".into(), 150));
        assert_eq!(
            (gift.payment_method, gift.status),
            (PaymentMethod::Cheque, Status::Completed)
        );
        assert_eq!(gift.received_time.unwrap().to_string(), "16:03:52");
        let yen = draft(
            "Montant;Devise;Date du don;Mode de paiement",
            "500.00;JPY;2026-07-09 00:00:00;Virement Interac",
        );
        assert_eq!((yen.amount, yen.received_time), (500, None));
        assert_eq!(yen.payment_method, PaymentMethod::ETransfer);
    }

    #[test]
    fn what_is_wrong_is_said_in_words_that_name_the_cell() {
        let problem = |headers, row| read(headers, row).1.join(" ");
        assert!(problem("Amount;Date", "1.250;2026-03-01").contains("“1.250” in CAD: This can be read two ways."));
        assert!(problem("Amount;Date", "-5;2026-03-01").contains("This is not an amount."));
        assert!(problem("Amount;Date", "5;03/04/2020").contains("no other row tells"));
        assert!(problem("Amount;Date;Currency", "5;2020-01-01;dollars").contains("is not a currency"));
        assert!(problem("Amount;Date;Method", "5;2020-01-01;Barter").contains("is not a payment method"));
        assert!(problem("Amount;Date;Status", "5;2020-01-01;Perhaps").contains("is not a status"));
        assert!(problem("Amount;Date;Net Amount;Fee", "5;2020-01-01;4;0.50").contains("after the fee"));
        assert_eq!(
            read("Amount;Date", ";2020-01-01").0.missing(),
            Some("The row has no amount.".into())
        );
    }
}
