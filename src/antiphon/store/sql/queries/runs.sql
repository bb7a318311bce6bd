-- name: insert_run
-- A new run; its key is that of its response.
INSERT INTO runs (
    response, project, id, request, state, secrets, priority, upstream, owner, expires, fence, cancel, ended_at,
    caller
) VALUES (
    :response, :project, :id, :request, :state, :secrets, :priority, :upstream, :owner, :expires, 1, 0, NULL, :caller
);

-- name: find_run
-- One run.
SELECT response, project, id, request, state, secrets, priority, upstream, owner, expires, fence, cancel, ended_at, caller
FROM runs WHERE project = :project AND id = :id;

-- name: run_waiting
-- Whether there is a run that nobody holds.
SELECT 1 FROM runs WHERE ended_at IS NULL AND expires <= :now LIMIT 1;

-- name: take_run
-- Let somebody have a run under the next number.
UPDATE runs SET owner = :owner, expires = :expires, fence = fence + 1 WHERE response = :response;

-- name: release_run
-- Let anybody have it.
UPDATE runs SET owner = NULL, expires = 0 WHERE response = :response;

-- name: save_run
-- Note how far a run came.
UPDATE runs SET state = :state WHERE response = :response;

-- name: end_run
-- Note that a run has ended; what it needed to go on is forgotten.
UPDATE runs SET request = :request, state = :state, secrets = NULL, owner = NULL, expires = 0, ended_at = :ended_at
WHERE response = :response;

-- name: cancel_run
-- Wish a run's end.
UPDATE runs SET cancel = 1 WHERE response = :response AND ended_at IS NULL;

-- name: renew_answer
-- Renew the response of a run.
UPDATE responses SET status = :status, body = :body WHERE key = :key;

-- name: renew_status
-- Renew the status of a run's response alone.
UPDATE responses SET status = :status WHERE key = :key;

-- name: run_events_after
-- Batches of a run's log, from the one that holds a number.
SELECT first, last, lines FROM run_events
WHERE response = :response
    AND first >= coalesce((SELECT max(first) FROM run_events WHERE response = :response AND first <= :number), 0)
    AND last >= :number
ORDER BY first LIMIT :limit;

-- name: old_runs
-- The runs that ended before a time.
SELECT response FROM runs WHERE ended_at < :before ORDER BY ended_at LIMIT :limit;

-- name: delete_run_events
-- Forget a run's log.
DELETE FROM run_events WHERE response = :response;

-- name: delete_run
-- Forget a run.
DELETE FROM runs WHERE response = :response;

-- name: count_open_runs
-- How many runs haven't ended: of a project, of all, and of one key of the project.
SELECT coalesce(sum(CASE WHEN project = :project THEN 1 ELSE 0 END), 0), count(*),
    coalesce(sum(CASE WHEN project = :project AND caller = :caller THEN 1 ELSE 0 END), 0)
FROM runs WHERE ended_at IS NULL;
