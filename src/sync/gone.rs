//! An audience that vanished at Mailchimp breaks its link and nothing else; one that is back mends it.

use super::engine::{Stop, Worker};
use super::{audiences, plan, preview};
use crate::base::{ContactId, GroupId, MappingId};
use crate::crm::groups;
use crate::db::OrgTx;
use crate::db::schema::{audiences as rows, due_members, mappings, planned_calls, sync_standings};
use crate::incidents::{self, Kind};
use crate::mailchimp::{AudienceId, Class, Problem};
use crate::work;
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// Asks for the audience itself: whether it is there, and whether its new members shall confirm. `true`: it is there.
pub async fn look(worker: &Worker, audience: &str) -> Result<bool, Stop> {
    let Some(id) = AudienceId::parse(audience) else {
        return Ok(false);
    };
    let asked = worker.ask(worker.client.audience(&id)).await?;
    match asked {
        Ok(theirs) => {
            worker.write(move |tx| Ok(audiences::take_in_one(tx, &theirs)?)).await?;
            Ok(true)
        }
        Err(problem) => {
            or_stop(worker, audience, problem).await?;
            Ok(false)
        }
    }
}

/// A call that failed: an audience that is gone breaks its link; everything else stops this run.
pub async fn or_stop(worker: &Worker, audience: &str, problem: Problem) -> Result<(), Stop> {
    if problem.class() != Class::Audience {
        return Err(Stop::Mailchimp(problem));
    }
    let (of, words) = (audience.to_owned(), problem.words());
    let link = worker.engine.connection_link(&worker.slug);
    worker.write(move |tx| Ok(gone(tx, &of, &words, &link)?)).await
}

/// The audience is gone: what waited for it is dropped, and its link rests and says so. It is looked for again at every poll.
pub fn gone(tx: &mut OrgTx<'_>, audience: &str, words: &str, link: &str) -> QueryResult<()> {
    let now = tx.now();
    diesel::update(rows::table.find((tx.organization().0, audience)))
        .set((
            rows::gone_at.eq(now),
            rows::read_wanted_at.eq(None::<DateTime<Utc>>),
            rows::polled_at.eq(now),
        ))
        .execute(&mut **tx)?;
    diesel::delete(due_members::table)
        .filter(due_members::organization_id.eq(tx.organization()))
        .filter(due_members::audience_id.eq(audience))
        .execute(&mut **tx)?;
    let broken: Vec<(MappingId, GroupId)> = diesel::update(mappings::table)
        .filter(mappings::organization_id.eq(tx.organization()))
        .filter(mappings::audience_id.eq(audience))
        .filter(mappings::state.eq("on"))
        .set((mappings::state.eq("broken"), mappings::broken_words.eq(words)))
        .returning((mappings::id, mappings::group_id))
        .get_results(&mut **tx)?;
    for (mapping, group) in broken {
        drop_calls(tx, mapping)?;
        let title = title(tx, group)?;
        let sentence = format!(
            "The audience that the group \u{201c}{title}\u{201d} is linked with is gone at Mailchimp, so this group is no longer \
             kept in step. All other groups go on. Mailchimp said: {words}"
        );
        incidents::open(tx, Kind::MappingBroken, &mapping.to_string(), &sentence, link)?;
    }
    Ok(())
}

/// The audience is there (again): its link goes on, and everybody is compared anew, for nobody was while it rested.
pub fn back(tx: &mut OrgTx<'_>, audience: &str) -> QueryResult<()> {
    let mended: Vec<(MappingId, GroupId)> = diesel::update(mappings::table)
        .filter(mappings::organization_id.eq(tx.organization()))
        .filter(mappings::audience_id.eq(audience))
        .filter(mappings::state.eq("broken"))
        .set((mappings::state.eq("on"), mappings::broken_words.eq(None::<String>)))
        .returning((mappings::id, mappings::group_id))
        .get_results(&mut **tx)?;
    for (mapping, group) in mended {
        diesel::update(rows::table.find((tx.organization().0, audience)))
            .set((
                rows::polled_at.eq(None::<DateTime<Utc>>),
                rows::webhook_checked_at.eq(None::<DateTime<Utc>>),
            ))
            .execute(&mut **tx)?;
        let mut contacts = preview::group_contact_ids(tx, group)?;
        contacts.extend(decided(tx, mapping)?);
        contacts.sort();
        contacts.dedup();
        work::contacts_are_due(tx, &contacts)?;
        let (organization, now) = (tx.organization(), tx.now());
        work::wake(tx, organization, work::Kind::Sync, now)?;
        let title = title(tx, group)?;
        let sentence = format!(
            "The audience of the group \u{201c}{title}\u{201d} is back at Mailchimp. The group is kept in step again, and everything \
             that changed meanwhile is being compared."
        );
        incidents::close(tx, Kind::MappingBroken, &mapping.to_string(), &sentence)?;
    }
    Ok(())
}

fn drop_calls(tx: &mut OrgTx<'_>, mapping: MappingId) -> QueryResult<()> {
    let open: Vec<i64> = planned_calls::table
        .filter(planned_calls::organization_id.eq(tx.organization()))
        .filter(planned_calls::mapping_id.eq(mapping))
        .filter(planned_calls::settled_at.is_null())
        .select(planned_calls::id)
        .load(&mut **tx)?;
    plan::supersede(tx, &open, "The audience is gone at Mailchimp.")?;
    Ok(())
}

fn decided(tx: &mut OrgTx<'_>, mapping: MappingId) -> QueryResult<Vec<ContactId>> {
    sync_standings::table
        .filter(sync_standings::organization_id.eq(tx.organization()))
        .filter(sync_standings::mapping_id.eq(mapping))
        .select(sync_standings::contact_id)
        .load(&mut **tx)
}

fn title(tx: &mut OrgTx<'_>, group: GroupId) -> QueryResult<String> {
    Ok(groups::store::find(tx, group)?
        .map(|group| group.title)
        .unwrap_or_default())
}
