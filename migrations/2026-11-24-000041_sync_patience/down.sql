-- Row-level security would hide the rows from their owner.
ALTER TABLE incidents NO FORCE ROW LEVEL SECURITY;
DELETE FROM incidents WHERE kind = 'additions_refused';
ALTER TABLE incidents FORCE ROW LEVEL SECURITY;
ALTER TABLE incidents DROP CONSTRAINT incidents_kind_check;
ALTER TABLE incidents ADD CONSTRAINT incidents_kind_check
    CHECK (kind IN ('connection_refused', 'mapping_broken', 'webhook_wrong', 'silence', 'removals_held'));
ALTER TABLE mailchimp_connections DROP COLUMN additions_wait_until;
ALTER TABLE mailchimp_connections DROP COLUMN failed_runs;
ALTER TABLE due_members DROP COLUMN not_before;
ALTER TABLE due_members DROP COLUMN failed_reads;
DROP TABLE made_removals;
