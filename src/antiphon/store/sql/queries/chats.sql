-- name: find_chat
-- One stored chat completion.
SELECT id, created_at, model, metadata, body, key FROM chats WHERE project = :project AND id = :id;

-- name: insert_chat
-- A new stored chat completion.
INSERT INTO chats (key, project, id, created_at, model, metadata, body)
VALUES (:key, :project, :id, :created_at, :model, :metadata, :body);

-- name: insert_chat_tag
-- One pair of its metadata, to be found by.
INSERT INTO chat_tags (chat, name, value) VALUES (:chat, :name, :value);

-- name: update_chat
-- Replace the metadata and the object that shows it.
UPDATE chats SET metadata = :metadata, body = :body WHERE key = :key;

-- name: delete_chat
-- Remove the row; its messages are items.
DELETE FROM chats WHERE key = :key;

-- name: delete_chat_tags
-- Remove the pairs to be found by.
DELETE FROM chat_tags WHERE chat = :chat;

-- name: old_chats
-- The oldest chat completions of all projects.
SELECT key FROM chats WHERE created_at < :before ORDER BY created_at LIMIT :limit;
