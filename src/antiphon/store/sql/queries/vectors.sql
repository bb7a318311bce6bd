-- name: find_vector_store
-- A vector store.
SELECT id, created_at, name, description, metadata, expires_days, last_active_at, model, dimension, follows, version, key
FROM vector_stores WHERE project = :project AND id = :id;

-- name: insert_vector_store
-- A new vector store.
INSERT INTO vector_stores (
    project, id, created_at, name, description, metadata, expires_days, last_active_at, model, dimension, follows
) VALUES (
    :project, :id, :created_at, :name, :description, :metadata, :expires_days, :last_active_at, :model, :dimension,
    :follows
);

-- name: vector_stores_rising
-- Vector stores of a project, the oldest first.
SELECT id, created_at, name, description, metadata, expires_days, last_active_at, model, dimension, follows, version, key
FROM vector_stores
WHERE project = :project AND (created_at, key) > (:low_time, :low_key) AND (created_at, key) < (:high_time, :high_key)
ORDER BY created_at, key LIMIT :limit;

-- name: vector_stores_falling
-- Vector stores of a project, the newest first.
SELECT id, created_at, name, description, metadata, expires_days, last_active_at, model, dimension, follows, version, key
FROM vector_stores
WHERE project = :project AND (created_at, key) > (:low_time, :low_key) AND (created_at, key) < (:high_time, :high_key)
ORDER BY created_at DESC, key DESC LIMIT :limit;

-- name: change_vector_store
-- What a client may change of a vector store, and when that was used.
UPDATE vector_stores
SET name = :name, metadata = :metadata, expires_days = :expires_days, last_active_at = :last_active_at WHERE key = :key;

-- name: set_vector_model
-- The model whose vectors a store has from now on.
UPDATE vector_stores SET model = :model, dimension = :dimension, version = version + 1 WHERE key = :key;

-- name: touch_vector_store
-- Note that a vector store was used.
UPDATE vector_stores SET last_active_at = :now WHERE key = :key AND last_active_at < :now;

-- name: renew_vector_store
-- What a search may find has changed.
UPDATE vector_stores SET version = version + 1 WHERE key = :key RETURNING version;

-- name: delete_vector_store
-- Remove the row of a vector store.
DELETE FROM vector_stores WHERE key = :key;

-- name: delete_store_batches
-- Remove a store's batches.
DELETE FROM vector_batches WHERE store = :store;

-- name: delete_store_files
-- Remove the rows of a store's files.
DELETE FROM vector_files WHERE store = :store;

-- name: delete_store_passages
-- Remove all passages of a store.
DELETE FROM passages WHERE store = :store;

-- name: delete_store_vectors
-- Remove all vectors of a store.
DELETE FROM passage_vectors WHERE store = :store;

-- name: count_vector_files
-- How many files of a store have each status, and their size.
SELECT status, count(*), CAST(coalesce(sum(usage_bytes), 0) AS bigint)
FROM vector_files WHERE store = :store GROUP BY status;

-- name: following_stores
-- Stores whose vectors are to be those of the server's model, and aren't.
SELECT key FROM vector_stores WHERE follows = 1 AND model <> '' AND model <> :model;

-- name: spent_vector_stores
-- Stores whose time is over and that still hold passages.
SELECT s.key FROM vector_stores AS s
WHERE s.expires_days IS NOT NULL AND s.last_active_at + s.expires_days * 86400 <= :now
    AND EXISTS (SELECT 1 FROM vector_files AS f WHERE f.store = s.key)
ORDER BY s.key LIMIT :limit;

-- name: find_vector_file
-- A file of a vector store.
SELECT f.id, f.filename, f.created_at, f.status, f.usage_bytes, f.attributes, f.error_code, f.error_message,
    f.most_tokens, f.overlap_tokens, f.key
FROM vector_files AS f WHERE f.store = :store AND f.id = :id;

-- name: files_in_vector_stores
-- Where a file of a project is attached.
SELECT f.key, f.store FROM vector_stores AS s JOIN vector_files AS f ON f.store = s.key
WHERE s.project = :project AND f.id = :id;

-- name: insert_vector_file
-- A file that is to be read.
INSERT INTO vector_files (store, id, filename, created_at, status, attributes, most_tokens, overlap_tokens, batch)
VALUES (:store, :id, :filename, :created_at, 'in_progress', :attributes, :most_tokens, :overlap_tokens, :batch);

-- name: delete_vector_file
-- Remove the row of a file.
DELETE FROM vector_files WHERE key = :key;

-- name: delete_file_passages
-- Remove the passages of a file.
DELETE FROM passages WHERE file = :file;

-- name: delete_file_vectors
-- Remove the vectors of a file.
DELETE FROM passage_vectors WHERE file = :file;

