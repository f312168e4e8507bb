DROP TABLE relationships;
DROP TABLE relationship_types;
