//! What a cell says: yes or no, a date, a contact type, a language. What can be read two ways is not guessed.

use crate::base::EmailAddress;
use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, SubsecRound};
use chrono_tz::Tz;

/// Reads a yes or no as people write it. `None`: it is neither.
pub fn yes_or_no(cell: &str) -> Option<bool> {
    match crate::base::fold(cell.trim()).as_str() {
        "yes" | "y" | "oui" | "o" | "true" | "t" | "vrai" | "v" | "1" | "x" | "✓" | "✔" | "on" => Some(true),
        "no" | "n" | "non" | "false" | "f" | "faux" | "0" | "-" | "off" => Some(false),
        // How CiviCRM names holds.
        word if word.starts_with("on hold") => Some(true),
        _ => None,
    }
}

/// Checks an email address.
pub fn email(cell: String) -> Result<String, String> {
    match EmailAddress::parse(&cell) {
        Ok(_) => Ok(cell),
        Err(_) => Err(format!("“{cell}” is not an email address.")),
    }
}

/// What a date column's rows say about the order of day and month, together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DateOrder {
    /// Some row can only be read day first, such as 25/12/1980.
    pub day_first: bool,
    /// Some row can only be read month first, such as 12/25/1980.
    pub month_first: bool,
}

/// Why a date cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateProblem {
    NotADate,
    /// Day and month can be swapped, and no other row tells.
    Ambiguous,
    /// Day and month can be swapped, and other rows of the file tell both.
    Mixed,
    /// 85 may be 1985 or 2085.
    TwoDigitYear,
}

impl DateProblem {
    /// What is wrong, in a sentence that names the cell.
    pub fn words(self, text: &str) -> String {
        match self {
            Self::NotADate => format!("“{text}” is not a date. Write it as 1980-12-25."),
            Self::TwoDigitYear => format!("“{text}” does not say which century. Write the year with four digits."),
            Self::Ambiguous => format!(
                "“{text}” can be read with the day or the month first, and no other row tells which. Write it as 1980-12-25."
            ),
            Self::Mixed => format!(
                "“{text}” can be read with the day or the month first, and other rows of the file have both. Write it \
                 as 1980-12-25."
            ),
        }
    }
}

/// Reads a date: 1980-12-25, 25/12/1980, 12/25/1980, December 25, 1980, 25 décembre 1980; a time after it is ignored.
pub fn date(cell: &str, order: DateOrder) -> Result<NaiveDate, DateProblem> {
    let parts = date_parts(cell).ok_or(DateProblem::NotADate)?;
    let numbers: Vec<u32> = parts.iter().map(|part| part.number).collect();
    let (year, month, day) = match parts.iter().position(|part| part.is_month) {
        Some(at) => {
            let (first, last) = match at {
                0 => (&parts[1], &parts[2]),
                1 => (&parts[0], &parts[2]),
                _ => return Err(DateProblem::NotADate),
            };
            // 2000-Jun-04 and 04-Jun-2000.
            let (year, day) = if first.digits == 4 {
                (first, last)
            } else {
                (last, first)
            };
            (year, numbers[at], day.number)
        }
        None if parts[0].digits == 4 => (&parts[0], numbers[1], numbers[2]),
        None => {
            let day_first = is_day_first(numbers[0], numbers[1], order)?;
            let (day, month) = if day_first {
                (numbers[0], numbers[1])
            } else {
                (numbers[1], numbers[0])
            };
            (&parts[2], month, day)
        }
    };
    match year.digits {
        4 => NaiveDate::from_ymd_opt(year.number as i32, month, day).ok_or(DateProblem::NotADate),
        2 => Err(DateProblem::TwoDigitYear),
        _ => Err(DateProblem::NotADate),
    }
}

