//! Asynchronous batches: operations handed in together, run a little later in an order nobody chose, with their results in an archive.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::form_urlencoded;

use super::api::{self, Found, Run};
use super::call::{self, Answer, Call};
use super::clock::{When, iso};
use super::events::{Event, Kind, Webhook, WebhookEvents, WebhookSources};
use super::problem::Problem;
use super::world::World;

/// A GET without `count` is run page by page, each of which counts as an operation.
const PAGE: usize = 1000;
/// Seconds for which the address of an archive is good.
pub const ADDRESS_SECONDS: i64 = 600;

/// How far a batch is; it moves on by the sandbox's clock.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    Pending,
    Preprocessing,
    Started,
    Finalizing,
    Finished,
}

impl Stage {
    pub fn name(self) -> &'static str {
        match self {
            Stage::Pending => "pending",
            Stage::Preprocessing => "preprocessing",
            Stage::Started => "started",
            Stage::Finalizing => "finalizing",
            Stage::Finished => "finished",
        }
    }

    fn next(self) -> Option<Stage> {
        match self {
            Stage::Pending => Some(Stage::Preprocessing),
            Stage::Preprocessing => Some(Stage::Started),
            Stage::Started => Some(Stage::Finalizing),
            Stage::Finalizing => Some(Stage::Finished),
            Stage::Finished => None,
        }
    }
}

#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct Operation {
    pub method: String,
    pub path: String,
    pub params: Vec<(String, String)>,
    pub body: Option<String>,
    pub operation_id: String,
}

/// What came of an operation, as the archive tells it.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct Done {
    pub status_code: u16,
    pub operation_id: String,
    /// The answer as text; empty if there was none.
    pub response: String,
}

/// One record of the journal.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct Batch {
    pub id: String,
    pub account_id: String,
    pub token: u16,
    /// Where the caller found us, for the addresses in the answers.
    pub base: String,
    pub ip: String,
    pub stage: Stage,
    pub submitted_at: When,
    /// When it came to its stage.
    pub moved_at: When,
    pub operations: Vec<Operation>,
    pub results: Vec<Done>,
    /// Signs the addresses of the archive.
    pub key: String,
    pub deleted: bool,
}

/// Whom an account tells that a batch is done.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct BatchWebhook {
    pub id: String,
    pub account_id: String,
    pub url: String,
    pub enabled: bool,
}

impl Batch {
    pub fn is_running(&self) -> bool {
        !self.deleted && self.stage != Stage::Finished
    }

    /// Operations known so far; pages of a GET count one by one once they were read.
    pub fn total(&self) -> usize {
        match self.stage {
            Stage::Pending => 0,
            Stage::Preprocessing => self.operations.len(),
            _ => self.results.len(),
        }
    }

    pub fn errored(&self) -> usize {
        self.results
            .iter()
            .filter(|done| !(200..300).contains(&done.status_code))
            .count()
    }

    pub fn completed_at(&self) -> When {
        if self.stage == Stage::Finished {
            self.moved_at
        } else {
            0
        }
    }

    /// A fresh address of the archive, good for ten minutes.
    pub fn address(&self, base: &str, now: When) -> String {
        if self.stage != Stage::Finished || self.deleted {
            return String::new();
        }
        let expires = now + ADDRESS_SECONDS;
        format!(
            "{base}/batch-results/{}-response.tar.gz?Expires={expires}&Signature={}",
            self.id,
            self.signature(expires)
        )
    }

    pub fn signature(&self, expires: When) -> String {
        hex::encode(Sha256::digest(format!("{} {expires}", self.key)))
    }
}

impl World {
    /// When the next batch moves on, if any does.
    pub fn next_batch_step(&self) -> Option<When> {
        let settings = self.settings();
        let moves =
            |batch: &&Batch| batch.is_running() && !(settings.batches_never_finish && batch.stage == Stage::Started);
        let running = self.batches.iter().filter(moves);
        running.map(|batch| batch.moved_at + settings.batch_stage_seconds).min()
    }

    /// Moves the batches on whose time has come; the operations are run on the way.
    pub fn move_batches(&mut self, now: When) {
        let step = self.settings().batch_stage_seconds;
        while let Some(due) = self.next_batch_step().filter(|due| *due <= now) {
            let stuck = self.settings().batches_never_finish;
            let place = self.batches.iter().position(|batch| {
                batch.is_running() && batch.moved_at + step == due && !(stuck && batch.stage == Stage::Started)
            });
            let Some(place) = place else { return };
            let Some(next) = self.batches[place].stage.next() else {
                return;
            };
            if next == Stage::Started {
                self.run_batch(place);
            }
            let batch = self.batch_mut(place);
            batch.stage = next;
            batch.moved_at = due;
            if next == Stage::Finished {
                self.tell_batch(place, due);
            }
        }
    }

    fn run_batch(&mut self, place: usize) {
        let batch = self.batches[place].clone();
        let mut order: Vec<&Operation> = batch.operations.iter().collect();
        for last in (1..order.len()).rev() {
            let below = u32::try_from(last + 1).unwrap_or(u32::MAX);
            order.swap(last, self.ground_mut().ids.below(below) as usize);
        }
        let results = order
            .into_iter()
            .flat_map(|operation| self.run_operation(&batch, operation))
            .collect();
        let batch = self.batch_mut(place);
        batch.results = results;
        batch.operations = Vec::new();
    }

