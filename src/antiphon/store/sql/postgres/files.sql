-- Files: the statements that PostgreSQL words in its own way.

-- name: files_rising
-- A range of the files that haven't expired, of one purpose where it is said.
SELECT f.id, f.created_at, f.expires_at, f.filename, f.purpose, f.media_type, b.hash, b.place, b.bytes
FROM files AS f JOIN file_blobs AS b ON b.key = f.blob
WHERE f.project = :project
    AND (f.created_at, f.key) > (:low_time, :low_key) AND (f.created_at, f.key) < (:high_time, :high_key)
    AND (:purpose::text IS NULL OR f.purpose = :purpose)
    AND (f.expires_at IS NULL OR f.expires_at > :now)
ORDER BY f.created_at, f.key LIMIT :limit;

-- name: files_falling
-- The same from its high end.
SELECT f.id, f.created_at, f.expires_at, f.filename, f.purpose, f.media_type, b.hash, b.place, b.bytes
FROM files AS f JOIN file_blobs AS b ON b.key = f.blob
WHERE f.project = :project
    AND (f.created_at, f.key) > (:low_time, :low_key) AND (f.created_at, f.key) < (:high_time, :high_key)
    AND (:purpose::text IS NULL OR f.purpose = :purpose)
    AND (f.expires_at IS NULL OR f.expires_at > :now)
ORDER BY f.created_at DESC, f.key DESC LIMIT :limit;

-- name: known_places
-- Those of the places where the bytes of a file or of a part are.
SELECT place FROM file_blobs WHERE place IN (SELECT json_array_elements_text(:places::json))
UNION ALL
SELECT place FROM upload_parts WHERE place IN (SELECT json_array_elements_text(:places::json));
