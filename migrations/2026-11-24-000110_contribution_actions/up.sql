-- Actions on a selection of contributions, with what each had before, so that they can be taken back.

CREATE TABLE contribution_actions (
    organization_id bigint NOT NULL DEFAULT current_organization_id() REFERENCES organizations,
    id bigserial NOT NULL,
    -- What is done to each: {"thank": {"on": "2026-11-24"}}.
    deed jsonb NOT NULL,
    chosen integer NOT NULL,
    changed integer NOT NULL,
    unchanged integer NOT NULL,
    skipped integer NOT NULL,
    taken_back integer NOT NULL DEFAULT 0,
    kept integer NOT NULL DEFAULT 0,
    done_by text NOT NULL,
    done_at timestamptz NOT NULL,
    undone_by text,
    undone_at timestamptz,
    PRIMARY KEY (organization_id, id)
);

-- What became of each contribution; those that were so already are only counted. One that is deleted leaves its row: ids are
-- never given twice, and the undo finds that it is gone.
CREATE TABLE contribution_action_rows (
    organization_id bigint NOT NULL DEFAULT current_organization_id(),
    action_id bigint NOT NULL,
    contribution_id bigint NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('changed', 'skipped', 'undone', 'kept')),
    -- Why it was skipped or kept.
    problem text,
    -- The value before, of the one field that the action changes.
    before jsonb,
    PRIMARY KEY (organization_id, action_id, contribution_id),
    FOREIGN KEY (organization_id, action_id) REFERENCES contribution_actions ON DELETE CASCADE
);

CALL protect('contribution_actions');
CALL protect('contribution_action_rows');
