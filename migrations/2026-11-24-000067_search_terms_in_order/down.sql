ALTER TABLE contact_search_terms DROP CONSTRAINT contact_search_terms_pkey;
ALTER TABLE contact_search_terms DROP COLUMN sort_name, DROP COLUMN in_trash;
ALTER TABLE contact_search_terms ADD PRIMARY KEY (organization_id, term, contact_id, kind);
