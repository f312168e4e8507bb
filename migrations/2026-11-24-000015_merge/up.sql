-- Duplicates are found and merged, and people are erased for good.

-- Where a merged contact went: old links and identifiers lead there. Only ever a contact that is not merged itself.
ALTER TABLE contacts
    ADD COLUMN merged_into bigint,
    ADD CONSTRAINT contacts_merged_into_fkey FOREIGN KEY (organization_id, merged_into) REFERENCES contacts,
    ADD CONSTRAINT contacts_merged_are_in_the_trash CHECK (merged_into IS NULL OR deleted_at IS NOT NULL);
-- When the person was erased for good: the row stays for the records the law asks to keep, and tells nothing any more.
ALTER TABLE contacts
    ADD COLUMN erased_at timestamptz,
    ADD CONSTRAINT contacts_erased_are_in_the_trash CHECK (erased_at IS NULL OR deleted_at IS NOT NULL);
CREATE INDEX contacts_merged_into ON contacts (organization_id, merged_into) WHERE merged_into IS NOT NULL;
-- Imports find whoever a merged contact became.
CREATE INDEX contacts_merged_identifier ON contacts (organization_id, external_identifier) WHERE merged_into IS NOT NULL;

CREATE TABLE merges (
    organization_id bigint NOT NULL DEFAULT current_organization_id() REFERENCES organizations,
    id bigserial NOT NULL,
    survivor_id bigint NOT NULL,
    loser_id bigint NOT NULL,
    -- What became another, before and after: shown, and taken back by the undo.
    record jsonb NOT NULL,
    merged_by_name text NOT NULL,
    merged_at timestamptz NOT NULL,
    undone_by_name text,
    undone_at timestamptz,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, survivor_id) REFERENCES contacts,
    FOREIGN KEY (organization_id, loser_id) REFERENCES contacts,
    CHECK ((undone_by_name IS NULL) = (undone_at IS NULL))
);
CREATE INDEX merges_survivor ON merges (organization_id, survivor_id);
CREATE INDEX merges_loser ON merges (organization_id, loser_id);

-- Rows of other tables that a merge brought from the loser to the survivor.
CREATE TABLE merged_rows (
    organization_id bigint NOT NULL DEFAULT current_organization_id(),
    merge_id bigint NOT NULL,
    table_name text NOT NULL,
    column_name text NOT NULL,
    row_key bigint NOT NULL,
    PRIMARY KEY (organization_id, merge_id, table_name, column_name, row_key),
    FOREIGN KEY (organization_id, merge_id) REFERENCES merges ON DELETE CASCADE
);

-- What contacts are compared by: whoever has a key in common with another may be the same.
CREATE TABLE duplicate_keys (
    organization_id bigint NOT NULL DEFAULT current_organization_id(),
    key text COLLATE "C" NOT NULL,
    contact_id bigint NOT NULL,
    PRIMARY KEY (organization_id, key, contact_id),
    FOREIGN KEY (organization_id, contact_id) REFERENCES contacts
);
CREATE INDEX duplicate_keys_contact ON duplicate_keys (organization_id, contact_id);

-- Two contacts that may be the same; the smaller id first.
CREATE TABLE duplicate_pairs (
    organization_id bigint NOT NULL DEFAULT current_organization_id(),
    first_id bigint NOT NULL,
    second_id bigint NOT NULL,
    -- 0 to 100.
    score integer NOT NULL CHECK (score BETWEEN 0 AND 100),
    -- ["same email anne@lem.ca", "same name"]
    reasons jsonb NOT NULL,
    found_at timestamptz NOT NULL,
    -- Somebody said that they are two: remembered, whatever is found later.
    dismissed_by_name text,
    dismissed_at timestamptz,
    PRIMARY KEY (organization_id, first_id, second_id),
    FOREIGN KEY (organization_id, first_id) REFERENCES contacts,
    FOREIGN KEY (organization_id, second_id) REFERENCES contacts,
    CHECK (first_id < second_id),
    CHECK ((dismissed_by_name IS NULL) = (dismissed_at IS NULL))
);
CREATE INDEX duplicate_pairs_second ON duplicate_pairs (organization_id, second_id);
CREATE INDEX duplicate_pairs_score ON duplicate_pairs (organization_id, score, first_id, second_id) WHERE dismissed_at IS NULL;

-- How far the search for duplicates has come: everybody changed up to (position_at, position_id) was compared.
CREATE TABLE duplicate_scans (
    organization_id bigint NOT NULL DEFAULT current_organization_id() REFERENCES organizations,
    state text NOT NULL CHECK (state IN ('running', 'done')),
    position_at timestamptz NOT NULL,
    position_id bigint NOT NULL,
    until timestamptz NOT NULL,
    contact_count integer NOT NULL,
    contacts_done integer NOT NULL,
    failures integer NOT NULL DEFAULT 0,
    started_by_name text NOT NULL,
    finished_at timestamptz,
    PRIMARY KEY (organization_id)
);
-- By it the search goes on where it stopped, in the trash and out of it.
CREATE INDEX contacts_changed_at ON contacts (organization_id, modified_at, id);

CALL protect('merges');
CALL protect('merged_rows');
CALL protect('duplicate_keys');
CALL protect('duplicate_pairs');
CALL protect('duplicate_scans');
