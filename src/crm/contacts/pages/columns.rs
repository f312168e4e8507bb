//! Choosing the columns of the list; remembered for each person.

use super::Pairs;
use crate::accounts::Member;
use crate::crm::contacts::columns::{self, Column};
use crate::crm::contacts::search::ListFilter;
use crate::crm::custom_fields::{self, Record};
use crate::web::{Answer, Flash, PageError};
use actix_web::web::Form;

/// `POST /o/{organization}/contacts/columns`: `column` for each, or `then` = `first` for those everybody begins with; back to the
/// list whose filter came along.
pub async fn choose(member: Member, sent: Form<Pairs>) -> Answer {
    let by = member.person().staff.id;
    let is_first = sent.iter().any(|(name, value)| name == "then" && value == "first");
    let keys = sent.iter().filter(|(name, _)| name == "column" && !is_first);
    let keys: Vec<String> = keys.map(|(_, key)| key.clone()).collect();
    let too_many = keys.len() > columns::COLUMNS_MAX;
    member
        .write(move |tx| {
            let custom = custom_fields::store::of(tx, Record::Contact)?;
            let chosen: Vec<Column> = columns::of_keys(&keys, &custom);
            Ok::<_, PageError>(columns::choose(tx, by, &chosen)?)
        })
        .await?;
    if too_many {
        let words = format!("Only the first {} columns are shown.", columns::COLUMNS_MAX);
        member.say(Flash::warning(words));
    }
    let query = serde_urlencoded::to_string(ListFilter::of(&sent).pairs()).unwrap_or_default();
    Ok(member.redirect(&match query.as_str() {
        "" => "contacts".to_owned(),
        query => format!("contacts?{query}"),
    }))
}
