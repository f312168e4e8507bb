-- What staff write down about a contact, and the tags that sort contacts.

CREATE TABLE notes (
    organization_id bigint NOT NULL DEFAULT current_organization_id() REFERENCES organizations,
    id bigserial NOT NULL,
    contact_id bigint NOT NULL,
    subject text NOT NULL DEFAULT '',
    body text NOT NULL,
    -- The moment the note is about; staff may set it.
    noted_at timestamptz NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, contact_id) REFERENCES contacts
);
CREATE INDEX notes_contact ON notes (organization_id, contact_id, noted_at, id);
CREATE INDEX notes_noted_at ON notes (organization_id, noted_at, id);

-- The words of notes, as contact_search_terms has those of contacts.
CREATE TABLE note_search_terms (
    organization_id bigint NOT NULL DEFAULT current_organization_id(),
    term text COLLATE "C" NOT NULL,
    note_id bigint NOT NULL,
    PRIMARY KEY (organization_id, term, note_id),
    FOREIGN KEY (organization_id, note_id) REFERENCES notes ON DELETE CASCADE
);
CREATE INDEX note_search_terms_note ON note_search_terms (organization_id, note_id);

CREATE TABLE tags (
    organization_id bigint NOT NULL DEFAULT current_organization_id() REFERENCES organizations,
    id bigserial NOT NULL,
    name text NOT NULL,
    colour text NOT NULL CHECK (colour IN ('grey', 'red', 'orange', 'yellow', 'green', 'teal', 'blue', 'purple', 'pink')),
    description text NOT NULL DEFAULT '',
    -- The tag this one is a kind of.
    parent_id bigint,
    created_by text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, parent_id) REFERENCES tags,
    CHECK (parent_id <> id)
);
CREATE UNIQUE INDEX tags_name ON tags (organization_id, lower(name));
CREATE INDEX tags_parent ON tags (organization_id, parent_id);

CREATE TABLE contact_tags (
    organization_id bigint NOT NULL DEFAULT current_organization_id(),
    tag_id bigint NOT NULL,
    contact_id bigint NOT NULL,
    tagged_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, tag_id, contact_id),
    FOREIGN KEY (organization_id, tag_id) REFERENCES tags,
    FOREIGN KEY (organization_id, contact_id) REFERENCES contacts
);
CREATE INDEX contact_tags_contact ON contact_tags (organization_id, contact_id);

CALL protect('notes');
CALL protect('note_search_terms');
CALL protect('tags');
CALL protect('contact_tags');
