-- name: find_key
-- Whether there is a key.
SELECT id FROM api_keys WHERE id = :id;

-- name: insert_key
-- A new key.
INSERT INTO api_keys (id, project, name, digest, scopes, models, created_at, expires_at, revoked_at)
VALUES (:id, :project, :name, :digest, :scopes, :models, :created_at, :expires_at, :revoked_at);

-- name: all_keys
-- Every key, the oldest first.
SELECT id, project, name, digest, scopes, models, created_at, expires_at, revoked_at FROM api_keys
ORDER BY created_at, id;

-- name: end_key
-- Revoke a key, or have it expire; what isn't said stays.
UPDATE api_keys SET revoked_at = coalesce(:revoked_at, revoked_at), expires_at = coalesce(:expires_at, expires_at)
WHERE id = :id;

-- name: delete_key
-- Forget a key.
DELETE FROM api_keys WHERE id = :id;

-- name: insert_act
-- A line of the log.
INSERT INTO acts (at, kind, project, subject, actor, detail)
VALUES (:at, :kind, :project, :subject, :actor, :detail);

-- name: count_acts
-- How many lines the log has.
SELECT count(*) FROM acts;

-- name: newest_acts
-- The newest lines below a number.
SELECT number, at, kind, project, subject, actor, detail FROM acts
WHERE number < :high ORDER BY number DESC LIMIT :limit;

-- name: add_use
-- Add to what was used in a window of time.
INSERT INTO limit_uses (subject, kind, began, amount) VALUES (:subject, :kind, :began, :amount)
ON CONFLICT (subject, kind, began) DO UPDATE SET amount = limit_uses.amount + excluded.amount;

-- name: uses_since
-- What was used in the windows that began at a time or later.
SELECT subject, kind, began, amount FROM limit_uses WHERE began >= :began;

-- name: drop_uses
-- Forget the windows that are over.
DELETE FROM limit_uses WHERE began < :before;

-- name: put_hold
-- How much one server holds at the moment.
INSERT INTO limit_holds (holder, subject, kind, amount, expires) VALUES (:holder, :subject, :kind, :amount, :expires)
ON CONFLICT (holder, subject, kind) DO UPDATE SET amount = excluded.amount, expires = excluded.expires;

-- name: holds_of_others
-- What the other servers hold, of those that were heard of lately.
SELECT subject, sum(amount) FROM limit_holds WHERE holder <> :holder AND expires > :now GROUP BY subject ORDER BY subject;

-- name: drop_own_holds
-- Forget what this server held, and what those did that weren't heard of.
DELETE FROM limit_holds WHERE holder = :holder OR expires < :now;

-- name: bytes_of_items
-- How large the items of a project are.
SELECT coalesce(sum(length(raw)), 0) FROM items WHERE project = :project;

-- name: bytes_of_files
-- How large the files of a project are.
SELECT coalesce(sum(b.bytes), 0) FROM files AS f JOIN file_blobs AS b ON b.key = f.blob WHERE f.project = :project;
