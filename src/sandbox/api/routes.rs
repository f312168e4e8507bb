//! The table of the Marketing API's routes, from which come the answers, the 404s and the 405s alike.

use super::{
    Route, Run, account, activity, batch_webhooks, batches, bulk, campaigns, interests, lists, members, merge_fields,
    reports, responses, segments, tags, webhooks,
};
use crate::sandbox::call::{Call, Outcome};
use crate::sandbox::world::World;

type Read = fn(&World, &Call) -> Outcome;
type Write = fn(&mut World, &Call) -> Outcome;

const fn get(path: &'static str, schema: &'static str, run: Read) -> Route {
    Route {
        method: "GET",
        path,
        schema,
        run: Run::Read(run),
    }
}

const fn write(method: &'static str, path: &'static str, schema: &'static str, run: Write) -> Route {
    Route {
        method,
        path,
        schema,
        run: Run::Write(run),
    }
}

const fn post(path: &'static str, schema: &'static str, run: Write) -> Route {
    write("POST", path, schema, run)
}

const fn put(path: &'static str, schema: &'static str, run: Write) -> Route {
    write("PUT", path, schema, run)
}

const fn patch(path: &'static str, schema: &'static str, run: Write) -> Route {
    write("PATCH", path, schema, run)
}

const fn delete(path: &'static str, run: Write) -> Route {
    write("DELETE", path, "", run)
}

