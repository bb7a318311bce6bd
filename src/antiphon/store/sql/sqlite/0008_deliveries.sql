-- Webhooks that are still to be delivered: a row for each message and endpoint.

CREATE TABLE deliveries (
    key INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    id TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    body BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    due REAL NOT NULL,
    attempts INTEGER NOT NULL
);
CREATE UNIQUE INDEX deliveries_by_id ON deliveries (project, id);
CREATE INDEX deliveries_by_due ON deliveries (due);
