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

-- name: export_vector_stores
-- The next vector stores of all projects.
SELECT key, project, id, created_at, name, description, metadata, expires_days, last_active_at, model, dimension, follows
FROM vector_stores WHERE key > :after ORDER BY key LIMIT :limit;

-- name: export_vector_batches
-- The next batches of files.
SELECT b.key, s.project, s.id, b.id, b.created_at, b.cancelled
FROM vector_batches AS b JOIN vector_stores AS s ON s.key = b.store
WHERE b.key > :after ORDER BY b.key LIMIT :limit;

-- name: export_vector_files
-- The next files of vector stores, with their batches and the model of their vectors.
SELECT f.key, s.project, s.id, b.id, s.model, s.dimension, f.id, f.filename, f.created_at, f.status, f.usage_bytes,
    f.attributes, f.error_code, f.error_message, f.most_tokens, f.overlap_tokens, f.passages
FROM vector_files AS f JOIN vector_stores AS s ON s.key = f.store LEFT JOIN vector_batches AS b ON b.key = f.batch
WHERE f.key > :after ORDER BY f.key LIMIT :limit;

-- name: export_passages
-- The next passages of files that were read, with their vectors.
SELECT p.key, s.project, s.id, f.id, p.number, p.start, p.finish, p.page, p.heading, p.above, p.text, v.vector
FROM passages AS p JOIN vector_files AS f ON f.key = p.file JOIN vector_stores AS s ON s.key = f.store
    LEFT JOIN passage_vectors AS v ON v.key = p.key
WHERE p.key > :after AND f.status = 'completed' ORDER BY p.key LIMIT :limit;

-- name: take_in_vector_file
-- A file of another database, held while its passages come.
INSERT INTO vector_files (
    store, id, filename, created_at, status, usage_bytes, attributes, error_code, error_message, most_tokens,
    overlap_tokens, batch, owner, held_until
) VALUES (
    :store, :id, :filename, :created_at, :status, :usage_bytes, :attributes, :error_code, :error_message, :most_tokens,
    :overlap_tokens, :batch, :owner, :held_until
);

-- name: vector_file_to_take_in
-- A file whose passages are coming.
SELECT f.key, f.store, s.dimension FROM vector_stores AS s JOIN vector_files AS f ON f.store = s.key
WHERE s.project = :project AND s.id = :store_id AND f.id = :id AND f.status = 'in_progress' AND f.owner = :owner;
