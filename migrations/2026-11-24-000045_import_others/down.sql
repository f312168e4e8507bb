DROP INDEX activities_added_by;
ALTER TABLE import_rows DROP COLUMN other_contacts;
