-- name: export_conversations
-- The next conversations of all projects.
SELECT key, project, id, created_at, metadata, next_place FROM conversations
WHERE key > :after ORDER BY key LIMIT :limit;

-- name: export_responses
-- The next responses of all projects.
SELECT
    key, project, id, created_at, status, model, previous_response_id,
    conversation_id, conversation_from, appended, body
FROM responses WHERE key > :after ORDER BY key LIMIT :limit;

-- name: export_owned
-- The items of a response or chat, with their places in its conversation.
SELECT side, place, id, blobs, raw FROM items WHERE owner = :owner ORDER BY side, position;

-- name: export_items
-- The next items that are in a conversation and in no response.
SELECT i.key, i.project, c.id, i.place, i.id, i.blobs, i.raw
FROM items AS i JOIN conversations AS c ON c.key = i.conversation
WHERE i.key > :after AND i.owner IS NULL ORDER BY i.key LIMIT :limit;

-- name: export_chats
-- The next stored chat completions of all projects.
SELECT key, project, id, created_at, model, metadata, body FROM chats
WHERE key > :after ORDER BY key LIMIT :limit;

-- name: place_taken
-- Whether something stands at a place of a conversation.
SELECT 1 FROM items WHERE conversation = :conversation AND place = :place;
