"""Which route a path is of. What is seen of requests: tests/server/test_seen.py."""

import pytest

from antiphon.server.watched import noun_of

NOUNS = {"/v1/responses", "/v1/chat/completions", "/metrics", "/v1/models"}


@pytest.mark.parametrize(
    ("path", "noun"),
    [
        ("/v1/responses", "/v1/responses"), ("/v1/responses/resp_1/input_items", "/v1/responses"), ("/metrics", "/metrics"),
        ("/v1/chat/completions/c/messages", "/v1/chat/completions"), ("/v1/models/a/b", "/v1/models"), ("/v1", "other"),
        ("/", "other"), ("", "other"), ("/v1/secret", "other"), ("/v2/responses", "other"), ("/metricsx", "other"),
    ],
)  # fmt: skip
def test_a_path_is_of_a_route_there_is_or_of_none(path: str, noun: str) -> None:
    assert noun_of(path, NOUNS) == noun
