-- The first schema. Keys are integers that rise with time, so that new rows sit together; ids are text that may
-- come from a client. Bodies and items are JSON kept byte for byte, so their columns are bytea.

CREATE TABLE responses (
    key bigint PRIMARY KEY,
    project text NOT NULL,
    id text NOT NULL,
    created_at bigint NOT NULL,
    status text NOT NULL,
    model text NOT NULL,
    previous_response_id text,
    conversation_id text,
    conversation_from bigint,
    appended bigint NOT NULL,
    body bytea NOT NULL
);
CREATE UNIQUE INDEX responses_by_id ON responses (project, id);
CREATE INDEX responses_by_age ON responses (created_at);

CREATE TABLE conversations (
    key bigint PRIMARY KEY,
    project text NOT NULL,
    id text NOT NULL,
    created_at bigint NOT NULL,
    metadata bytea NOT NULL,
    next_place bigint NOT NULL,
    lock_owner text,
    lock_expires double precision NOT NULL
);
CREATE UNIQUE INDEX conversations_by_id ON conversations (project, id);

CREATE TABLE chats (
    key bigint PRIMARY KEY,
    project text NOT NULL,
    id text NOT NULL,
    created_at bigint NOT NULL,
    model text NOT NULL,
    metadata bytea NOT NULL,
    body bytea NOT NULL
);
CREATE UNIQUE INDEX chats_by_id ON chats (project, id);
CREATE INDEX chats_by_time ON chats (project, created_at, key);
CREATE INDEX chats_by_age ON chats (created_at);

CREATE TABLE chat_tags (
    chat bigint NOT NULL,
    name text NOT NULL,
    value text NOT NULL
);
CREATE INDEX chat_tags_by_chat ON chat_tags (chat);

-- An item belongs to a response (side 0 its input, 1 its output), to a stored chat (side 2), or to no one (side 3),
-- and may stand in a conversation besides. `owner` is the key of the response or chat.
CREATE TABLE items (
    key bigint PRIMARY KEY,
    project text NOT NULL,
    id text NOT NULL,
    owner bigint,
    side bigint NOT NULL,
    position bigint NOT NULL,
    conversation bigint,
    place bigint,
    blobs bigint NOT NULL,
    raw bytea NOT NULL
);
CREATE INDEX items_by_id ON items (project, id);
CREATE UNIQUE INDEX items_by_owner ON items (owner, side, position) WHERE owner IS NOT NULL;
CREATE UNIQUE INDEX items_by_place ON items (conversation, place) WHERE conversation IS NOT NULL;
CREATE UNIQUE INDEX items_by_conversation ON items (conversation, id) WHERE conversation IS NOT NULL;

CREATE TABLE blobs (
    key bigint PRIMARY KEY,
    project text NOT NULL,
    hash text NOT NULL,
    bytes bytea NOT NULL
);
CREATE UNIQUE INDEX blobs_by_hash ON blobs (project, hash);

CREATE TABLE blob_uses (
    item bigint NOT NULL,
    blob bigint NOT NULL
);
CREATE INDEX blob_uses_by_item ON blob_uses (item);
CREATE INDEX blob_uses_by_blob ON blob_uses (blob);

-- One sequence for the keys of every table; a writer takes as many as it needs in one question.
CREATE SEQUENCE row_keys;
