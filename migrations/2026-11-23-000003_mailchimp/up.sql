-- How groups and Mailchimp stay in step: connection, audiences, mappings, the mirror, what is due, and every call with its outcome.

CREATE TABLE mailchimp_connections (
    organization_id bigint NOT NULL DEFAULT current_organization_id() REFERENCES organizations,
    -- 'refused': Mailchimp no longer accepts our token; mappings are kept and go on after reconnecting.
    state text NOT NULL CHECK (state IN ('connected', 'refused', 'disconnected')),
    account_id text NOT NULL,
    account_name text NOT NULL,
    account_email text NOT NULL DEFAULT '',
    plan text NOT NULL DEFAULT '',
    role text NOT NULL DEFAULT '',
    -- The Mailchimp user: the limit of ten connections counts per user, over all of their tokens.
    login_id text NOT NULL,
    api_base text NOT NULL,
    -- Sealed with the organization as associated data; NULL once disconnected.
    token bytea,
    connected_by text NOT NULL,
    connected_at timestamptz NOT NULL,
    refused_at timestamptz,
    refused_words text,
    last_run_at timestamptz,
    last_success_at timestamptz,
    audiences_read_at timestamptz,
    PRIMARY KEY (organization_id),
    CHECK ((token IS NULL) = (state = 'disconnected'))
);

CREATE TABLE audiences (
    organization_id bigint NOT NULL DEFAULT current_organization_id() REFERENCES organizations,
    -- Mailchimp's own list id.
    id text NOT NULL,
    name text NOT NULL,
    double_optin boolean NOT NULL DEFAULT false,
    member_count integer NOT NULL DEFAULT 0,
    subscribe_url text NOT NULL DEFAULT '',
    gone_at timestamptz,
    -- A full read: asked for, how far, done. Nothing is decided from a read that is not complete.
    read_wanted_at timestamptz,
    read_members integer NOT NULL DEFAULT 0,
    read_total integer NOT NULL DEFAULT 0,
    read_done_at timestamptz,
    read_problem text,
    -- Mailchimp's clock up to which changes are known.
    polled_until timestamptz,
    polled_at timestamptz,
    -- The webhook we installed there.
    webhook_id text,
    webhook_state text NOT NULL DEFAULT 'none' CHECK (webhook_state IN ('none', 'working', 'refused', 'missing', 'wrong')),
    webhook_words text,
    -- Sealed; deliveries of a webhook that has one must be signed.
    webhook_signing_secret bytea,
    webhook_checked_at timestamptz,
    webhook_heard_at timestamptz,
    PRIMARY KEY (organization_id, id)
);

-- The door Mailchimp's webhooks knock at: the secret part of the path, hashed, leads to the organization and audience.
CREATE TABLE webhook_doors (
    secret_hash bytea PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES organizations,
    audience_id text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (organization_id, audience_id)
);

CREATE TABLE mappings (
    organization_id bigint NOT NULL DEFAULT current_organization_id() REFERENCES organizations,
    id bigserial NOT NULL,
    group_id bigint NOT NULL,
    audience_id text NOT NULL,
    kind text NOT NULL DEFAULT 'membership' CHECK (kind IN ('membership')),
    state text NOT NULL CHECK (state IN ('on', 'broken')),
    broken_words text,
    -- What staff removal does at Mailchimp.
    removal text NOT NULL DEFAULT 'archive' CHECK (removal IN ('archive', 'unsubscribe', 'leave')),
    double_optin boolean NOT NULL DEFAULT false,
    included_group boolean NOT NULL,
    included_audience boolean NOT NULL,
    switched_on_by text NOT NULL,
    switched_on_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, group_id),
    UNIQUE (organization_id, audience_id),
    FOREIGN KEY (organization_id, group_id) REFERENCES groups,
    FOREIGN KEY (organization_id, audience_id) REFERENCES audiences
);

-- The audience as it was before a mapping was switched on, to download.
CREATE TABLE audience_snapshots (
    organization_id bigint NOT NULL DEFAULT current_organization_id(),
    id bigserial NOT NULL,
    audience_id text NOT NULL,
    taken_at timestamptz NOT NULL,
    member_count integer NOT NULL,
    csv text NOT NULL,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, audience_id) REFERENCES audiences
);

