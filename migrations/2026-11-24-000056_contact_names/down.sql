DROP INDEX contacts_names;
