ALTER TABLE groups DROP COLUMN searched_on;
