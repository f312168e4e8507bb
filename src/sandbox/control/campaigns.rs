//! Campaigns on demand: sent with a seeded outcome, or with exactly what a test wants recipients to do.

use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Path};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{answer, missing, refused};
use crate::sandbox::campaign::{self, What};
use crate::sandbox::clock::iso;
use crate::sandbox::problem::Problem;
use crate::sandbox::sending::Outcome;
use crate::sandbox::shared::Shared;
use crate::sandbox::world::World;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewCampaign {
    subject: String,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    html: String,
    #[serde(default)]
    plain_text: Option<String>,
    /// Absent: recipients do nothing.
    #[serde(default)]
    outcome: Outcome,
}

pub async fn send_campaign(shared: Data<Shared>, list: Path<String>, new: Json<NewCampaign>) -> HttpResponse {
    match shared.write(|world| write_and_send(world, &list, &new)) {
        Ok(Some(sent)) => HttpResponse::Ok().json(sent),
        Ok(None) => missing("audience"),
        Err(problem) => refused(&problem),
    }
}

fn write_and_send(world: &mut World, list: &str, new: &NewCampaign) -> Result<Option<Value>, Problem> {
    let Some(account) = world.audience(list).map(|audience| audience.head.account_id.clone()) else {
        return Ok(None);
    };
    let place = world.add_campaign(&account, list);
    let head = world.campaigns[place].head_mut();
    head.subject.clone_from(&new.subject);
    head.title = new.title.clone().unwrap_or_else(|| new.subject.clone());
    head.html.clone_from(&new.html);
    head.plain_text = new.plain_text.clone().unwrap_or_else(|| campaign::words(&new.html));
    world.send(place, &new.outcome)?;
    Ok(Some(whole_truth(world, place)))
}

pub async fn campaign(shared: Data<Shared>, id: Path<String>) -> HttpResponse {
    let shown = shared.read(|world| Some(whole_truth(world, world.campaign_place(&id)?)));
    answer(shown, "campaign")
}

/// A campaign with everything its recipients did and will yet do.
fn whole_truth(world: &World, place: usize) -> Value {
    let campaign = &world.campaigns[place];
    let recipients = campaign.recipients().iter().map(|recipient| {
        let happenings = recipient.happenings.iter();
        json!({
            "email_address": recipient.email,
            "email_id": recipient.id(),
            "contact_id": hex::encode(recipient.contact_id),
            "happenings": happenings.map(|happening| json!({"at": iso(happening.at), "what": happening.what})).collect::<Vec<_>>(),
        })
    });
    json!({
        "id": campaign.head.id,
        "list_id": campaign.head.list_id,
        "subject": campaign.head.subject,
        "send_time": iso(campaign.head.sent_at),
        "links": campaign.head.links,
        "planned": campaign.head.planned.iter().map(|planned| json!({"at": iso(planned.at), "what": planned.what})).collect::<Vec<_>>(),
        "recipients": recipients.collect::<Vec<_>>(),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewHappening {
    /// A recipient: address or hash as of the sending, or contact id.
    who: String,
    /// `open`, `proxy_open`, `click`, `soft_bounce`, `hard_bounce`, `unsubscribe` or `complaint`.
    what: String,
    /// The link of a click; absent: the first.
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    reason: String,
}

pub async fn happen(shared: Data<Shared>, id: Path<String>, new: Json<NewHappening>) -> HttpResponse {
    let happened = shared.write(|world| {
        let place = world.campaign_place(&id)?;
        let campaign = &world.campaigns[place];
        let recipient = campaign.find(&new.who)?;
        let link = campaign
            .head
            .links
            .iter()
            .position(|link| new.url.as_ref().is_none_or(|url| url == link));
        let what = match new.what.as_str() {
            "open" => What::Open,
            "proxy_open" => What::ProxyOpen,
            "click" => What::Click(u16::try_from(link?).ok()?),
            "soft_bounce" => What::SoftBounce,
            "hard_bounce" => What::HardBounce,
            "unsubscribe" => What::Unsubscribe(new.reason.clone()),
            "complaint" => What::Complaint,
            _ => return None,
        };
        let now = world.now();
        world.happen(place, recipient, what, now);
        Some(whole_truth(world, place))
    });
    answer(happened, "campaign, recipient, link or happening")
}
