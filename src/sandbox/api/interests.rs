//! `/lists/{id}/interest-categories` and their interests: the groups an audience lets its members choose.

use serde_json::{Value, json};

use super::given;
use super::json::{collection_links, instance_links};
use crate::sandbox::audience::{Audience, Category, Head, Interest};
use crate::sandbox::call::{Answer, Call, Outcome};
use crate::sandbox::member::{Member, Status};
use crate::sandbox::problem::Problem;
use crate::sandbox::world::World;

/// Interests an audience may have, over all categories.
const MOST: usize = 60;
const KINDS: [&str; 4] = ["checkboxes", "dropdown", "radio", "hidden"];
const ROOM: &str = "Lists/InterestCategories";
const INNER_ROOM: &str = "Lists/InterestCategories/Interests";

pub fn categories(world: &World, call: &Call) -> Outcome {
    let audience = call.audience(world)?;
    let page = call.page()?;
    let fits = |category: &&Category| call.query("type").is_none_or(|kind| kind == category.kind);
    let found: Vec<&Category> = audience.head.categories.iter().filter(fits).collect();
    let total = found.len();
    let shown: Vec<Value> = page
        .of(found)
        .into_iter()
        .map(|category| show_category(&audience.head, category, &call.base))
        .collect();
    let list = format!("/lists/{}", audience.head.id);
    Ok(Answer::json(json!({
        "list_id": audience.head.id,
        "categories": shown,
        "total_items": total,
        "_links": collection_links(&call.base, &format!("{list}/interest-categories"), ROOM, (&list, "Definitions/Lists/Response")),
    })))
}

pub fn category(world: &World, call: &Call) -> Outcome {
    let audience = call.audience(world)?;
    let category = &audience.head.categories[category_place(&audience.head, call)?];
    Ok(Answer::json(show_category(&audience.head, category, &call.base)))
}

pub fn create_category(world: &mut World, call: &Call) -> Outcome {
    let head = &call.audience(world)?.head;
    let body = call.object()?;
    given::require(body, &["title", "type"])?;
    let title = given::text(body, "title")?.unwrap_or_default();
    let kind = given::choice(body, "type", &KINDS)?.unwrap_or_default();
    let display_order = given::number(body, "display_order")?.unwrap_or(0);
    refuse_taken(
        head.categories
            .iter()
            .map(|category| (category.id.as_str(), &category.title)),
        &title,
        "",
    )?;
    let (audience, ids) = call.audience_and_ids(world)?;
    let head = audience.head_mut();
    let category = Category {
        id: ids.hex(10),
        number: head.next_number(),
        title,
        display_order,
        kind,
        interests: Vec::new(),
    };
    let shown = show_category(head, &category, &call.base);
    head.categories.push(category);
    Ok(Answer::json(shown))
}

pub fn change_category(world: &mut World, call: &Call) -> Outcome {
    let head = &call.audience(world)?.head;
    let place = category_place(head, call)?;
    let body = call.object()?;
    let mut category = head.categories[place].clone();
    if let Some(title) = given::text(body, "title")? {
        refuse_taken(
            head.categories.iter().map(|other| (other.id.as_str(), &other.title)),
            &title,
            &category.id,
        )?;
        category.title = title;
    }
    category.kind = given::choice(body, "type", &KINDS)?.unwrap_or(category.kind);
    category.display_order = given::number(body, "display_order")?.unwrap_or(category.display_order);
    let head = call.audience_mut(world)?.head_mut();
    let shown = show_category(head, &category, &call.base);
    head.categories[place] = category;
    Ok(Answer::json(shown))
}

/// Deletes the category with its interests and what everybody chose among them.
pub fn delete_category(world: &mut World, call: &Call) -> Outcome {
    let place = category_place(&call.audience(world)?.head, call)?;
    let audience = call.audience_mut(world)?;
    let category = audience.head.categories[place].clone();
    for interest in &category.interests {
        audience.delete_interest(&interest.id);
    }
    audience.head_mut().categories.remove(place);
    Ok(Answer::Nothing)
}

pub fn interests(world: &World, call: &Call) -> Outcome {
    let audience = call.audience(world)?;
    let category = &audience.head.categories[category_place(&audience.head, call)?];
    let shown: Vec<Value> = call
        .page()?
        .of(&category.interests)
        .into_iter()
        .map(|interest| show_interest(audience, category, interest, &call.base))
        .collect();
    let list = format!("/lists/{}/interest-categories", audience.head.id);
    let own = format!("{list}/{}/interests", category.id);
    Ok(Answer::json(json!({
        "interests": shown,
        "list_id": audience.head.id,
        "category_id": category.id,
        "total_items": category.interests.len(),
        "_links": collection_links(&call.base, &own, INNER_ROOM, (&list, "Definitions/Lists/InterestCategories/Response")),
    })))
}

