-- Grants and large gifts that may come, from the first talk to the report.
-- Money is a whole number of the currency's smallest unit beside its ISO 4217 code.

CREATE TABLE opportunities (
    organization_id bigint NOT NULL DEFAULT current_organization_id() REFERENCES organizations,
    id bigserial NOT NULL,
    -- The prospect.
    contact_id bigint NOT NULL,
    name text NOT NULL,
    opportunity_type text NOT NULL DEFAULT '',
    status text NOT NULL CHECK (status IN
        ('Discovery', 'In Progress', 'Submitted', 'Awarded', 'Declined', 'Withdrawn')),
    probability text NOT NULL CHECK (probability IN ('Low', 'Medium', 'High')),
    owner_id bigint REFERENCES staff,
    amount bigint CHECK (amount > 0),
    amount_received bigint CHECK (amount_received > 0),
    currency text NOT NULL DEFAULT 'CAD' CHECK (currency ~ '^[A-Z]{3}$'),
    application_deadline date,
    is_submitted boolean NOT NULL DEFAULT false,
    decision_date date,
    report_due date,
    notes text NOT NULL DEFAULT '',
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, contact_id) REFERENCES contacts
);
CREATE INDEX opportunities_contact ON opportunities (organization_id, contact_id);
CREATE INDEX opportunities_status ON opportunities (organization_id, status, application_deadline);
CREATE INDEX opportunities_owner ON opportunities (organization_id, owner_id);

CALL protect('opportunities');
