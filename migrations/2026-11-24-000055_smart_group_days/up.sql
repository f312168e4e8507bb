-- The day on which a smart group's search was last asked about everybody: when only days have passed since, only those are
-- asked about whom the passing of days can move. NULL: about everybody again.
ALTER TABLE groups ADD COLUMN searched_on date CHECK (search IS NOT NULL OR searched_on IS NULL);
