DROP TABLE outbox;
DROP TABLE rate_limits;
DROP TABLE sessions;
DROP TABLE account_tokens;
DROP TABLE memberships;
DROP TABLE staff;
DROP TABLE organizations;
DROP PROCEDURE protect(regclass);
DROP FUNCTION current_organization_id();
REVOKE SELECT ON __diesel_schema_migrations FROM dms_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE USAGE, SELECT ON SEQUENCES FROM dms_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLES FROM dms_app;
REVOKE USAGE ON SCHEMA public FROM dms_app;
-- The role stays: it belongs to the whole Postgres server, where other databases may use it.
