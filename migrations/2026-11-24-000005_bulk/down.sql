DELETE FROM leases WHERE kind = 'bulk';
DELETE FROM wake_ups WHERE kind = 'bulk';
DROP INDEX contacts_deleted_at;
DROP TABLE bulk_contacts;
DROP TABLE bulk_batches;
DROP TABLE bulk_actions;
