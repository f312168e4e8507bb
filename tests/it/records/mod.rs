//! The tabs of a contact through their pages: opportunities, activities, relationships, notes, tags.

use crate::support::browserless::{Answer, Browserless};
use crate::support::office::{Office, in_words, organization, person};
use dms::base::ContactId;
use dms::changelog::{self, ChangeFilter};

mod activities;
mod meanwhile;
mod notes;
mod opportunities;
mod relationships;
mod seen;
mod tags;

impl Office {
    /// The lines about the organization as a whole, the newest first.
    async fn log_of_all(&self) -> Vec<String> {
        let lines = self
            .write(|tx| Ok(changelog::list(tx, &ChangeFilter::default(), 0, 100)?))
            .await;
        let lines = lines.into_iter().filter(|line| line.contact.is_none());
        lines.map(|line| in_words(&line)).collect()
    }

    /// Sends a form that is accepted; the page it leads to.
    async fn done(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let answer = match path.ends_with("/edit") {
            true => self.ada.save(path, fields).await,
            false => self.ada.post(path, fields).await,
        };
        assert_eq!(
            answer.status,
            303,
            "{path}: {}",
            answer.texts(".field__error").join(" ")
        );
        self.ada.follow(answer).await
    }

    /// Sends a form that is refused; what stands at its fields.
    async fn refused(&self, path: &str, fields: &[(&str, &str)]) -> Vec<String> {
        let answer = self.ada.post(path, fields).await;
        assert_eq!(answer.status, 422, "{path}");
        answer.texts(".field__error")
    }
}

/// The number behind a tab's name on a contact's page.
async fn counted(who: &Browserless, contact: ContactId, tab: &str) -> String {
    let page = who.get(&format!("contacts/{contact}")).await;
    let tabs = page.texts("nav[aria-label=Contact] a");
    let tab = tabs.iter().find_map(|text| text.strip_prefix(tab));
    tab.unwrap_or_else(|| panic!("no tab among {tabs:?}")).trim().to_owned()
}
