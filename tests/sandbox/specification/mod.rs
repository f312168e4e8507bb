//! Answers against Mailchimp's own specification (Swagger 2, version 3.0.90), which lies outside the repository. Whatever any test of this
//! binary asks of the API is checked on the way; `journey.rs` makes sure that nothing is left out.

mod journey;
mod known;

use std::collections::BTreeSet;
use std::sync::{LazyLock, OnceLock};

use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, ValidationError, Validator};
use reqwest::Method;
use serde_json::{Value, json};

use crate::setting::Answered;
pub use journey::new_audience;
use known::KNOWN;

/// Nothing where the file is absent; the word about it is printed once.
static SPECIFICATION: LazyLock<Option<Specification>> = LazyLock::new(Specification::read);

struct Specification {
    version: String,
    operations: Vec<Operation>,
    problem: Validator,
}

struct Operation {
    method: String,
    /// Below `/3.0`, with the open parts in braces.
    path: String,
    /// Status and schema of the good answer; 204 has no schema.
    status: u16,
    schema: Option<Value>,
    /// Built when first needed: there are hundreds.
    validator: OnceLock<Validator>,
}

/// An answer that was found right.
pub struct Checked {
    /// Method and path as the specification has them; nothing for an error.
    pub operation: Option<String>,
    /// Places in the list of the specification's known errors.
    pub known: BTreeSet<usize>,
}

/// A file beside the repository, or nothing where it is absent.
pub fn shared_file(name: &str) -> Option<Value> {
    let shared = std::env::var("DMS_SHARED").unwrap_or_else(|_| format!("{}/../shared", env!("CARGO_MANIFEST_DIR")));
    let path = format!("{shared}/mailchimp/{name}");
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("not checked: {path} is absent (set DMS_SHARED)");
        return None;
    };
    Some(serde_json::from_str(&text).unwrap())
}

/// Fails if an answer is not as the specification says; answers nothing where there is none, or where the answer is none of the API's own.
pub fn check(method: &Method, path: &str, answer: &Answered) -> Option<Checked> {
    let specification = SPECIFICATION.as_ref()?;
    let kind = answer.headers.get("content-type")?.to_str().unwrap();
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let operation = specification.find(method.as_str(), path);
    let (findings, operation) = if kind.starts_with("application/problem+json") {
        (findings(&specification.problem, &answer.json), None)
    } else if !kind.starts_with("application/json") {
        return None;
    } else {
        let operation = operation.unwrap_or_else(|| panic!("{method} {path} is not in the specification"));
        assert_eq!(answer.status.as_u16(), operation.status, "{method} {path}");
        let findings = match operation.validator() {
            // Trouble on demand answers 200 without a body.
            Some(_) if answer.text.is_empty() => return None,
            Some(validator) => findings(validator, &answer.json),
            None => Vec::new(),
        };
        (findings, Some(operation.name()))
    };
    // Whoever chooses fields does without required ones.
    let chosen = |finding: &Finding| finding.keyword == "required" && query.contains("fields=");
    let mut known = BTreeSet::new();
    for finding in findings.into_iter().filter(|finding| !chosen(finding)) {
        let place = KNOWN.iter().position(|known| finding.is(known));
        let place = place.unwrap_or_else(|| panic!("{method} {path}: {finding:?}"));
        known.insert(place);
    }
    Some(Checked { operation, known })
}

/// Where an answer is not as its schema says.
#[derive(Debug)]
struct Finding {
    /// The keyword of the schema that is not met.
    keyword: &'static str,
    /// A pointer into the answer with `*` for every place in an array.
    at: String,
    #[expect(dead_code, reason = "printed when a test fails")]
    message: String,
}

impl Finding {
    fn is(&self, known: &known::Known) -> bool {
        known.keyword == self.keyword && self.at.ends_with(known.at)
    }
}

fn findings(validator: &Validator, answer: &Value) -> Vec<Finding> {
    validator
        .iter_errors(answer)
        .flat_map(|error| explain(&error))
        .collect()
}

