ALTER TABLE contributions DROP CONSTRAINT contributions_closed, DROP COLUMN closed_reason, DROP COLUMN closed_on;
