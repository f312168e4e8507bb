-- A webhook told of a complaint: noted until the member is read, for a webhook is only a hint.
ALTER TABLE due_members ADD COLUMN complained boolean NOT NULL DEFAULT false;
