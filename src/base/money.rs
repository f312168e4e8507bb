//! Money, exactly: a whole number of the currency's smallest unit, and the currency. Never a fraction, never a sum of two
//! currencies.

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Text;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The largest amount, in smallest units: ten billion dollars. Three million of them still add up within a `bigint`.
pub const AMOUNT_MAX: i64 = 1_000_000_000_000;

/// The codes of ISO 4217 for money in use.
const CODES: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF \
    CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR \
    ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP \
    MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG \
    SEK SGD SHP SLE SOS SRD SSP STN SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD \
    XOF XPF YER ZAR ZMW";
/// Currencies without a smaller unit (ISO 4217, minor unit 0).
pub const WHOLE_CURRENCIES: &str = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF";
/// Currencies with a thousandth as their smallest unit (ISO 4217, minor unit 3).
pub const THOUSANDTHS_CURRENCIES: &str = "BHD IQD JOD KWD LYD OMR TND";

/// A currency by its ISO 4217 code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, AsExpression, FromSqlRow, Serialize, Deserialize)]
#[diesel(sql_type = Text)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

impl Currency {
    /// The Canadian dollar.
    pub const CAD: Self = Self(*b"CAD");
    /// Those a form offers; any other comes with a file.
    pub const OFFERED: [Self; 6] = [
        Self::CAD,
        Self(*b"USD"),
        Self(*b"EUR"),
        Self(*b"GBP"),
        Self(*b"AUD"),
        Self(*b"CHF"),
    ];

    /// Reads a code, whatever its case; `None` for what is no currency in use.
    pub fn parse(code: &str) -> Option<Self> {
        let code = code.trim().to_ascii_uppercase();
        let bytes: [u8; 3] = code.as_bytes().try_into().ok()?;
        CODES
            .split_whitespace()
            .any(|known| known == code)
            .then_some(Self(bytes))
    }

    /// The code: "CAD".
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Digits behind the decimal point.
    pub fn decimals(self) -> u32 {
        let is_in = |list: &str| list.split_whitespace().any(|code| code == self.code());
        match () {
            () if is_in(WHOLE_CURRENCIES) => 0,
            () if is_in(THOUSANDTHS_CURRENCIES) => 3,
            () => 2,
        }
    }

    /// What stands before an amount in Canada: "$" for our own dollar, "US$" for the neighbours', else a sign or the code.
    fn sign(self) -> String {
        match self.code() {
            "CAD" => "$".into(),
            "USD" => "US$".into(),
            "AUD" => "A$".into(),
            "EUR" => "€".into(),
            "GBP" => "£".into(),
            "JPY" => "¥".into(),
            code => format!("{code} "),
        }
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

impl TryFrom<String> for Currency {
    type Error = String;
    fn try_from(code: String) -> Result<Self, String> {
        Self::parse(&code).ok_or_else(|| format!("{code:?} is not a currency"))
    }
}

impl ToSql<Text, Pg> for Currency {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <str as ToSql<Text, Pg>>::to_sql(self.code(), out)
    }
}

impl FromSql<Text, Pg> for Currency {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let code = <String as FromSql<Text, Pg>>::from_sql(value)?;
        Ok(Self::try_from(code)?)
    }
}

/// An amount of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// In the currency's smallest unit: cents.
    pub minor: i64,
    pub currency: Currency,
}

impl Money {
    /// An amount in smallest units.
    pub fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Reads an amount as people write it: "1,250.50", "$1250.5", "1 250,50 $". What can be read two ways, such as "1.250",
    /// is refused. The error is the sentence shown beside the field.
    pub fn parse(typed: &str, currency: Currency) -> Result<Self, &'static str> {
        let digits = plain(typed, currency);
        if digits.is_empty() {
            return Err("Write an amount.");
        }
        let (whole, fraction) = halves(&digits, currency.decimals() as usize)?;
        let decimals = currency.decimals() as usize;
        let kept = &fraction[..fraction.len().min(decimals)];
        if fraction[kept.len()..].bytes().any(|digit| digit != b'0') {
            return Err(match decimals {
                0 => "This currency has no smaller unit. Write a whole amount.",
                _ => "This amount has more decimals than the currency.",
            });
        }
        let minor: i64 = format!("{whole}{kept:0<decimals$}")
            .parse()
            .map_err(|_| "This amount is too large.")?;
        match minor <= AMOUNT_MAX {
            true => Ok(Self { minor, currency }),
            false => Err("This amount is too large."),
        }
    }

    /// The digits alone, as a form's field holds them: "1250.50".
    pub fn digits(&self) -> String {
        let decimals = self.currency.decimals();
        let unit = 10_i64.pow(decimals);
        let sign = if self.minor < 0 { "-" } else { "" };
        let (whole, rest) = (self.minor.abs() / unit, self.minor.abs() % unit);
        match decimals {
            0 => format!("{sign}{whole}"),
            decimals => format!("{sign}{whole}.{rest:0width$}", width = decimals as usize),
        }
    }
}

impl fmt::Display for Money {
    /// "$1,250.50", "US$40.00", "¥500".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.digits();
        let (sign, digits) = match digits.strip_prefix('-') {
            Some(digits) => ("−", digits),
            None => ("", digits.as_str()),
        };
        let (whole, rest) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
        write!(f, "{sign}{}{}{rest}", self.currency.sign(), grouped(whole))
    }
}

/// A number as it is read in Canada: "1,250,500".
pub fn counted(number: impl ToString) -> String {
    grouped(&number.to_string())
}

