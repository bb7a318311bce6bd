-- name: find_conversation
-- One conversation.
SELECT key, created_at, metadata FROM conversations WHERE project = :project AND id = :id;

-- name: insert_conversation
-- A new conversation.
INSERT INTO conversations (key, project, id, created_at, metadata, next_place, lock_owner, lock_expires)
VALUES (:key, :project, :id, :created_at, :metadata, :next_place, NULL, 0);

-- name: update_conversation
-- Replace the metadata.
UPDATE conversations SET metadata = :metadata WHERE key = :key;

-- name: delete_conversation
-- Remove the row; its items are another matter.
DELETE FROM conversations WHERE key = :key;

-- name: conversation_context
-- All items of a conversation, oldest first; one row without an item when it is empty, none when it isn't there.
SELECT i.id, i.blobs, i.raw
FROM conversations AS c LEFT JOIN items AS i ON i.conversation = c.key
WHERE c.project = :project AND c.id = :id
ORDER BY i.place;

-- name: free_conversation
-- Free the lock if it is this owner's.
UPDATE conversations SET lock_owner = NULL, lock_expires = 0
WHERE project = :project AND id = :id AND lock_owner = :owner;