    /// Runs one operation, or all the pages of it.
    fn run_operation(&mut self, batch: &Batch, operation: &Operation) -> Vec<Done> {
        let (path, query) = operation.path.split_once('?').unwrap_or((&operation.path, ""));
        let mut query: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        query.extend(operation.params.iter().cloned());
        if operation.method != "GET" || query.iter().any(|(key, _)| key == "count") {
            return vec![self.run_call(batch, operation, path, query).0];
        }
        let mut pages = Vec::new();
        loop {
            let offset = pages.len() * PAGE;
            let paging = [
                ("count".to_owned(), PAGE.to_string()),
                ("offset".to_owned(), offset.to_string()),
            ];
            let (done, total) = self.run_call(batch, operation, path, query.iter().cloned().chain(paging).collect());
            pages.push(done);
            if total.is_none_or(|total| total <= offset + PAGE) {
                return pages;
            }
        }
    }

    /// Runs one call; answers the result and `total_items`.
    fn run_call(
        &mut self,
        batch: &Batch,
        operation: &Operation,
        path: &str,
        query: Vec<(String, String)>,
    ) -> (Done, Option<usize>) {
        let outcome = self.answer_operation(batch, operation, path, query);
        let (status_code, response) = match outcome {
            Ok(Answer::Json { body, .. }) => (200, body),
            Ok(_) => (204, Value::Null),
            Err(problem) => (problem.status, problem.body("")),
        };
        let total = response["total_items"]
            .as_u64()
            .and_then(|total| usize::try_from(total).ok());
        let done = Done {
            status_code,
            operation_id: operation.operation_id.clone(),
            response: if response.is_null() {
                String::new()
            } else {
                response.to_string()
            },
        };
        (done, total)
    }

    fn answer_operation(
        &mut self,
        batch: &Batch,
        operation: &Operation,
        path: &str,
        query: Vec<(String, String)>,
    ) -> call::Outcome {
        let parts: Vec<String> = api::parts(path.trim_start_matches("/3.0"));
        let (route, params) = match api::find(&operation.method, &parts) {
            Found::Route(route, params) => (route, params),
            Found::OtherMethods(allow) => return Err(Problem::method_not_allowed(&allow)),
            Found::Nothing => return Err(Problem::not_found()),
        };
        let body = match operation.body.as_deref() {
            None | Some("") => Value::Null,
            Some(body) => serde_json::from_str(body).map_err(|_| Problem::not_json())?,
        };
        let call = Call {
            params,
            query,
            body,
            base: batch.base.clone(),
            ip: batch.ip.clone(),
            account_id: batch.account_id.clone(),
            token: batch.token,
            settings: self.settings().clone(),
            url_check: Some(Ok(())),
        };
        let mut answer = match route.run {
            Run::Read(read) => read(self, &call)?,
            Run::Write(write) => write(self, &call)?,
        };
        if let (Answer::Json { body, .. }, "GET") = (&mut answer, route.method) {
            call::select(body, &call)?;
        }
        Ok(answer)
    }

    /// Tells the account's batch webhooks that a batch is done.
    fn tell_batch(&mut self, place: usize, at: When) {
        let batch = &self.batches[place];
        let webhooks: Vec<Webhook> = self
            .ground
            .batch_webhooks
            .iter()
            .filter(|webhook| webhook.enabled && webhook.account_id == batch.account_id)
            .map(|webhook| Webhook {
                id: webhook.id.clone(),
                url: webhook.url.clone(),
                events: WebhookEvents::default(),
                sources: WebhookSources::default(),
                secret: None,
                disabled: false,
            })
            .collect();
        if webhooks.is_empty() {
            return;
        }
        let mut fields = vec![
            ("type".to_owned(), Kind::BatchCompleted.name().to_owned()),
            ("fired_at".to_owned(), super::clock::plain(at)),
        ];
        let shown = show(batch, &batch.base, at);
        for (key, value) in shown
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(key, _)| *key != "_links")
        {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            fields.push((format!("data[{key}]"), text));
        }
        for (index, link) in shown["_links"].as_array().into_iter().flatten().enumerate() {
            for (key, value) in link.as_object().into_iter().flatten() {
                fields.push((
                    format!("data[_links][{index}][{key}]"),
                    value.as_str().unwrap_or("").to_owned(),
                ));
            }
        }
        self.events.push(Event {
            kind: Kind::BatchCompleted,
            webhooks,
            fields,
        });
    }
}

/// A batch as answers show it.
pub fn show(batch: &Batch, base: &str, now: When) -> Value {
    let own = format!("/batches/{}", batch.id);
    json!({
        "id": batch.id,
        "status": batch.stage.name(),
        "total_operations": batch.total(),
        "finished_operations": batch.results.len(),
        "errored_operations": batch.errored(),
        "submitted_at": iso(batch.submitted_at),
        "completed_at": iso(batch.completed_at()),
        "response_body_url": batch.address(base, now),
        "_links": api::json::links([
            api::json::link(base, "parent", "/batches", "GET", "Definitions/Batches/CollectionResponse", "Paths/Batches/Collection"),
            api::json::link(base, "self", &own, "GET", "Definitions/Batches/Response", ""),
            api::json::link(base, "delete", &own, "DELETE", "", ""),
        ]),
    })
}
