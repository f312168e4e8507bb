-- Each night looks for duplicates among whoever was changed since, and plans the next night; here the first is planned.
INSERT INTO wake_ups (organization_id, kind, due_at, is_timetable)
SELECT id, 'duplicates', now() + interval '1 hour', true FROM organizations;
