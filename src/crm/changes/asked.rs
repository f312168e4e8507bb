//! What can be asked of a Change Log, of one contact's as of the whole organization's: by whom, what, and when.

use crate::accounts;
use crate::accounts::model::Organization;
use crate::base::StaffId;
use crate::changelog::ChangeFilter;
use crate::db::OrgTx;
use crate::web::{Choice, Field, day};
use diesel::QueryResult;
use serde::Deserialize;

/// What may stand in the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// `staff`, `import`, `mailchimp` or `system`, or the number of a colleague.
    by: String,
    /// Words in what happened.
    what: String,
    /// First day, as "2026-04-27".
    from: String,
    /// Last day, which counts.
    to: String,
    pub(crate) page: String,
}

/// Who can be asked for beside colleagues: the stored word and what people call it.
const KINDS: [(&str, &str); 4] = [
    ("staff", "People"),
    ("import", "Imports"),
    ("mailchimp", "Mailchimp"),
    ("system", "DMS itself"),
];

/// The form as it is shown.
pub(crate) struct AskedForm {
    pub(crate) by: Vec<Choice>,
    pub(crate) what: String,
    pub(crate) from: Field,
    pub(crate) to: Field,
    /// Whether anything is asked.
    pub(crate) is_filtered: bool,
}

impl Asked {
    /// Which lines are wanted; what cannot be read asks for nothing.
    pub(crate) fn filter(&self, here: &Organization) -> ChangeFilter {
        let first_day = day(&self.from).ok().flatten();
        let last_day = day(&self.to).ok().flatten();
        ChangeFilter {
            actor_kind: Some(self.by.clone()).filter(|kind| KINDS.iter().any(|(word, _)| word == kind)),
            by: self.by.parse().ok().map(StaffId),
            words: Some(self.what.trim().to_owned()).filter(|words| !words.is_empty()),
            from: first_day.and_then(|day| here.beginning_of(day)),
            until: last_day.and_then(|day| here.beginning_of(day.succ_opt()?)),
            ..ChangeFilter::default()
        }
    }

    /// The form with who there is to choose from.
    pub(crate) fn form(&self, tx: &mut OrgTx<'_>) -> QueryResult<AskedForm> {
        let kinds = KINDS.map(|(word, label)| (word.to_owned(), label.to_owned()));
        let colleagues = accounts::colleagues(tx)?.into_iter();
        let colleagues = colleagues.map(|one| (one.id.to_string(), one.name));
        let everybody = std::iter::once((String::new(), "Everybody".to_owned()));
        Ok(AskedForm {
            by: Choice::list(everybody.chain(kinds).chain(colleagues), &self.by),
            what: self.what.clone(),
            from: Field::read(&self.from, day).0,
            to: Field::read(&self.to, day).0,
            is_filtered: [&self.by, &self.what, &self.from, &self.to]
                .iter()
                .any(|asked| !asked.trim().is_empty()),
        })
    }

    /// What stands behind the `?` of another page of the same.
    pub(crate) fn query(&self, page: i64) -> String {
        let page = page.to_string();
        let pairs = [
            ("by", &self.by),
            ("what", &self.what),
            ("from", &self.from),
            ("to", &self.to),
            ("page", &page),
        ];
        let given: Vec<_> = pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        serde_urlencoded::to_string(given).unwrap_or_default()
    }
}
