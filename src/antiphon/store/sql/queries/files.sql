-- name: find_file
-- One file that hasn't expired, and where its bytes are.
SELECT f.id, f.created_at, f.expires_at, f.filename, f.purpose, f.media_type, b.hash, b.place, b.bytes, f.key, f.blob
FROM files AS f JOIN file_blobs AS b ON b.key = f.blob
WHERE f.project = :project AND f.id = :id AND (f.expires_at IS NULL OR f.expires_at > :now);

-- name: file_key
-- One file, expired or not.
SELECT key FROM files WHERE project = :project AND id = :id;

-- name: keep_file_blob
-- Keep where bytes are, unless the project has them elsewhere; nobody takes them up before the transaction ends.
INSERT INTO file_blobs (key, project, hash, place, bytes) VALUES (:key, :project, :hash, :place, :bytes)
ON CONFLICT (project, hash) DO UPDATE SET hash = excluded.hash;

-- name: find_file_blob
-- Where the project has these bytes.
SELECT key, place FROM file_blobs WHERE project = :project AND hash = :hash;

-- name: insert_file
-- A new file.
INSERT INTO files (key, project, id, created_at, expires_at, filename, purpose, media_type, blob)
VALUES (:key, :project, :id, :created_at, :expires_at, :filename, :purpose, :media_type, :blob);

-- name: delete_file
-- Remove the row; its bytes are another matter.
DELETE FROM files WHERE key = :key;

-- name: hold_file_blob
-- See that nobody begins to use the bytes before the transaction ends.
UPDATE file_blobs SET hash = hash WHERE key = :key;

-- name: unused_file_blob
-- Where bytes are that no file has any more.
SELECT place FROM file_blobs WHERE key = :key AND NOT EXISTS (SELECT 1 FROM files WHERE blob = :key);

-- name: delete_file_blob
-- Forget where bytes were.
DELETE FROM file_blobs WHERE key = :key;

-- name: expired_files
-- Files of all projects whose time is over.
SELECT key, blob, project, id FROM files WHERE expires_at IS NOT NULL AND expires_at <= :now ORDER BY expires_at LIMIT :limit;

-- name: file_usage
-- How many files a project has, and their bytes with those of the parts of its uploads.
SELECT
    count(*),
    coalesce(sum(b.bytes), 0) + (
        SELECT coalesce(sum(p.bytes), 0) FROM uploads AS u JOIN upload_parts AS p ON p.upload = u.key
        WHERE u.project = :project
    )
FROM files AS f JOIN file_blobs AS b ON b.key = f.blob WHERE f.project = :project;

-- name: export_files
-- The next files of all projects.
SELECT
    f.key, f.project, f.id, f.created_at, f.expires_at, f.filename, f.purpose, f.media_type, b.hash, b.place, b.bytes
FROM files AS f JOIN file_blobs AS b ON b.key = f.blob
WHERE f.key > :after ORDER BY f.key LIMIT :limit;

-- name: insert_upload
-- A new upload.
INSERT INTO uploads (
    key, project, id, created_at, expires_at, filename, purpose, media_type, bytes, keep_seconds, status, file_id
) VALUES (
    :key, :project, :id, :created_at, :expires_at, :filename, :purpose, :media_type, :bytes, :keep_seconds, :status,
    :file_id
);

-- name: find_upload
-- One upload.
SELECT
    id, created_at, expires_at, filename, purpose, media_type, bytes, keep_seconds, status, file_id, key
FROM uploads WHERE project = :project AND id = :id;

-- name: count_pending_uploads
-- How many uploads of all projects are waiting for more.
SELECT count(*) FROM uploads WHERE status = 'pending' AND expires_at > :now;

-- name: hold_upload
-- See that nobody adds parts to it or ends it before the transaction ends.
UPDATE uploads SET status = status WHERE project = :project AND id = :id;

-- name: end_upload
-- Note what became of it.
UPDATE uploads SET status = :status, file_id = :file_id WHERE key = :key;

-- name: upload_size
-- How many parts an upload has, and their bytes.
SELECT count(*), coalesce(sum(bytes), 0) FROM upload_parts WHERE upload = :upload;

-- name: insert_part
-- A new part.
INSERT INTO upload_parts (key, upload, id, created_at, hash, place, bytes)
VALUES (:key, :upload, :id, :created_at, :hash, :place, :bytes);

-- name: upload_parts
-- The parts of an upload as they came.
SELECT id, created_at, hash, place, bytes FROM upload_parts WHERE upload = :upload ORDER BY key;

-- name: delete_parts
-- Forget the parts of an upload.
DELETE FROM upload_parts WHERE upload = :upload;

-- name: expired_uploads
-- Uploads of all projects whose time is over and that nobody has completed.
SELECT project, id, key FROM uploads WHERE status = 'pending' AND expires_at <= :now ORDER BY expires_at LIMIT :limit;

-- name: delete_old_uploads
-- Forget uploads that ended long ago.
DELETE FROM uploads WHERE status <> 'pending' AND expires_at <= :before;

-- name: name_home
-- Give the database a name for the place of its bytes, unless it has one.
INSERT INTO file_home (only_one, name) VALUES (1, :name) ON CONFLICT (only_one) DO NOTHING;

-- name: home
-- The name of the place of its bytes.
SELECT name FROM file_home;
