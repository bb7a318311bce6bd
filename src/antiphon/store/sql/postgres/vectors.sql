-- What PostgreSQL words in its own way of vectors and passages. Lists come in as one JSON text.
-- `{schema}` is where the extension vector is; numbers in types and in the conditions of indexes can't be parameters.

-- name: new_passage_keys
-- As many unused keys of passages as asked for, rising.
SELECT nextval('passage_keys') FROM generate_series(1, :count::bigint);

-- name: insert_passage
-- A passage, and its words, with one that stands for its store.
INSERT INTO passages (key, store, file, number, start, finish, page, heading, above, text, words)
VALUES (:key, :store::bigint, :file, :number, :start, :finish, :page, :heading, :above::text, :text::text,
    to_tsvector('english', :above::text || ' ' || :text::text) || array_to_tsvector(ARRAY['#' || :store::bigint]));

-- name: insert_passage_vector
-- The vector of a passage.
INSERT INTO passage_vectors (key, store, file, vector) VALUES (:key, :store, :file, :vector);

-- name: common_words
-- The places of words that many passages of a store have, and how many at least, as the planner's statistics say of all
-- stores together: more than the least even if every passage of another store has the word.
WITH asked AS MATERIALIZED (
    SELECT w.place, to_tsquery('english', w.word)::text AS form
    FROM json_array_elements_text(:words::json) WITH ORDINALITY AS w (word, place)
), told AS MATERIALIZED (
    SELECT quote_literal(e.lexeme) AS form,
        CAST(e.share * c.reltuples - greatest(c.reltuples - :total::float8, 0) AS bigint) AS amount
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        JOIN pg_stats AS s ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = 'words'
        CROSS JOIN LATERAL unnest(s.most_common_elems::text::text[], s.most_common_elem_freqs) AS e (lexeme, share)
    WHERE c.oid = 'passages'::regclass
        AND e.share * c.reltuples - greatest(c.reltuples - :total::float8, 0) > :least::float8
)
SELECT a.place, t.amount FROM asked AS a JOIN told AS t ON t.form = a.form;

