-- What SQLite words in its own way of vectors and passages. Lists come in as one JSON text.

-- name: new_passage_keys
-- As many unused keys of passages as asked for, rising.
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count)
SELECT n + (SELECT coalesce(max(key), 0) FROM passages) FROM numbers;

-- name: insert_passage
-- A passage, and its words.
INSERT INTO passages (key, store, file, number, start, finish, page, heading, above, text, words)
VALUES (:key, :store, :file, :number, :start, :finish, :page, :heading, :above, :text, 's' || :store);

-- name: insert_passage_vector
-- The vector of a passage.
INSERT INTO passage_vectors (key, store, file, vector) VALUES (:key, :store, :file, :vector);

-- name: passages_with_words
-- The passages of a store that have the words, the best first.
SELECT rowid FROM passage_words WHERE passage_words MATCH :words ORDER BY rank LIMIT :limit;

-- name: count_passages_with_words
-- How many passages of a store have the words, counted so far.
SELECT count(*) FROM (SELECT rowid FROM passage_words WHERE passage_words MATCH :words LIMIT :limit);

-- name: passages_of_files_with_words
-- Those of some files alone.
SELECT rowid FROM passage_words
WHERE passage_words MATCH :words
    AND +rowid IN (SELECT p.key FROM json_each(:files) AS w CROSS JOIN passages AS p ON p.file = w.value)
ORDER BY rank LIMIT :limit;

-- name: vectors_of_files
-- All vectors of these files.
SELECT v.key, v.file, v.vector FROM json_each(:files) AS w CROSS JOIN passage_vectors AS v ON v.file = w.value;

-- name: found_passages
-- These passages of a store, with their files.
SELECT p.key, p.text, p.page, p.heading, p.start, p.finish, p.number, f.id, f.filename, f.attributes
FROM json_each(:keys) AS w
CROSS JOIN passages AS p ON p.key = w.value
CROSS JOIN vector_files AS f ON f.key = p.file
CROSS JOIN vector_stores AS s ON s.key = p.store
WHERE s.project = :project AND s.id = :id;