/// A moment that says its zone ("2027-01-01T03:00:00Z", "2027-01-01 03:00:00 +0000", "… UTC") as the day and the time it was in
/// another; anything else as it is. Midnight in its own zone is how systems write a day alone, and stays that day.
pub fn in_zone(cell: String, zone: Tz) -> String {
    let Some(moment) = moment(cell.trim()) else {
        return cell;
    };
    match moment.time() {
        NaiveTime::MIN => moment.date_naive().to_string(),
        _ => moment.with_timezone(&zone).format("%Y-%m-%d %H:%M:%S").to_string(),
    }
}

fn moment(text: &str) -> Option<DateTime<FixedOffset>> {
    let text = match text.strip_suffix("UTC") {
        Some(before) => format!("{}Z", before.trim_end()),
        None => text.to_owned(),
    };
    let forms = [
        "%Y-%m-%dT%H:%M:%S%.f%#z",
        "%Y-%m-%d %H:%M:%S%.f%#z",
        "%Y-%m-%d %H:%M:%S%.f %#z",
    ];
    let read = forms.iter().find_map(|form| DateTime::parse_from_str(&text, form).ok());
    read.or_else(|| DateTime::parse_from_rfc3339(&text).ok())
}

/// Reads a date and the time that may stand after it; both as "1980-12-25 16:03:52" or "1980-12-25".
pub fn date_and_time(cell: &str, order: DateOrder) -> Result<String, String> {
    let day = date(cell, order).map_err(|problem| problem.words(cell))?;
    Ok(match time(cell) {
        Some(time) => format!("{day} {time}"),
        None => day.to_string(),
    })
}

/// What `date_and_time` wrote.
pub fn written_date_and_time(text: &str) -> Option<(NaiveDate, Option<NaiveTime>)> {
    let (day, time) = text.split_once(' ').unwrap_or((text, ""));
    Some((day.parse().ok()?, time.parse().ok()))
}

/// Reads the time that stands after a date: "16:03:52", "16:03", "4:03 PM". Midnight is how systems write a day alone, and is
/// none.
fn time(cell: &str) -> Option<NaiveTime> {
    let (_, time) = cell.trim().split_once(['T', ' '])?;
    let time = time.trim();
    let forms = ["%H:%M:%S%.f", "%H:%M", "%I:%M:%S %p", "%I:%M %p"];
    let read = forms.iter().find_map(|form| NaiveTime::parse_from_str(time, form).ok());
    // Postgres keeps microseconds, and what a file says must be found again as it is kept.
    read.map(|time| time.trunc_subsecs(6))
        .filter(|time| *time != NaiveTime::MIN)
}

fn is_day_first(first: u32, second: u32, order: DateOrder) -> Result<bool, DateProblem> {
    match (first, second) {
        (first, second) if first > 12 && second > 12 => Err(DateProblem::NotADate),
        (first, _) if first > 12 => Ok(true),
        (_, second) if second > 12 => Ok(false),
        (first, second) if first == second => Ok(true),
        _ => match order {
            DateOrder {
                day_first: true,
                month_first: false,
            } => Ok(true),
            DateOrder {
                day_first: false,
                month_first: true,
            } => Ok(false),
            DateOrder {
                day_first: true,
                month_first: true,
            } => Err(DateProblem::Mixed),
            DateOrder {
                day_first: false,
                month_first: false,
            } => Err(DateProblem::Ambiguous),
        },
    }
}

struct Part {
    number: u32,
    digits: usize,
    is_month: bool,
}

/// The three parts of a date, a month's name as its number.
fn date_parts(cell: &str) -> Option<[Part; 3]> {
    let cell = cell.trim();
    // 1980-12-25T00:00:00 and 1980-12-25 00:00.
    let cell = match cell.split_once(['T', ' ']) {
        Some((date, time)) if date.len() >= 8 && time.contains(':') => date,
        _ => cell,
    };
    if cell.len() == 8 && cell.bytes().all(|byte| byte.is_ascii_digit()) {
        return date_parts(&format!("{}-{}-{}", &cell[..4], &cell[4..6], &cell[6..]));
    }
    let mut parts = cell
        .split(|c: char| matches!(c, '-' | '/' | '.' | ',') || c.is_whitespace())
        .filter(|part| !part.is_empty())
        .map(date_part);
    let all = [parts.next()??, parts.next()??, parts.next()??];
    (parts.next().is_none() && all.iter().filter(|part| part.is_month).count() <= 1).then_some(all)
}

