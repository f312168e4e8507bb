DROP TABLE chosen_columns;
