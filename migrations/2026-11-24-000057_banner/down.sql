ALTER TABLE organizations DROP COLUMN banner;
