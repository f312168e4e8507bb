-- A row may speak of several contacts: the two of a relationship, everybody an activity is with.
ALTER TABLE import_rows
    -- Those beside contact_id; erasing one of them empties the row.
    ADD COLUMN other_contacts bigint[] NOT NULL DEFAULT '{}';

CREATE INDEX activities_added_by ON activities (organization_id, added_by_contact) WHERE added_by_contact IS NOT NULL;
