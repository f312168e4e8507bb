-- Which columns somebody wants to see in a list.
CREATE TABLE chosen_columns (
    organization_id bigint NOT NULL DEFAULT current_organization_id() REFERENCES organizations,
    staff_id bigint NOT NULL REFERENCES staff,
    -- The list: 'contacts'.
    list text NOT NULL,
    -- The keys of the columns, in order.
    shown jsonb NOT NULL CHECK (jsonb_typeof(shown) = 'array'),
    PRIMARY KEY (organization_id, staff_id, list)
);

CALL protect('chosen_columns');
