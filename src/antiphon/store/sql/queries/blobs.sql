-- name: insert_blob
-- Keep the bytes, unless the project has them.
INSERT INTO blobs (key, project, hash, bytes) VALUES (:key, :project, :hash, :bytes)
ON CONFLICT (project, hash) DO NOTHING;

-- name: insert_blob_use
-- Note that an item holds a blob.
INSERT INTO blob_uses (item, blob) VALUES (:item, :blob);

-- name: blobs_of_item
-- The blobs an item holds.
SELECT blob FROM blob_uses WHERE item = :item;

-- name: delete_blob_uses
-- Forget what an item held.
DELETE FROM blob_uses WHERE item = :item;

-- name: delete_unused_blob
-- Remove a blob that no item holds any more.
DELETE FROM blobs WHERE key = :key AND NOT EXISTS (SELECT 1 FROM blob_uses WHERE blob = :key);
