-- Ways into the list of responses: what is in a conversation, what continues a response, what didn't complete. Most rows
-- are in none of the three. The index by time holds what most filters ask for, so that rows that don't match aren't read.

CREATE INDEX responses_by_conversation ON responses (project, conversation_id, created_at, key)
WHERE conversation_id IS NOT NULL;
CREATE INDEX responses_by_previous ON responses (project, previous_response_id, created_at, key)
WHERE previous_response_id IS NOT NULL;
CREATE INDEX responses_by_status ON responses (project, status, created_at, key) WHERE status <> 'completed';
DROP INDEX responses_by_time;
CREATE INDEX responses_by_time ON responses (project, created_at, key, status, model);
