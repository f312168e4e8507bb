-- src/db/schema.rs as this database has it: one table! block a table, columns in their order.
WITH columns AS (
    SELECT c.relname AS table_name, a.attname AS column_name, a.attnum AS position,
        CASE WHEN a.attnotnull THEN kind.name ELSE 'Nullable<' || kind.name || '>' END AS column_type,
        array_position(i.indkey::smallint[], a.attnum) AS key_position
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
    JOIN LATERAL (SELECT CASE format_type(a.atttypid, NULL)
        WHEN 'bigint' THEN 'BigInt' WHEN 'integer' THEN 'Integer' WHEN 'smallint' THEN 'SmallInt'
        WHEN 'text' THEN 'Text' WHEN 'boolean' THEN 'Bool' WHEN 'bytea' THEN 'Bytea' WHEN 'uuid' THEN 'Uuid'
        WHEN 'date' THEN 'Date' WHEN 'time without time zone' THEN 'Time' WHEN 'timestamp with time zone' THEN 'Timestamptz'
        WHEN 'jsonb' THEN 'Jsonb' WHEN 'double precision' THEN 'Double' WHEN 'bigint[]' THEN 'Array<BigInt>'
        WHEN 'text[]' THEN 'Array<Text>'
        ELSE 'Unknown' END AS name) kind ON true
    WHERE c.relkind = 'r' AND c.relname <> '__diesel_schema_migrations'
), tables AS (
    SELECT table_name,
        string_agg(column_name, ', ' ORDER BY key_position) FILTER (WHERE key_position IS NOT NULL) AS key_columns,
        string_agg('        ' || column_name || ' -> ' || column_type || ',', E'\n' ORDER BY position) AS column_lines
    FROM columns GROUP BY table_name
)
SELECT '//! The tables as diesel sees them. Written and proven by the test `schema_rs_is_what_the_migrations_make`.' || E'\n\n'
    || string_agg('diesel::table! {' || E'\n    ' || table_name || ' (' || key_columns || E') {\n' || column_lines || E'\n    }\n}\n', E'\n' ORDER BY table_name)
    || E'\ndiesel::allow_tables_to_appear_in_same_query!(\n'
    || string_agg('    ' || table_name || ',', E'\n' ORDER BY table_name)
    || E'\n);\n' AS schema_rs
FROM tables;
