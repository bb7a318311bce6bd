-- name: listing_floor
-- The place of the last row that a page of a list may look at; none where the list ends before.
SELECT created_at, key FROM responses
WHERE project = :project AND (created_at, key) < (:high_time, :high_key) AND created_at >= :low_time
ORDER BY created_at DESC, key DESC LIMIT 1 OFFSET :most - 1;

-- name: response_place
-- Where a response stands in the list of all.
SELECT created_at, key FROM responses WHERE project = :project AND id = :id;

-- name: listed_conversations
-- Conversations below a place, the newest first.
SELECT key, id, created_at, metadata, next_place FROM conversations
WHERE project = :project AND (created_at, key) < (:high_time, :high_key)
ORDER BY created_at DESC, key DESC LIMIT :limit;
