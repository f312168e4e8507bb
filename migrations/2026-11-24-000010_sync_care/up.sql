-- The sync looks after itself: what is forgotten in time, how fast it is, and asking somebody who left to confirm.

-- When the organization's old hints and calls were last cleared of personal data.
ALTER TABLE mailchimp_connections ADD COLUMN tidied_at timestamptz;

-- Since when the contact had been due that the call was planned for: our latency counts from then.
ALTER TABLE planned_calls ADD COLUMN due_since timestamptz;

-- 'confirm': Mailchimp's own confirmation mail for somebody who left, on a staff member's recorded word. It stands beside
-- what the decision plans, which never asks for it.
ALTER TABLE planned_calls DROP CONSTRAINT planned_calls_verb_check;
ALTER TABLE planned_calls ADD CONSTRAINT planned_calls_verb_check
    CHECK (verb IN ('unsubscribe', 'archive', 'add', 'confirm'));
DROP INDEX planned_calls_open;
CREATE UNIQUE INDEX planned_calls_open ON planned_calls (organization_id, mapping_id, contact_id, (verb = 'confirm'))
    WHERE settled_at IS NULL;
