DROP TABLE person_deletions;
