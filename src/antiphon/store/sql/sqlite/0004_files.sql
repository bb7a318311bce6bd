-- Files: what is known of them, and where their bytes are. Files of a project with the same bytes share a row of
-- `file_blobs`. An upload comes in parts, each with bytes of its own, until it is a file.

CREATE TABLE files (
    key INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    filename TEXT NOT NULL,
    purpose TEXT NOT NULL,
    media_type TEXT NOT NULL,
    blob INTEGER NOT NULL
);
CREATE UNIQUE INDEX files_by_id ON files (project, id);
CREATE INDEX files_by_time ON files (project, created_at, key);
CREATE INDEX files_by_expiry ON files (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX files_by_blob ON files (blob);

CREATE TABLE file_blobs (
    key INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    hash TEXT NOT NULL,
    place TEXT NOT NULL,
    bytes INTEGER NOT NULL
);
CREATE UNIQUE INDEX file_blobs_by_hash ON file_blobs (project, hash);
CREATE INDEX file_blobs_by_place ON file_blobs (place);

CREATE TABLE uploads (
    key INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    filename TEXT NOT NULL,
    purpose TEXT NOT NULL,
    media_type TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    keep_seconds INTEGER,
    status TEXT NOT NULL,
    file_id TEXT
);
CREATE UNIQUE INDEX uploads_by_id ON uploads (project, id);
CREATE INDEX uploads_by_expiry ON uploads (expires_at);

CREATE TABLE upload_parts (
    key INTEGER PRIMARY KEY,
    upload INTEGER NOT NULL,
    id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    hash TEXT NOT NULL,
    place TEXT NOT NULL,
    bytes INTEGER NOT NULL
);
CREATE INDEX upload_parts_by_upload ON upload_parts (upload, key);
CREATE INDEX upload_parts_by_place ON upload_parts (place);

-- The name under which this database's bytes lie, so that none takes up another's. One row.
CREATE TABLE file_home (
    only_one INTEGER PRIMARY KEY,
    name TEXT NOT NULL
);