fn explain(error: &ValidationError) -> Vec<Finding> {
    let parts = error.instance_path().as_str().split('/');
    let parts: Vec<&str> = parts
        .map(|part| if part.parse::<usize>().is_ok() { "*" } else { part })
        .collect();
    let at = parts.join("/");
    let finding = |keyword, at: String| Finding {
        keyword,
        at,
        message: error.to_string().chars().take(300).collect(),
    };
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => unexpected
            .iter()
            .map(|key| finding("additionalProperties", format!("{at}/{key}")))
            .collect(),
        ValidationErrorKind::Required { property } => {
            let key = property.as_str().unwrap_or("");
            vec![finding("required", format!("{at}/{key}"))]
        }
        ValidationErrorKind::Format { .. } if error.instance().as_str() == Some("") => {
            vec![finding("format of nothing", at)]
        }
        ValidationErrorKind::Format { .. } => vec![finding("format", at)],
        ValidationErrorKind::Enum { .. } => vec![finding("enum", at)],
        ValidationErrorKind::Type { .. } => vec![finding("type", at)],
        ValidationErrorKind::AnyOf { .. } => vec![finding("anyOf", at)],
        _ => vec![finding("other", at)],
    }
}

impl Specification {
    fn read() -> Option<Specification> {
        let document = shared_file("marketing-openapi.json")?;
        let mut operations = Vec::new();
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                let mut good = operation["responses"].as_object().unwrap().iter();
                let (status, response) = good.find(|(status, _)| *status != "default").unwrap();
                operations.push(Operation {
                    method: method.to_uppercase(),
                    path: path.clone(),
                    status: status.parse().unwrap(),
                    schema: response.get("schema").cloned(),
                    validator: OnceLock::new(),
                });
            }
        }
        let problem = &document["paths"]["/ping"]["get"]["responses"]["default"]["schema"];
        Some(Specification {
            version: document["info"]["version"].as_str().unwrap().to_owned(),
            operations,
            problem: build(problem),
        })
    }

    /// The operation at a path; one with fewer open parts goes first.
    fn find(&self, method: &str, path: &str) -> Option<&Operation> {
        let parts = parts(path);
        let fits = |operation: &&Operation| {
            let wanted = self::parts(&operation.path);
            let equal = |(wanted, part): (&&str, &&str)| wanted.starts_with('{') || wanted == part;
            operation.method == method && wanted.len() == parts.len() && wanted.iter().zip(&parts).all(equal)
        };
        let fitting = self.operations.iter().filter(fits);
        fitting.min_by_key(|operation| operation.path.matches('{').count())
    }
}

fn parts(path: &str) -> Vec<&str> {
    path.split('/').filter(|part| !part.is_empty()).collect()
}

impl Operation {
    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    fn validator(&self) -> Option<&Validator> {
        let schema = self.schema.as_ref()?;
        Some(self.validator.get_or_init(|| build(schema)))
    }
}

/// A schema of Swagger 2 is one of JSON Schema's draft 4, except that it writes alternatives as `x-oneOf`.
fn build(schema: &Value) -> Validator {
    let mut schema = schema.clone();
    tighten(&mut schema);
    jsonschema::options()
        .with_draft(Draft::Draft4)
        .should_validate_formats(true)
        .should_ignore_unknown_formats(true)
        .build(&schema)
        .unwrap()
}

/// Makes the alternatives count, and forbids keys that the specification does not know.
fn tighten(schema: &mut Value) {
    if let Value::Array(items) = schema {
        items.iter_mut().for_each(tighten);
    }
    let Value::Object(object) = schema else { return };
    object.values_mut().for_each(tighten);
    if let Some(alternatives) = object.remove("x-oneOf") {
        object.insert("anyOf".to_owned(), alternatives);
    }
    if object.get("properties").is_some_and(Value::is_object) {
        object.entry("additionalProperties").or_insert(json!(false));
    }
}
