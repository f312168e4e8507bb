-- People whom Mailchimp is to delete for good before they are erased here. Whom exactly, the mirror says: whoever it still
-- shows is asked for, and a member is deleted when Mailchimp no longer shows them.

CREATE TABLE person_deletions (
    organization_id bigint NOT NULL DEFAULT current_organization_id() REFERENCES organizations,
    contact_id bigint NOT NULL,
    asked_by bigint REFERENCES staff,
    asked_by_name text NOT NULL,
    asked_at timestamptz NOT NULL,
    -- When Mailchimp is asked next, and what it said where it did not do it last time.
    not_before timestamptz NOT NULL,
    problems text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (organization_id, contact_id),
    FOREIGN KEY (organization_id, contact_id) REFERENCES contacts
);

CALL protect('person_deletions');