/// Each with the schema that the `Link` header of its answers names.
#[rustfmt::skip]
pub static ROUTES: &[Route] = &[
    get("", "Root", account::root),
    get("ping", "Ping", account::ping),
    get("lists", "Lists/Collection", lists::all),
    post("lists", "Lists/Instance", lists::create),
    get("lists/{list_id}", "Lists/Instance", lists::one),
    post("lists/{list_id}", "Lists/BatchPOST-Response", bulk::subscribe),
    patch("lists/{list_id}", "Lists/Instance", lists::change),
    delete("lists/{list_id}", lists::delete),
    get("lists/{list_id}/merge-fields", "Lists/MergeFields/Collection", merge_fields::all),
    post("lists/{list_id}/merge-fields", "Lists/MergeFields/Instance", merge_fields::create),
    get("lists/{list_id}/merge-fields/{merge_id}", "Lists/MergeFields/Instance", merge_fields::one),
    patch("lists/{list_id}/merge-fields/{merge_id}", "Lists/MergeFields/Instance", merge_fields::change),
    delete("lists/{list_id}/merge-fields/{merge_id}", merge_fields::delete),
    get("lists/{list_id}/interest-categories", "Lists/InterestCategories/Collection", interests::categories),
    post("lists/{list_id}/interest-categories", "Lists/InterestCategories/Instance", interests::create_category),
    get("lists/{list_id}/interest-categories/{interest_category_id}", "Lists/InterestCategories/Instance", interests::category),
    patch("lists/{list_id}/interest-categories/{interest_category_id}", "Lists/InterestCategories/Instance", interests::change_category),
    delete("lists/{list_id}/interest-categories/{interest_category_id}", interests::delete_category),
    get("lists/{list_id}/interest-categories/{interest_category_id}/interests", "Lists/InterestCategories/Interests/Collection", interests::interests),
    post("lists/{list_id}/interest-categories/{interest_category_id}/interests", "Lists/InterestCategories/Interests/Instance", interests::create_interest),
    get("lists/{list_id}/interest-categories/{interest_category_id}/interests/{interest_id}", "Lists/InterestCategories/Interests/Instance", interests::interest),
    patch("lists/{list_id}/interest-categories/{interest_category_id}/interests/{interest_id}", "Lists/InterestCategories/Interests/Instance", interests::change_interest),
    delete("lists/{list_id}/interest-categories/{interest_category_id}/interests/{interest_id}", interests::delete_interest),
    get("lists/{list_id}/members", "Lists/Members/Collection", members::all),
    post("lists/{list_id}/members", "Lists/Members/Instance", members::create),
    get("lists/{list_id}/members/{subscriber_hash}", "Lists/Members/Instance", members::one),
    put("lists/{list_id}/members/{subscriber_hash}", "Lists/Members/Instance", members::upsert),
    patch("lists/{list_id}/members/{subscriber_hash}", "Lists/Members/Instance", members::change),
    delete("lists/{list_id}/members/{subscriber_hash}", members::archive),
    post("lists/{list_id}/members/{subscriber_hash}/actions/delete-permanent", "", members::erase),
    get("lists/{list_id}/members/{subscriber_hash}/tags", "Lists/Members/Tags/Collection", tags::of_member),
    post("lists/{list_id}/members/{subscriber_hash}/tags", "", tags::change),
    get("lists/{list_id}/members/{subscriber_hash}/activity", "Lists/Members/Activity/Collection", activity::latest),
    get("lists/{list_id}/members/{subscriber_hash}/activity-feed", "Lists/Members/ActivityFeed/Collection", activity::feed),
    get("lists/{list_id}/tag-search", "Lists/TagSearch/Collection", tags::search),
    get("lists/{list_id}/segments", "Lists/Segments/Collection", segments::all),
    post("lists/{list_id}/segments", "Lists/Segments/Instance", segments::create),
    get("lists/{list_id}/segments/{segment_id}", "Lists/Segments/Instance", segments::one),
    post("lists/{list_id}/segments/{segment_id}", "Lists/Segments/BatchPOST-Response", segments::add_and_remove),
    patch("lists/{list_id}/segments/{segment_id}", "Lists/Segments/Instance", segments::change),
    delete("lists/{list_id}/segments/{segment_id}", segments::delete),
    get("lists/{list_id}/segments/{segment_id}/members", "Lists/Segments/Members/Collection", segments::members),
    post("lists/{list_id}/segments/{segment_id}/members", "Lists/Segments/Members/Instance", segments::add_member),
    delete("lists/{list_id}/segments/{segment_id}/members/{subscriber_hash}", segments::remove_member),
    get("lists/{list_id}/webhooks", "Lists/Webhooks/Collection", webhooks::all),
    post("lists/{list_id}/webhooks", "Lists/Webhooks/Instance", webhooks::create),
    get("lists/{list_id}/webhooks/{webhook_id}", "Lists/Webhooks/Instance", webhooks::one),
    patch("lists/{list_id}/webhooks/{webhook_id}", "Lists/Webhooks/Instance", webhooks::change),
    delete("lists/{list_id}/webhooks/{webhook_id}", webhooks::delete),
    get("batches", "Batches/Collection", batches::all),
    post("batches", "Batches/Instance", batches::create),
    get("batches/{batch_id}", "Batches/Instance", batches::one),
    delete("batches/{batch_id}", batches::delete),
    get("batch-webhooks", "BatchWebhooks/Collection", batch_webhooks::all),
    post("batch-webhooks", "BatchWebhooks/Instance", batch_webhooks::create),
    get("batch-webhooks/{batch_webhook_id}", "BatchWebhooks/Instance", batch_webhooks::one),
    patch("batch-webhooks/{batch_webhook_id}", "BatchWebhooks/Instance", batch_webhooks::change),
    delete("batch-webhooks/{batch_webhook_id}", batch_webhooks::delete),
    get("campaigns", "Campaigns/Collection", campaigns::all),
    post("campaigns", "Campaigns/Instance", campaigns::create),
    get("campaigns/{campaign_id}", "Campaigns/Instance", campaigns::one),
    patch("campaigns/{campaign_id}", "Campaigns/Instance", campaigns::change),
    delete("campaigns/{campaign_id}", campaigns::delete),
    get("campaigns/{campaign_id}/content", "Campaigns/Content/Instance", campaigns::content),
    put("campaigns/{campaign_id}/content", "Campaigns/Content/Instance", campaigns::set_content),
    post("campaigns/{campaign_id}/actions/send", "", campaigns::send),
    get("reports", "Reports/Collection", reports::all),
    get("reports/{campaign_id}", "Reports/Instance", reports::one),
    get("reports/{campaign_id}/sent-to", "Reports/SentTo/Collection", responses::sent_to),
    get("reports/{campaign_id}/sent-to/{subscriber_hash}", "Reports/SentTo/Instance", responses::sent_to_one),
    get("reports/{campaign_id}/email-activity", "Reports/EmailActivity/Collection", responses::email_activity),
    get("reports/{campaign_id}/email-activity/{subscriber_hash}", "Reports/EmailActivity/Instance", responses::email_activity_of),
    get("reports/{campaign_id}/unsubscribed", "Reports/Unsubs/Collection", responses::unsubscribed),
    get("reports/{campaign_id}/unsubscribed/{subscriber_hash}", "Reports/Unsubs/Instance", responses::unsubscribed_one),
    get("reports/{campaign_id}/open-details", "Reports/OpenDetails/Collection", responses::open_details),
    get("reports/{campaign_id}/click-details", "Reports/ClickDetails/Collection", reports::click_details),
    get("reports/{campaign_id}/click-details/{link_id}", "Reports/ClickDetails/Instance", reports::click_detail),
    get("reports/{campaign_id}/click-details/{link_id}/members", "Reports/ClickDetails/Members/Collection", responses::clickers),
    get("reports/{campaign_id}/abuse-reports", "Reports/AbuseReports/Collection", responses::abuse_reports),
];
