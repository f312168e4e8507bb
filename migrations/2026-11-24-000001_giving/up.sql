-- Giving: funds, campaigns, contributions with what hangs on them, totals per donor, batches.
-- Money is a whole number of the currency's smallest unit (cents; yen has none) beside its ISO 4217 code, never a fraction.

CREATE TABLE funds (
    organization_id bigint NOT NULL DEFAULT current_organization_id() REFERENCES organizations,
    id bigserial NOT NULL,
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    -- "Eligible for tax receipts?"
    is_receiptable boolean NOT NULL DEFAULT true,
    gl_code text NOT NULL DEFAULT '',
    is_enabled boolean NOT NULL DEFAULT true,
    is_default boolean NOT NULL DEFAULT false,
    PRIMARY KEY (organization_id, id),
    CHECK (is_enabled OR NOT is_default)
);
CREATE UNIQUE INDEX funds_name ON funds (organization_id, lower(name));
CREATE UNIQUE INDEX funds_one_default ON funds (organization_id) WHERE is_default;
INSERT INTO funds (organization_id, name, description, is_default)
SELECT id, 'General Fund', 'Gifts that are not meant for anything particular.', true FROM organizations;

CREATE TABLE campaigns (
    organization_id bigint NOT NULL DEFAULT current_organization_id() REFERENCES organizations,
    id bigserial NOT NULL,
    name text NOT NULL,
    campaign_type text NOT NULL CHECK (campaign_type IN
        ('Fundraising Campaign', 'Direct Mail', 'Donation Form', 'Event', 'Peer-to-Peer Campaign', 'Grants', 'Other')),
    description text NOT NULL DEFAULT '',
    goal bigint CHECK (goal > 0),
    goal_currency text NOT NULL DEFAULT 'CAD' CHECK (goal_currency ~ '^[A-Z]{3}$'),
    start_date date,
    end_date date,
    parent_id bigint,
    is_enabled boolean NOT NULL DEFAULT true,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, parent_id) REFERENCES campaigns,
    CHECK (end_date >= start_date),
    CHECK (parent_id <> id)
);
CREATE UNIQUE INDEX campaigns_name ON campaigns (organization_id, lower(name));
CREATE INDEX campaigns_parent ON campaigns (organization_id, parent_id);

-- A gift that comes again and again; each time it comes is a contribution.
CREATE TABLE recurring_contributions (
    organization_id bigint NOT NULL DEFAULT current_organization_id() REFERENCES organizations,
    id bigserial NOT NULL,
    contact_id bigint NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    frequency text NOT NULL CHECK (frequency IN ('Weekly', 'Every two weeks', 'Monthly', 'Quarterly', 'Yearly')),
    start_date date NOT NULL,
    end_date date,
    -- When it is expected next; NULL once it has ended.
    next_date date,
    fund_id bigint NOT NULL,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, contact_id) REFERENCES contacts,
    FOREIGN KEY (organization_id, fund_id) REFERENCES funds,
    CHECK (end_date >= start_date)
);
CREATE INDEX recurring_contributions_contact ON recurring_contributions (organization_id, contact_id);
CREATE INDEX recurring_contributions_next ON recurring_contributions (organization_id, next_date);

-- Gifts typed in together, checked against a count and a total made beforehand.
CREATE TABLE batches (
    organization_id bigint NOT NULL DEFAULT current_organization_id() REFERENCES organizations,
    id bigserial NOT NULL,
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    state text NOT NULL CHECK (state IN ('Draft', 'Posted')),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    control_count integer NOT NULL CHECK (control_count > 0),
    control_total bigint NOT NULL CHECK (control_total > 0),
    -- The grid as it was typed, right or wrong; kept after posting, too.
    rows jsonb NOT NULL DEFAULT '[]',
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    posted_by text,
    posted_at timestamptz,
    PRIMARY KEY (organization_id, id),
    CHECK ((state = 'Posted') = (posted_at IS NOT NULL))
);

