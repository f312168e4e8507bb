-- What staff did with contacts, or are going to do.

CREATE TABLE activity_types (
    organization_id bigint NOT NULL DEFAULT current_organization_id() REFERENCES organizations,
    id bigserial NOT NULL,
    name text NOT NULL,
    -- Whether it is offered for new activities.
    is_offered boolean NOT NULL DEFAULT true,
    PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX activity_types_name ON activity_types (organization_id, lower(name));

CREATE TABLE activities (
    organization_id bigint NOT NULL DEFAULT current_organization_id(),
    id bigserial NOT NULL,
    type_id bigint NOT NULL,
    subject text NOT NULL DEFAULT '',
    details text NOT NULL DEFAULT '',
    activity_at timestamptz NOT NULL,
    duration_minutes integer CHECK (duration_minutes > 0),
    status text NOT NULL CHECK (status IN
        ('Scheduled', 'Completed', 'Cancelled', 'Left Message', 'Unreachable', 'Not Required')),
    priority text NOT NULL DEFAULT 'Normal' CHECK (priority IN ('Urgent', 'Normal', 'Low')),
    assigned_to bigint REFERENCES staff,
    due_on date,
    -- The activity this one goes on from.
    follow_up_of bigint,
    created_by text NOT NULL,
    -- Of a file: the contact who added it there.
    added_by_contact bigint,
    -- Of a file: its id there, by which it is known again.
    external_identifier text,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, type_id) REFERENCES activity_types,
    FOREIGN KEY (organization_id, follow_up_of) REFERENCES activities,
    FOREIGN KEY (organization_id, added_by_contact) REFERENCES contacts,
    CHECK (follow_up_of <> id)
);
CREATE INDEX activities_activity_at ON activities (organization_id, activity_at, id);
CREATE INDEX activities_assigned_to ON activities (organization_id, assigned_to, status);
CREATE INDEX activities_type ON activities (organization_id, type_id);
CREATE INDEX activities_follow_up_of ON activities (organization_id, follow_up_of) WHERE follow_up_of IS NOT NULL;
CREATE UNIQUE INDEX activities_external_identifier ON activities (organization_id, external_identifier);

-- With whom.
CREATE TABLE activity_contacts (
    organization_id bigint NOT NULL DEFAULT current_organization_id(),
    activity_id bigint NOT NULL,
    contact_id bigint NOT NULL,
    PRIMARY KEY (organization_id, activity_id, contact_id),
    FOREIGN KEY (organization_id, activity_id) REFERENCES activities,
    FOREIGN KEY (organization_id, contact_id) REFERENCES contacts
);
CREATE INDEX activity_contacts_contact ON activity_contacts (organization_id, contact_id);

CALL protect('activity_types');
CALL protect('activities');
CALL protect('activity_contacts');
