-- How opportunities stand, in an organization's own words: each is open, won or lost.

CREATE TABLE opportunity_statuses (
    organization_id bigint NOT NULL DEFAULT current_organization_id() REFERENCES organizations,
    id bigserial NOT NULL,
    name text NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('Open', 'Won', 'Lost')),
    -- How much of an amount counts in a weighted sum, in percent, where an opportunity does not say itself how likely it is.
    probability integer NOT NULL CHECK (probability BETWEEN 0 AND 100),
    -- From the beginning of the pipeline to its end.
    place integer NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX opportunity_statuses_name ON opportunity_statuses (organization_id, lower(name));

ALTER TABLE opportunities NO FORCE ROW LEVEL SECURITY;
INSERT INTO opportunity_statuses (organization_id, name, outcome, probability, place)
SELECT those.organization_id, beginning.name, beginning.outcome, beginning.probability, beginning.place
FROM (SELECT DISTINCT organization_id FROM opportunities) AS those, (VALUES
    ('Discovery', 'Open', 10, 1), ('In Progress', 'Open', 40, 2), ('Submitted', 'Open', 60, 3),
    ('Awarded', 'Won', 100, 4), ('Declined', 'Lost', 0, 5), ('Withdrawn', 'Lost', 0, 6)
) AS beginning (name, outcome, probability, place);
ALTER TABLE opportunities ADD COLUMN status_id bigint;
UPDATE opportunities SET status_id = opportunity_statuses.id FROM opportunity_statuses
WHERE opportunity_statuses.organization_id = opportunities.organization_id AND opportunity_statuses.name = opportunities.status;
ALTER TABLE opportunities FORCE ROW LEVEL SECURITY;

DROP INDEX opportunities_status;
ALTER TABLE opportunities
    ALTER COLUMN status_id SET NOT NULL,
    ADD FOREIGN KEY (organization_id, status_id) REFERENCES opportunity_statuses,
    -- None: as usual for its status.
    ALTER COLUMN probability DROP NOT NULL,
    -- No longer written; it goes with the next version.
    ALTER COLUMN status DROP NOT NULL;
CREATE INDEX opportunities_status ON opportunities (organization_id, status_id, application_deadline);

CALL protect('opportunity_statuses');
