-- The statements that SQLite words in its own way. Lists come in as one JSON text.

-- name: new_keys
-- As many unused keys as asked for, rising.
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count)
SELECT n + max(
    (SELECT coalesce(max(key), 0) FROM responses),
    (SELECT coalesce(max(key), 0) FROM items),
    (SELECT coalesce(max(key), 0) FROM conversations),
    (SELECT coalesce(max(key), 0) FROM chats),
    (SELECT coalesce(max(key), 0) FROM prompts),
    (SELECT coalesce(max(key), 0) FROM blobs),
    (SELECT coalesce(max(key), 0) FROM files),
    (SELECT coalesce(max(key), 0) FROM file_blobs),
    (SELECT coalesce(max(key), 0) FROM uploads),
    (SELECT coalesce(max(key), 0) FROM upload_parts)
) FROM numbers;

-- name: known_responses
-- Which of the [project, id] there are.
SELECT r.project, r.id, r.key, r.appended
FROM json_each(:wanted) AS w
CROSS JOIN responses AS r ON r.project = json_extract(w.value, '$[0]') AND r.id = json_extract(w.value, '$[1]');

-- name: conversations_to_change
-- Those of the [project, id] that there are; nobody else changes them until the transaction ends.
SELECT c.project, c.id, c.key, c.next_place, c.lock_owner, c.lock_expires
FROM json_each(:wanted) AS w
CROSS JOIN conversations AS c ON c.project = json_extract(w.value, '$[0]') AND c.id = json_extract(w.value, '$[1]');

-- name: change_conversation
-- Note where the next item goes, and who holds the conversation until when.
UPDATE conversations SET next_place = :next_place, lock_owner = :lock_owner, lock_expires = :lock_expires
WHERE key = :key;

-- name: items_present
-- Which of the [conversation key, item id] there are.
SELECT i.conversation, i.id
FROM json_each(:wanted) AS w
CROSS JOIN items AS i ON i.conversation = json_extract(w.value, '$[0]') AND i.id = json_extract(w.value, '$[1]');

-- name: insert_response
-- A new response.
INSERT INTO responses (
    key, project, id, created_at, status, model, previous_response_id,
    conversation_id, conversation_from, appended, body
) VALUES (
    :key, :project, :id, :created_at, :status, :model, :previous_response_id,
    :conversation_id, :conversation_from, :appended, :body
);

-- name: insert_item
-- A new item.
INSERT INTO items (key, project, id, owner, side, position, conversation, place, blobs, raw)
VALUES (:key, :project, :id, :owner, :side, :position, :conversation, :place, :blobs, :raw);

-- name: blob_keys
-- The keys of the [project, hash].
SELECT b.project, b.hash, b.key
FROM json_each(:wanted) AS w
CROSS JOIN blobs AS b ON b.project = json_extract(w.value, '$[0]') AND b.hash = json_extract(w.value, '$[1]');

-- name: blob_bytes
-- The bytes of these hashes.
SELECT b.hash, b.bytes
FROM json_each(:hashes) AS w CROSS JOIN blobs AS b ON b.project = :project AND b.hash = w.value;

-- name: hold_blob
-- See that nobody takes the blob up before the transaction ends; SQLite has one writer.
SELECT 1 WHERE :key IS NOT NULL;

-- name: chats_rising
-- A range of the stored chat completions that match.
SELECT c.id, c.created_at, c.model, c.metadata, c.body FROM chats AS c
WHERE c.project = :project
    AND (c.created_at, c.key) > (:low_time, :low_key) AND (c.created_at, c.key) < (:high_time, :high_key)
    AND (:model IS NULL OR c.model = :model)
    AND NOT EXISTS (
        SELECT 1 FROM json_each(:tags) AS w WHERE NOT EXISTS (
            SELECT 1 FROM chat_tags AS t
            WHERE t.chat = c.key
                AND t.name = json_extract(w.value, '$[0]') AND t.value = json_extract(w.value, '$[1]')
        )
    )
ORDER BY c.created_at, c.key LIMIT :limit;

-- name: chats_falling
-- A range of the stored chat completions that match, from its high end.
SELECT c.id, c.created_at, c.model, c.metadata, c.body FROM chats AS c
WHERE c.project = :project
    AND (c.created_at, c.key) > (:low_time, :low_key) AND (c.created_at, c.key) < (:high_time, :high_key)
    AND (:model IS NULL OR c.model = :model)
    AND NOT EXISTS (
        SELECT 1 FROM json_each(:tags) AS w WHERE NOT EXISTS (
            SELECT 1 FROM chat_tags AS t
            WHERE t.chat = c.key
                AND t.name = json_extract(w.value, '$[0]') AND t.value = json_extract(w.value, '$[1]')
        )
    )
