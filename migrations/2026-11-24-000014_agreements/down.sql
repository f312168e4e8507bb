ALTER TABLE sync_standings ADD COLUMN agreed_status text;
ALTER TABLE due_members DROP COLUMN complained;
