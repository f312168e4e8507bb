//! What the demo's people gave in two years: month by month, at Christmas and at the spring dinner, and for a kitchen that is
//! being built. All of it follows from the people and a seed; it lies the same number of days ago whenever the demo begins.

use super::person::Person;
use anyhow::Context;
use chrono::{Datelike, Months, NaiveDate, TimeDelta};
use dms::base::{CampaignId, ContactId, Currency, FundId, Money, RecurringId};
use dms::crm::campaigns::model::CampaignType;
use dms::crm::campaigns::{CampaignDraft, actions as campaigns};
use dms::crm::contributions::recurring::{self, Frequency, RecurringDraft};
use dms::crm::contributions::{
    ContributionDraft, CreditType, Dedication, PaymentMethod, Status, actions as contributions, soft_credits,
};
use dms::crm::funds::{self, FundDraft};
use dms::db::OrgTx;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::collections::{BTreeMap, HashMap};

/// The same charity every time.
const SEED: u64 = 1867;
/// A gift is written down this many days after it came, at most: the books are done once a week.
pub const DAYS_BETWEEN_ENTRIES: i64 = 7;
/// When the kitchen's campaign began and will end, in days from today.
const KITCHEN_BEGAN: i64 = 215;
const KITCHEN_ENDS_IN: i64 = 75;
const KITCHEN: &str = "A Kitchen for Everyone";
const CHRISTMAS: &str = "Christmas Appeal";
const DINNER: &str = "Spring Dinner";
const KITCHEN_FUND: &str = "Kitchen Fund";

/// A gift that came.
#[derive(Clone)]
pub struct Gift {
    /// The day it came.
    pub day: NaiveDate,
    /// As they are sorted: "Lem, Anne".
    from: String,
    /// In cents.
    amount: i64,
    currency: Currency,
    method: PaymentMethod,
    campaign: Option<&'static str>,
    source: &'static str,
    status: Status,
    thanked: bool,
    is_monthly: bool,
    more: More,
}