fn date_part(text: &str) -> Option<Part> {
    let number = |digits: &str| -> Option<Part> {
        let is_number = !digits.is_empty() && digits.len() <= 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
        let number = digits.parse().ok().filter(|_| is_number)?;
        Some(Part {
            number,
            digits: digits.len(),
            is_month: false,
        })
    };
    // 1st, 2nd, 25th, 1er.
    let bare = text.trim_end_matches(|c: char| c.is_alphabetic());
    if !bare.is_empty() {
        let ending = &text[bare.len()..];
        return number(bare).filter(|_| matches!(ending, "" | "st" | "nd" | "rd" | "th" | "er"));
    }
    Some(Part {
        number: month(text)?,
        digits: 0,
        is_month: true,
    })
}

/// A month by its English or French name or the usual short form.
fn month(name: &str) -> Option<u32> {
    const MONTHS: [(&str, &str); 12] = [
        ("january", "janvier"),
        ("february", "fevrier"),
        ("march", "mars"),
        ("april", "avril"),
        ("may", "mai"),
        ("june", "juin"),
        ("july", "juillet"),
        ("august", "aout"),
        ("september", "septembre"),
        ("october", "octobre"),
        ("november", "novembre"),
        ("december", "decembre"),
    ];
    let name = crate::base::fold(name);
    let fits = |whole: &str| whole == name || (name.len() >= 3 && whole.starts_with(&name));
    let mut found = (1..)
        .zip(MONTHS)
        .filter(|(_, (english, french))| fits(english) || fits(french))
        .map(|(number, _)| number);
    // "jui" begins two of them.
    found.next().filter(|_| found.next().is_none())
}

/// Reads a contact type in English or French; the word the contacts store.
pub fn contact_type(cell: &str) -> Option<&'static str> {
    match crate::base::fold(cell.trim()).as_str() {
        "individual" | "person" | "individu" | "particulier" | "personne" => Some("individual"),
        "organization" | "organisation" | "organisme" | "company" | "entreprise" => Some("organization"),
        "household" | "family" | "menage" | "foyer" | "famille" => Some("household"),
        _ => None,
    }
}

/// Reads a language: its name becomes `en` or `fr`, a code such as `fr_CA` stays as given.
pub fn language(cell: &str) -> Option<String> {
    let cell = cell.trim();
    match crate::base::fold(cell).as_str() {
        "english" | "anglais" => return Some("en".into()),
        "french" | "francais" => return Some("fr".into()),
        _ => {}
    }
    let (language, place) = cell
        .split_once(['_', '-'])
        .map_or((cell, None), |(language, place)| (language, Some(place)));
    let is_code = |text: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    (is_code(language, 2..=3) && place.is_none_or(|place| is_code(place, 2..=4))).then(|| cell.to_owned())
}

