//! What a fresh sandbox holds: a small invented charity to rehearse with; and large invented audiences on demand.

use super::audience::Audience;
use super::clock::When;
use super::ids::Ids;
use super::member::{Actor, Change, Member, OptOut, Source, Status, What};
use super::membership::{By, Profile};
use super::merge::MergeValue;
use super::settings::Settings;
use super::world::World;

/// The login of the charity's owner.
pub const OWNER: &str = "owner@riverside.test-charity.ca";
/// Invented people live under this domain, which looks real to the address check and belongs to nobody.
const DOMAIN: &str = "maplemail.test-charity.ca";
const DAY: i64 = 86_400;

/// First name, last name, where they stand, through whom.
const NEWSLETTER: [(&str, &str, Status, Actor); 12] = [
    ("Aline", "Tremblay", Status::Subscribed, Actor::Contact),
    ("Bert", "Okafor", Status::Subscribed, Actor::Contact),
    ("Chantal", "Lévesque", Status::Subscribed, Actor::Api),
    ("Dmitri", "Kowalchuk", Status::Subscribed, Actor::Admin),
    ("Esther", "MacIsaac", Status::Subscribed, Actor::Contact),
    ("Farah", "Siddiqui", Status::Subscribed, Actor::Api),
    ("Gordon", "Whitefeather", Status::Unsubscribed, Actor::Contact),
    ("Hélène", "Gagnon", Status::Unsubscribed, Actor::Admin),
    ("Ivan", "Petrenko", Status::Unsubscribed, Actor::Api),
    ("Joan", "Singh", Status::Cleaned, Actor::Mailchimp),
    ("Kwame", "Boateng", Status::Pending, Actor::Contact),
    ("Louise", "Arsenault", Status::Archived, Actor::Admin),
];

const FIRST_NAMES: [&str; 24] = [
    "Amélie",
    "Ben",
    "Carla",
    "Devon",
    "Elise",
    "Finn",
    "Grace",
    "Hassan",
    "Iris",
    "Jacques",
    "Kiran",
    "Liam",
    "Maya",
    "Noah",
    "Olive",
    "Priya",
    "Quinn",
    "Rosa",
    "Samuel",
    "Thérèse",
    "Uma",
    "Victor",
    "Wendy",
    "Yusuf",
];
const LAST_NAMES: [&str; 24] = [
    "Bouchard",
    "Campbell",
    "Desrosiers",
    "Eagle",
    "Fortin",
    "Gill",
    "Hughes",
    "Ibrahim",
    "Jensen",
    "Kaur",
    "Leblanc",
    "Morin",
    "Nguyen",
    "Olsen",
    "Pelletier",
    "Quesnel",
    "Roy",
    "Sinclair",
    "Thompson",
    "Ouellet",
    "Vargas",
    "Wong",
    "Young",
    "Zhang",
];

/// A sandbox as it starts.
pub fn fresh(seed: u64) -> World {
    let mut world = World::empty(seed);
    let account = world.add_account("Riverside Food Bank", OWNER, ("Robin", "Calder"), None);
    let login = world.account(&account).map(|account| account.login_id);
    world.add_account("Riverside Youth Club", OWNER, ("Robin", "Calder"), login);
    let newsletter = world.add_audience(&account, "Newsletter", false);
    world.add_audience(&account, "Volunteers", true);
    let now = world.now();
    if let Some((audience, ids)) = world.audience_and_ids(&newsletter) {
        for (day, (first, last, status, actor)) in (1..).zip(NEWSLETTER) {
            invent(audience, ids, first, last, (status, actor), now - (60 - day) * DAY);
        }
        audience.events.clear();
    }
    world
}

/// One invented member with a past that ends in the status asked for.
fn invent(audience: &mut Audience, ids: &mut Ids, first: &str, last: &str, end: (Status, Actor), at: When) {
    let (status, actor) = end;
    let by = |actor, at| By {
        actor,
        at,
        token: 0,
        ip: String::new(),
        campaign: String::new(),
        customs: Settings::default().customs(),
    };
    let start = if status == Status::Pending {
        Status::Pending
    } else {
        Status::Subscribed
    };
    let joined_by = if matches!(actor, Actor::Mailchimp | Actor::Admin) {
        Actor::Contact
    } else {
        actor
    };
    let mailbox: String = format!("{first}.{last}")
        .to_lowercase()
        .chars()
        .map(plain_letter)
        .collect();
    let slot = audience.add(
        &by(joined_by, at),
        ids,
        &format!("{mailbox}@{DOMAIN}"),
        start,
        &names(first, last),
    );
    let later = by(actor, at + 20 * DAY);
    match (status, actor) {
        (Status::Unsubscribed, Actor::Contact) => audience.unsubscribe_self(&later, slot, "No longer interested"),
        (Status::Cleaned, _) => audience.clean(&later, slot),
        // Nothing stands in the way of moving a subscribed member.
        (Status::Archived, _) => drop(audience.archive(&later, slot)),
        (Status::Unsubscribed, _) => drop(audience.update(&later, slot, Some(status), &Profile::default())),
        _ => {}
    }
}

fn names(first: &str, last: &str) -> Profile {
    Profile {
        merges: vec![(1, Some(MergeValue::text(first))), (2, Some(MergeValue::text(last)))],
        ..Profile::default()
    }
}

fn plain_letter(letter: char) -> char {
    match letter {
        'é' | 'è' | 'ê' => 'e',
        other => other,
    }
}

/// What a large invented audience looks like.
pub struct Crowd {
    pub count: u32,
    pub status: Status,
    /// All of them changed at this second, as after an import.
    pub last_changed: When,
    /// The mailboxes are `<prefix>000001` and so on.
    pub prefix: String,
}

/// Adds many members at once without telling any webhook.
pub fn crowd(audience: &mut Audience, ids: &mut Ids, crowd: &Crowd) {
    audience.reserve(crowd.count as usize);
    let mut web_id = audience.head.last_number;
    let (actor, opt_out) = match crowd.status {
        Status::Unsubscribed => (Actor::Contact, OptOut::ByContact),
        Status::Cleaned => (Actor::Mailchimp, OptOut::Bounced),
        _ => (Actor::Admin, OptOut::None),
    };
    let at = crowd.last_changed;
    let first_number = audience.slots() + 1;
    for number in (first_number..).take(crowd.count as usize) {
        let email = format!("{}{number:06}@{DOMAIN}", crowd.prefix);
        if audience.by_email(&email).is_some() {
            continue;
        }
        web_id += 1;
        let contact_id = ids.bytes();
        let pick = |names: &[&'static str; 24], byte: u8| MergeValue::text(names[usize::from(byte) % names.len()]);
        let merges = [
            (1, pick(&FIRST_NAMES, contact_id[0])),
            (2, pick(&LAST_NAMES, contact_id[1])),
        ];
        let history = vec![Change {
            at,
            actor,
            what: What::Joined,
            status: crowd.status,
            against: OptOut::None,
            token: 0,
            note: None,
        }];
        audience.push(Member {
            email: email.into(),
            contact_id,
            web_id,
            status: crowd.status,
            opt_out,
            html: true,
            vip: false,
            rating: 2,
            source: Source::Import,
            merges: Box::new(merges),
            interests: Box::default(),
            tags: Box::default(),
            signed_up_at: 0,
            opted_in_at: at,
            last_changed: at,
            rare: None,
            history,
        });
    }
    audience.head_mut().last_number = web_id;
}
