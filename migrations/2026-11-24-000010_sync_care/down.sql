-- Row-level security would hide the rows from their owner.
ALTER TABLE planned_calls NO FORCE ROW LEVEL SECURITY;
DELETE FROM planned_calls WHERE verb = 'confirm';
ALTER TABLE planned_calls FORCE ROW LEVEL SECURITY;
DROP INDEX planned_calls_open;
CREATE UNIQUE INDEX planned_calls_open ON planned_calls (organization_id, mapping_id, contact_id) WHERE settled_at IS NULL;
ALTER TABLE planned_calls DROP CONSTRAINT planned_calls_verb_check;
ALTER TABLE planned_calls ADD CONSTRAINT planned_calls_verb_check CHECK (verb IN ('unsubscribe', 'archive', 'add'));
ALTER TABLE planned_calls DROP COLUMN due_since;
ALTER TABLE mailchimp_connections DROP COLUMN tidied_at;
