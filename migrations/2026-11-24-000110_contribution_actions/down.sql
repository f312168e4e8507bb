DROP TABLE contribution_action_rows;
DROP TABLE contribution_actions;
