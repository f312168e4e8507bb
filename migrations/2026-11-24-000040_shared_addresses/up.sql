-- 'left': the person left at Mailchimp by themselves; they come back when the address subscribes again. An address is looked
-- at together with everybody who is followed by it.
ALTER TABLE sync_standings DROP CONSTRAINT sync_standings_agreed_check;
ALTER TABLE sync_standings ADD CONSTRAINT sync_standings_agreed_check
    CHECK (agreed IN ('nothing', 'here_before', 'in', 'out', 'left'));
CREATE INDEX sync_standings_address ON sync_standings (organization_id, mapping_id, address_key);
