-- Removals that are more than one run may decide by itself: they wait until staff have looked at them.
CREATE TABLE held_removals (
    organization_id bigint NOT NULL DEFAULT current_organization_id(),
    mapping_id bigint NOT NULL,
    contact_id bigint NOT NULL,
    -- 'here': out of the group; 'there': archived or unsubscribed at Mailchimp.
    side text NOT NULL CHECK (side IN ('here', 'there')),
    -- 'kept': staff said no, and it holds until the removal is no longer called for.
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'approved', 'kept')),
    held_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, mapping_id, contact_id),
    FOREIGN KEY (organization_id, mapping_id) REFERENCES mappings ON DELETE CASCADE,
    FOREIGN KEY (organization_id, contact_id) REFERENCES contacts
);
CALL protect('held_removals');

ALTER TABLE incidents DROP CONSTRAINT incidents_kind_check;
ALTER TABLE incidents ADD CONSTRAINT incidents_kind_check
    CHECK (kind IN ('connection_refused', 'mapping_broken', 'webhook_wrong', 'silence', 'removals_held'));
