//! What the pages behind a list's Actions menu share, in whatever room: the form as the list sent it.

use crate::accounts::Member;
use crate::web::Flash;
use actix_web::HttpResponse;
use actix_web::web::Form;

/// A list's form as it was sent: the selection, and what a page in between adds to it.
pub type Sent = Form<Vec<(String, String)>>;

/// What was sent under a name, without spaces around it; empty where nothing was.
pub fn sent_value<'s>(sent: &'s Sent, name: &str) -> &'s str {
    let found = sent.iter().find(|(key, _)| key == name);
    found.map_or("", |(_, value)| value.trim())
}

/// Everything that was sent under a name and can be read.
pub fn sent_values<T: std::str::FromStr>(sent: &Sent, name: &str) -> Vec<T> {
    let named = sent.iter().filter(|(key, _)| key == name);
    named.filter_map(|(_, value)| value.parse().ok()).collect()
}

/// Back to the contacts: an action was pressed, and nobody was ticked.
pub fn nobody_chosen(member: &Member) -> HttpResponse {
    member.say(
        Flash::error("Nobody was chosen").with("Tick some contacts, or choose “All Records”. Nothing was changed."),
    );
    member.redirect("contacts")
}
