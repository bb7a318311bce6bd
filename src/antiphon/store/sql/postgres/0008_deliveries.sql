-- Webhooks that are still to be delivered: a row for each message and endpoint.

CREATE TABLE deliveries (
    key bigint PRIMARY KEY,
    project text NOT NULL,
    id text NOT NULL,
    endpoint text NOT NULL,
    body bytea NOT NULL,
    created_at bigint NOT NULL,
    due double precision NOT NULL,
    attempts bigint NOT NULL
);
CREATE UNIQUE INDEX deliveries_by_id ON deliveries (project, id);
CREATE INDEX deliveries_by_due ON deliveries (due);
