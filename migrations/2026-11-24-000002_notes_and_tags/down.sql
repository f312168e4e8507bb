DROP TABLE contact_tags;
DROP TABLE tags;
DROP TABLE note_search_terms;
DROP TABLE notes;
