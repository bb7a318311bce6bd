-- name: insert_delivery
-- A message for an endpoint.
INSERT INTO deliveries (key, project, id, endpoint, body, created_at, due, attempts)
VALUES (:key, :project, :id, :endpoint, :body, :created_at, :due, :attempts);

-- name: claim_delivery
-- Nobody else is to have a message before a time.
UPDATE deliveries SET due = :due WHERE key = :key;

-- name: put_off_delivery
-- An attempt failed.
UPDATE deliveries SET due = :due, attempts = attempts + 1 WHERE project = :project AND id = :id;

-- name: delete_delivery
-- Forget a message.
DELETE FROM deliveries WHERE project = :project AND id = :id;

-- name: next_delivery
-- When the next message is due.
SELECT min(due) FROM deliveries;
