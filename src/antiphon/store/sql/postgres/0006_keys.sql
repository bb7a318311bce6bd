-- Keys of the server: of each only its digest. The log of administrative acts only grows. What callers have used of
-- their limits, by windows of time, and what each server holds for them at the moment.

CREATE TABLE api_keys (
    id text PRIMARY KEY,
    project text NOT NULL,
    name text NOT NULL,
    digest bytea NOT NULL,
    scopes bytea NOT NULL,
    models bytea,
    created_at bigint NOT NULL,
    expires_at bigint,
    revoked_at bigint
);

CREATE TABLE acts (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at bigint NOT NULL,
    kind text NOT NULL,
    project text NOT NULL,
    subject text NOT NULL,
    actor text NOT NULL,
    detail bytea NOT NULL
);

CREATE TABLE limit_uses (
    subject text NOT NULL,
    kind text NOT NULL,
    began bigint NOT NULL,
    amount bigint NOT NULL,
    PRIMARY KEY (subject, kind, began)
);

CREATE TABLE limit_holds (
    holder text NOT NULL,
    subject text NOT NULL,
    kind text NOT NULL,
    amount bigint NOT NULL,
    expires double precision NOT NULL,
    PRIMARY KEY (holder, subject, kind)
);