-- name: passages_with_words
-- The passages of a store, or of some of its files, that have some of the words, the best first; then, without keys, how
-- many have each word. Words that more have than are common don't count. Those whose words are rarest together are ranked.
-- The store's own word is looked up too, unless half of all passages have it: then it is cheaper to look at the rows.
WITH asked AS MATERIALIZED (
    SELECT w.place, to_tsquery('english', w.word) AS form, CASE
        WHEN c.reltuples BETWEEN 0 AND 2 * :total::float8 THEN to_tsquery('english', w.word)
        ELSE ('''#' || :store::bigint || '''')::tsquery && to_tsquery('english', w.word)
    END AS here
    FROM pg_class AS c CROSS JOIN json_array_elements_text(:words::json) WITH ORDINALITY AS w (word, place)
    WHERE c.oid = 'passages'::regclass AND numnode(to_tsquery('english', w.word)) > 0
), met AS MATERIALIZED (
    SELECT a.place, h.key, h.spot FROM asked AS a CROSS JOIN LATERAL (
        SELECT p.key, p.ctid AS spot FROM passages AS p
        WHERE p.words @@ a.here AND p.store + 0 = :store
            AND (:files::text IS NULL OR p.file IN (SELECT (json_array_elements_text(:files::json))::bigint))
        LIMIT :common::bigint + 1
    ) AS h
), counted AS MATERIALIZED (
    SELECT place, count(*) AS amount FROM met GROUP BY place
), candidates AS MATERIALIZED (
    SELECT m.key, m.spot, sum(ln(1 + :total / c.amount)) AS rarity
    FROM met AS m JOIN counted AS c ON c.place = m.place AND c.amount <= :common
    GROUP BY m.key, m.spot ORDER BY rarity DESC, m.key LIMIT :ranked
), form AS MATERIALIZED (
    SELECT string_agg('(' || a.form::text || ')', ' | ')::tsquery AS said
    FROM asked AS a JOIN counted AS c ON c.place = a.place AND c.amount <= :common
)
(
    SELECT c.key, NULL::bigint AS place, NULL::bigint AS amount
    FROM candidates AS c JOIN passages AS p ON p.ctid = c.spot CROSS JOIN form AS f
    ORDER BY c.rarity * ts_rank(p.words, f.said, 1) DESC, c.key LIMIT :limit
)
UNION ALL
SELECT NULL, place, amount FROM counted;

-- name: passages_with_all_words
-- Passages of a store, or of some of its files, that have all of the words, though many may: as many as are ranked.
SELECT p.key FROM (
    SELECT p.key, p.words FROM passages AS p
    WHERE p.words @@ (
        SELECT CASE
            WHEN c.reltuples BETWEEN 0 AND 2 * :total::float8 THEN to_tsquery('english', :words)
            ELSE ('''#' || :store::bigint || '''')::tsquery && to_tsquery('english', :words)
        END FROM pg_class AS c WHERE c.oid = 'passages'::regclass
    ) AND p.store + 0 = :store AND numnode(to_tsquery('english', :words)) > 0
        AND (:files::text IS NULL OR p.file IN (SELECT (json_array_elements_text(:files::json))::bigint))
    LIMIT :many
) AS p
ORDER BY ts_rank(p.words, to_tsquery('english', :words), 1) DESC, p.key LIMIT :limit;

-- name: passages_of_few_files_with_words
-- The passages of some small files that have any of the words, each looked at.
SELECT p.key FROM passages AS p
WHERE p.file = ANY (ARRAY(SELECT (json_array_elements_text(:files::json))::bigint)) AND p.store + 0 = :store
    AND p.words @@ to_tsquery('english', :words)
ORDER BY ts_rank(p.words, to_tsquery('english', :words), 1) DESC, p.key LIMIT :limit;

-- name: vector_schema
-- Where the extension vector is.
SELECT quote_ident(n.nspname) FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace
WHERE e.extname = 'vector';

-- name: make_vector_extension
-- Install the extension vector, if it is on the machine and this role may.
CREATE EXTENSION IF NOT EXISTS vector;

-- name: nearest_by_index
-- The passages of a large store that are nearest to a vector, by its index, which is told first how far it is to look.
SELECT v.key FROM passage_vectors AS v
WHERE v.store = {store} AND (SELECT set_config('hnsw.ef_search', '{reach}', true)) IS NOT NULL
ORDER BY (v.vector::{schema}.vector({dimension})) OPERATOR({schema}.<=>) (:vector::real[]::{schema}.vector) LIMIT {limit};

-- name: nearest_of_files_by_index
-- Those of some files alone, by the index all the same: the files' own would have each of their vectors compared.
SELECT v.key FROM passage_vectors AS v
WHERE v.store = {store} AND (SELECT set_config('hnsw.ef_search', '{reach}', true)) IS NOT NULL
    AND (v.file IN (SELECT (json_array_elements_text(:files::json))::bigint)) IS TRUE
ORDER BY (v.vector::{schema}.vector({dimension})) OPERATOR({schema}.<=>) (:vector::real[]::{schema}.vector) LIMIT {limit};

-- name: nearest
-- The passages of a store that are nearest to a vector, each looked at.
SELECT v.key FROM passage_vectors AS v WHERE v.store = :store
ORDER BY (v.vector::{schema}.vector({dimension}) OPERATOR({schema}.<=>) (:vector::real[]::{schema}.vector)) + 0, v.key
LIMIT :limit;

-- name: nearest_of_files
-- Those of some files alone.
SELECT v.key FROM passage_vectors AS v
WHERE v.store = :store AND v.file IN (SELECT (json_array_elements_text(:files::json))::bigint)
ORDER BY (v.vector::{schema}.vector({dimension}) OPERATOR({schema}.<=>) (:vector::real[]::{schema}.vector)) + 0, v.key
LIMIT :limit;

-- name: hold_vector_index
-- Whether nobody else is making a store's index, or was; it is held as long as the connection is.
SELECT pg_try_advisory_lock(hashtextextended(current_schema() || '.passage_vectors_near_{store}', 0));

-- name: hold_vector_index_briefly
-- The same for as long as the transaction.
SELECT pg_try_advisory_xact_lock(hashtextextended(current_schema() || '.passage_vectors_near_{store}', 0));

-- name: make_vector_index
-- An index for the vectors of one store, made while others write.
CREATE INDEX CONCURRENTLY passage_vectors_near_{store} ON passage_vectors
USING hnsw ((vector::{schema}.vector({dimension})) {schema}.vector_cosine_ops) WHERE store = {store};

-- name: has_vector_index
-- Whether a store's vectors have an index that is whole.
SELECT EXISTS (
    SELECT FROM pg_index AS i WHERE i.indexrelid = to_regclass('passage_vectors_near_{store}') AND i.indisvalid
);

-- name: vector_store_is_there
-- Whether nobody has deleted it.
SELECT key FROM vector_stores WHERE key = :store;

-- name: drop_vector_index
-- A store's index is of no use any more.
DROP INDEX IF EXISTS passage_vectors_near_{store};

-- name: found_passages
-- These passages of a store, with their files.
SELECT p.key, p.text, p.page, p.heading, p.start, p.finish, p.number, f.id, f.filename, f.attributes
FROM passages AS p JOIN vector_files AS f ON f.key = p.file JOIN vector_stores AS s ON s.key = p.store + 0
WHERE p.key IN (SELECT (json_array_elements_text(:keys::json))::bigint) AND s.project = :project AND s.id = :id;
