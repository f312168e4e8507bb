-- The donor records: contacts, groups, the change log and imports.
-- organization_id leads every key, so that the tables can be distributed by it; ids come from plain sequences.

CREATE TABLE contacts (
    organization_id bigint NOT NULL DEFAULT current_organization_id() REFERENCES organizations,
    id bigserial NOT NULL,
    contact_type text NOT NULL CHECK (contact_type IN ('individual', 'organization', 'household')),
    contact_subtype text NOT NULL DEFAULT '',
    prefix text NOT NULL DEFAULT '',
    first_name text NOT NULL DEFAULT '',
    middle_name text NOT NULL DEFAULT '',
    last_name text NOT NULL DEFAULT '',
    suffix text NOT NULL DEFAULT '',
    organization_name text NOT NULL DEFAULT '',
    household_name text NOT NULL DEFAULT '',
    -- "Ms. Anne Lem" and "Lem, Anne"; kept because lists sort and show by them.
    display_name text NOT NULL,
    sort_name text NOT NULL,
    job_title text NOT NULL DEFAULT '',
    gender text NOT NULL DEFAULT '',
    birth_date date,
    is_deceased boolean NOT NULL DEFAULT false,
    -- As given: "en", "fr", or a locale such as "en_US" or "fr_CA".
    preferred_language text NOT NULL DEFAULT '',
    source text NOT NULL DEFAULT '',
    external_identifier text,
    do_not_email boolean NOT NULL DEFAULT false,
    do_not_phone boolean NOT NULL DEFAULT false,
    do_not_mail boolean NOT NULL DEFAULT false,
    do_not_sms boolean NOT NULL DEFAULT false,
    do_not_trade boolean NOT NULL DEFAULT false,
    -- "NO BULK EMAILS (User Opt Out)"
    is_opt_out boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    modified_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX contacts_external_identifier ON contacts (organization_id, external_identifier) WHERE deleted_at IS NULL;
-- As people look names up: É beside E, upper and lower case together. The database's own order is by code point.
CREATE INDEX contacts_sort_name ON contacts (organization_id, sort_name COLLATE "und-x-icu", id) WHERE deleted_at IS NULL;
CREATE INDEX contacts_created_at ON contacts (organization_id, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX contacts_modified_at ON contacts (organization_id, modified_at, id) WHERE deleted_at IS NULL;

CREATE TABLE emails (
    organization_id bigint NOT NULL DEFAULT current_organization_id(),
    id bigserial NOT NULL,
    contact_id bigint NOT NULL,
    -- As typed; compared by address_key, which is trimmed and in lower case.
    address text NOT NULL,
    address_key text NOT NULL,
    location_type text NOT NULL DEFAULT 'Home',
    is_primary boolean NOT NULL DEFAULT false,
    is_bulk_mail boolean NOT NULL DEFAULT false,
    on_hold_since timestamptz,
    on_hold_reason text,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, contact_id, address_key),
    FOREIGN KEY (organization_id, contact_id) REFERENCES contacts,
    CHECK ((on_hold_since IS NULL) = (on_hold_reason IS NULL))
);
CREATE UNIQUE INDEX emails_one_primary ON emails (organization_id, contact_id) WHERE is_primary;
CREATE UNIQUE INDEX emails_one_bulk_mail ON emails (organization_id, contact_id) WHERE is_bulk_mail;
CREATE INDEX emails_address ON emails (organization_id, address_key);

CREATE TABLE phones (
    organization_id bigint NOT NULL DEFAULT current_organization_id(),
    id bigserial NOT NULL,
    contact_id bigint NOT NULL,
    number text NOT NULL,
    extension text NOT NULL DEFAULT '',
    phone_type text NOT NULL DEFAULT 'Phone' CHECK (phone_type IN ('Phone', 'Mobile', 'Fax')),
    location_type text NOT NULL DEFAULT 'Home',
    is_primary boolean NOT NULL DEFAULT false,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, contact_id) REFERENCES contacts
);
CREATE UNIQUE INDEX phones_one_primary ON phones (organization_id, contact_id) WHERE is_primary;
CREATE INDEX phones_contact ON phones (organization_id, contact_id);

CREATE TABLE addresses (
    organization_id bigint NOT NULL DEFAULT current_organization_id(),
    id bigserial NOT NULL,
    contact_id bigint NOT NULL,
    location_type text NOT NULL DEFAULT 'Home',
    street_address text NOT NULL DEFAULT '',
    supplemental_address_1 text NOT NULL DEFAULT '',
    supplemental_address_2 text NOT NULL DEFAULT '',
    city text NOT NULL DEFAULT '',
    province text NOT NULL DEFAULT '',
    postal_code text NOT NULL DEFAULT '',
    country text NOT NULL DEFAULT '',
    is_primary boolean NOT NULL DEFAULT false,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, contact_id) REFERENCES contacts
);
CREATE UNIQUE INDEX addresses_one_primary ON addresses (organization_id, contact_id) WHERE is_primary;
CREATE INDEX addresses_contact ON addresses (organization_id, contact_id);

