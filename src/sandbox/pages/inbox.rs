//! A member's inbox: the campaigns sent to it, with links that work as those of a real mail.

use actix_web::HttpResponse;
use actix_web::web::{self, Data, Path, ServiceConfig};
use askama::Template;

use super::person::through_mail;
use super::{html, message};
use crate::sandbox::campaign::{Campaign, What, words};
use crate::sandbox::clock::plain;
use crate::sandbox::member::Status;
use crate::sandbox::shared::Shared;

pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/inbox/{list}/{contact}", web::get().to(inbox))
        .route("/mail/{campaign}", web::get().to(archived))
        .route("/mail/{campaign}/{contact}", web::get().to(mail))
        .route("/click/{campaign}/{contact}/{link}", web::get().to(click));
}

#[derive(Template)]
#[template(path = "sandbox/inbox.html")]
struct InboxPage {
    list: String,
    contact: String,
    email: String,
    charity: String,
    /// The mail that asks to confirm the subscription waits here.
    is_pending: bool,
    mails: Vec<MailRow>,
}

struct MailRow {
    campaign: String,
    subject: String,
    from: String,
    at: String,
    read: bool,
}

async fn inbox(shared: Data<Shared>, path: Path<(String, String)>) -> HttpResponse {
    let page = shared.read(|world| {
        let audience = world.audience(&path.0)?;
        let member = audience.member(audience.find(&path.1)?)?;
        let now = world.now();
        let mails = world
            .campaigns
            .iter()
            .rev()
            .filter(|campaign| campaign.head.list_id == path.0)
            .filter_map(|campaign| {
                let recipient = campaign.recipient_by_contact(&member.contact_id)?;
                (!recipient.bounced(now)).then(|| MailRow {
                    campaign: campaign.head.id.clone(),
                    subject: campaign.head.subject.clone(),
                    from: campaign.head.from_name.clone(),
                    at: plain(campaign.head.sent_at),
                    read: recipient.has(&What::Open, now),
                })
            });
        Some(InboxPage {
            list: path.0.clone(),
            contact: member.contact(),
            email: member.email.to_string(),
            charity: audience.head.from_name.clone(),
            is_pending: member.status == Status::Pending,
            mails: mails.collect(),
        })
    });
    match page {
        Some(page) => html(200, &page),
        None => nobody(),
    }
}

#[derive(Template)]
#[template(path = "sandbox/mail.html")]
struct MailPage {
    campaign: String,
    list: String,
    /// Empty in the archive, where nobody reads it.
    contact: String,
    subject: String,
    from: String,
    reply_to: String,
    at: String,
    paragraphs: Vec<Vec<Piece>>,
    /// Links that do not stand in the text: place and target.
    other_links: Vec<(usize, String)>,
    address: String,
}

/// A word of a mail, perhaps one of the campaign's links.
struct Piece {
    word: String,
    link: Option<usize>,
}

/// Opening a mail is noted, as a picture in it would note it.
async fn mail(shared: Data<Shared>, path: Path<(String, String)>) -> HttpResponse {
    if !through_mail(&shared, &path.0, &path.1, What::Open) {
        return nobody();
    }
    show(&shared, &path.0, &path.1)
}

async fn archived(shared: Data<Shared>, campaign: Path<String>) -> HttpResponse {
    show(&shared, &campaign, "")
}

fn show(shared: &Shared, campaign: &str, contact: &str) -> HttpResponse {
    let page = shared.read(|world| {
        let campaign = &world.campaigns[world.campaign_place(campaign)?];
        let address = world.audience(&campaign.head.list_id).map(|audience| {
            let contact = &audience.head.contact;
            [
                &contact.company,
                &contact.address1,
                &contact.city,
                &contact.state,
                &contact.zip,
            ]
            .map(String::as_str)
            .join(", ")
        });
        Some(mail_page(campaign, contact, address.unwrap_or_default()))
    });
    match page {
        Some(page) => html(200, &page),
        None => nobody(),
    }
}

fn mail_page(campaign: &Campaign, contact: &str, address: String) -> MailPage {
    let head = &campaign.head;
    let text = if head.plain_text.is_empty() {
        words(&head.html)
    } else {
        head.plain_text.clone()
    };
    let piece = |word: &str| Piece {
        word: word.to_owned(),
        link: head.links.iter().position(|link| link == word),
    };
    MailPage {
        campaign: head.id.clone(),
        list: head.list_id.clone(),
        contact: contact.to_owned(),
        subject: head.subject.clone(),
        from: head.from_name.clone(),
        reply_to: head.reply_to.clone(),
        at: plain(head.sent_at),
        other_links: head
            .links
            .iter()
            .enumerate()
            .filter(|(_, link)| !text.split_whitespace().any(|word| word == link.as_str()))
            .map(|(place, link)| (place, link.clone()))
            .collect(),
        paragraphs: text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| line.split_whitespace().map(piece).collect())
            .collect(),
        address,
    }
}

/// A click is noted; where the link leads is only said, because the sandbox leaves nobody off this machine.
async fn click(shared: Data<Shared>, path: Path<(String, String, u16)>) -> HttpResponse {
    let (campaign, contact, link) = path.into_inner();
    let target = shared.read(|world| {
        let campaign = &world.campaigns[world.campaign_place(&campaign)?];
        campaign.head.links.get(usize::from(link)).cloned()
    });
    match target {
        Some(target) if through_mail(&shared, &campaign, &contact, What::Click(link)) => message(
            200,
            "The link was followed",
            &format!("A real mail would now lead to {target}."),
            &format!("/mail/{campaign}/{contact}"),
        ),
        _ => nobody(),
    }
}

fn nobody() -> HttpResponse {
    message(
        404,
        "There is no such mail",
        "It was not sent to this person, or one of the two was deleted. Nothing was changed.",
        "/",
    )
}
