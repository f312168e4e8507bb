//! Mailchimp's error answers (`application/problem+json`) with their exact titles and texts, because integrations tell them apart by these.

use serde_json::{Value, json};

/// Where the `type` of most errors points; three kinds of error come without one.
const GLOSSARY: &str = "https://mailchimp.com/developer/marketing/docs/errors/";
/// Whom an error is about that was asked for by name.
const SOMEBODY: &str = "somebody@riverside.test-charity.ca";

/// An error answer.
#[derive(Clone, Debug)]
pub struct Problem {
    pub status: u16,
    pub title: &'static str,
    pub detail: String,
    /// `field` and `message` of each.
    pub errors: Vec<(String, String)>,
    /// The `Allow` header of a 405.
    pub allow: Option<String>,
}

impl Problem {
    fn new(status: u16, title: &'static str, detail: impl Into<String>) -> Problem {
        Problem {
            status,
            title,
            detail: detail.into(),
            errors: Vec::new(),
            allow: None,
        }
    }

    pub fn bad_request(detail: impl Into<String>) -> Problem {
        Problem::new(400, "Bad Request", detail)
    }

    pub fn not_json() -> Problem {
        Problem::new(
            400,
            "JSON Parse Error",
            "We encountered an unspecified JSON parsing error.",
        )
    }

    /// The body has the wrong shape: which field, and what is wrong with it.
    pub fn shape(field: impl Into<String>, message: impl Into<String>) -> Problem {
        Problem {
            errors: vec![(field.into(), message.into())],
            ..Problem::invalid(
                "The resource submitted could not be validated. For field-specific details, see the 'errors' array.",
            )
        }
    }

    pub fn invalid(detail: impl Into<String>) -> Problem {
        Problem::new(400, "Invalid Resource", detail)
    }

    pub fn merge_fields(errors: Vec<(String, String)>) -> Problem {
        Problem {
            errors,
            ..Problem::invalid("Your merge fields were invalid.")
        }
    }

    pub fn member_exists(email: &str) -> Problem {
        Problem::new(
            400,
            "Member Exists",
            format!("{email} is already a list member. Use PUT to insert or update list members."),
        )
    }

    pub fn compliance(email: &str) -> Problem {
        let detail = format!(
            "{email} is in a compliance state due to unsubscribe, bounce, or compliance review and cannot be subscribed."
        );
        Problem::new(400, "Member In Compliance State", detail)
    }

    pub fn forgotten(email: &str) -> Problem {
        let detail = format!(
            "{email} was permanently deleted and cannot be re-imported. The contact must re-subscribe to get back on the list."
        );
        Problem::new(400, "Forgotten Email Not Subscribed", detail)
    }

    pub fn key_missing() -> Problem {
        Problem::new(401, "API Key Missing", "Your request did not include an API key.")
    }

    pub fn key_invalid() -> Problem {
        Problem::new(
            401,
            "API Key Invalid",
            "Your API key may be invalid, or you've attempted to access the wrong datacenter.",
        )
    }

    pub fn key_conflict() -> Problem {
        let detail = "The API key included in the query parameters is not consistent with the Authorization header. Please check your request and try again.";
        Problem::new(401, "API Key Invalid", detail)
    }

    pub fn forbidden() -> Problem {
        Problem::new(403, "Forbidden", "User does not have access to the requested operation")
    }

    pub fn not_permitted() -> Problem {
        Problem::new(
            403,
            "User action not permitted",
            "User does not have access to the requested operation",
        )
    }

    pub fn user_disabled() -> Problem {
        Problem::new(403, "User Disabled", "This account has been deactivated.")
    }

    pub fn wrong_datacenter() -> Problem {
        Problem::new(
            403,
            "Wrong Datacenter",
            "The API key provided is linked to a different data center.",
        )
    }

    pub fn not_found() -> Problem {
        Problem::new(404, "Resource Not Found", "The requested resource could not be found.")
    }

    pub fn method_not_allowed(allow: &str) -> Problem {
        let detail = "The requested method and resource are not compatible. See the Allow header for this resource's available methods.";
        Problem {
            allow: Some(allow.to_owned()),
            ..Problem::new(405, "Method Not Allowed", detail)
        }
    }

