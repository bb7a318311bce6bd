-- What PostgreSQL words in its own way of vectors and passages. Lists come in as one JSON text.
-- `{schema}` is where the extension vector is; numbers in types and in the conditions of indexes can't be parameters.

-- name: new_passage_keys
-- As many unused keys of passages as asked for, rising.
SELECT nextval('passage_keys') FROM generate_series(1, :count::bigint);

-- name: insert_passage
-- A passage, and its words.
INSERT INTO passages (key, store, file, number, start, finish, page, heading, above, text, words)
VALUES (:key, :store, :file, :number, :start, :finish, :page, :heading, :above::text, :text::text,
    to_tsvector('english', :above::text || ' ' || :text::text));

-- name: insert_passage_vector
-- The vector of a passage.
INSERT INTO passage_vectors (key, store, file, vector) VALUES (:key, :store, :file, :vector);

-- name: passages_with_words
-- The passages of a store that have the words, the best first.
SELECT p.key FROM passages AS p
WHERE p.store = :store AND p.words @@ to_tsquery('english', :words)
ORDER BY ts_rank(p.words, to_tsquery('english', :words), 1) DESC, p.key LIMIT :limit;

-- name: count_passages_with_words
-- How many passages of a store have the words, counted so far.
SELECT count(*) FROM (
    SELECT 1 FROM passages AS p WHERE p.store = :store AND p.words @@ to_tsquery('english', :words) LIMIT :limit
) AS found;

-- name: passages_of_files_with_words
-- Those of some files alone.
SELECT p.key FROM passages AS p
WHERE p.store = :store AND p.words @@ to_tsquery('english', :words)
    AND p.file IN (SELECT (json_array_elements_text(:files::json))::bigint)
ORDER BY ts_rank(p.words, to_tsquery('english', :words), 1) DESC, p.key LIMIT :limit;

-- name: vector_schema
-- Where the extension vector is.
SELECT quote_ident(n.nspname) FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace
WHERE e.extname = 'vector';

-- name: make_vector_extension
-- Install the extension vector, if it is on the machine and this role may.
CREATE EXTENSION IF NOT EXISTS vector;

-- name: search_strictly
-- Searches of an index go on until enough is found that passes the filters.
SELECT set_config('hnsw.iterative_scan', 'strict_order', true), set_config('hnsw.ef_search', '100', true);

-- name: nearest_by_index
-- The passages of a large store that are nearest to a vector, by its index.
SELECT v.key FROM passage_vectors AS v WHERE v.store = {store}
ORDER BY (v.vector::{schema}.vector({dimension})) OPERATOR({schema}.<=>) (:vector::text::{schema}.vector) LIMIT :limit;

-- name: nearest_of_files_by_index
-- Those of some files alone.
SELECT v.key FROM passage_vectors AS v
WHERE v.store = {store} AND v.file = ANY (ARRAY(SELECT (json_array_elements_text(:files::json))::bigint))
ORDER BY (v.vector::{schema}.vector({dimension})) OPERATOR({schema}.<=>) (:vector::text::{schema}.vector) LIMIT :limit;

-- name: nearest
-- The passages of a store that are nearest to a vector, each looked at.
SELECT v.key FROM passage_vectors AS v WHERE v.store = :store
ORDER BY (v.vector::{schema}.vector({dimension}) OPERATOR({schema}.<=>) (:vector::text::{schema}.vector)) + 0, v.key
LIMIT :limit;

-- name: nearest_of_files
-- Those of some files alone.
SELECT v.key FROM passage_vectors AS v
WHERE v.store = :store AND v.file IN (SELECT (json_array_elements_text(:files::json))::bigint)
ORDER BY (v.vector::{schema}.vector({dimension}) OPERATOR({schema}.<=>) (:vector::text::{schema}.vector)) + 0, v.key
LIMIT :limit;

-- name: make_vector_index
-- An index for the vectors of one store.
CREATE INDEX IF NOT EXISTS passage_vectors_near_{store} ON passage_vectors
USING hnsw ((vector::{schema}.vector({dimension})) {schema}.vector_cosine_ops) WHERE store = {store};

-- name: has_vector_index
-- Whether a store's vectors have an index.
SELECT to_regclass('passage_vectors_near_{store}') IS NOT NULL;

-- name: drop_vector_index
-- A store's index is of no use any more.
DROP INDEX IF EXISTS passage_vectors_near_{store};

-- name: found_passages
-- These passages of a store, with their files.
SELECT p.key, p.text, p.page, p.heading, p.start, p.finish, p.number, f.id, f.filename, f.attributes
FROM passages AS p JOIN vector_files AS f ON f.key = p.file
WHERE p.store = :store AND p.key IN (SELECT (json_array_elements_text(:keys::json))::bigint);
