//! Numbers as people write them, exactly: a whole number of ten-thousandths.

/// Digits behind the decimal point.
const DECIMALS: usize = 4;
/// Digits before it.
const DIGITS_MAX: usize = 12;

/// Reads a number: "1250.5", "1,250.5", "1 250,5", "-3".
pub fn number(typed: &str) -> Result<i64, &'static str> {
    let text: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '’').collect();
    let (is_negative, digits) = match text.strip_prefix(['-', '−']) {
        Some(rest) => (true, rest),
        None => (false, text.as_str()),
    };
    let (whole, fraction) = halves(digits)?;
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > DECIMALS {
        return Err("Write at most four digits behind the decimal point.");
    }
    if whole.trim_start_matches('0').len() > DIGITS_MAX {
        return Err("This number is too large.");
    }
    let number: i64 = format!("{whole}{fraction:0<DECIMALS$}")
        .parse()
        .map_err(|_| NOT_A_NUMBER)?;
    Ok(if is_negative { -number } else { number })
}

const NOT_A_NUMBER: &str = "This is not a number. It should look like 1250.5.";

/// The digits before and behind the decimal sign. Three digits behind a comma are thousands, "1,250", where what stands before
/// can be the first group of them: "0,125" and "1250,500" can only be meant with decimals.
fn halves(digits: &str) -> Result<(String, &str), &'static str> {
    let sign = digits.rfind(['.', ',']);
    let is_first_group = |group: &str| (1..=3).contains(&group.len()) && !group.starts_with('0');
    let begins_in_groups = is_first_group(digits.split(['.', ',']).next().unwrap_or_default());
    let is_decimal = |at: &usize| digits[*at..].starts_with('.') || digits.len() - at - 1 != 3 || !begins_in_groups;
    let (whole, fraction) = match sign.filter(is_decimal) {
        Some(at) => (&digits[..at], &digits[at + 1..]),
        None => (digits, ""),
    };
    let is_marked_by = |mark: char| whole.contains(mark);
    let is_grouped_well = match sign.filter(is_decimal) {
        Some(at) => !is_marked_by(digits[at..].chars().next().unwrap_or('.')) && !fraction.is_empty(),
        None => !is_marked_by('.'),
    };
    let groups: Vec<&str> = whole.split(['.', ',']).collect();
    let are_thousands = groups.len() == 1 || (begins_in_groups && groups.iter().skip(1).all(|group| group.len() == 3));
    let bare = groups.concat();
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match is_grouped_well && are_thousands && !bare.is_empty() && all_digits(&bare) && all_digits(fraction) {
        true => Ok((bare, fraction)),
        false => Err(NOT_A_NUMBER),
    }
}

/// "1250.5"
pub fn number_words(ten_thousandths: i64) -> String {
    let unit = 10_u64.pow(DECIMALS as u32);
    let (whole, rest) = (
        ten_thousandths.unsigned_abs() / unit,
        ten_thousandths.unsigned_abs() % unit,
    );
    let sign = if ten_thousandths < 0 { "-" } else { "" };
    let fraction = format!("{rest:0DECIMALS$}");
    match fraction.trim_end_matches('0') {
        "" => format!("{sign}{whole}"),
        fraction => format!("{sign}{whole}.{fraction}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_in_english_and_in_french_and_kept_exactly() {
        let read = |typed: &str| number(typed).map(number_words);
        for typed in ["1250.5", "1,250.5", "1 250,5", "1 250,50", "1.250,5", "01250.5000"] {
            assert_eq!(read(typed), Ok("1250.5".into()), "{typed}");
        }
        assert_eq!(read("1,250"), Ok("1250".into()));
        assert_eq!(read("1,250,500"), Ok("1250500".into()));
        assert_eq!(read("1.250"), Ok("1.25".into()));
        assert_eq!(read("0,125"), Ok("0.125".into()));
        assert_eq!(read("-0,125"), Ok("-0.125".into()));
        assert_eq!(read("1250,500"), Ok("1250.5".into()));
        assert_eq!(read("-0.0001"), Ok("-0.0001".into()));
        assert_eq!(read("999999999999.9999"), Ok("999999999999.9999".into()));
        for typed in [
            "",
            "-",
            "about 3",
            "1.2.3",
            "12,34.5",
            "3.",
            "1,2,3",
            "0,250,500",
            "1250,500.5",
            "0.00001",
            "1000000000000",
        ] {
            assert!(read(typed).is_err(), "{typed}");
        }
    }
}
