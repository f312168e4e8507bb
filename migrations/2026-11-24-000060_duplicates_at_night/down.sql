DELETE FROM wake_ups WHERE kind = 'duplicates' AND is_timetable;
