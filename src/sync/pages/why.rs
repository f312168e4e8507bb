//! Why somebody stands with a link as they do: the facts the decision saw, what was asked of Mailchimp, and what helps.

use super::{Link, link};
use crate::accounts::Member;
use crate::base::{ContactId, MappingId};
use crate::db::schema::planned_calls;
use crate::sync::decide::{Refusal, Standing};
use crate::sync::facts;
use crate::sync::ledger::Call;
use crate::sync::{standing, view};
use crate::web::{self, Answer, Page, PageError};
use actix_web::web::Path;
use askama::Template;
use diesel::prelude::*;
use std::collections::HashMap;

#[derive(Template)]
#[template(path = "mailchimp/why.html")]
struct WhyPage {
    page: Page,
    link: Link,
    contact: ContactId,
    name: String,
    address: Option<String>,
    tone: &'static str,
    label: &'static str,
    sentence: String,
    status: Option<String>,
    last_changed: Option<String>,
    read_at: Option<String>,
    may_sign_up: bool,
    calls: Vec<(Call, String)>,
}

/// `GET …/links/{link}/contacts/{contact}`
pub async fn show(member: Member, path: Path<(String, MappingId, ContactId)>) -> Answer {
    let (_, id, contact) = path.into_inner();
    let organization = member.organization.clone();
    let page = member.page("mailchimp");
    let shown = member
        .read(move |tx| {
            let link = link(tx, id)?;
            let person = facts::gather(tx, &link.mapping, &[contact], &HashMap::new())?
                .pop()
                .ok_or(PageError::NotFound)?;
            let standing = person.decide(link.mapping.policy).standing;
            let sentence = view::sentence(tx, &link.mapping, &person, standing)?;
            let calls: Vec<Call> = planned_calls::table
                .filter(planned_calls::organization_id.eq(tx.organization()))
                .filter(planned_calls::mapping_id.eq(id))
                .filter(planned_calls::contact_id.eq(contact))
                .order(planned_calls::id.desc())
                .select((
                    planned_calls::contact_id,
                    planned_calls::address_key,
                    planned_calls::verb,
                    planned_calls::state,
                    planned_calls::words,
                    planned_calls::attempts,
                    planned_calls::planned_at,
                ))
                .load(&mut **tx)?;
            let member = person.member.as_ref();
            Ok::<_, PageError>(WhyPage {
                page,
                contact,
                name: person.contact.display_name.clone(),
                address: person.address.clone(),
                tone: standing::tone(standing),
                label: standing::label(standing),
                sentence,
                status: member.map(|member| member.status.replace('_', " ")),
                last_changed: member
                    .and_then(|member| member.last_changed)
                    .map(|at| organization.local(at)),
                read_at: member.map(|member| organization.local(member.read_at)),
                may_sign_up: matches!(
                    standing,
                    Standing::Refused(
                        Refusal::Unsubscribed | Refusal::InCompliance | Refusal::Forgotten | Refusal::Archived
                    )
                ),
                calls: calls
                    .into_iter()
                    .map(|call| (call.clone(), organization.local(call.planned_at)))
                    .collect(),
                link,
            })
        })
        .await?;
    web::show(shown)
}
