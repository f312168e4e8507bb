CREATE INDEX contributions_received_on ON contributions (organization_id, received_on, id);
DROP INDEX contributions_by_day;
