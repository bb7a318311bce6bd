-- Vector stores, their files, batches of files, and the passages of these with their words and vectors.
-- `version` rises with every change of what a search may find: processes keep what they read of a store under it.
-- A file that is to be read is held by `owner` until `held_until` (Unix seconds); `since` is the store's version when
-- its passages were written.

CREATE TABLE vector_stores (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    project TEXT NOT NULL,
    id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    metadata TEXT NOT NULL,
    expires_days INTEGER,
    last_active_at INTEGER NOT NULL,
    model TEXT NOT NULL,
    dimension INTEGER NOT NULL,
    follows INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX vector_stores_by_id ON vector_stores (project, id);
CREATE INDEX vector_stores_by_time ON vector_stores (project, created_at, key);

CREATE TABLE vector_batches (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    store INTEGER NOT NULL,
    id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    cancelled INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX vector_batches_by_id ON vector_batches (store, id);

CREATE TABLE vector_files (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    store INTEGER NOT NULL,
    id TEXT NOT NULL,
    filename TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    status TEXT NOT NULL,
    usage_bytes INTEGER NOT NULL DEFAULT 0,
    attributes TEXT NOT NULL,
    error_code TEXT,
    error_message TEXT,
    most_tokens INTEGER NOT NULL,
    overlap_tokens INTEGER NOT NULL,
    batch INTEGER NOT NULL,
    passages INTEGER NOT NULL DEFAULT 0,
    since INTEGER NOT NULL DEFAULT 0,
    owner TEXT,
    held_until REAL NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX vector_files_by_id ON vector_files (store, id);
CREATE INDEX vector_files_by_time ON vector_files (store, created_at, key);
CREATE INDEX vector_files_by_status ON vector_files (store, status, usage_bytes);
CREATE INDEX vector_files_by_batch ON vector_files (batch, status);
CREATE INDEX vector_files_waiting ON vector_files (key) WHERE status = 'in_progress';

CREATE TABLE passages (
    key INTEGER PRIMARY KEY,
    store INTEGER NOT NULL,
    file INTEGER NOT NULL,
    number INTEGER NOT NULL,
    start INTEGER NOT NULL,
    finish INTEGER NOT NULL,
    page INTEGER,
    heading TEXT NOT NULL,
    above TEXT NOT NULL,
    text TEXT NOT NULL,
    words TEXT NOT NULL
);
CREATE INDEX passages_by_file ON passages (file, number);
CREATE INDEX passages_by_store ON passages (store);

CREATE TABLE passage_vectors (
    key INTEGER PRIMARY KEY,
    store INTEGER NOT NULL,
    file INTEGER NOT NULL,
    vector BLOB NOT NULL
);
CREATE INDEX passage_vectors_by_file ON passage_vectors (file);
CREATE INDEX passage_vectors_by_store ON passage_vectors (store);

-- A word is found under its stem; `words` has one word for the store, so that a search never reads another's.
CREATE VIRTUAL TABLE passage_words USING fts5 (
    text, above, words, content = 'passages', content_rowid = 'key', tokenize = 'porter unicode61 remove_diacritics 2'
);
INSERT INTO passage_words (passage_words, rank) VALUES ('rank', 'bm25(1.0, 1.0, 0.0)');
CREATE TRIGGER passages_come AFTER INSERT ON passages BEGIN
    INSERT INTO passage_words (rowid, text, above, words) VALUES (new.key, new.text, new.above, new.words);
END;
CREATE TRIGGER passages_go AFTER DELETE ON passages BEGIN
    INSERT INTO passage_words (passage_words, rowid, text, above, words)
    VALUES ('delete', old.key, old.text, old.above, old.words);
END;
