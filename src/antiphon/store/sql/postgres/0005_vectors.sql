-- Vector stores, their files, batches of files, and the passages of these with their words and vectors.
-- `version` rises with every change of what a search may find: processes keep what they read of a store under it.
-- A file that is to be read is held by `owner` until `held_until` (Unix seconds); `since` is the store's version when
-- its passages were written. Vectors are plain arrays, so that a database without the extension vector has this schema
-- too; a search casts them, and a large store has an index over the cast.

CREATE TABLE vector_stores (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project text NOT NULL,
    id text NOT NULL,
    created_at bigint NOT NULL,
    name text NOT NULL,
    description text,
    metadata text NOT NULL,
    expires_days bigint,
    last_active_at bigint NOT NULL,
    model text NOT NULL,
    dimension bigint NOT NULL,
    follows bigint NOT NULL,
    version bigint NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX vector_stores_by_id ON vector_stores (project, id);
CREATE INDEX vector_stores_by_time ON vector_stores (project, created_at, key);

CREATE TABLE vector_batches (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    store bigint NOT NULL,
    id text NOT NULL,
    created_at bigint NOT NULL,
    cancelled bigint NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX vector_batches_by_id ON vector_batches (store, id);

CREATE TABLE vector_files (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    store bigint NOT NULL,
    id text NOT NULL,
    filename text NOT NULL,
    created_at bigint NOT NULL,
    status text NOT NULL,
    usage_bytes bigint NOT NULL DEFAULT 0,
    attributes text NOT NULL,
    error_code text,
    error_message text,
    most_tokens bigint NOT NULL,
    overlap_tokens bigint NOT NULL,
    batch bigint NOT NULL,
    passages bigint NOT NULL DEFAULT 0,
    since bigint NOT NULL DEFAULT 0,
    owner text,
    held_until double precision NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX vector_files_by_id ON vector_files (store, id);
CREATE INDEX vector_files_by_time ON vector_files (store, created_at, key);
CREATE INDEX vector_files_by_status ON vector_files (store, status, usage_bytes);
CREATE INDEX vector_files_by_batch ON vector_files (batch, status);
CREATE INDEX vector_files_waiting ON vector_files (key) WHERE status = 'in_progress';

CREATE SEQUENCE passage_keys;
CREATE TABLE passages (
    key bigint PRIMARY KEY,
    store bigint NOT NULL,
    file bigint NOT NULL,
    number bigint NOT NULL,
    start bigint NOT NULL,
    finish bigint NOT NULL,
    page bigint,
    heading text NOT NULL,
    above text NOT NULL,
    text text NOT NULL,
    words tsvector NOT NULL
);
CREATE INDEX passages_by_file ON passages (file, number);
CREATE INDEX passages_by_store ON passages (store);
CREATE INDEX passages_by_word ON passages USING gin (words);

CREATE TABLE passage_vectors (
    key bigint PRIMARY KEY,
    store bigint NOT NULL,
    file bigint NOT NULL,
    vector real[] NOT NULL
);
ALTER TABLE passage_vectors ALTER COLUMN vector SET STORAGE EXTERNAL;
CREATE INDEX passage_vectors_by_file ON passage_vectors (file);
CREATE INDEX passage_vectors_by_store ON passage_vectors (store);
