-- The words of a passage get one that stands for its store, so that the index finds a store's passages with a word among
-- those of all stores. A word of a text never begins with this sign. Words are kept beside their row unless it is very
-- long, since to rank passages is to read them; and the index has no list of what isn't in it yet, which each search
-- would read as a whole.

ALTER TABLE passages SET (toast_tuple_target = 8160);
ALTER INDEX passages_by_word SET (fastupdate = off);
SELECT gin_clean_pending_list('passages_by_word'::regclass);
UPDATE passages SET words = words || array_to_tsvector(ARRAY['#' || store]);
