ALTER TABLE contributions DROP COLUMN custom;
ALTER TABLE contacts DROP COLUMN custom;
DROP TABLE custom_fields;
