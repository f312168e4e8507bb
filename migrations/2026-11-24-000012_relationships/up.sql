-- How contacts are related to each other.

CREATE TABLE relationship_types (
    organization_id bigint NOT NULL DEFAULT current_organization_id() REFERENCES organizations,
    id bigserial NOT NULL,
    -- What A is to B ("Child of") and B to A ("Parent of"); the same word twice where both are the same ("Sibling of").
    label_a_b text NOT NULL,
    label_b_a text NOT NULL,
    -- Who may stand on each side; NULL is anybody.
    contact_type_a text CHECK (contact_type_a IN ('individual', 'organization', 'household')),
    contact_type_b text CHECK (contact_type_b IN ('individual', 'organization', 'household')),
    -- What B is for A's summary, whatever the labels are.
    makes_b text CHECK (makes_b IN ('employer', 'household')),
    -- Whether it is offered for new relationships.
    is_offered boolean NOT NULL DEFAULT true,
    PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX relationship_types_labels ON relationship_types (organization_id, lower(label_a_b), lower(label_b_a));

CREATE TABLE relationships (
    organization_id bigint NOT NULL DEFAULT current_organization_id(),
    id bigserial NOT NULL,
    type_id bigint NOT NULL,
    contact_a bigint NOT NULL,
    contact_b bigint NOT NULL,
    start_date date,
    -- The last day; one in the past makes the relationship a former one.
    end_date date,
    -- False: it is over, though nobody may know since when.
    is_active boolean NOT NULL DEFAULT true,
    description text NOT NULL DEFAULT '',
    created_by text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, type_id) REFERENCES relationship_types,
    FOREIGN KEY (organization_id, contact_a) REFERENCES contacts,
    FOREIGN KEY (organization_id, contact_b) REFERENCES contacts,
    CHECK (contact_a <> contact_b),
    CHECK (end_date >= start_date)
);
CREATE INDEX relationships_a ON relationships (organization_id, contact_a);
CREATE INDEX relationships_b ON relationships (organization_id, contact_b);
CREATE INDEX relationships_type ON relationships (organization_id, type_id);

CALL protect('relationship_types');
CALL protect('relationships');
