DELETE FROM leases WHERE kind NOT IN ('sync', 'import');
DELETE FROM wake_ups WHERE kind NOT IN ('sync', 'import');
ALTER TABLE leases DROP CONSTRAINT leases_kind_check, ADD CONSTRAINT leases_kind_check CHECK (kind IN ('sync', 'import'));
ALTER TABLE wake_ups DROP CONSTRAINT wake_ups_kind_check, ADD CONSTRAINT wake_ups_kind_check CHECK (kind IN ('sync', 'import'));
DROP INDEX contacts_deleted_at;
DROP TABLE bulk_contacts;
DROP TABLE bulk_batches;
DROP TABLE bulk_actions;