-- name: vector_files_rising
-- Files of a store, or of one of its batches, with a status or any, the oldest first.
SELECT f.id, f.filename, f.created_at, f.status, f.usage_bytes, f.attributes, f.error_code, f.error_message,
    f.most_tokens, f.overlap_tokens, f.key
FROM vector_files AS f
WHERE f.store = :store AND (:batch = 0 OR f.batch = :batch) AND (:status = '' OR f.status = :status)
    AND (f.created_at, f.key) > (:low_time, :low_key) AND (f.created_at, f.key) < (:high_time, :high_key)
ORDER BY f.created_at, f.key LIMIT :limit;

-- name: vector_files_falling
-- Files of a store, or of one of its batches, with a status or any, the newest first.
SELECT f.id, f.filename, f.created_at, f.status, f.usage_bytes, f.attributes, f.error_code, f.error_message,
    f.most_tokens, f.overlap_tokens, f.key
FROM vector_files AS f
WHERE f.store = :store AND (:batch = 0 OR f.batch = :batch) AND (:status = '' OR f.status = :status)
    AND (f.created_at, f.key) > (:low_time, :low_key) AND (f.created_at, f.key) < (:high_time, :high_key)
ORDER BY f.created_at DESC, f.key DESC LIMIT :limit;

-- name: set_file_attributes
-- The attributes of a file.
UPDATE vector_files SET attributes = :attributes WHERE key = :key;

-- name: insert_vector_batch
-- A new batch.
INSERT INTO vector_batches (store, id, created_at) VALUES (:store, :id, :created_at) RETURNING key;

-- name: find_vector_batch
-- A batch of a store.
SELECT id, created_at, cancelled, key FROM vector_batches WHERE store = :store AND id = :id;

-- name: cancel_vector_batch
-- A batch is not to go on.
UPDATE vector_batches SET cancelled = 1 WHERE key = :key;

-- name: cancel_batch_files
-- Files of a batch that weren't read yet.
UPDATE vector_files SET status = 'cancelled', owner = NULL WHERE batch = :batch AND status = 'in_progress';

-- name: count_batch_files
-- How many files of a batch have each status.
SELECT status, count(*), CAST(0 AS bigint) FROM vector_files WHERE batch = :batch GROUP BY status;

-- name: hold_vector_files
-- The files that wait longest are held by an owner, unless another was quicker.
UPDATE vector_files SET owner = :owner, held_until = :until
WHERE key IN (
    SELECT f.key FROM vector_files AS f WHERE f.status = 'in_progress' AND f.held_until <= :now ORDER BY f.key LIMIT :limit
) AND status = 'in_progress' AND held_until <= :now
RETURNING key;

-- name: held_vector_file
-- A file that is held, and its store.
SELECT f.key, f.id, f.most_tokens, f.overlap_tokens, s.key, s.project, s.id, s.model, s.dimension
FROM vector_files AS f JOIN vector_stores AS s ON s.key = f.store
WHERE f.key = :key AND f.owner = :owner AND f.status = 'in_progress';

-- name: hold_longer
-- An owner is still at work on these.
UPDATE vector_files SET held_until = :until WHERE owner = :owner AND status = 'in_progress';

-- name: let_go
-- A file waits again.
UPDATE vector_files SET owner = NULL, held_until = 0 WHERE key = :key AND owner = :owner AND status = 'in_progress';

-- name: finish_vector_file
-- A file was read: its passages come with this, and since this version of its store.
UPDATE vector_files SET status = 'completed', usage_bytes = :usage_bytes, passages = :passages, since = :since, owner = NULL
WHERE key = :key;

-- name: fail_vector_file
-- A file can't be read, and why.
UPDATE vector_files SET status = 'failed', error_code = :code, error_message = :message, owner = NULL
WHERE key = :key AND owner = :owner AND status = 'in_progress';

-- name: read_again
-- All files of a store that were read are to be read again.
UPDATE vector_files SET status = 'in_progress', passages = 0, usage_bytes = 0, owner = NULL, held_until = 0
WHERE store = :store AND status = 'completed';

-- name: files_that_wait
-- How many files are to be read yet.
SELECT count(*) FROM vector_files WHERE status = 'in_progress';

-- name: read_vector_files
-- What a search of a store may find: files, since which version, and how many passages each has.
SELECT key, id, filename, attributes, since, passages FROM vector_files WHERE store = :store AND status = 'completed';

-- name: file_passages
-- The passages of a file in their order.
SELECT number, start, finish, text FROM passages WHERE file = :file ORDER BY number;

-- name: count_passages
-- How many passages a store has.
SELECT CAST(coalesce(sum(passages), 0) AS bigint) FROM vector_files WHERE store = :store;

-- name: vector_stores_with_vectors
-- Stores that have vectors, and their length.
SELECT key, dimension FROM vector_stores WHERE dimension > 0;
