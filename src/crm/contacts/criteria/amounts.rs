//! Questions about amounts of money, in one currency at a time.

use super::compared::{Compared, OPS, OR_EMPTY};
use super::controls::Control;
use super::sql::{Bind, Place, Sql};
use super::{Facts, Typed};
use crate::base::{Currency, Money};
use crate::web::Choice;

/// An amount of something, or none.
pub struct Amounts<R = Facts> {
    /// The columns of the amount and of its currency.
    pub(super) amount: &'static str,
    pub(super) currency: &'static str,
    pub(super) may_be_empty: bool,
    pub(super) of: fn(&R) -> Option<Money>,
}

/// An amount as it is compared, in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Amount {
    pub compared: Compared,
    pub currency: Currency,
}

/// What is asked of an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    Compared(Compared, Currency),
    Empty,
    Filled,
}

impl Amount {
    /// Reads the amounts and the currency, in the order in which they were typed; the values behind them are left.
    pub(super) fn read<'v>(op: &str, values: &'v [String]) -> Result<(Self, &'v [String]), &'static str> {
        let (amounts, code, rest) = split(values);
        let currency = Currency::parse(code).ok_or("Choose a currency.")?;
        let amount = |at: usize| {
            let typed = amounts.get(at).map_or("", |amount| amount.trim());
            Money::parse(typed, currency).map(|money| money.minor)
        };
        let compared = Compared::read(op, amount)?;
        Ok((Self { compared, currency }, rest))
    }

    /// The fields, and the values behind those of the amount.
    pub(super) fn controls<'v>(op: &str, values: &'v [String]) -> (Vec<Control>, &'v [String]) {
        let (amounts, code, rest) = split(values);
        let mut controls = Compared::inputs(op, "Amount", "text", amounts);
        let offered = Currency::OFFERED.map(|currency| (currency.code().to_owned(), currency.code().to_owned()));
        controls.push(Control::Select {
            name: "value",
            label: "Currency",
            choices: Choice::list(offered, code),
            decides: false,
        });
        (controls, rest)
    }

    /// "is at least $100.00"
    pub(super) fn words(self) -> String {
        self.compared
            .words(|minor| Money::new(minor, self.currency).to_string())
    }
}

/// The amounts, the code of the currency, and what follows. There may be one amount more or less than is asked for, where how
/// to compare was just chosen anew.
fn split(values: &[String]) -> (&[String], &str, &[String]) {
    let is_code = |value: &String| Currency::parse(value).is_some();
    match values.iter().position(is_code) {
        Some(at) => (&values[..at], &values[at], &values[at + 1..]),
        None => (values, "CAD", &[]),
    }
}

impl<R> Amounts<R> {
    pub(super) fn read(typed: &Typed) -> Result<Test, &'static str> {
        Ok(match typed.op.as_str() {
            "empty" => Test::Empty,
            "filled" => Test::Filled,
            op => {
                let (amount, _) = Amount::read(op, &typed.values)?;
                Test::Compared(amount.compared, amount.currency)
            }
        })
    }

    pub(super) fn controls(&self, typed: &Typed) -> Vec<Control> {
        let op = Control::op(if self.may_be_empty { OR_EMPTY } else { OPS }, &typed.op);
        let fields = match op.chosen() {
            "empty" | "filled" => Vec::new(),
            chosen => Amount::controls(chosen, &typed.values).0,
        };
        std::iter::once(op).chain(fields).collect()
    }

    pub(super) fn sql(&self, test: Test, sql: &mut Sql) -> String {
        match test {
            Test::Compared(compared, currency) => match compared.denied() {
                Some(denied) => format!("NOT {}", self.sql(Test::Compared(denied, currency), sql)),
                None => Place::Own(self.amount).some(sql, |sql, amount| {
                    let code = sql.bind(Bind::Text(currency.code().to_owned()));
                    let compared = compared.sql(amount, |number| sql.bind(Bind::Number(number)));
                    format!("{} = {code} AND {compared}", self.currency)
                }),
            },
            Test::Filled => format!("{} IS NOT NULL", self.amount),
            Test::Empty => format!("{} IS NULL", self.amount),
        }
    }

    pub(super) fn holds(&self, test: Test, of: &R) -> bool {
        let amount = (self.of)(of);
        match test {
            Test::Compared(compared, currency) => match compared.denied() {
                Some(denied) => !self.holds(Test::Compared(denied, currency), of),
                None => amount.is_some_and(|amount| amount.currency == currency && compared.holds(amount.minor)),
            },
            Test::Filled => amount.is_some(),
            Test::Empty => amount.is_none(),
        }
    }
}

impl Test {
    pub(super) fn words(self) -> String {
        match self {
            Self::Compared(compared, currency) => Amount { compared, currency }.words(),
            Self::Empty => "is empty".into(),
            Self::Filled => "is not empty".into(),
        }
    }
}
