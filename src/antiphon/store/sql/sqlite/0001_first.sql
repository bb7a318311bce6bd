-- The first schema. Keys are integers that rise with time, so that new rows sit together; ids are text that may
-- come from a client. Bodies and items are JSON kept byte for byte, so their columns are BLOB.

CREATE TABLE responses (
    key INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    status TEXT NOT NULL,
    model TEXT NOT NULL,
    previous_response_id TEXT,
    conversation_id TEXT,
    conversation_from INTEGER,
    appended INTEGER NOT NULL,
    body BLOB NOT NULL
);
CREATE UNIQUE INDEX responses_by_id ON responses (project, id);
CREATE INDEX responses_by_age ON responses (created_at);

CREATE TABLE conversations (
    key INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    metadata BLOB NOT NULL,
    next_place INTEGER NOT NULL,
    lock_owner TEXT,
    lock_expires REAL NOT NULL
);
CREATE UNIQUE INDEX conversations_by_id ON conversations (project, id);

CREATE TABLE chats (
    key INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    model TEXT NOT NULL,
    metadata BLOB NOT NULL,
    body BLOB NOT NULL
);
CREATE UNIQUE INDEX chats_by_id ON chats (project, id);
CREATE INDEX chats_by_time ON chats (project, created_at, key);
CREATE INDEX chats_by_age ON chats (created_at);

CREATE TABLE chat_tags (
    chat INTEGER NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL
);
CREATE INDEX chat_tags_by_chat ON chat_tags (chat);

-- An item belongs to a response (side 0 its input, 1 its output), to a stored chat (side 2), or to no one (side 3),
-- and may stand in a conversation besides. `owner` is the key of the response or chat.
CREATE TABLE items (
    key INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    id TEXT NOT NULL,
    owner INTEGER,
    side INTEGER NOT NULL,
    position INTEGER NOT NULL,
    conversation INTEGER,
    place INTEGER,
    blobs INTEGER NOT NULL,
    raw BLOB NOT NULL
);
CREATE INDEX items_by_id ON items (project, id);
CREATE UNIQUE INDEX items_by_owner ON items (owner, side, position) WHERE owner IS NOT NULL;
CREATE UNIQUE INDEX items_by_place ON items (conversation, place) WHERE conversation IS NOT NULL;
CREATE UNIQUE INDEX items_by_conversation ON items (conversation, id) WHERE conversation IS NOT NULL;

CREATE TABLE blobs (
    key INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    hash TEXT NOT NULL,
    bytes BLOB NOT NULL
);
CREATE UNIQUE INDEX blobs_by_hash ON blobs (project, hash);

CREATE TABLE blob_uses (
    item INTEGER NOT NULL,
    blob INTEGER NOT NULL
);
CREATE INDEX blob_uses_by_item ON blob_uses (item);
CREATE INDEX blob_uses_by_blob ON blob_uses (blob);
