-- When and why a contribution was cancelled, refunded or failed.
ALTER TABLE contributions
    ADD COLUMN closed_on date,
    ADD COLUMN closed_reason text NOT NULL DEFAULT '',
    ADD CONSTRAINT contributions_closed CHECK
        (status IN ('Cancelled', 'Refunded', 'Failed') OR (closed_on IS NULL AND closed_reason = ''));
