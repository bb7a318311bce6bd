-- Prompt templates: a row for each version. `first` is the key of a prompt's first version, by which prompts are listed.

CREATE TABLE prompts (
    key bigint PRIMARY KEY,
    project text NOT NULL,
    id text NOT NULL,
    version bigint NOT NULL,
    first bigint NOT NULL,
    created_at bigint NOT NULL,
    body bytea NOT NULL
);
CREATE UNIQUE INDEX prompts_by_id ON prompts (project, id, version);
CREATE INDEX prompts_by_first ON prompts (project, first);
