-- Row-level security would hide the rows from their owner.
ALTER TABLE incidents NO FORCE ROW LEVEL SECURITY;
DELETE FROM incidents WHERE kind = 'removals_held';
ALTER TABLE incidents FORCE ROW LEVEL SECURITY;
ALTER TABLE incidents DROP CONSTRAINT incidents_kind_check;
ALTER TABLE incidents ADD CONSTRAINT incidents_kind_check
    CHECK (kind IN ('connection_refused', 'mapping_broken', 'webhook_wrong', 'silence'));
DROP TABLE held_removals;
