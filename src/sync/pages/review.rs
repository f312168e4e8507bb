//! The review list: subscribers who fit several contacts. Staff choose; nobody is guessed.

use crate::accounts::Member;
use crate::base::ContactId;
use crate::crm::groups;
use crate::db::OrgTx;
use crate::db::schema::{audience_members, contacts, review_members, sync_standings};
use crate::sync::facts::{self, Mapping};
use crate::web::{self, Answer, Flash, Page, PageError};
use actix_web::web::Form;
use askama::Template;
use diesel::prelude::*;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "mailchimp/review.html")]
struct ReviewPage {
    page: Page,
    members: Vec<Unclear>,
}

/// A subscriber who fits several contacts.
struct Unclear {
    audience: String,
    address: String,
    name: String,
    found_at: String,
    candidates: Vec<(ContactId, String)>,
}

/// `GET /o/{organization}/mailchimp/review`
pub async fn show(member: Member) -> Answer {
    let organization = member.organization.clone();
    let members = member
        .read(move |tx| {
            let rows: Vec<(String, String, chrono::DateTime<chrono::Utc>, serde_json::Value)> = review_members::table
                .filter(review_members::organization_id.eq(tx.organization()))
                .order((review_members::found_at, review_members::address_key))
                .select((
                    review_members::audience_id,
                    review_members::address_key,
                    review_members::found_at,
                    review_members::candidates,
                ))
                .load(&mut **tx)?;
            let mut members = Vec::new();
            for (audience, address, found_at, candidates) in rows {
                let ids: Vec<ContactId> = serde_json::from_value(candidates).unwrap_or_default();
                let candidates = contacts::table
                    .filter(contacts::organization_id.eq(tx.organization()))
                    .filter(contacts::id.eq_any(ids))
                    .filter(contacts::deleted_at.is_null())
                    .order(contacts::sort_name)
                    .select((contacts::id, contacts::display_name))
                    .load(&mut **tx)?;
                let name: Option<(String, String)> = audience_members::table
                    .find((tx.organization().0, &audience, &address))
                    .select((audience_members::first_name, audience_members::last_name))
                    .first(&mut **tx)
                    .optional()?;
                let name = name
                    .map(|(first, last)| format!("{first} {last}").trim().to_owned())
                    .unwrap_or_default();
                members.push(Unclear {
                    audience,
                    address,
                    name,
                    found_at: organization.local(found_at),
                    candidates,
                });
            }
            Ok::<_, PageError>(members)
        })
        .await?;
    web::show(ReviewPage {
        page: member.page("mailchimp"),
        members,
    })
}

/// The contact is followed under the address that subscribed, and no other of theirs gains consent. Only while that holds.
fn agree(tx: &mut OrgTx<'_>, mapping: &Mapping, contact: ContactId, address: &str) -> diesel::QueryResult<()> {
    let status: Option<String> = audience_members::table
        .find((tx.organization().0, &mapping.audience, address))
        .select(audience_members::status)
        .first(&mut **tx)
        .optional()?;
    if status.as_deref() != Some("subscribed") {
        return Ok(());
    }
    let agreed = (
        sync_standings::address_key.eq(address),
        sync_standings::agreed.eq("in"),
        sync_standings::standing.eq("in_sync"),
        sync_standings::reason.eq(""),
        sync_standings::decided_at.eq(tx.now()),
    );
    diesel::insert_into(sync_standings::table)
        .values((
            sync_standings::mapping_id.eq(mapping.id),
            sync_standings::contact_id.eq(contact),
            agreed.clone(),
        ))
        .on_conflict((
            sync_standings::organization_id,
            sync_standings::mapping_id,
            sync_standings::contact_id,
        ))
        .do_update()
        .set(agreed)
        .execute(&mut **tx)?;
    Ok(())
}

/// Who it is.
#[derive(Deserialize)]
pub struct Chosen {
    audience: String,
    address: String,
    contact: ContactId,
}

/// `POST /o/{organization}/mailchimp/review`: the chosen contact joins the group.
pub async fn choose(member: Member, chosen: Form<Chosen>) -> Answer {
    let chosen = chosen.into_inner();
    member
        .write(move |tx| {
            let row = review_members::table.find((tx.organization().0, &chosen.audience, &chosen.address));
            let candidates: serde_json::Value = row.select(review_members::candidates).first(&mut **tx)?;
            let candidates: Vec<ContactId> = serde_json::from_value(candidates).unwrap_or_default();
            let mapping = facts::mappings_of(tx)?
                .into_iter()
                .find(|mapping| mapping.audience == chosen.audience);
            let mapping = mapping
                .filter(|_| candidates.contains(&chosen.contact))
                .ok_or(PageError::NotFound)?;
            let why = "Subscribed at Mailchimp; staff chose this contact";
            groups::actions::add_contacts(tx, mapping.group, &[chosen.contact], why)?;
            agree(tx, &mapping, chosen.contact, &chosen.address)?;
            diesel::delete(row).execute(&mut **tx)?;
            Ok::<_, PageError>(())
        })
        .await?;
    member.say(Flash::success("Thank you. The contact is in the group now."));
    Ok(member.redirect("mailchimp/review"))
}
