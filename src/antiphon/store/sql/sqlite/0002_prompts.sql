-- Prompt templates: a row for each version. `first` is the key of a prompt's first version, by which prompts are listed.

CREATE TABLE prompts (
    key INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    first INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    body BLOB NOT NULL
);
CREATE UNIQUE INDEX prompts_by_id ON prompts (project, id, version);
CREATE INDEX prompts_by_first ON prompts (project, first);
