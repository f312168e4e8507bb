-- The ground everything stands on: the application's role, the wall between organizations, and the accounts of staff.

-- The role the application signs in with owns nothing and bypasses nothing. The operator gives it LOGIN and a password.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'dms_app') THEN
        CREATE ROLE dms_app NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
    END IF;
END
$$;
GRANT USAGE ON SCHEMA public TO dms_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO dms_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO dms_app;
GRANT SELECT ON __diesel_schema_migrations TO dms_app;

-- The organization of the running transaction; NULL outside of one, so that nothing is visible and nothing can be written.
CREATE FUNCTION current_organization_id() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT nullif(current_setting('dms.organization_id', true), '')::bigint $$;

-- Every tenant table is put behind the wall with: CALL protect('contacts');
CREATE PROCEDURE protect(tenant_table regclass) LANGUAGE plpgsql
AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format(
        'CREATE POLICY one_organization ON %s '
        'USING (organization_id = current_organization_id()) '
        'WITH CHECK (organization_id = current_organization_id())', tenant_table);
END
$$;

CREATE TABLE organizations (
    id bigserial PRIMARY KEY,
    slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    name text NOT NULL,
    time_zone text NOT NULL DEFAULT 'America/Toronto',
    unsubscribe_sets_no_bulk_emails boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- A person who signs in. One person may work for several organizations.
CREATE TABLE staff (
    id bigserial PRIMARY KEY,
    email text NOT NULL,
    name text NOT NULL,
    password_hash text,
    verified_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX staff_email ON staff (lower(email));

CREATE TABLE memberships (
    organization_id bigint NOT NULL REFERENCES organizations,
    staff_id bigint NOT NULL REFERENCES staff,
    role text NOT NULL CHECK (role IN ('owner', 'administrator', 'staff', 'reader')),
    receives_alerts boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, staff_id)
);
CREATE INDEX memberships_staff ON memberships (staff_id);

-- Links sent by mail: verification, password reset, invitation. Only the hash of the token is kept; used once.
CREATE TABLE account_tokens (
    token_hash bytea PRIMARY KEY,
    purpose text NOT NULL CHECK (purpose IN ('verify_email', 'reset_password', 'invitation')),
    staff_id bigint REFERENCES staff,
    organization_id bigint REFERENCES organizations,
    email text,
    role text CHECK (role IN ('owner', 'administrator', 'staff', 'reader')),
    invited_by text,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    CHECK ((purpose = 'invitation') = (organization_id IS NOT NULL AND email IS NOT NULL AND role IS NOT NULL)),
    CHECK (purpose = 'invitation' OR staff_id IS NOT NULL)
);
CREATE INDEX account_tokens_organization ON account_tokens (organization_id) WHERE used_at IS NULL;

-- What a browser's cookie stands for. Only the hash of the cookie's key is kept.
CREATE TABLE sessions (
    key_hash bytea PRIMARY KEY,
    staff_id bigint REFERENCES staff ON DELETE CASCADE,
    state jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_staff ON sessions (staff_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- Token buckets for sign-in, mails and the like. The key is hashed: no address stands here.
CREATE TABLE rate_limits (
    bucket bytea PRIMARY KEY,
    tokens double precision NOT NULL,
    refilled_at timestamptz NOT NULL
);

-- Mail to staff, written in the transaction that causes it and sent afterwards.
CREATE TABLE outbox (
    id bigserial PRIMARY KEY,
    organization_id bigint REFERENCES organizations,
    recipient text NOT NULL,
    subject text NOT NULL,
    body text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    sent_at timestamptz,
    last_error text
);
CREATE INDEX outbox_due ON outbox (next_attempt_at) WHERE sent_at IS NULL;