pub fn interest(world: &World, call: &Call) -> Outcome {
    let audience = call.audience(world)?;
    let category = &audience.head.categories[category_place(&audience.head, call)?];
    let interest = &category.interests[interest_place(category, call)?];
    Ok(Answer::json(show_interest(audience, category, interest, &call.base)))
}

pub fn create_interest(world: &mut World, call: &Call) -> Outcome {
    let head = &call.audience(world)?.head;
    let place = category_place(head, call)?;
    let body = call.object()?;
    given::require(body, &["name"])?;
    let name = given::text(body, "name")?.unwrap_or_default();
    let display_order = given::number(body, "display_order")?;
    let others = &head.categories[place].interests;
    refuse_taken(
        others.iter().map(|interest| (interest.id.as_str(), &interest.name)),
        &name,
        "",
    )?;
    if head.interests().count() >= MOST {
        return Err(Problem::invalid(format!(
            "Cannot have more than {MOST} interests per list (Across all categories)"
        )));
    }
    let (audience, ids) = call.audience_and_ids(world)?;
    let head = audience.head_mut();
    let number = head.next_number();
    let interests = &mut head.categories[place].interests;
    let interest = Interest {
        id: ids.hex(10),
        number,
        name,
        display_order: display_order.unwrap_or_else(|| u32::try_from(interests.len() + 1).unwrap_or(1)),
    };
    interests.push(interest.clone());
    Ok(Answer::json(show_interest(
        audience,
        &audience.head.categories[place],
        &interest,
        &call.base,
    )))
}

pub fn change_interest(world: &mut World, call: &Call) -> Outcome {
    let head = &call.audience(world)?.head;
    let place = category_place(head, call)?;
    let category = &head.categories[place];
    let inner = interest_place(category, call)?;
    let body = call.object()?;
    let mut interest = category.interests[inner].clone();
    if let Some(name) = given::text(body, "name")? {
        refuse_taken(
            category.interests.iter().map(|other| (other.id.as_str(), &other.name)),
            &name,
            &interest.id,
        )?;
        interest.name = name;
    }
    interest.display_order = given::number(body, "display_order")?.unwrap_or(interest.display_order);
    let audience = call.audience_mut(world)?;
    audience.head_mut().categories[place].interests[inner] = interest.clone();
    Ok(Answer::json(show_interest(
        audience,
        &audience.head.categories[place],
        &interest,
        &call.base,
    )))
}

pub fn delete_interest(world: &mut World, call: &Call) -> Outcome {
    let head = &call.audience(world)?.head;
    let place = category_place(head, call)?;
    interest_place(&head.categories[place], call)?;
    call.audience_mut(world)?.delete_interest(call.param(2));
    Ok(Answer::Nothing)
}

fn category_place(head: &Head, call: &Call) -> Result<usize, Problem> {
    head.categories
        .iter()
        .position(|category| category.id == call.param(1))
        .ok_or_else(Problem::not_found)
}

fn interest_place(category: &Category, call: &Call) -> Result<usize, Problem> {
    category
        .interests
        .iter()
        .position(|interest| interest.id == call.param(2))
        .ok_or_else(Problem::not_found)
}

/// Two of the same name would be one to whoever chooses.
fn refuse_taken<'a>(
    mut others: impl Iterator<Item = (&'a str, &'a String)>,
    name: &str,
    own: &str,
) -> Result<(), Problem> {
    if others.any(|(id, other)| id != own && other.eq_ignore_ascii_case(name)) {
        return Err(Problem::invalid(format!(
            "Cannot add \"{name}\" because it already exists on the list."
        )));
    }
    Ok(())
}

fn show_category(head: &Head, category: &Category, base: &str) -> Value {
    let own = format!("/lists/{}/interest-categories/{}", head.id, category.id);
    json!({
        "list_id": head.id,
        "id": category.id,
        "title": category.title,
        "display_order": category.display_order,
        "type": category.kind,
        "_links": instance_links(base, &own, ROOM),
    })
}

fn show_interest(audience: &Audience, category: &Category, interest: &Interest, base: &str) -> Value {
    let counts = |member: &Member| member.status == Status::Subscribed && member.interests.contains(&interest.number);
    let subscribers = audience.members().filter(|(_, member)| counts(member)).count();
    let list_id = &audience.head.id;
    let own = format!(
        "/lists/{list_id}/interest-categories/{}/interests/{}",
        category.id, interest.id
    );
    json!({
        "category_id": category.id,
        "list_id": list_id,
        "id": interest.id,
        "name": interest.name,
        // Recorded as a text.
        "subscriber_count": subscribers.to_string(),
        "display_order": interest.display_order,
        "_links": instance_links(base, &own, INNER_ROOM),
    })
}
