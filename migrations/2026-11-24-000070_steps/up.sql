-- What somebody did to a record, to be taken back: how its rows stood before and after.

CREATE TABLE steps (
    organization_id bigint NOT NULL DEFAULT current_organization_id() REFERENCES organizations,
    id bigserial NOT NULL,
    -- The kind of record, and its id.
    record text NOT NULL,
    record_id bigint NOT NULL,
    -- As in the lines of the Change Log that tell of it.
    at timestamptz NOT NULL,
    staff_id bigint,
    undone_at timestamptz,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX steps_at ON steps (organization_id, at);

CALL protect('steps');

CREATE TABLE step_rows (
    organization_id bigint NOT NULL DEFAULT current_organization_id() REFERENCES organizations,
    id bigserial NOT NULL,
    step_id bigint NOT NULL,
    table_name text NOT NULL,
    -- NULL: there was no such row, or there is none any more.
    before jsonb,
    after jsonb,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, step_id) REFERENCES steps ON DELETE CASCADE
);
CREATE INDEX step_rows_step ON step_rows (organization_id, step_id, table_name);

CALL protect('step_rows');