-- The mirror: what Mailchimp last told us about a member.
CREATE TABLE audience_members (
    organization_id bigint NOT NULL DEFAULT current_organization_id(),
    audience_id text NOT NULL,
    address_key text NOT NULL,
    address text NOT NULL,
    -- Mailchimp's status; 'forgotten' is ours for one who was there and was deleted for good.
    status text NOT NULL,
    mailchimp_contact_id text NOT NULL DEFAULT '',
    first_name text NOT NULL DEFAULT '',
    last_name text NOT NULL DEFAULT '',
    language text NOT NULL DEFAULT '',
    unsubscribe_reason text NOT NULL DEFAULT '',
    unsubscribe_campaign text NOT NULL DEFAULT '',
    last_changed timestamptz,
    -- Mailchimp has said that this address cannot be subscribed (Member In Compliance State).
    in_compliance boolean NOT NULL DEFAULT false,
    -- The present end (unsubscribed or archived) was our own call.
    ended_by_us boolean NOT NULL DEFAULT false,
    -- The status at the moment we archived them: they come back with that, never with more.
    status_before_end text,
    -- Was in the audience when the mapping was switched on "from now on": not pulled.
    here_before boolean NOT NULL DEFAULT false,
    read_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, audience_id, address_key),
    FOREIGN KEY (organization_id, audience_id) REFERENCES audiences
);
CREATE INDEX audience_members_contact ON audience_members (organization_id, audience_id, mailchimp_contact_id);

-- Where a contact stands with a mapping: what was last agreed by both sides, and the standing shown to staff.
CREATE TABLE sync_standings (
    organization_id bigint NOT NULL DEFAULT current_organization_id(),
    mapping_id bigint NOT NULL,
    contact_id bigint NOT NULL,
    address_key text,
    agreed text NOT NULL CHECK (agreed IN ('nothing', 'here_before', 'in', 'out')),
    standing text NOT NULL CHECK (standing IN ('in_sync', 'waiting', 'excluded', 'refused', 'here_before', 'out')),
    reason text NOT NULL DEFAULT '',
    words text NOT NULL DEFAULT '',
    -- The row as it was when Mailchimp refused it for good: it waits until it differs.
    refused_row bytea,
    decided_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, mapping_id, contact_id),
    FOREIGN KEY (organization_id, mapping_id) REFERENCES mappings ON DELETE CASCADE,
    FOREIGN KEY (organization_id, contact_id) REFERENCES contacts
);
CREATE INDEX sync_standings_contact ON sync_standings (organization_id, contact_id);
CREATE INDEX sync_standings_standing ON sync_standings (organization_id, mapping_id, standing, reason);

-- Due marks, set in the transaction that changes something. The sync compares whoever is due; nothing depends on the event.
-- Each marking gives a new number: the sync deletes only the marks it has seen, so that a change during its work stays due.
CREATE TABLE due_contacts (
    organization_id bigint NOT NULL DEFAULT current_organization_id(),
    contact_id bigint NOT NULL,
    due_since timestamptz NOT NULL,
    mark bigserial NOT NULL,
    PRIMARY KEY (organization_id, contact_id),
    FOREIGN KEY (organization_id, contact_id) REFERENCES contacts
);
CREATE TABLE due_members (
    organization_id bigint NOT NULL DEFAULT current_organization_id(),
    audience_id text NOT NULL,
    address_key text NOT NULL,
    -- Read again at Mailchimp first, or only compared.
    read_first boolean NOT NULL,
    due_since timestamptz NOT NULL,
    mark bigserial NOT NULL,
    PRIMARY KEY (organization_id, audience_id, address_key),
    FOREIGN KEY (organization_id, audience_id) REFERENCES audiences
);