/// Reads a group status; `true` for somebody who is in the group.
pub fn is_in_group(cell: &str) -> Option<bool> {
    match crate::base::fold(cell.trim()).as_str() {
        "" | "added" | "active" | "current" | "member" | "ajoute" | "actif" => Some(true),
        "removed" | "retire" | "supprime" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(cell: &str) -> Result<String, DateProblem> {
        date(cell, DateOrder::default()).map(|date| date.to_string())
    }

    #[test]
    fn a_date_is_read_in_every_usual_form() {
        for cell in [
            "1980-12-25",
            "1980/12/25",
            "1980.12.25",
            "19801225",
            "1980-12-25 00:00:00",
            "1980-12-25T00:00:00Z",
            "25/12/1980",
            "12/25/1980",
            "25.12.1980",
            "December 25, 1980",
            "Dec 25 1980",
            "25 December 1980",
            "25-Dec-1980",
            "25 décembre 1980",
            "25 déc. 1980",
            "1980-Dec-25",
            "December 25th, 1980",
        ] {
            assert_eq!(read(cell), Ok("1980-12-25".into()), "{cell}");
        }
        assert_eq!(read("1er août 1980"), Ok("1980-08-01".into()));
        assert_eq!(read("05/05/1980"), Ok("1980-05-05".into()));
    }

    #[test]
    fn the_time_after_a_date_is_kept_and_midnight_is_the_day_alone() {
        let read = |cell| date_and_time(cell, DateOrder::default()).unwrap();
        for cell in ["2026-07-10 16:03:52", "2026-07-10T16:03:52", "2026-07-10 4:03:52 PM"] {
            assert_eq!(read(cell), "2026-07-10 16:03:52", "{cell}");
        }
        assert_eq!(read("25/12/1980 4:03 PM"), "1980-12-25 16:03:00");
        assert_eq!(read("2026-07-10 00:00:00"), "2026-07-10");
        let (day, time) = written_date_and_time("1980-12-25 16:03:00").unwrap();
        assert_eq!(
            (day.to_string(), time.unwrap().to_string()),
            ("1980-12-25".into(), "16:03:00".into())
        );
        assert_eq!(written_date_and_time("1980-12-25").unwrap().1, None);
    }

    #[test]
    fn a_moment_with_a_zone_is_the_day_it_was_here() {
        let here = |cell: &str| in_zone(cell.into(), Tz::America__Toronto);
        for cell in [
            "2027-01-01T03:00:00Z",
            "2027-01-01T03:00:00.000+00:00",
            "2026-12-31 22:00:00 -0500",
            "2027-01-01 03:00:00 UTC",
        ] {
            assert_eq!(here(cell), "2026-12-31 22:00:00", "{cell}");
        }
        assert_eq!(here("2027-01-01T00:00:00Z"), "2027-01-01", "a day alone");
        for cell in ["2027-01-01 03:00:00", "2027-01-01", "25/12/1980", "soon"] {
            assert_eq!(here(cell), cell, "says no zone");
        }
    }

    #[test]
    fn what_is_no_date_is_told() {
        for cell in [
            "soon",
            "1980",
            "12/1980",
            "30/02/1980",
            "2000-13-01",
            "13/13/1980",
            "1980-12-25-01",
            "1/2/3/4",
            "25 jui 1980",
            "",
        ] {
            assert_eq!(read(cell), Err(DateProblem::NotADate), "{cell}");
        }
        assert_eq!(read("25/12/80"), Err(DateProblem::TwoDigitYear));
    }

    #[test]
    fn day_and_month_are_swapped_only_where_other_rows_tell() {
        let told = |day_first, month_first| {
            date("03/04/2020", DateOrder { day_first, month_first }).map(|date| date.to_string())
        };
        assert_eq!(told(false, false), Err(DateProblem::Ambiguous));
        assert_eq!(told(true, false), Ok("2020-04-03".into()));
        assert_eq!(told(false, true), Ok("2020-03-04".into()));
        assert_eq!(told(true, true), Err(DateProblem::Mixed));
    }

    #[test]
    fn yes_and_no_come_in_many_words() {
        for yes in ["Yes", "oui", "1", "x", " TRUE ", "Vrai", "On Hold Bounce"] {
            assert_eq!(yes_or_no(yes), Some(true), "{yes}");
        }
        for no in ["No", "NON", "0", "false", "faux"] {
            assert_eq!(yes_or_no(no), Some(false), "{no}");
        }
        assert_eq!(yes_or_no("maybe"), None);
    }

    #[test]
    fn a_language_is_a_name_or_a_code() {
        assert_eq!(language("Français"), Some("fr".into()));
        assert_eq!(language("en_US"), Some("en_US".into()));
        assert_eq!(language("fr-CA"), Some("fr-CA".into()));
        assert_eq!(language("Klingonese"), None);
    }
}
