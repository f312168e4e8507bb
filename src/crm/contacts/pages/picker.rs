//! Choosing contacts in a form: whoever fits what is typed is offered while somebody types, or when "Find" is pressed.
//! `templates/contacts/picker.html` writes the field and what is offered.

use super::chosen::{Sent, sent_value, sent_values};
use crate::accounts::Member;
use crate::base::ContactId;
use crate::crm::contacts::search::{self, ContactRow, ListFilter};
use crate::crm::contacts::store;
use crate::db::OrgTx;
use crate::web::{self, Answer, Field, Page, PageError};
use actix_web::web::Query;
use askama::Template;
use diesel::QueryResult;
use serde::Deserialize;

/// Contacts offered at once: more are told apart by typing on.
const OFFERED: i64 = 8;

/// The contacts that are chosen, and those that are offered.
#[derive(Default)]
pub struct Picker {
    /// What was typed to find them, and what is wrong with the choice.
    pub who: Field,
    pub chosen: Vec<Offered>,
    pub found: Vec<Offered>,
    /// Whether several can be chosen.
    pub takes_many: bool,
    /// What stands before the names of its fields where a form has several: "rows.3."
    pub prefix: String,
    /// A name is typed, and nobody who fits it is chosen.
    is_undecided: bool,
    /// Somebody who was chosen went into the trash or was erased meanwhile.
    has_lost: bool,
}

/// A contact to choose.
pub struct Offered {
    pub id: ContactId,
    pub name: String,
    /// "anne@example.ca, Toronto"
    pub about: String,
}

impl Picker {
    /// Offers who fits what was typed, beside those who are chosen already; who was merged into another is that other one.
    pub fn find(tx: &mut OrgTx<'_>, typed: &str, chosen: &[ContactId], takes_many: bool) -> QueryResult<Self> {
        let typed = typed.trim();
        let chosen = &store::survivors(tx, chosen)?[..];
        let filter = ListFilter {
            query: typed.to_owned(),
            ..ListFilter::default()
        };
        let found = match filter.is_open() {
            true => Vec::new(),
            false => search::list(tx, &filter, 0, OFFERED)?,
        };
        let is_undecided = !filter.is_open() && !found.iter().any(|row| chosen.contains(&row.id));
        let not_chosen = found.into_iter().filter(|row| !chosen.contains(&row.id));
        let here = search::rows(tx, chosen)?;
        Ok(Self {
            who: Field::holding(typed),
            has_lost: here.len() < chosen.len(),
            chosen: here.into_iter().map(Offered::of).collect(),
            found: not_chosen.map(Offered::of).collect(),
            takes_many,
            prefix: String::new(),
            is_undecided,
        })
    }

    /// The same for a form that has several.
    pub fn prefixed(self, prefix: &str) -> Self {
        Self {
            prefix: prefix.to_owned(),
            ..self
        }
    }

    /// The only one who fits what is typed is marked at once: nobody has to mark what can be nothing else.
    pub fn is_marked(&self) -> bool {
        !self.takes_many && self.chosen.is_empty() && self.found.len() == 1
    }

    /// The only one who fits what is typed counts as chosen: nobody has to tick what can be nothing else.
    pub fn choose_the_only_one(&mut self) {
        if self.is_undecided && self.found.len() == 1 && (self.takes_many || self.chosen.is_empty()) {
            self.chosen.append(&mut self.found);
            self.is_undecided = false;
        }
    }

    /// Whether somebody must look again: a name is typed and nobody who fits it is chosen, or who was chosen is no longer here.
    pub fn is_undecided(&self) -> bool {
        self.is_undecided || self.has_lost
    }

    /// Where whoever fits is asked for while somebody types.
    pub fn address(&self) -> String {
        format!("contacts/offered?many={}&prefix={}", self.takes_many, self.prefix)
    }

    /// The name of one of its fields in the form.
    pub fn named(&self, field: &str) -> String {
        format!("{}{field}", self.prefix)
    }

    /// The ids of those who are chosen.
    pub fn chosen_ids(&self) -> Vec<ContactId> {
        self.chosen.iter().map(|one| one.id).collect()
    }

    /// The same with a sentence about what is wrong.
    pub fn wrong(mut self, sentence: &str) -> Self {
        self.who.error = Some(sentence.into());
        self
    }

    /// The same with a sentence about what somebody must look at again.
    pub fn with_a_word(self) -> Self {
        match self.is_undecided() {
            true => self.says_who_is_missing(),
            false => self,
        }
    }

    /// The same with a sentence about why nobody is chosen.
    pub fn says_who_is_missing(self) -> Self {
        if self.has_lost {
            return self.wrong(
                "Somebody you chose went into the trash or was erased meanwhile. Nothing was saved yet: look who is \
                 chosen, and save again.",
            );
        }
        let sentence = match (self.who.value.is_empty(), self.found.is_empty()) {
            (true, _) => "Write the beginning of a name and choose the contact.",
            (false, true) => "Nobody fits this. Fewer letters find more.",
            (false, false) => "Several contacts fit. Choose one of them.",
        };
        self.wrong(sentence)
    }
}

impl Offered {
    fn of(row: ContactRow) -> Self {
        let parts = [row.email.as_str(), &row.phone, &row.city];
        let said: Vec<&str> = parts.into_iter().filter(|text| !text.is_empty()).collect();
        Self {
            id: row.id,
            about: said.join(", "),
            name: row.display_name,
        }
    }
}

/// What a form sends of a picker: the name that is typed and who is marked.
pub struct Marked {
    typed: String,
    ids: Vec<ContactId>,
}

impl Marked {
    /// Reads it.
    pub fn of(sent: &Sent) -> Self {
        Self {
            typed: sent_value(sent, "who").to_owned(),
            ids: sent_values(sent, "contact"),
        }
    }

    /// Who is marked, or the only one who fits what is typed.
    pub fn picker(&self, tx: &mut OrgTx<'_>, takes_many: bool) -> QueryResult<Picker> {
        let mut picker = Picker::find(tx, &self.typed, &self.ids, takes_many)?;
        picker.choose_the_only_one();
        Ok(picker)
    }
}

/// Which of the fields of a form asks.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    many: bool,
    prefix: String,
}

#[derive(Template)]
#[template(path = "contacts/offered.html")]
struct Fragment {
    page: Page,
    picker: Picker,
}

/// `POST /o/{organization}/contacts/offered`: answers with the contacts to choose from.
pub async fn look(member: Member, wanted: Query<Wanted>, asked: Sent) -> Answer {
    let typed = sent_value(&asked, &format!("{}who", wanted.prefix)).to_owned();
    let picker = member
        .read(move |tx| Ok::<_, PageError>(Picker::find(tx, &typed, &[], wanted.many)?.prefixed(&wanted.prefix)))
        .await?;
    web::show(Fragment {
        page: member.part(),
        picker,
    })
}
