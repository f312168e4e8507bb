-- A webhook told of a complaint: noted until the member is read, for a webhook is only a hint.
ALTER TABLE due_members ADD COLUMN complained boolean NOT NULL DEFAULT false;

-- How a member stood when they parted is in the mirror; kept twice, it depended on the order of reads. Never released.
ALTER TABLE sync_standings DROP COLUMN agreed_status;
