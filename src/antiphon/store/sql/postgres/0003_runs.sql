-- Runs in the background: what was asked, how far each came, and who is at work on it until when; `response` is the
-- key of its response. `run_events` is the log that clients follow, in batches of JSON lines, kept for a time after.

CREATE TABLE runs (
    response bigint PRIMARY KEY,
    project text NOT NULL,
    id text NOT NULL,
    request bytea NOT NULL,
    state bytea NOT NULL,
    secrets text,
    priority bigint NOT NULL,
    upstream text NOT NULL,
    owner text,
    expires double precision NOT NULL,
    fence bigint NOT NULL,
    cancel bigint NOT NULL,
    ended_at double precision
);
CREATE UNIQUE INDEX runs_by_id ON runs (project, id);
CREATE INDEX runs_open ON runs (priority, response) WHERE ended_at IS NULL;
CREATE INDEX runs_ended ON runs (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE run_events (
    response bigint NOT NULL,
    first bigint NOT NULL,
    last bigint NOT NULL,
    lines bytea NOT NULL
);
CREATE UNIQUE INDEX run_events_by_place ON run_events (response, first);
