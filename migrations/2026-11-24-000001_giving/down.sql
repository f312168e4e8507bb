DROP TABLE giving_totals;
DROP TABLE soft_credits;
DROP TABLE contributions;
DROP TABLE batches;
DROP TABLE recurring_contributions;
DROP TABLE campaigns;
DROP TABLE funds;
