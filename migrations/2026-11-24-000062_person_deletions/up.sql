-- People who are to be deleted at Mailchimp for good before they are erased here, an address in an audience to a row.

CREATE TABLE person_deletions (
    organization_id bigint NOT NULL DEFAULT current_organization_id() REFERENCES organizations,
    -- The person; an address may be that of somebody who was merged into them.
    contact_id bigint NOT NULL,
    audience_id text NOT NULL,
    address_key text NOT NULL,
    asked_by bigint REFERENCES staff,
    asked_by_name text NOT NULL,
    asked_at timestamptz NOT NULL,
    -- When Mailchimp is asked next, and why it did not do it last time.
    not_before timestamptz NOT NULL,
    words text NOT NULL DEFAULT '',
    deleted_at timestamptz,
    PRIMARY KEY (organization_id, contact_id, audience_id, address_key),
    FOREIGN KEY (organization_id, contact_id) REFERENCES contacts,
    FOREIGN KEY (organization_id, audience_id) REFERENCES audiences
);

CALL protect('person_deletions');
