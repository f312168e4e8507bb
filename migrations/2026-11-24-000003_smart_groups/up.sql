-- Advanced searches, and smart groups: groups whose members a search finds.

-- A text as searches compare it: lower case, without accents, ligatures spelled out; the same as `base::fold`. Most texts are
-- plain ASCII and take the short way.
CREATE FUNCTION folded(written text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN octet_length(written) = char_length(written) THEN lower(written)
        ELSE replace(replace(replace(translate(
            lower(regexp_replace(normalize(written, NFD),
                '[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0\ufe20-\ufe2f]', '', 'g') COLLATE "und-x-icu"),
            'øł', 'ol'), 'œ', 'oe'), 'æ', 'ae'), 'ß', 'ss')
    END
$$;

-- The month in which the fiscal year begins.
ALTER TABLE organizations ADD COLUMN fiscal_year_month smallint NOT NULL DEFAULT 1 CHECK (fiscal_year_month BETWEEN 1 AND 12);

ALTER TABLE groups
    -- What a smart group searches for; NULL for a hand-picked one.
    ADD COLUMN search jsonb,
    -- When its members were last brought up to date.
    ADD COLUMN search_checked_at timestamptz,
    -- When everybody is to be looked at anew: now after a change of the search, at the next midnight for relative dates.
    ADD COLUMN search_due_at timestamptz,
    ADD CHECK (search IS NOT NULL OR (search_checked_at IS NULL AND search_due_at IS NULL));

-- 'Smart': found by the group's search. 'Added' and 'Removed' are somebody's word and stand above it.
ALTER TABLE group_contacts
    DROP CONSTRAINT group_contacts_status_check,
    DROP CONSTRAINT group_contacts_method_check,
    ADD CONSTRAINT group_contacts_status_check CHECK (status IN ('Added', 'Removed', 'Smart')),
    ADD CONSTRAINT group_contacts_method_check CHECK (method IN ('Admin', 'Import', 'API', 'Search'));
ALTER TABLE group_history
    DROP CONSTRAINT group_history_method_check,
    ADD CONSTRAINT group_history_method_check CHECK (method IN ('Admin', 'Import', 'API', 'Search'));

-- Who is to be looked at by the smart groups, since something about them changed.
CREATE TABLE smart_due_contacts (
    organization_id bigint NOT NULL DEFAULT current_organization_id(),
    contact_id bigint NOT NULL,
    due_since timestamptz NOT NULL,
    mark bigserial NOT NULL,
    PRIMARY KEY (organization_id, contact_id),
    FOREIGN KEY (organization_id, contact_id) REFERENCES contacts
);
CALL protect('smart_due_contacts');

-- Each kind of work in the background has its word in the program.
ALTER TABLE wake_ups
    DROP CONSTRAINT wake_ups_kind_check,
    ADD CONSTRAINT wake_ups_kind_check CHECK (kind ~ '^[a-z]+$');
ALTER TABLE leases
    DROP CONSTRAINT leases_kind_check,
    ADD CONSTRAINT leases_kind_check CHECK (kind ~ '^[a-z]+$');
