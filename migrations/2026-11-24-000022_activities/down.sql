DROP TABLE activity_contacts;
DROP TABLE activities;
DROP TABLE activity_types;
