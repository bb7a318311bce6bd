-- Runs in the background: what was asked, how far each came, and who is at work on it until when; `response` is the
-- key of its response. `run_events` is the log that clients follow, in batches of JSON lines, kept for a time after.

CREATE TABLE runs (
    response INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    id TEXT NOT NULL,
    request BLOB NOT NULL,
    state BLOB NOT NULL,
    secrets TEXT,
    priority INTEGER NOT NULL,
    upstream TEXT NOT NULL,
    owner TEXT,
    expires REAL NOT NULL,
    fence INTEGER NOT NULL,
    cancel INTEGER NOT NULL,
    ended_at REAL
);
CREATE UNIQUE INDEX runs_by_id ON runs (project, id);
CREATE INDEX runs_open ON runs (priority, response) WHERE ended_at IS NULL;
CREATE INDEX runs_ended ON runs (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE run_events (
    response INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    lines BLOB NOT NULL
);
CREATE UNIQUE INDEX run_events_by_place ON run_events (response, first);
