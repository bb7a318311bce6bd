-- The statements that PostgreSQL words in its own way. Lists come in as one JSON text; rows to be inserted come in
-- as one array for each column where the statement unnests them.

-- name: new_keys
-- As many unused keys as asked for, rising.
SELECT nextval('row_keys') FROM generate_series(1, :count::bigint);

-- name: known_responses
-- Which of the [project, id] there are.
SELECT r.project, r.id, r.key, r.appended
FROM json_array_elements(:wanted::json) AS w (pair)
JOIN responses AS r ON r.project = w.pair ->> 0 AND r.id = w.pair ->> 1;

-- name: conversations_to_change
-- Those of the [project, id] that there are; nobody else changes them until the transaction ends.
SELECT c.project, c.id, c.key, c.next_place, c.lock_owner, c.lock_expires
FROM conversations AS c
WHERE (c.project, c.id) IN (SELECT w.pair ->> 0, w.pair ->> 1 FROM json_array_elements(:wanted::json) AS w (pair))
ORDER BY c.key
FOR UPDATE;

-- name: change_conversation
-- Note where the next item goes, and who holds the conversation until when.
UPDATE conversations AS c
SET next_place = u.next_place, lock_owner = u.lock_owner, lock_expires = u.lock_expires
FROM unnest(:key::bigint[], :next_place::bigint[], :lock_owner::text[], :lock_expires::double precision[])
    AS u (key, next_place, lock_owner, lock_expires)
WHERE c.key = u.key;

-- name: items_present
-- Which of the [conversation key, item id] there are.
SELECT i.conversation, i.id
FROM json_array_elements(:wanted::json) AS w (pair)
JOIN items AS i ON i.conversation = (w.pair ->> 0)::bigint AND i.id = w.pair ->> 1;

-- name: insert_response
-- New responses.
INSERT INTO responses (
    key, project, id, created_at, status, model, previous_response_id,
    conversation_id, conversation_from, appended, body
) SELECT * FROM unnest(
    :key::bigint[], :project::text[], :id::text[], :created_at::bigint[], :status::text[], :model::text[],
    :previous_response_id::text[], :conversation_id::text[], :conversation_from::bigint[], :appended::bigint[],
    :body::bytea[]
);

-- name: insert_item
-- New items.
INSERT INTO items (key, project, id, owner, side, position, conversation, place, blobs, raw)
SELECT * FROM unnest(
    :key::bigint[], :project::text[], :id::text[], :owner::bigint[], :side::bigint[], :position::bigint[],
    :conversation::bigint[], :place::bigint[], :blobs::bigint[], :raw::bytea[]
);

-- name: blob_keys
-- The keys of the [project, hash]; nobody removes them until the transaction ends.
SELECT b.project, b.hash, b.key
FROM blobs AS b
WHERE (b.project, b.hash) IN (SELECT w.pair ->> 0, w.pair ->> 1 FROM json_array_elements(:wanted::json) AS w (pair))
ORDER BY b.key
FOR KEY SHARE;

-- name: blob_bytes
-- The bytes of these hashes.
SELECT b.hash, b.bytes FROM blobs AS b
WHERE b.project = :project AND b.hash IN (SELECT json_array_elements_text(:hashes::json));

-- name: hold_blob
-- See that nobody takes the blob up before the transaction ends.
SELECT 1 FROM blobs WHERE key = :key FOR UPDATE;

-- name: chats_rising
-- A range of the stored chat completions that match.
SELECT c.id, c.created_at, c.model, c.metadata, c.body FROM chats AS c
WHERE c.project = :project
    AND (c.created_at, c.key) > (:low_time, :low_key) AND (c.created_at, c.key) < (:high_time, :high_key)
    AND (:model::text IS NULL OR c.model = :model)
    AND NOT EXISTS (
        SELECT 1 FROM json_array_elements(:tags::json) AS w (pair) WHERE NOT EXISTS (
            SELECT 1 FROM chat_tags AS t
            WHERE t.chat = c.key AND t.name = w.pair ->> 0 AND t.value = w.pair ->> 1
        )
    )
ORDER BY c.created_at, c.key LIMIT :limit;

-- name: chats_falling
-- A range of the stored chat completions that match, from its high end.
SELECT c.id, c.created_at, c.model, c.metadata, c.body FROM chats AS c
WHERE c.project = :project
    AND (c.created_at, c.key) > (:low_time, :low_key) AND (c.created_at, c.key) < (:high_time, :high_key)
    AND (:model::text IS NULL OR c.model = :model)
    AND NOT EXISTS (
        SELECT 1 FROM json_array_elements(:tags::json) AS w (pair) WHERE NOT EXISTS (
            SELECT 1 FROM chat_tags AS t
            WHERE t.chat = c.key AND t.name = w.pair ->> 0 AND t.value = w.pair ->> 1
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
    AND (:status::text IS NULL OR r.status = :status)
    AND (:model::text IS NULL OR r.model = :model)
    AND (:conversation::text IS NULL OR r.conversation_id = :conversation)
    AND (:previous::text IS NULL OR r.previous_response_id = :previous)
    AND (:text::bytea IS NULL OR EXISTS (SELECT 1 FROM items AS i WHERE i.owner = r.key AND position(:text IN i.raw) > 0))
ORDER BY r.created_at DESC, r.key DESC LIMIT :limit;

-- name: hold_claims
-- Whoever takes runs does it alone until the transaction ends; no other statement waits for this.
SELECT pg_advisory_xact_lock(4, 1);

-- name: open_runs
-- Runs that nobody holds now and that the quotas leave, those of the highest priority first, then of the project with
-- the fewest under way, then the oldest; those that another process is
-- writing to at this moment are passed over.
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
ORDER BY r.priority DESC, c.place, r.response LIMIT :limit
FOR UPDATE OF r SKIP LOCKED;

-- name: run_to_change
-- One run; nobody else changes it until the transaction ends.
SELECT response, project, id, request, state, secrets, priority, upstream, owner, expires, fence, cancel, ended_at, caller
FROM runs WHERE project = :project AND id = :id
FOR UPDATE;

-- name: runs_to_change
-- Those of the [project, id] that there are; nobody else changes them until the transaction ends.
SELECT r.response, r.project, r.id, r.fence, r.cancel, r.ended_at
FROM runs AS r
WHERE (r.project, r.id) IN (SELECT w.pair ->> 0, w.pair ->> 1 FROM json_array_elements(:wanted::json) AS w (pair))
ORDER BY r.response
FOR UPDATE;

-- name: runs_held
-- Those of the [project, id] that there are, as they stand.
SELECT r.response, r.project, r.id, r.fence, r.cancel, r.ended_at, r.expires
FROM runs AS r
WHERE (r.project, r.id) IN (SELECT w.pair ->> 0, w.pair ->> 1 FROM json_array_elements(:wanted::json) AS w (pair));

-- name: renew_run
-- Let whoever has them have them for longer.
UPDATE runs SET expires = w.expires
FROM unnest(:response::bigint[], :expires::float8[]) AS w (response, expires)
WHERE runs.response = w.response;

-- name: insert_run_events
-- Batches for the logs of runs.
INSERT INTO run_events (response, first, last, lines)
SELECT * FROM unnest(:response::bigint[], :first::bigint[], :last::bigint[], :lines::bytea[]);

-- name: due_deliveries
-- Messages that are due, the longest due first.
SELECT key, project, id, endpoint, body, created_at, due, attempts FROM deliveries
WHERE due <= :now ORDER BY due LIMIT :limit FOR UPDATE SKIP LOCKED;
