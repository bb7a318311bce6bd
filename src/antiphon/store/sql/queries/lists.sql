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

-- name: listed_of_conversation
-- Responses of a conversation in a range, as `listed_responses` has them.
SELECT r.key, r.created_at, r.id, r.status, r.model, r.previous_response_id, r.conversation_id, r.body, (
    SELECT i.raw FROM items AS i WHERE i.owner = r.key AND i.side = 0 ORDER BY i.position DESC LIMIT 1
) AS asked
FROM responses AS r
WHERE r.project = :project AND r.conversation_id = :conversation
    AND (r.created_at, r.key) > (:low_time, :low_key) AND (r.created_at, r.key) < (:high_time, :high_key)
ORDER BY r.created_at DESC, r.key DESC LIMIT :limit;

-- name: listed_of_previous
-- Responses that continue one, in a range, as `listed_responses` has them.
SELECT r.key, r.created_at, r.id, r.status, r.model, r.previous_response_id, r.conversation_id, r.body, (
    SELECT i.raw FROM items AS i WHERE i.owner = r.key AND i.side = 0 ORDER BY i.position DESC LIMIT 1
) AS asked
FROM responses AS r
WHERE r.project = :project AND r.previous_response_id = :previous
    AND (r.created_at, r.key) > (:low_time, :low_key) AND (r.created_at, r.key) < (:high_time, :high_key)
ORDER BY r.created_at DESC, r.key DESC LIMIT :limit;

-- name: listed_of_status
-- Responses of a status other than completed, in a range, as `listed_responses` has them.
SELECT r.key, r.created_at, r.id, r.status, r.model, r.previous_response_id, r.conversation_id, r.body, (
    SELECT i.raw FROM items AS i WHERE i.owner = r.key AND i.side = 0 ORDER BY i.position DESC LIMIT 1
) AS asked
FROM responses AS r
WHERE r.project = :project AND r.status = :status AND r.status <> 'completed'
    AND (r.created_at, r.key) > (:low_time, :low_key) AND (r.created_at, r.key) < (:high_time, :high_key)
ORDER BY r.created_at DESC, r.key DESC LIMIT :limit;
