-- Actions on a selection of contacts, done in the background and taken back from the values before.

CREATE TABLE bulk_actions (
    organization_id bigint NOT NULL DEFAULT current_organization_id() REFERENCES organizations,
    id bigserial NOT NULL,
    -- What is done to each: {"edit": {"field": "source", "value": "Gala"}}, "trash", "restore".
    deed jsonb NOT NULL,
    state text NOT NULL CHECK (state IN ('running', 'done', 'undoing', 'undone')),
    contact_count integer NOT NULL,
    -- How far the present state has come: how many contacts, and the last batch or the last contact.
    contacts_done integer NOT NULL DEFAULT 0,
    last_place bigint NOT NULL DEFAULT 0,
    changed integer NOT NULL DEFAULT 0,
    unchanged integer NOT NULL DEFAULT 0,
    skipped integer NOT NULL DEFAULT 0,
    taken_back integer NOT NULL DEFAULT 0,
    kept integer NOT NULL DEFAULT 0,
    -- Times in a row that the next step failed; the step is tried again until it was too often, then people are told.
    failures integer NOT NULL DEFAULT 0,
    started_by bigint REFERENCES staff,
    started_by_name text NOT NULL,
    created_at timestamptz NOT NULL,
    finished_at timestamptz,
    undone_by bigint REFERENCES staff,
    undone_by_name text,
    undone_at timestamptz,
    PRIMARY KEY (organization_id, id)
);

-- Who was chosen when the action was started, a batch to a row: what the list finds later does not matter.
CREATE TABLE bulk_batches (
    organization_id bigint NOT NULL DEFAULT current_organization_id(),
    bulk_action_id bigint NOT NULL,
    number bigint NOT NULL,
    contact_ids bigint[] NOT NULL,
    PRIMARY KEY (organization_id, bulk_action_id, number),
    FOREIGN KEY (organization_id, bulk_action_id) REFERENCES bulk_actions ON DELETE CASCADE
);

-- What became of each contact; those who were so already are only counted.
CREATE TABLE bulk_contacts (
    organization_id bigint NOT NULL DEFAULT current_organization_id(),
    bulk_action_id bigint NOT NULL,
    contact_id bigint NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('changed', 'skipped', 'undone', 'kept')),
    -- Why the contact was skipped, or what could not be taken back.
    problem text,
    -- What was changed, before and after: shown, and taken back by the undo.
    record jsonb,
    PRIMARY KEY (organization_id, bulk_action_id, contact_id),
    FOREIGN KEY (organization_id, bulk_action_id) REFERENCES bulk_actions ON DELETE CASCADE,
    FOREIGN KEY (organization_id, contact_id) REFERENCES contacts
);
CREATE INDEX bulk_contacts_outcome ON bulk_contacts (organization_id, bulk_action_id, outcome, contact_id);
CREATE INDEX bulk_contacts_contact ON bulk_contacts (organization_id, contact_id);

-- The trash, the latest first.
CREATE INDEX contacts_deleted_at ON contacts (organization_id, deleted_at, id) WHERE deleted_at IS NOT NULL;

CALL protect('bulk_actions');
CALL protect('bulk_batches');
CALL protect('bulk_contacts');
