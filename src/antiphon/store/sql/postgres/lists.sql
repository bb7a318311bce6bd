-- name: responses_rising
-- A range of the responses of a model, or of all.
SELECT id FROM responses
WHERE project = :project
    AND (created_at, key) > (:low_time, :low_key) AND (created_at, key) < (:high_time, :high_key)
    AND (:model::text IS NULL OR model = :model)
ORDER BY created_at, key LIMIT :limit;

-- name: responses_falling
-- A range of the responses of a model, or of all, from its high end.
SELECT id FROM responses
WHERE project = :project
    AND (created_at, key) > (:low_time, :low_key) AND (created_at, key) < (:high_time, :high_key)
    AND (:model::text IS NULL OR model = :model)
ORDER BY created_at DESC, key DESC LIMIT :limit;
