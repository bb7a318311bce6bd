-- What each project used of each model on each day, in UTC; cost in millionths of the prices' currency.

CREATE TABLE usage (
    project text COLLATE "C" NOT NULL,
    day text COLLATE "C" NOT NULL,
    model text COLLATE "C" NOT NULL,
    requests bigint NOT NULL,
    failed bigint NOT NULL,
    turns bigint NOT NULL,
    tool_calls bigint NOT NULL,
    input_tokens bigint NOT NULL,
    cached_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    reasoning_tokens bigint NOT NULL,
    cost bigint NOT NULL,
    PRIMARY KEY (project, day, model)
);
