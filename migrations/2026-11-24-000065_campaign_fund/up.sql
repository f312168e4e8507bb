-- The fund that gifts to a campaign go to unless somebody says otherwise.
ALTER TABLE campaigns ADD COLUMN fund_id bigint;
ALTER TABLE campaigns ADD FOREIGN KEY (organization_id, fund_id) REFERENCES funds;
CREATE INDEX campaigns_fund ON campaigns (organization_id, fund_id);
