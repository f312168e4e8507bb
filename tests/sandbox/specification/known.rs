//! Where the specification is wrong, each with the reason to know it better.

/// An answer may differ from the specification in this way.
pub struct Known {
    pub keyword: &'static str,
    /// The end of the pointer into the answer.
    pub at: &'static str,
    pub reason: &'static str,
}

/// Recorded answers are the authority where there are some.
pub const KNOWN: [Known; 6] = [
    Known {
        keyword: "format of nothing",
        at: "",
        reason: "a date that is not there is an empty text, as recorded on members and audiences",
    },
    Known {
        keyword: "required",
        at: "/type",
        reason: "the three errors about the state of a member have no type, as recorded",
    },
    Known {
        keyword: "additionalProperties",
        at: "/errors",
        reason: "errors about single fields list them, as recorded",
    },
    Known {
        keyword: "additionalProperties",
        at: "/signing_enabled",
        reason: "signed webhooks came after version 3.0.90",
    },
    Known {
        keyword: "additionalProperties",
        at: "/signing_secret",
        reason: "signed webhooks came after version 3.0.90",
    },
    Known {
        keyword: "enum",
        at: "/absplit_group",
        reason: "recipients of a campaign that is no A/B test are in no group, an empty text",
    },
];
