//! `/batches`: operations handed in together, and how far they are.

use serde_json::{Map, Value, json};

use super::given;
use super::json::collection_links;
use crate::sandbox::batch::{self, Batch, Operation, Stage};
use crate::sandbox::call::{Answer, Call, Outcome};
use crate::sandbox::problem::Problem;
use crate::sandbox::world::World;

/// Operations in one batch.
const MOST_OPERATIONS: usize = 1000;
/// Batches of an account that are not yet finished.
const MOST_PENDING: usize = 500;
/// Seconds for which finished batches are shown.
const SHOWN_SECONDS: i64 = 7 * 86_400;
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

pub fn all(world: &World, call: &Call) -> Outcome {
    let page = call.page()?;
    let now = world.now();
    let shown = |batch: &&Batch| is_there(batch, call) && batch.submitted_at > now - SHOWN_SECONDS;
    let found: Vec<&Batch> = world.batches.iter().filter(shown).collect();
    let total = found.len();
    let batches: Vec<Value> = page
        .of(found)
        .into_iter()
        .map(|batch| batch::show(batch, &call.base, now))
        .collect();
    Ok(Answer::json(json!({
        "batches": batches,
        "total_items": total,
        "_links": collection_links(&call.base, "/batches", "Batches", ("", "Definitions/Root/Response")),
    })))
}

pub fn one(world: &World, call: &Call) -> Outcome {
    let batch = &world.batches[place(world, call)?];
    Ok(Answer::json(batch::show(batch, &call.base, world.now())))
}

pub fn create(world: &mut World, call: &Call) -> Outcome {
    let body = call.object()?;
    given::require(body, &["operations"])?;
    let operations = match body.get("operations") {
        Some(Value::Array(operations)) if operations.len() <= MOST_OPERATIONS => operations,
        Some(Value::Array(_)) => {
            return Err(Problem::shape(
                "operations",
                format!("This collection should contain {MOST_OPERATIONS} elements or less."),
            ));
        }
        _ => return Err(Problem::shape("operations", "This value should be of type array")),
    };
    let read = |(index, operation): (usize, &Value)| read_operation(index, operation);
    let operations = operations
        .iter()
        .enumerate()
        .map(read)
        .collect::<Result<Vec<_>, Problem>>()?;
    let pending = world
        .batches
        .iter()
        .filter(|batch| batch.is_running() && batch.account_id == call.account_id);
    if pending.count() >= MOST_PENDING {
        return Err(Problem::too_many_batches());
    }
    let now = world.now();
    let ids = &mut world.ground_mut().ids;
    let batch = Batch {
        id: ids.hex(10),
        account_id: call.account_id.clone(),
        token: call.token,
        base: call.base.clone(),
        ip: call.ip.clone(),
        stage: Stage::Pending,
        submitted_at: now,
        moved_at: now,
        operations,
        results: Vec::new(),
        key: ids.hex(32),
        deleted: false,
    };
    let shown = batch::show(&batch, &call.base, now);
    world.add_batch(batch);
    Ok(Answer::json(shown))
}

/// Stops a batch; what it has not done yet is never done, and its results are gone.
pub fn delete(world: &mut World, call: &Call) -> Outcome {
    let place = place(world, call)?;
    let batch = world.batch_mut(place);
    batch.deleted = true;
    batch.operations = Vec::new();
    batch.results = Vec::new();
    Ok(Answer::Nothing)
}

fn place(world: &World, call: &Call) -> Result<usize, Problem> {
    world
        .batches
        .iter()
        .position(|batch| batch.id == call.param(0) && is_there(batch, call))
        .ok_or_else(Problem::not_found)
}

fn is_there(batch: &Batch, call: &Call) -> bool {
    batch.account_id == call.account_id && !(batch.deleted && call.settings.deleted_batches_are_gone)
}

fn read_operation(index: usize, operation: &Value) -> Result<Operation, Problem> {
    let nothing = Map::new();
    let operation = operation.as_object().unwrap_or(&nothing);
    let at = |key: &str| format!("operations.{index}.{key}");
    let named = |problem: Problem, key: &str| Problem {
        errors: problem
            .errors
            .into_iter()
            .map(|(_, message)| (at(key), message))
            .collect(),
        ..problem
    };
    let text = |key: &str| given::text(operation, key).map_err(|problem| named(problem, key));
    let missing = |key: &str| Problem::shape(at(key), "This value should not be blank.");
    let method = text("method")?.ok_or_else(|| missing("method"))?;
    if !METHODS.contains(&method.as_str()) {
        return Err(given::not_accepted(&at("method"), &METHODS));
    }
    let path = text("path")?
        .filter(|path| !path.is_empty())
        .ok_or_else(|| missing("path"))?;
    let params = given::object(operation, "params").map_err(|problem| named(problem, "params"))?;
    let as_text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Ok(Operation {
        method,
        path,
        params: params
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.clone(), as_text(value)))
            .collect(),
        body: text("body")?,
        operation_id: text("operation_id")?.unwrap_or_default(),
    })
}
