-- name: find_response
-- One response with its output items, the response repeated beside each; one row without an item when it has none.
SELECT r.created_at, r.status, r.model, r.previous_response_id, r.conversation_id, r.body, i.id, i.blobs, i.raw
FROM responses AS r LEFT JOIN items AS i ON i.owner = r.key AND i.side = 1
WHERE r.project = :project AND r.id = :id
ORDER BY i.position;

-- name: response_key
-- The key of one response.
SELECT key FROM responses WHERE project = :project AND id = :id;

-- name: update_response
-- Renew what a later save may change.
UPDATE responses SET status = :status, model = :model, appended = :appended, body = :body WHERE key = :key;

-- name: delete_response
-- Remove the row; its items are another matter.
DELETE FROM responses WHERE key = :key;

-- name: old_responses
-- The oldest ended responses of all projects.
SELECT key FROM responses
WHERE created_at < :before AND status NOT IN ('queued', 'in_progress')
ORDER BY created_at LIMIT :limit;

-- name: context
-- The chain that ends with a response, oldest first, each one's input and then its output; before them the
-- conversation as it was when the oldest began. A response without items gives one row without an item. `parent`
-- is set on the rows of the oldest response only when the one before it is gone; `height` counts from the newest.
WITH RECURSIVE chain (key, project, status, parent, height) AS (
    SELECT key, project, status, previous_response_id, 0 FROM responses WHERE project = :project AND id = :id
    UNION ALL
    SELECT r.key, r.project, r.status, r.previous_response_id, chain.height + 1
    FROM chain JOIN responses AS r ON r.project = chain.project AND r.id = chain.parent
    WHERE chain.height < :most
),
oldest (height, conversation, conversation_from) AS (
    SELECT chain.height, c.key, r.conversation_from
    FROM chain
    JOIN responses AS r ON r.key = chain.key
    JOIN conversations AS c ON c.project = r.project AND c.id = r.conversation_id
    WHERE chain.parent IS NULL
)
SELECT chain.height, i.side, i.position, chain.status, chain.parent, i.id, i.blobs, i.raw
FROM chain LEFT JOIN items AS i ON i.owner = chain.key
UNION ALL
SELECT oldest.height + 1, 0, i.place, NULL, NULL, i.id, i.blobs, i.raw
FROM oldest JOIN items AS i ON i.conversation = oldest.conversation AND i.place < oldest.conversation_from
ORDER BY 1 DESC, 2, 3;
