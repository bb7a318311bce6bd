-- Keys of the server: of each only its digest. The log of administrative acts only grows. What callers have used of
-- their limits, by windows of time, and what each server holds for them at the moment.

CREATE TABLE api_keys (
    id TEXT PRIMARY KEY,
    project TEXT NOT NULL,
    name TEXT NOT NULL,
    digest BLOB NOT NULL,
    scopes BLOB NOT NULL,
    models BLOB,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER
);

CREATE TABLE acts (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    project TEXT NOT NULL,
    subject TEXT NOT NULL,
    actor TEXT NOT NULL,
    detail BLOB NOT NULL
);

CREATE TABLE limit_uses (
    subject TEXT NOT NULL,
    kind TEXT NOT NULL,
    began INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (subject, kind, began)
);

CREATE TABLE limit_holds (
    holder TEXT NOT NULL,
    subject TEXT NOT NULL,
    kind TEXT NOT NULL,
    amount INTEGER NOT NULL,
    expires REAL NOT NULL,
    PRIMARY KEY (holder, subject, kind)
);
