-- How an opportunity stands is one of the organization's own statuses (status_id); nothing has written or read this since.
ALTER TABLE opportunities DROP COLUMN status;