/// Digits as they are read in Canada: "1,250,500".
pub fn grouped(whole: &str) -> String {
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Without spaces and without the currency's own sign or code.
fn plain(typed: &str, currency: Currency) -> String {
    let mut text: String = typed
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '\u{2019}' && *c != '\'')
        .collect::<String>()
        .to_uppercase();
    let sign = currency.sign();
    let is_dollar = sign.ends_with('$');
    let own = [currency.code(), sign.trim(), if is_dollar { "$" } else { "" }];
    for mark in own.into_iter().filter(|mark| !mark.is_empty()) {
        text = text.strip_prefix(mark).unwrap_or(&text).to_owned();
        text = text.strip_suffix(mark).unwrap_or(&text).to_owned();
    }
    text
}

/// The digits before and behind the decimal sign.
fn halves(digits: &str, decimals: usize) -> Result<(String, String), &'static str> {
    const NOT_AN_AMOUNT: &str = "This is not an amount. It should look like 1,250.50.";
    if !digits.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ','))
        || !digits.contains(|c: char| c.is_ascii_digit())
    {
        return Err(NOT_AN_AMOUNT);
    }
    let last = digits.rfind(['.', ',']);
    let Some(last) = last else {
        return Ok((digits.to_owned(), String::new()));
    };
    let sign = &digits[last..=last];
    let behind = &digits[last + 1..];
    if behind.is_empty() {
        return Err(NOT_AN_AMOUNT);
    }
    let is_repeated = digits.matches(sign).count() > 1;
    let is_alone = digits.matches(['.', ',']).count() == 1;
    // "0,125" and "1250,500" begin with what is no group of thousands.
    let first = digits.split(['.', ',']).next().unwrap_or_default();
    let begins_in_groups = (1..=3).contains(&first.len()) && !first.starts_with('0');
    let is_decimal = match () {
        () if is_repeated => false,
        () if !is_alone => true,
        () if behind.len() != 3 || decimals == 3 => true,
        () if sign == "," && begins_in_groups => false,
        () => return Err("This can be read two ways. Write one thousand as 1,000 or 1000, and cents with two digits."),
    };
    let (before, fraction) = if is_decimal {
        (&digits[..last], behind)
    } else {
        (digits, "")
    };
    let groups: Vec<&str> = before.split(['.', ',']).collect();
    let is_well_grouped = groups.len() == 1 || (begins_in_groups && groups[1..].iter().all(|group| group.len() == 3));
    let kinds_of_sign = [before.contains('.'), before.contains(',')];
    if !is_well_grouped || kinds_of_sign == [true, true] || (is_decimal && before.contains(sign)) {
        return Err(NOT_AN_AMOUNT);
    }
    Ok((groups.concat(), fraction.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cad(typed: &str) -> Result<i64, &'static str> {
        Money::parse(typed, Currency::CAD).map(|money| money.minor)
    }

    #[test]
    fn an_amount_is_read_as_people_write_it() {
        for typed in [
            "1250.50",
            "1,250.50",
            "$1,250.50",
            "1250.5",
            "1 250,50 $",
            "CAD 1250.50",
            "1.250,50",
            " 1'250.50 ",
        ] {
            assert_eq!(cad(typed), Ok(125_050), "{typed}");
        }
        assert_eq!(cad("1,000"), Ok(100_000));
        assert_eq!(cad("1,000,000"), Ok(100_000_000));
        assert_eq!(cad(".50"), Ok(50));
        assert_eq!(cad("0"), Ok(0));
    }

    #[test]
    fn what_can_be_read_two_ways_or_not_at_all_is_refused() {
        for typed in [
            "",
            "abc",
            "1.250",
            "12,34,567.00",
            "0,125",
            "1250,500",
            "0,125,000",
            "1250,500.00",
            "1.234.56",
            "5.005,",
            "-5",
            "5%",
            "US$5",
            "€5",
            ".",
        ] {
            assert!(cad(typed).is_err(), "{typed}");
        }
        assert!(cad("99999999999999").is_err());
        assert!(cad("5.123").is_err() && cad("5.1234").is_err());
        assert_eq!(cad("5.1200"), Ok(512));
    }

    #[test]
    fn every_currency_has_its_own_smallest_unit() {
        let yen = Currency::parse("jpy").unwrap();
        assert_eq!(Money::parse("500.00", yen), Ok(Money::new(500, yen)));
        assert!(Money::parse("500.50", yen).is_err());
        let dinar = Currency::parse("KWD").unwrap();
        assert_eq!(Money::parse("1.250", dinar), Ok(Money::new(1250, dinar)));
        assert_eq!(Currency::parse("XYZ"), None);
    }

    #[test]
    fn an_amount_is_shown_as_in_canada() {
        let shown = |minor, code: &str| Money::new(minor, Currency::parse(code).unwrap()).to_string();
        assert_eq!(shown(125_050, "CAD"), "$1,250.50");
        assert_eq!(shown(5, "USD"), "US$0.05");
        assert_eq!(shown(1_234_567, "JPY"), "¥1,234,567");
        assert_eq!(shown(4000, "CHF"), "CHF 40.00");
        assert_eq!(shown(-4000, "CAD"), "−$40.00");
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back_as_it_was(minor in 0..=AMOUNT_MAX, code in prop::sample::select(vec!["CAD", "USD", "JPY", "KWD", "CHF", "EUR"])) {
            let money = Money::new(minor, Currency::parse(code).unwrap());
            prop_assert_eq!(Money::parse(&money.digits(), money.currency), Ok(money));
            prop_assert_eq!(Money::parse(&money.to_string(), money.currency), Ok(money));
        }
    }
}
