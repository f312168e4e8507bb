-- What the banner of every page says: the words of the oldest open incident. Kept beside the organization's name, which every
-- page asks for anyway.
ALTER TABLE organizations ADD COLUMN banner text;
DO $$
DECLARE
    here bigint;
BEGIN
    FOR here IN SELECT id FROM organizations LOOP
        PERFORM set_config('dms.organization_id', here::text, true);
        UPDATE organizations SET banner =
            (SELECT words FROM incidents WHERE organization_id = here AND closed_at IS NULL ORDER BY id LIMIT 1)
        WHERE id = here;
    END LOOP;
    PERFORM set_config('dms.organization_id', '', true);
END
$$;