-- What the search box looks through: one row a word, folded to lower case without accents. Starts-with on COLLATE "C" is
-- the only text search that an index serves under row-level security (LIKE and trigrams are not leakproof).
CREATE TABLE contact_search_terms (
    organization_id bigint NOT NULL DEFAULT current_organization_id(),
    term text COLLATE "C" NOT NULL,
    contact_id bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('first_name', 'last_name', 'name', 'email', 'phone')),
    PRIMARY KEY (organization_id, term, contact_id, kind),
    FOREIGN KEY (organization_id, contact_id) REFERENCES contacts
);
CREATE INDEX contact_search_terms_contact ON contact_search_terms (organization_id, contact_id);

CREATE TABLE groups (
    organization_id bigint NOT NULL DEFAULT current_organization_id() REFERENCES organizations,
    id bigserial NOT NULL,
    title text NOT NULL,
    description text NOT NULL DEFAULT '',
    created_by text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX groups_title ON groups (organization_id, lower(title));

-- Where a contact stands in a group now. What happened before stands in group_history.
CREATE TABLE group_contacts (
    organization_id bigint NOT NULL DEFAULT current_organization_id(),
    group_id bigint NOT NULL,
    contact_id bigint NOT NULL,
    status text NOT NULL CHECK (status IN ('Added', 'Removed')),
    added_at timestamptz NOT NULL,
    removed_at timestamptz,
    -- How it last changed, as in CiviCRM's subscription history: Admin, Import, API …
    method text NOT NULL CHECK (method IN ('Admin', 'Import', 'API')),
    why text NOT NULL DEFAULT '',
    PRIMARY KEY (organization_id, group_id, contact_id),
    FOREIGN KEY (organization_id, group_id) REFERENCES groups,
    FOREIGN KEY (organization_id, contact_id) REFERENCES contacts,
    CHECK ((status = 'Removed') = (removed_at IS NOT NULL))
);
CREATE INDEX group_contacts_contact ON group_contacts (organization_id, contact_id);

CREATE TABLE group_history (
    organization_id bigint NOT NULL DEFAULT current_organization_id(),
    id bigserial NOT NULL,
    group_id bigint NOT NULL,
    contact_id bigint NOT NULL,
    at timestamptz NOT NULL,
    status text NOT NULL CHECK (status IN ('Added', 'Removed', 'Deleted')),
    method text NOT NULL CHECK (method IN ('Admin', 'Import', 'API')),
    actor text NOT NULL,
    why text NOT NULL DEFAULT '',
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, group_id) REFERENCES groups,
    FOREIGN KEY (organization_id, contact_id) REFERENCES contacts
);
CREATE INDEX group_history_contact ON group_history (organization_id, contact_id, group_id, at);

-- Who changed what, when and why. Never updated, never deleted by the application.
CREATE TABLE changes (
    organization_id bigint NOT NULL DEFAULT current_organization_id() REFERENCES organizations,
    id bigserial NOT NULL,
    at timestamptz NOT NULL,
    -- NULL for what concerns the organization as a whole (settings, mappings, invitations).
    contact_id bigint,
    actor_kind text NOT NULL CHECK (actor_kind IN ('staff', 'import', 'mailchimp', 'system')),
    actor_id bigint,
    actor_name text NOT NULL,
    -- A sentence's beginning in plain words: "Contact added", "Removed from group".
    what text NOT NULL,
    -- [{"field": "Email", "old": "a@b.ca", "new": "c@d.ca"}, …]
    fields jsonb NOT NULL DEFAULT '[]',
    why text NOT NULL DEFAULT '',
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, contact_id) REFERENCES contacts
);
CREATE INDEX changes_contact ON changes (organization_id, contact_id, id);
CREATE INDEX changes_at ON changes (organization_id, at, id);