CREATE TABLE contributions (
    organization_id bigint NOT NULL DEFAULT current_organization_id() REFERENCES organizations,
    id bigserial NOT NULL,
    contact_id bigint NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    -- A day of the charity's calendar, because tax years are; the time of day where somebody gave it.
    received_on date NOT NULL,
    received_time time,
    payment_method text NOT NULL CHECK (payment_method IN ('Cash', 'Cheque', 'Credit Card', 'Debit Card', 'Direct Debit',
        'E-transfer', 'In Kind', 'Securities', 'Other')),
    status text NOT NULL CHECK (status IN ('Completed', 'Pending', 'Cancelled', 'Refunded', 'Failed')),
    transaction_id text NOT NULL DEFAULT '',
    cheque_number text NOT NULL DEFAULT '',
    fund_id bigint NOT NULL,
    campaign_id bigint,
    source text NOT NULL DEFAULT '',
    fee bigint NOT NULL DEFAULT 0 CHECK (fee >= 0 AND fee <= amount),
    in_kind_description text NOT NULL DEFAULT '',
    -- What the donor got in return; only the rest is a gift.
    advantage bigint NOT NULL DEFAULT 0 CHECK (advantage >= 0 AND advantage <= amount),
    advantage_description text NOT NULL DEFAULT '',
    dedication text CHECK (dedication IN ('In Honour Of', 'In Memory Of')),
    honoree_name text NOT NULL DEFAULT '',
    note text NOT NULL DEFAULT '',
    thanked_on date,
    recurring_id bigint,
    batch_id bigint,
    external_identifier text,
    created_at timestamptz NOT NULL,
    modified_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, contact_id) REFERENCES contacts,
    FOREIGN KEY (organization_id, fund_id) REFERENCES funds,
    FOREIGN KEY (organization_id, campaign_id) REFERENCES campaigns,
    FOREIGN KEY (organization_id, recurring_id) REFERENCES recurring_contributions,
    FOREIGN KEY (organization_id, batch_id) REFERENCES batches,
    CHECK ((advantage = 0) OR (advantage_description <> '')),
    CHECK ((payment_method = 'In Kind') = (in_kind_description <> '')),
    CHECK ((dedication IS NULL) = (honoree_name = ''))
);
CREATE UNIQUE INDEX contributions_external_identifier ON contributions (organization_id, external_identifier);
CREATE INDEX contributions_received_on ON contributions (organization_id, received_on, id);
CREATE INDEX contributions_contact ON contributions (organization_id, contact_id, received_on);
CREATE INDEX contributions_fund ON contributions (organization_id, fund_id, received_on);
CREATE INDEX contributions_campaign ON contributions (organization_id, campaign_id, received_on);
CREATE INDEX contributions_batch ON contributions (organization_id, batch_id) WHERE batch_id IS NOT NULL;
CREATE INDEX contributions_recurring ON contributions (organization_id, recurring_id) WHERE recurring_id IS NOT NULL;

CREATE TABLE soft_credits (
    organization_id bigint NOT NULL DEFAULT current_organization_id(),
    id bigserial NOT NULL,
    contribution_id bigint NOT NULL,
    contact_id bigint NOT NULL,
    -- In the contribution's currency.
    amount bigint NOT NULL CHECK (amount > 0),
    credit_type text NOT NULL CHECK (credit_type IN
        ('Solicited', 'Household', 'Matched Gift', 'Workplace Giving', 'Gift', 'Other')),
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, contribution_id) REFERENCES contributions ON DELETE CASCADE,
    FOREIGN KEY (organization_id, contact_id) REFERENCES contacts
);
CREATE INDEX soft_credits_contribution ON soft_credits (organization_id, contribution_id);
CREATE INDEX soft_credits_contact ON soft_credits (organization_id, contact_id);

-- What each donor gave, from Completed contributions only; written in the transaction that changes them.
CREATE TABLE giving_totals (
    organization_id bigint NOT NULL DEFAULT current_organization_id(),
    contact_id bigint NOT NULL,
    currency text NOT NULL,
    contributions integer NOT NULL,
    total bigint NOT NULL,
    largest bigint NOT NULL,
    first_on date NOT NULL,
    last_on date NOT NULL,
    PRIMARY KEY (organization_id, contact_id, currency),
    FOREIGN KEY (organization_id, contact_id) REFERENCES contacts
);
CREATE INDEX giving_totals_total ON giving_totals (organization_id, currency, total);
CREATE INDEX giving_totals_last_on ON giving_totals (organization_id, last_on);

CALL protect('funds');
CALL protect('campaigns');
CALL protect('recurring_contributions');
CALL protect('batches');
CALL protect('contributions');
CALL protect('soft_credits');
CALL protect('giving_totals');
