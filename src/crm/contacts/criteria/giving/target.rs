//! To what something was given: to anything, to one fund, or to one campaign with its parts.

use super::super::controls::{Control, things_of};
use super::super::facts::Gift;
use super::super::offers::{Offer, Offers};
use super::super::sql::{Bind, Sql};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Anything,
    Fund(i64),
    Campaign(i64),
}

/// That a campaign is one of these, given as ids, or a part of one.
pub fn with_parts(campaigns: &str) -> String {
    format!(
        "IN (WITH RECURSIVE parts (id) AS (SELECT unnest({campaigns}) UNION SELECT campaigns.id FROM parts \
             JOIN campaigns ON campaigns.organization_id = $1 AND campaigns.parent_id = parts.id) SELECT id FROM parts)"
    )
}

impl Target {
    /// Takes the last of several values, where it is one.
    pub(super) fn last(values: &[String]) -> (Self, &[String]) {
        let found = values.split_last().and_then(|(to, rest)| Some((Self::read(to)?, rest)));
        found.unwrap_or((Self::Anything, values))
    }

    /// The word of the form.
    fn word(self) -> String {
        match self {
            Self::Anything => "any".into(),
            Self::Fund(id) => format!("fund:{id}"),
            Self::Campaign(id) => format!("campaign:{id}"),
        }
    }

    /// The fund or campaign, where it is of this list.
    pub(super) fn names(self, offer: Offer) -> Vec<i64> {
        match (self, offer) {
            (Self::Fund(id), Offer::Funds) | (Self::Campaign(id), Offer::Campaigns) => vec![id],
            _ => Vec::new(),
        }
    }

    fn read(word: &str) -> Option<Self> {
        match word.split_once(':') {
            None => (word == "any").then_some(Self::Anything),
            Some(("fund", id)) => id.parse().ok().map(Self::Fund),
            Some(("campaign", id)) => id.parse().ok().map(Self::Campaign),
            Some(_) => None,
        }
    }

    pub(super) fn sql(self, sql: &mut Sql) -> String {
        match self {
            Self::Anything => String::new(),
            Self::Fund(id) => format!(" AND fund_id = {}", sql.bind(Bind::Number(id))),
            Self::Campaign(id) => format!(" AND campaign_id {}", with_parts(&sql.bind(Bind::Ids(vec![id])))),
        }
    }

    pub(super) fn fits(self, gift: &Gift) -> bool {
        match self {
            Self::Anything => true,
            Self::Fund(id) => gift.fund == id,
            Self::Campaign(id) => gift.campaigns.contains(&id),
        }
    }

    pub(super) fn words(self, offers: &Offers) -> String {
        match self {
            Self::Anything => String::new(),
            Self::Fund(id) => format!(" to the fund {}", offers.title(Offer::Funds, id)),
            Self::Campaign(id) => format!(" to the campaign {}", offers.title(Offer::Campaigns, id)),
        }
    }

    pub(super) fn control(self, offers: &Offers) -> Control {
        let any = (Self::Anything.word(), "to anything".to_owned());
        let funds = offers.of(Offer::Funds).iter();
        let funds = funds.map(|(id, title)| (Self::Fund(*id).word(), format!("to the fund {title}")));
        let campaigns = offers.of(Offer::Campaigns).iter();
        let campaigns = campaigns.map(|(id, title)| (Self::Campaign(*id).word(), format!("to the campaign {title}")));
        Control::Select {
            name: "value",
            label: "To what",
            choices: things_of(std::iter::once(any).chain(funds).chain(campaigns), &self.word()),
            decides: false,
        }
    }
}
