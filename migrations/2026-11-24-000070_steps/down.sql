DROP TABLE step_rows;
DROP TABLE steps;
