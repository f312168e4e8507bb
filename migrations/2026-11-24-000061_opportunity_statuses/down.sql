ALTER TABLE opportunities NO FORCE ROW LEVEL SECURITY;
ALTER TABLE opportunity_statuses NO FORCE ROW LEVEL SECURITY;
-- Words of one's own become the nearest of those there were.
UPDATE opportunities SET status = CASE
        WHEN opportunity_statuses.name IN ('Discovery', 'In Progress', 'Submitted', 'Awarded', 'Declined', 'Withdrawn')
            THEN opportunity_statuses.name
        WHEN opportunity_statuses.outcome = 'Won' THEN 'Awarded'
        WHEN opportunity_statuses.outcome = 'Lost' THEN 'Declined'
        ELSE 'In Progress' END,
    probability = coalesce(opportunities.probability, 'Medium')
FROM opportunity_statuses
WHERE opportunity_statuses.organization_id = opportunities.organization_id AND opportunity_statuses.id = opportunities.status_id;
ALTER TABLE opportunities FORCE ROW LEVEL SECURITY;

DROP INDEX opportunities_status;
ALTER TABLE opportunities
    ALTER COLUMN status SET NOT NULL,
    ALTER COLUMN probability SET NOT NULL,
    DROP COLUMN status_id;
CREATE INDEX opportunities_status ON opportunities (organization_id, status, application_deadline);
DROP TABLE opportunity_statuses;
