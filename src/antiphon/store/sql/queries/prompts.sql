-- name: find_prompt
-- The newest version of a prompt.
SELECT id, version, created_at, body, first FROM prompts
WHERE project = :project AND id = :id ORDER BY version DESC LIMIT 1;

-- name: find_prompt_version
-- One version of a prompt.
SELECT id, version, created_at, body, first FROM prompts
WHERE project = :project AND id = :id AND version = :version;

-- name: insert_prompt
-- A new version of a prompt, or a new prompt.
INSERT INTO prompts (key, project, id, version, first, created_at, body)
VALUES (:key, :project, :id, :version, :first, :created_at, :body);

-- name: prompts_rising
-- The newest version of each prompt, the oldest prompt first.
SELECT p.id, p.version, p.created_at, p.body, p.first FROM prompts AS p
WHERE p.project = :project AND p.first > :low AND p.first < :high
    AND p.version = (SELECT max(q.version) FROM prompts AS q WHERE q.project = p.project AND q.id = p.id)
ORDER BY p.first LIMIT :limit;

-- name: prompts_falling
-- The newest version of each prompt, the newest prompt first.
SELECT p.id, p.version, p.created_at, p.body, p.first FROM prompts AS p
WHERE p.project = :project AND p.first > :low AND p.first < :high
    AND p.version = (SELECT max(q.version) FROM prompts AS q WHERE q.project = p.project AND q.id = p.id)
ORDER BY p.first DESC LIMIT :limit;

-- name: prompt_versions_rising
-- The versions of a prompt, the oldest first.
SELECT id, version, created_at, body, first FROM prompts
WHERE project = :project AND id = :id AND version > :low AND version < :high ORDER BY version LIMIT :limit;

-- name: prompt_versions_falling
-- The versions of a prompt, the newest first.
SELECT id, version, created_at, body, first FROM prompts
WHERE project = :project AND id = :id AND version > :low AND version < :high ORDER BY version DESC LIMIT :limit;

-- name: delete_prompt
-- Remove a prompt with all its versions.
DELETE FROM prompts WHERE project = :project AND id = :id;

-- name: export_prompts
-- The next versions of prompts of all projects.
SELECT key, project, id, version, created_at, body FROM prompts WHERE key > :after ORDER BY key LIMIT :limit;
