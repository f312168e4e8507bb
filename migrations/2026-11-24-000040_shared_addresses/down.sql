DROP INDEX sync_standings_address;
-- Row-level security would hide the rows from their owner.
ALTER TABLE sync_standings NO FORCE ROW LEVEL SECURITY;
UPDATE sync_standings SET agreed = 'out' WHERE agreed = 'left';
ALTER TABLE sync_standings FORCE ROW LEVEL SECURITY;
ALTER TABLE sync_standings DROP CONSTRAINT sync_standings_agreed_check;
ALTER TABLE sync_standings ADD CONSTRAINT sync_standings_agreed_check
    CHECK (agreed IN ('nothing', 'here_before', 'in', 'out'));