ORDER BY c.created_at DESC, c.key DESC LIMIT :limit;

-- name: listed_responses
-- Responses in a range that match, from its high end, each with the last item that was put in.
SELECT r.key, r.created_at, r.id, r.status, r.model, r.previous_response_id, r.conversation_id, r.body, (
    SELECT i.raw FROM items AS i WHERE i.owner = r.key AND i.side = 0 ORDER BY i.position DESC LIMIT 1
) AS asked
FROM responses AS r
WHERE r.project = :project
    AND (r.created_at, r.key) > (:low_time, :low_key) AND (r.created_at, r.key) < (:high_time, :high_key)
    AND (:status IS NULL OR r.status = :status)
    AND (:model IS NULL OR r.model = :model)
    AND (:conversation IS NULL OR r.conversation_id = :conversation)
    AND (:previous IS NULL OR r.previous_response_id = :previous)
    AND (:text IS NULL OR EXISTS (SELECT 1 FROM items AS i WHERE i.owner = r.key AND instr(i.raw, :text) > 0))
ORDER BY r.created_at DESC, r.key DESC LIMIT :limit;

-- name: hold_claims
-- Whoever takes runs does it alone: a database of SQLite has one writer.
SELECT 1;

-- name: open_runs
-- Runs that nobody holds now and that the quotas leave, those of the highest priority first, then of the project with
-- the fewest under way, then the oldest.
WITH busy_projects AS (
    SELECT project, count(*) AS busy FROM runs WHERE ended_at IS NULL AND expires > :now GROUP BY project
), busy_upstreams AS (
    SELECT upstream, count(*) AS busy FROM runs WHERE ended_at IS NULL AND expires > :now GROUP BY upstream
), ranked AS (
    SELECT w.response, w.priority, w.upstream, coalesce(b.busy, 0)
        + row_number() OVER (PARTITION BY w.project ORDER BY w.priority DESC, w.response) AS place
    FROM runs AS w LEFT JOIN busy_projects AS b ON b.project = w.project
    WHERE w.ended_at IS NULL AND w.expires <= :now
), chosen AS (
    SELECT k.response, k.place, coalesce(b.busy, 0)
        + row_number() OVER (PARTITION BY k.upstream ORDER BY k.priority DESC, k.place, k.response) AS behind
    FROM ranked AS k LEFT JOIN busy_upstreams AS b ON b.upstream = k.upstream
    WHERE k.place <= :of_project
)
SELECT r.response, r.project, r.id, r.request, r.state, r.secrets, r.priority, r.upstream, r.owner, r.expires, r.fence,
    r.cancel, r.ended_at, r.caller
FROM chosen AS c JOIN runs AS r ON r.response = c.response
WHERE c.behind <= :to_upstream
ORDER BY r.priority DESC, c.place, r.response LIMIT :limit;

-- name: run_to_change
-- One run; nobody else changes it until the transaction ends.
SELECT response, project, id, request, state, secrets, priority, upstream, owner, expires, fence, cancel, ended_at, caller
FROM runs WHERE project = :project AND id = :id;

-- name: runs_to_change
-- Those of the [project, id] that there are; nobody else changes them until the transaction ends.
SELECT r.response, r.project, r.id, r.fence, r.cancel, r.ended_at
FROM json_each(:wanted) AS w
CROSS JOIN runs AS r ON r.project = json_extract(w.value, '$[0]') AND r.id = json_extract(w.value, '$[1]');

-- name: runs_held
-- Those of the [project, id] that there are, as they stand.
SELECT r.response, r.project, r.id, r.fence, r.cancel, r.ended_at, r.expires
FROM json_each(:wanted) AS w
CROSS JOIN runs AS r ON r.project = json_extract(w.value, '$[0]') AND r.id = json_extract(w.value, '$[1]');

-- name: renew_run
-- Let whoever has it have it for longer.
UPDATE runs SET expires = :expires WHERE response = :response;

-- name: insert_run_events
-- A batch for a run's log.
INSERT INTO run_events (response, first, last, lines) VALUES (:response, :first, :last, :lines);

-- name: due_deliveries
-- Messages that are due, the longest due first.
SELECT key, project, id, endpoint, body, created_at, due, attempts FROM deliveries
WHERE due <= :now ORDER BY due LIMIT :limit;
