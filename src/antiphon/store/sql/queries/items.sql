-- name: find_item
-- The newest item with an id, wherever in the project it stands.
SELECT id, blobs, raw FROM items WHERE project = :project AND id = :id AND side <> 2 ORDER BY key DESC LIMIT 1;

-- name: owned_place
-- Where an id stands in a list of a response or chat; the last place when it is there twice.
SELECT max(position) FROM items WHERE owner = :owner AND side = :side AND id = :id;

-- name: owned_rising
-- A range of such a list.
SELECT id, blobs, raw FROM items
WHERE owner = :owner AND side = :side AND position > :low AND position < :high
ORDER BY position LIMIT :limit;

-- name: owned_falling
-- A range of such a list from its high end.
SELECT id, blobs, raw FROM items
WHERE owner = :owner AND side = :side AND position > :low AND position < :high
ORDER BY position DESC LIMIT :limit;

-- name: conversation_place
-- Where an id stands in a conversation.
SELECT place FROM items WHERE conversation = :conversation AND id = :id;

-- name: conversation_rising
-- A range of a conversation.
SELECT id, blobs, raw FROM items
WHERE conversation = :conversation AND place > :low AND place < :high
ORDER BY place LIMIT :limit;

-- name: conversation_falling
-- A range of a conversation from its high end.
SELECT id, blobs, raw FROM items
WHERE conversation = :conversation AND place > :low AND place < :high
ORDER BY place DESC LIMIT :limit;

-- name: conversation_item
-- One item of a conversation, with its key and whether it belongs to a response too.
SELECT id, blobs, raw, key, owner FROM items WHERE conversation = :conversation AND id = :id;

-- name: take_item_out
-- Leave the item to its response alone.
UPDATE items SET conversation = NULL, place = NULL WHERE key = :key;

-- name: empty_conversation
-- Leave a conversation's items to their responses alone.
UPDATE items SET conversation = NULL, place = NULL WHERE conversation = :conversation AND owner IS NOT NULL;

-- name: leave_items
-- Let the items of a response that is going stay in their conversation.
UPDATE items SET owner = NULL, side = 3 WHERE owner = :owner AND conversation IS NOT NULL;

-- name: owned_items_going
-- The items that go with their response or chat.
SELECT key, blobs FROM items WHERE owner = :owner AND conversation IS NULL;

-- name: conversation_items_going
-- The items that go with their conversation.
SELECT key, blobs FROM items WHERE conversation = :conversation AND owner IS NULL;

-- name: delete_owned_items
-- Remove the items that go with their response or chat.
DELETE FROM items WHERE owner = :owner AND conversation IS NULL;

-- name: delete_conversation_items
-- Remove the items that go with their conversation.
DELETE FROM items WHERE conversation = :conversation AND owner IS NULL;

-- name: delete_item
-- Remove one item.
DELETE FROM items WHERE key = :key;