/// What some gifts have besides.
#[derive(Clone)]
enum More {
    Nothing,
    Cheque(u32),
    InKind(&'static str),
    InMemoryOf(&'static str),
    /// Somebody else has a part in it.
    TogetherWith(&'static str),
}

/// Gifts that are told of by name: days ago, from whom, in dollars, how, for what.
type Told = (i64, &'static str, i64, PaymentMethod, Option<&'static str>, More);

fn told() -> Vec<Told> {
    use More::{InMemoryOf, Nothing, TogetherWith};
    use PaymentMethod::{Cash, CreditCard, DirectDebit, ETransfer, InKind, Securities};
    let kitchen = Some(KITCHEN);
    vec![
        (
            560,
            "Riverview Rotary Friends",
            1_500,
            PaymentMethod::Cheque,
            None,
            More::Cheque(204),
        ),
        (
            402,
            "Steeves, Walter",
            2_000,
            PaymentMethod::Cheque,
            Some(CHRISTMAS),
            More::Cheque(87),
        ),
        (
            380,
            "Paroisse Saint-Anselme",
            800,
            PaymentMethod::Cheque,
            Some(CHRISTMAS),
            More::Cheque(1_120),
        ),
        (
            250,
            "Gaudet, Rose-Aimée",
            100,
            CreditCard,
            None,
            InMemoryOf("Fernand LeBlanc"),
        ),
        (
            248,
            "Thibodeau, Réal",
            50,
            ETransfer,
            None,
            InMemoryOf("Fernand LeBlanc"),
        ),
        (
            205,
            "Steeves, Walter",
            5_000,
            PaymentMethod::Cheque,
            kitchen,
            More::Cheque(91),
        ),
        (
            170,
            "Riverview Rotary Friends",
            2_500,
            PaymentMethod::Cheque,
            kitchen,
            More::Cheque(219),
        ),
        (
            140,
            "Moncton Co-operative Bakery",
            840,
            InKind,
            None,
            More::InKind("Forty loaves a week for thirteen weeks"),
        ),
        (96, "Harbour Light Credit Union", 10_000, DirectDebit, kitchen, Nothing),
        (71, "Beauséjour, Geneviève", 2_500, Securities, kitchen, Nothing),
        (33, "Épicerie Haddad & fils", 1_000, ETransfer, kitchen, Nothing),
        (
            12,
            "O'Neill, Margaret",
            1_000,
            CreditCard,
            kitchen,
            TogetherWith("O'Neill, Patrick"),
        ),
        (5, "Doucet-Leblanc, Françoise", 150, ETransfer, kitchen, Nothing),
        (3, "Kowalchuk, Dmitri", 60, Cash, kitchen, Nothing),
    ]
}

/// A time of the year at which many give: month and day it begins, for how many days, to which campaign, how many in a
/// hundred give.
const SEASONS: [(u32, u32, i64, Option<&str>, u32); 4] = [
    (12, 1, 30, Some(CHRISTMAS), 62),
    (5, 4, 18, Some(DINNER), 40),
    (9, 10, 40, None, 22),
    (2, 5, 40, None, 16),
];

/// Who gives by application and not by the calendar.
const BY_APPLICATION: [&str; 3] = [
    "Fundy Shore Foundation",
    "Petitcodiac Valley Trust",
    "Fondation des Moissons",
];
/// Who gives no more, and how many days ago that began.
const ENDED: [(&str, i64); 2] = [("LeBlanc, Fernand", 260), ("Whitfield, Gordon", 25)];
/// Who paused, and between which days.
const PAUSED: (&str, std::ops::RangeInclusive<i64>) = ("Tait, Winnifred", 30..=90);

/// Every gift, the oldest first.
pub fn gifts(people: &[Person], today: NaiveDate) -> anyhow::Result<Vec<Gift>> {
    let mut rng = StdRng::seed_from_u64(SEED);
    let mut gifts = Vec::new();
    for giver in givers(people)? {
        let since = today - TimeDelta::days(giver.days);
        if giver.is_monthly {
            gifts.extend(monthly(&giver, since, today, &mut rng));
        }
        gifts.extend(in_season(&giver, since, today, &mut rng));
    }
    gifts.extend(told().into_iter().map(|told| by_name(told, today)));
    gifts.extend(unusual(today));
    gifts.sort_by_key(|gift| gift.day);
    Ok(gifts)
}

/// Somebody who may give.
struct Giver {
    name: String,
    days: i64,
    is_monthly: bool,
    is_organization: bool,
}

/// Everybody with a name, as they were written down the first time.
fn givers(people: &[Person]) -> anyhow::Result<Vec<Giver>> {
    let mut givers: Vec<Giver> = Vec::new();
    for person in people {
        let name = person.draft()?.sort_name();
        let is_new = !name.contains('@') && givers.iter().all(|giver| giver.name != name);
        if is_new && !BY_APPLICATION.contains(&name.as_str()) {
            givers.push(Giver {
                name,
                days: person.days,
                is_monthly: person.belongs_to("Monthly Donors"),
                is_organization: person.is_organization(),
            });
        }
    }
    Ok(givers)
}

fn monthly(giver: &Giver, since: NaiveDate, today: NaiveDate, rng: &mut StdRng) -> Vec<Gift> {
    let amounts: &[i64] = if giver.is_organization {
        &[10_000, 15_000]
    } else {
        &[1_000, 1_500, 2_000, 2_500, 4_000]
    };
    let amount = amounts[rng.random_range(0..amounts.len())];
    let first = if rng.random_bool(0.5) { 1 } else { 15 };
    let start = (0..32).filter_map(|days| since.checked_add_signed(TimeDelta::days(days)));
    let Some(start) = start.filter(|day| day.day() == first).min() else {
        return Vec::new();
    };
    let days = (0..).map_while(|count| start.checked_add_months(Months::new(count)));
    let came = days
        .take_while(|day| *day <= today)
        .filter(|day| comes(&giver.name, (today - *day).num_days()));
    came.map(|day| Gift {
        is_monthly: true,
        method: PaymentMethod::DirectDebit,
        source: "Monthly giving",
        thanked: true,
        ..Gift::of(&giver.name, amount, day)
    })
    .collect()
}

/// Whether somebody still gave every month so many days ago.
fn comes(name: &str, days_ago: i64) -> bool {
    let has_ended = ENDED.iter().any(|(who, ended)| *who == name && days_ago <= *ended);
    let pauses = name == PAUSED.0 && PAUSED.1.contains(&days_ago);
    !has_ended && !pauses
}

fn in_season(giver: &Giver, since: NaiveDate, today: NaiveDate, rng: &mut StdRng) -> Vec<Gift> {
    let amounts: &[i64] = match giver.is_organization {
        true => &[25_000, 50_000, 75_000],
        false => &[2_000, 2_500, 5_000, 5_000, 7_500, 10_000, 25_000],
    };
    let mut gifts = Vec::new();
    for year in today.year() - 2..=today.year() {
        for (month, day, for_days, campaign, in_a_hundred) in SEASONS {
            // Drawn for every season, so that one gift more or less changes no other.
            let (gives, after) = (rng.random_ratio(in_a_hundred, 100), rng.random_range(0..for_days));
            let (amount, cheque) = (amounts[rng.random_range(0..amounts.len())], rng.random_range(100..900));
            let method = rng.random_range(0..4);
            let Some(begins) = NaiveDate::from_ymd_opt(year, month, day).filter(|_| gives) else {
                continue;
            };
            let day = begins + TimeDelta::days(after);
            if day <= since || day > today || !comes(&giver.name, (today - day).num_days()) {
                continue;
            }
            let gift = Gift::of(&giver.name, amount, day);
            gifts.push(match method {
                0 => gift.by(PaymentMethod::Cheque, More::Cheque(cheque)),
                1 => gift.by(PaymentMethod::ETransfer, More::Nothing),
                2 => gift.by(PaymentMethod::CreditCard, More::Nothing),
                _ => gift.by(PaymentMethod::Cash, More::Nothing),
            });
            if let Some(gift) = gifts.last_mut() {
                gift.campaign = campaign;
                gift.thanked = (today - day).num_days() > 10;
            }
        }
    }
    gifts
}

fn by_name((days_ago, from, dollars, method, campaign, more): Told, today: NaiveDate) -> Gift {
    let day = today - TimeDelta::days(days_ago);
    Gift {
        campaign,
        thanked: days_ago > 10,
        ..Gift::of(from, dollars * 100, day).by(method, more)
    }
}

/// One that is only promised, one that was sent back, one that failed, and one in another currency.
fn unusual(today: NaiveDate) -> Vec<Gift> {
    let gift = |days_ago, from, dollars: i64| Gift::of(from, dollars * 100, today - TimeDelta::days(days_ago));
    vec![
        Gift {
            status: Status::Pending,
            campaign: Some(KITCHEN),
            source: "Promised at the open house",
            ..gift(6, "Haddad, Samir", 500)
        },
        Gift {
            status: Status::Refunded,
            source: "Charged twice",
            ..gift(41, "Gill, Harpreet", 75)
        },
        Gift {
            status: Status::Failed,
            source: "Card had expired",
            ..gift(9, "Paul, Kateri", 40)
        },
        Gift {
            currency: Currency::parse("USD").unwrap_or(Currency::CAD),
            thanked: true,
            ..gift(58, "Tanaka, Yuki", 100)
        },
    ]
}

impl Gift {
    /// A gift of so many cents by credit card, and nothing more known of it.
    fn of(from: &str, amount: i64, day: NaiveDate) -> Self {
        Self {
            day,
            from: from.to_owned(),
            amount,
            currency: Currency::CAD,
            method: PaymentMethod::CreditCard,
            campaign: None,
            source: "",
            status: Status::Completed,
            thanked: false,
            is_monthly: false,
            more: More::Nothing,
        }
    }

    fn by(mut self, method: PaymentMethod, more: More) -> Self {
        (self.method, self.more) = (method, more);
        self
    }
}

/// The books: what gifts are for, and the series they belong to, as they are written.
#[derive(Clone, Default)]
pub struct Books {
    campaigns: HashMap<&'static str, CampaignId>,
    kitchen_fund: Option<FundId>,
    series: BTreeMap<String, RecurringId>,
    /// When those end that do.
    ends: Vec<(&'static str, NaiveDate)>,
}

impl Books {
    /// What people can give for, written down before the first gift; `today` is the day on which the demo begins.
    pub fn open(&mut self, tx: &mut OrgTx<'_>, today: NaiveDate) -> anyhow::Result<()> {
        let fund = FundDraft {
            description: "Stoves, shelves and a floor for the new kitchen".into(),
            is_receiptable: true,
            gl_code: "4200".into(),
            ..FundDraft::named(KITCHEN_FUND)
        };
        self.kitchen_fund = Some(funds::actions::add(tx, &fund)?);
        self.ends = ENDED.map(|(who, ended)| (who, today - TimeDelta::days(ended))).into();
        let from_today = |days| today + TimeDelta::days(days);
        let kitchen = CampaignDraft {
            description: "Warm meals five days a week, cooked where they are eaten".into(),
            goal: Some(4_000_000),
            start_date: Some(from_today(-KITCHEN_BEGAN)),
            end_date: Some(from_today(KITCHEN_ENDS_IN)),
            ..CampaignDraft::named(KITCHEN)
        };
        let of_type = |name, campaign_type, goal| CampaignDraft {
            campaign_type,
            goal: Some(goal),
            ..CampaignDraft::named(name)
        };
        for draft in [
            kitchen,
            of_type(CHRISTMAS, CampaignType::DirectMail, 800_000),
            of_type(DINNER, CampaignType::Event, 300_000),
        ] {
            let id = campaigns::add(tx, &draft)?;
            let name = [KITCHEN, CHRISTMAS, DINNER]
                .into_iter()
                .find(|name| *name == draft.name);
            self.campaigns.insert(name.context("a campaign has another name")?, id);
        }
        Ok(())
    }

    /// Writes down what came, each gift once.
    pub fn write(
        &mut self,
        tx: &mut OrgTx<'_>,
        gifts: &[Gift],
        people: &HashMap<String, ContactId>,
        today: NaiveDate,
    ) -> anyhow::Result<()> {
        let default_fund = funds::store::default(tx)?.id;
        let person = |name: &str| {
            people
                .get(name)
                .copied()
                .with_context(|| format!("nobody is called {name}"))
        };
        let mut drafts = Vec::new();
        for gift in gifts {
            let mut draft = self.draft(gift, person(&gift.from)?, default_fund)?;
            draft.thanked_on = gift.thanked.then(|| (gift.day + TimeDelta::days(3)).min(today));
            if gift.is_monthly {
                draft.recurring_id = Some(self.series(tx, &gift.from, &draft)?);
            }
            drafts.push(draft);
        }
        let ids = contributions::add_many(tx, &drafts, today)?;
        for (id, gift) in ids.into_iter().zip(gifts) {
            if let More::TogetherWith(other) = gift.more {
                let half = Money::new(gift.amount / 2, gift.currency);
                soft_credits::add(tx, id, person(other)?, half, CreditType::Household)?;
            }
        }
        self.end_series(tx, today)
    }

    fn draft(&self, gift: &Gift, from: ContactId, default_fund: FundId) -> anyhow::Result<ContributionDraft> {
        let campaign = gift
            .campaign
            .map(|name| self.campaigns.get(name).copied().context("there is no such campaign"));
        let is_for_kitchen = gift.campaign == Some(KITCHEN);
        let fund = self.kitchen_fund.filter(|_| is_for_kitchen).unwrap_or(default_fund);
        let amount = Money::new(gift.amount, gift.currency);
        let mut draft = ContributionDraft::new(from, amount, gift.day, fund);
        draft.campaign_id = campaign.transpose()?;
        draft.payment_method = gift.method;
        draft.status = gift.status;
        draft.source = gift.source.into();
        match gift.more {
            More::Cheque(number) => draft.cheque_number = number.to_string(),
            More::InKind(what) => draft.in_kind_description = what.into(),
            More::InMemoryOf(whom) => {
                draft.dedication = Some(Dedication::InMemoryOf);
                draft.honoree_name = whom.into();
            }
            More::Nothing | More::TogetherWith(_) => {}
        }
        Ok(draft)
    }

    /// The monthly series a gift belongs to; the first gift begins it.
    fn series(&mut self, tx: &mut OrgTx<'_>, from: &str, first: &ContributionDraft) -> anyhow::Result<RecurringId> {
        if let Some(id) = self.series.get(from) {
            return Ok(*id);
        }
        let id = recurring::add(
            tx,
            &RecurringDraft {
                contact_id: first.contact_id,
                amount: first.amount,
                currency: first.currency,
                frequency: Frequency::Monthly,
                start_date: first.received_on,
                end_date: None,
                fund_id: first.fund_id,
            },
        )?;
        self.series.insert(from.to_owned(), id);
        Ok(id)
    }

    /// Ends the series of those who give no more.
    fn end_series(&mut self, tx: &mut OrgTx<'_>, today: NaiveDate) -> anyhow::Result<()> {
        for (who, on) in self.ends.clone() {
            if on <= today
                && let Some(id) = self.series.remove(who)
            {
                recurring::end(tx, id, on)?;
            }
        }
        Ok(())
    }
}
