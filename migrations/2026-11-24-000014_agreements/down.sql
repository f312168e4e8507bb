ALTER TABLE due_members DROP COLUMN complained;
