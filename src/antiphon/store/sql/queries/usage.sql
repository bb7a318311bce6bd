-- name: add_usage
-- Add to what a project used of a model on a day.
INSERT INTO usage (
  project, day, model, requests, failed, turns, tool_calls, input_tokens, cached_tokens, output_tokens,
  reasoning_tokens, cost
) VALUES (
  :project, :day, :model, :requests, :failed, :turns, :tool_calls, :input_tokens, :cached_tokens, :output_tokens,
  :reasoning_tokens, :cost
)
ON CONFLICT (project, day, model) DO UPDATE SET
  requests = usage.requests + excluded.requests,
  failed = usage.failed + excluded.failed,
  turns = usage.turns + excluded.turns,
  tool_calls = usage.tool_calls + excluded.tool_calls,
  input_tokens = usage.input_tokens + excluded.input_tokens,
  cached_tokens = usage.cached_tokens + excluded.cached_tokens,
  output_tokens = usage.output_tokens + excluded.output_tokens,
  reasoning_tokens = usage.reasoning_tokens + excluded.reasoning_tokens,
  cost = usage.cost + excluded.cost;

-- name: read_usage
-- What a project used, the newest day first.
SELECT project, day, model, requests, failed, turns, tool_calls, input_tokens, cached_tokens, output_tokens,
  reasoning_tokens, cost
FROM usage
WHERE project = :project AND day >= :first AND day <= :last
  AND (CAST(:model AS text) IS NULL OR model = CAST(:model AS text))
ORDER BY day DESC, model LIMIT :limit;
