-- Fields that organizations make for themselves, on contacts and on contributions.

CREATE TABLE custom_fields (
    organization_id bigint NOT NULL DEFAULT current_organization_id() REFERENCES organizations,
    id bigserial NOT NULL,
    record text NOT NULL CHECK (record IN ('Contact', 'Contribution')),
    kind text NOT NULL CHECK (kind IN
        ('Text', 'Number', 'Money', 'Date', 'Yes or No', 'One Choice', 'Several Choices')),
    label text NOT NULL,
    help text NOT NULL DEFAULT '',
    is_required boolean NOT NULL DEFAULT false,
    -- Whose form shows it, of a field of contacts.
    for_individuals boolean NOT NULL DEFAULT true,
    for_organizations boolean NOT NULL DEFAULT true,
    for_households boolean NOT NULL DEFAULT true,
    -- What a choice offers, in order: [{"id": 1, "label": "Gold"}]. An id is never given twice.
    options jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(options) = 'array'),
    options_made integer NOT NULL DEFAULT 0,
    -- Its place among the fields of its record.
    place integer NOT NULL,
    -- No longer shown; its values stay.
    is_retired boolean NOT NULL DEFAULT false,
    PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX custom_fields_label ON custom_fields (organization_id, record, lower(label));

CALL protect('custom_fields');

-- By the id of the field: a text (dates as 2026-11-24), a whole number (ten-thousandths, cents of money), true or false, or
-- the ids of options. A field without a value is absent.
ALTER TABLE contacts ADD COLUMN custom jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(custom) = 'object');
ALTER TABLE contributions ADD COLUMN custom jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(custom) = 'object');
