-- A search finds, counts and orders by the index of the terms alone: each has the name its contact is listed under and says
-- who is in the trash.
ALTER TABLE contact_search_terms ADD COLUMN sort_name text NOT NULL DEFAULT '', ADD COLUMN in_trash boolean NOT NULL DEFAULT false;
-- Of every organization: the owner of the tables is held to the policies, too.
ALTER TABLE contacts NO FORCE ROW LEVEL SECURITY;
ALTER TABLE contact_search_terms NO FORCE ROW LEVEL SECURITY;
UPDATE contact_search_terms term SET sort_name = contacts.sort_name, in_trash = contacts.deleted_at IS NOT NULL
FROM contacts WHERE contacts.organization_id = term.organization_id AND contacts.id = term.contact_id;
ALTER TABLE contact_search_terms FORCE ROW LEVEL SECURITY;
ALTER TABLE contacts FORCE ROW LEVEL SECURITY;
ALTER TABLE contact_search_terms ALTER COLUMN sort_name DROP DEFAULT;
ALTER TABLE contact_search_terms DROP CONSTRAINT contact_search_terms_pkey;
ALTER TABLE contact_search_terms ADD PRIMARY KEY (organization_id, term, contact_id, kind) INCLUDE (sort_name, in_trash);