-- A file on its way in. Its rows are kept as long as the import can be undone.
CREATE TABLE imports (
    organization_id bigint NOT NULL DEFAULT current_organization_id() REFERENCES organizations,
    id bigserial NOT NULL,
    file_name text NOT NULL,
    -- How the file was found to be written: 'Windows-1252', ';'.
    encoding text NOT NULL,
    delimiter text NOT NULL,
    -- reading → matching → checking → checked → running → done → undoing → undone
    state text NOT NULL CHECK (state IN ('reading', 'matching', 'checking', 'checked', 'running', 'done', 'undoing', 'undone')),
    headers jsonb NOT NULL,
    -- What each column of the file means, by its position; null is left out.
    column_meanings jsonb NOT NULL DEFAULT '[]',
    -- Everybody of the file joins this group as well.
    group_id bigint,
    -- What the file's rows say about dates such as 03/04/2020.
    day_first boolean NOT NULL DEFAULT false,
    month_first boolean NOT NULL DEFAULT false,
    row_count integer NOT NULL DEFAULT 0,
    -- How far the present state has come: how many rows, and the last row of the file.
    rows_done integer NOT NULL DEFAULT 0,
    last_row integer NOT NULL DEFAULT 0,
    -- Found by the check.
    found_new integer NOT NULL DEFAULT 0,
    found_changing integer NOT NULL DEFAULT 0,
    found_unchanged integer NOT NULL DEFAULT 0,
    found_problems integer NOT NULL DEFAULT 0,
    -- Done by the import.
    added integer NOT NULL DEFAULT 0,
    changed integer NOT NULL DEFAULT 0,
    unchanged integer NOT NULL DEFAULT 0,
    rejected integer NOT NULL DEFAULT 0,
    joined integer NOT NULL DEFAULT 0,
    -- Done by its undo.
    taken_back integer NOT NULL DEFAULT 0,
    kept integer NOT NULL DEFAULT 0,
    -- Times in a row that the next step failed; the step is tried again until it was too often, then people are told.
    failures integer NOT NULL DEFAULT 0,
    started_by bigint REFERENCES staff,
    started_by_name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    undone_by_name text,
    undone_at timestamptz,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, group_id) REFERENCES groups ON DELETE SET NULL (group_id)
);

CREATE TABLE import_rows (
    organization_id bigint NOT NULL DEFAULT current_organization_id(),
    import_id bigint NOT NULL,
    -- The row's number in a spreadsheet: the column names stand in row 1.
    row_number integer NOT NULL,
    cells jsonb NOT NULL,
    -- NULL until looked at. The check finds new, changing, unchanged and problem; the import makes of it added, changed,
    -- unchanged and rejected; its undo undone and kept.
    outcome text CHECK (outcome IN ('new', 'changing', 'unchanged', 'problem', 'added', 'changed', 'rejected', 'undone', 'kept')),
    -- What is wrong with the row, or what could not be taken back.
    problem text,
    contact_id bigint,
    -- What the row changes or changed, before and after: shown, and taken back by the undo.
    changes jsonb,
    -- By what a later row of the same file may mean the same person; set by the check.
    external_identifier text,
    address_key text,
    PRIMARY KEY (organization_id, import_id, row_number),
    FOREIGN KEY (organization_id, import_id) REFERENCES imports
);
CREATE INDEX import_rows_outcome ON import_rows (organization_id, import_id, outcome, row_number);
CREATE INDEX import_rows_external_identifier ON import_rows (organization_id, import_id, external_identifier) WHERE external_identifier IS NOT NULL;
CREATE INDEX import_rows_address ON import_rows (organization_id, import_id, address_key) WHERE address_key IS NOT NULL;

CALL protect('contacts');
CALL protect('emails');
CALL protect('phones');
CALL protect('addresses');
CALL protect('contact_search_terms');
CALL protect('groups');
CALL protect('group_contacts');
CALL protect('group_history');
CALL protect('changes');
CALL protect('imports');
CALL protect('import_rows');

-- Work in the background, seen across all organizations: no personal data here.
-- Wake-ups are only ever inserted, so that no two transactions wait for each other on them.
CREATE TABLE wake_ups (
    id bigserial PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES organizations,
    kind text NOT NULL CHECK (kind IN ('sync', 'import')),
    due_at timestamptz NOT NULL,
    -- The timetable's own; whoever gives a lease back replaces it. All others stay until they are claimed.
    is_timetable boolean NOT NULL DEFAULT false
);
CREATE INDEX wake_ups_due ON wake_ups (kind, due_at);
CREATE INDEX wake_ups_organization ON wake_ups (organization_id, kind);

-- A lease with an expiry, never a lock flag: whoever holds it may be killed at any line, and another goes on.
CREATE TABLE leases (
    organization_id bigint NOT NULL REFERENCES organizations,
    kind text NOT NULL CHECK (kind IN ('sync', 'import')),
    holder uuid,
    lease_until timestamptz,
    -- Since when the work that is being done was due, for the metrics.
    due_since timestamptz,
    PRIMARY KEY (organization_id, kind),
    CHECK ((holder IS NULL) = (lease_until IS NULL))
);
