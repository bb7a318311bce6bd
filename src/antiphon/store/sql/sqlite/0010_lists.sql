-- What a project has, the newest first, for those who look through it.

CREATE INDEX responses_by_time ON responses (project, created_at, key);
CREATE INDEX conversations_by_time ON conversations (project, created_at, key);
