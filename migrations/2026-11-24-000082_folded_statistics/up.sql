-- Searches compare places folded. Without knowing how often each occurs so, Postgres expects one address in two hundred to fit
-- where it is one in four, and a look at everybody takes twice as long.
CREATE STATISTICS addresses_folded_province ON (folded(province)) FROM addresses;
CREATE STATISTICS addresses_folded_city ON (folded(city)) FROM addresses;
ANALYZE addresses;
