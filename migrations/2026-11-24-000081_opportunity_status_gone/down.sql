ALTER TABLE opportunities ADD COLUMN status text CHECK (status IN
    ('Discovery', 'In Progress', 'Submitted', 'Awarded', 'Declined', 'Withdrawn'));
