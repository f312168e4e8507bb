DELETE FROM leases WHERE kind NOT IN ('sync', 'import');
DELETE FROM wake_ups WHERE kind NOT IN ('sync', 'import');
ALTER TABLE leases
    DROP CONSTRAINT leases_kind_check,
    ADD CONSTRAINT leases_kind_check CHECK (kind IN ('sync', 'import'));
ALTER TABLE wake_ups
    DROP CONSTRAINT wake_ups_kind_check,
    ADD CONSTRAINT wake_ups_kind_check CHECK (kind IN ('sync', 'import'));
DROP TABLE smart_due_contacts;

-- Whoever only a search found is in no group that an older program knows. The policy holds for the owner as well, so it rests.
ALTER TABLE group_contacts NO FORCE ROW LEVEL SECURITY;
ALTER TABLE group_history NO FORCE ROW LEVEL SECURITY;
DELETE FROM group_contacts WHERE status = 'Smart';
UPDATE group_contacts SET method = 'Admin' WHERE method = 'Search';
UPDATE group_history SET method = 'Admin' WHERE method = 'Search';
ALTER TABLE group_contacts FORCE ROW LEVEL SECURITY;
ALTER TABLE group_history FORCE ROW LEVEL SECURITY;
ALTER TABLE group_history
    DROP CONSTRAINT group_history_method_check,
    ADD CONSTRAINT group_history_method_check CHECK (method IN ('Admin', 'Import', 'API'));
ALTER TABLE group_contacts
    DROP CONSTRAINT group_contacts_method_check,
    DROP CONSTRAINT group_contacts_status_check,
    ADD CONSTRAINT group_contacts_status_check CHECK (status IN ('Added', 'Removed')),
    ADD CONSTRAINT group_contacts_method_check CHECK (method IN ('Admin', 'Import', 'API'));
ALTER TABLE groups
    DROP CONSTRAINT groups_check,
    DROP COLUMN search_due_at,
    DROP COLUMN search_checked_at,
    DROP COLUMN search;
ALTER TABLE organizations DROP COLUMN fiscal_year_month;
DROP FUNCTION folded(text);
