//! Which addresses Mailchimp takes: it refuses broken ones, ones that look invented, and those that signed up too often lately.

use super::problem::Problem;
use super::settings::Settings;

/// Mailchimp refuses longer ones; RFC 5321 says the same.
const LONGEST: usize = 254;

/// Role mailboxes that Mailchimp treats as nobody's.
const FAKE_MAILBOXES: [&str; 6] = ["test", "noreply", "no-reply", "abuse", "spam", "mailer-daemon"];

/// Refuses an address with Mailchimp's own words.
pub fn check(email: &str, settings: &Settings) -> Result<(), Problem> {
    let (mailbox, domain) = match email.rsplit_once('@') {
        Some(parts) if !email.contains(char::is_whitespace) && email.len() <= LONGEST => parts,
        _ => return Err(Problem::invalid("Please provide a valid email address.")),
    };
    if !mailbox_is_written_right(mailbox) || !domain.contains('.') {
        return Err(Problem::invalid("Please provide a valid email address."));
    }
    if !domain_is_written_right(domain) {
        let detail = format!("The domain portion of the email address is invalid (the portion after the @: {domain})");
        return Err(Problem::invalid(detail));
    }
    if looks_fake(mailbox, domain, settings) {
        return Err(Problem::invalid(format!(
            "{email} looks fake or invalid, please enter a real email address."
        )));
    }
    if settings
        .throttled_addresses
        .iter()
        .any(|throttled| same_person(throttled, email))
    {
        let detail =
            format!("{email} has signed up to a lot of lists very recently; we're not allowing more signups for now");
        return Err(Problem::invalid(detail));
    }
    Ok(())
}

fn mailbox_is_written_right(mailbox: &str) -> bool {
    let allowed = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    !mailbox.is_empty()
        && !mailbox.starts_with('.')
        && !mailbox.ends_with('.')
        && !mailbox.contains("..")
        && mailbox.chars().all(allowed)
}

fn domain_is_written_right(domain: &str) -> bool {
    let label_is_right = |label: &str| {
        let allowed = |c: char| c.is_alphanumeric() || c == '-';
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(allowed)
    };
    let top_is_right = domain
        .rsplit('.')
        .next()
        .is_some_and(|top| top.chars().count() >= 2 && !top.chars().all(|c| c.is_ascii_digit()));
    top_is_right && domain.split('.').all(label_is_right)
}

fn looks_fake(mailbox: &str, domain: &str, settings: &Settings) -> bool {
    let mailbox = mailbox.to_lowercase();
    let domain = domain.to_lowercase();
    FAKE_MAILBOXES.contains(&mailbox.as_str()) || settings.fake_domains.contains(&domain)
}

/// Plus-addresses of one mailbox share its throttling.
fn same_person(one: &str, other: &str) -> bool {
    let plain = |email: &str| {
        let email = email.trim().to_lowercase();
        match email.split_once('@') {
            Some((mailbox, domain)) => format!("{}@{domain}", mailbox.split('+').next().unwrap_or(mailbox)),
            None => email,
        }
    };
    plain(one) == plain(other)
}