-- A webhook as it came, stored before it is acknowledged; a hint only.
CREATE TABLE webhook_events (
    organization_id bigint NOT NULL DEFAULT current_organization_id(),
    id bigserial NOT NULL,
    audience_id text NOT NULL,
    body_hash bytea NOT NULL,
    body text NOT NULL,
    received_at timestamptz NOT NULL,
    applied_at timestamptz,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, audience_id, body_hash),
    FOREIGN KEY (organization_id, audience_id) REFERENCES audiences
);
CREATE INDEX webhook_events_waiting ON webhook_events (organization_id, id) WHERE applied_at IS NULL;

CREATE TABLE sync_runs (
    organization_id bigint NOT NULL DEFAULT current_organization_id() REFERENCES organizations,
    id bigserial NOT NULL,
    cause text NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    problem text,
    PRIMARY KEY (organization_id, id)
);

-- Every call we plan to make, each with exactly one outcome in the end.
CREATE TABLE planned_calls (
    organization_id bigint NOT NULL DEFAULT current_organization_id(),
    id bigserial NOT NULL,
    run_id bigint NOT NULL,
    mapping_id bigint NOT NULL,
    contact_id bigint NOT NULL,
    audience_id text NOT NULL,
    address_key text NOT NULL,
    verb text NOT NULL CHECK (verb IN ('unsubscribe', 'archive', 'add')),
    body jsonb NOT NULL,
    state text NOT NULL CHECK (state IN ('planned', 'asking', 'accepted', 'refused', 'invalid', 'superseded')),
    words text NOT NULL DEFAULT '',
    attempts integer NOT NULL DEFAULT 0,
    not_before timestamptz NOT NULL,
    planned_at timestamptz NOT NULL,
    asked_at timestamptz,
    settled_at timestamptz,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, run_id) REFERENCES sync_runs,
    FOREIGN KEY (organization_id, contact_id) REFERENCES contacts,
    CHECK ((state IN ('planned', 'asking')) = (settled_at IS NULL))
);
-- One open call a person and mapping: a newer decision replaces it.
CREATE UNIQUE INDEX planned_calls_open ON planned_calls (organization_id, mapping_id, contact_id) WHERE settled_at IS NULL;
CREATE INDEX planned_calls_address ON planned_calls (organization_id, audience_id, address_key) WHERE settled_at IS NULL;
CREATE INDEX planned_calls_run ON planned_calls (organization_id, run_id);
CREATE INDEX planned_calls_contact ON planned_calls (organization_id, contact_id, id);

-- A subscriber whom we could not tell: several contacts fit. Staff decide.
CREATE TABLE review_members (
    organization_id bigint NOT NULL DEFAULT current_organization_id(),
    audience_id text NOT NULL,
    address_key text NOT NULL,
    found_at timestamptz NOT NULL,
    candidates jsonb NOT NULL,
    PRIMARY KEY (organization_id, audience_id, address_key),
    FOREIGN KEY (organization_id, audience_id) REFERENCES audiences
);

-- Opens once, is mailed, closes with a recovery mail.
CREATE TABLE incidents (
    organization_id bigint NOT NULL DEFAULT current_organization_id() REFERENCES organizations,
    id bigserial NOT NULL,
    kind text NOT NULL CHECK (kind IN ('connection_refused', 'mapping_broken', 'webhook_wrong', 'silence')),
    subject text NOT NULL DEFAULT '',
    words text NOT NULL,
    opened_at timestamptz NOT NULL,
    mailed_at timestamptz,
    closed_at timestamptz,
    PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX incidents_open ON incidents (organization_id, kind, subject) WHERE closed_at IS NULL;

CALL protect('mailchimp_connections');
CALL protect('audiences');
CALL protect('mappings');
CALL protect('audience_snapshots');
CALL protect('audience_members');
CALL protect('sync_standings');
CALL protect('due_contacts');
CALL protect('due_members');
CALL protect('webhook_events');
CALL protect('sync_runs');
CALL protect('planned_calls');
CALL protect('review_members');
CALL protect('incidents');

-- Mailchimp allows a user ten connections at once, over all processes and organizations. A slot is a lease; the user is hashed.
CREATE TABLE mailchimp_call_slots (
    login_hash bytea NOT NULL,
    slot smallint NOT NULL,
    holder uuid NOT NULL,
    held_until timestamptz NOT NULL,
    PRIMARY KEY (login_hash, slot)
);
