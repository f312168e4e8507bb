-- Removals that a link made without asking: they add up, so that a slow loss is noticed like a sudden one.
CREATE TABLE made_removals (
    organization_id bigint NOT NULL DEFAULT current_organization_id(),
    mapping_id bigint NOT NULL,
    contact_id bigint NOT NULL,
    made_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, mapping_id, contact_id),
    FOREIGN KEY (organization_id, mapping_id) REFERENCES mappings ON DELETE CASCADE,
    FOREIGN KEY (organization_id, contact_id) REFERENCES contacts
);
CALL protect('made_removals');

-- A member that could not be read is asked for again after a while, and after a longer one each time.
ALTER TABLE due_members ADD COLUMN failed_reads integer NOT NULL DEFAULT 0;
ALTER TABLE due_members ADD COLUMN not_before timestamptz;

-- Runs that failed one after the other without getting on; and until when nobody is added, because Mailchimp takes no new people.
ALTER TABLE mailchimp_connections ADD COLUMN failed_runs integer NOT NULL DEFAULT 0;
ALTER TABLE mailchimp_connections ADD COLUMN additions_wait_until timestamptz;

ALTER TABLE incidents DROP CONSTRAINT incidents_kind_check;
ALTER TABLE incidents ADD CONSTRAINT incidents_kind_check CHECK (
    kind IN ('connection_refused', 'mapping_broken', 'webhook_wrong', 'silence', 'removals_held', 'additions_refused')
);
