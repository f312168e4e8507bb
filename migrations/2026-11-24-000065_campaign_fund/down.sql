ALTER TABLE campaigns DROP COLUMN fund_id;
