-- The names of those whom a search has found, by their ids: read from the index alone, in half the time, to put them in order.
CREATE INDEX contacts_names ON contacts (organization_id, id) INCLUDE (sort_name, contact_type) WHERE deleted_at IS NULL;