    pub fn cannot_archive() -> Problem {
        let detail =
            "This list member cannot be removed. Can not archive a contact that is bounced, pending or archived";
        Problem {
            allow: Some("GET, PUT".to_owned()),
            ..Problem::new(405, "Method Not Allowed", detail)
        }
    }

    /// Occurs only when asked for by name: no path here is as deep as that.
    fn too_deep() -> Problem {
        let detail = "The resource requested is nested too deep.";
        Problem::new(414, "Resource Nesting Too Deep", detail)
    }

    /// Unknown `fields` are ignored, as recorded; two lists of fields at once are not, if the switch says so.
    pub fn fields_invalid() -> Problem {
        Problem::new(422, "Requested Fields Invalid", "The requested fields are not valid.")
    }

    pub fn invalid_override() -> Problem {
        Problem::new(
            422,
            "Invalid Method Override",
            "The X-HTTP-Method-Override header can only be used with the POST method.",
        )
    }

    pub fn upgrade_required() -> Problem {
        let detail =
            "Your request was made with the HTTP protocol. Please make your request via HTTPS rather than HTTP.";
        Problem::new(426, "Upgrade Required", detail)
    }

    pub fn too_many_connections(limit: usize) -> Problem {
        Problem::new(
            429,
            "Too Many Requests",
            format!("You have exceeded the limit of {limit} simultaneous connections."),
        )
    }

    pub fn too_many_batches() -> Problem {
        let detail =
            "You have more than 500 pending batches. Please wait for some to complete before adding any more batches.";
        Problem::new(429, "Too Many Requests", detail)
    }

    /// The thing is in the wrong state for this.
    pub fn invalid_action(detail: impl Into<String>) -> Problem {
        Problem::new(400, "Invalid Action", detail)
    }

    pub fn internal() -> Problem {
        let detail =
            "A deep internal error has occurred during the processing of your request. Please contact support.";
        Problem::new(500, "Internal Server Error", detail)
    }

    pub fn method_disabled() -> Problem {
        Problem::new(503, "Compliance Related", "This method has been disabled.")
    }

    /// The error that `X-Trigger-Error: <name>` asks for; the name is the title without spaces.
    pub fn named(name: &str) -> Option<Problem> {
        let all = [
            Problem::bad_request("Your request could not be processed."),
            Problem::not_json(),
            Problem::shape("", "Schema describes object, NULL found"),
            Problem::member_exists(SOMEBODY),
            Problem::compliance(SOMEBODY),
            Problem::forgotten(SOMEBODY),
            Problem::invalid_action("The requested action is not possible in this state."),
            Problem::key_missing(),
            Problem::key_invalid(),
            Problem::forbidden(),
            Problem::not_permitted(),
            Problem::user_disabled(),
            Problem::wrong_datacenter(),
            Problem::not_found(),
            Problem::method_not_allowed("GET"),
            Problem::too_deep(),
            Problem::invalid_override(),
            Problem::fields_invalid(),
            Problem::upgrade_required(),
            Problem::too_many_connections(10),
            Problem::internal(),
            Problem::method_disabled(),
        ];
        all.into_iter()
            .find(|problem| problem.title.replace(' ', "").eq_ignore_ascii_case(name.trim()))
    }

    /// The body, naming the request it answers.
    pub fn body(&self, request_id: &str) -> Value {
        let mut body = serde_json::Map::new();
        if !matches!(
            self.title,
            "Member Exists" | "Member In Compliance State" | "Forgotten Email Not Subscribed"
        ) {
            body.insert("type".to_owned(), json!(GLOSSARY));
        }
        body.insert("title".to_owned(), json!(self.title));
        body.insert("status".to_owned(), json!(self.status));
        body.insert("detail".to_owned(), json!(self.detail));
        body.insert("instance".to_owned(), json!(request_id));
        if !self.errors.is_empty() {
            let errors = self
                .errors
                .iter()
                .map(|(field, message)| json!({"field": field, "message": message}));
            body.insert("errors".to_owned(), errors.collect());
        }
        Value::Object(body)
    }
}
