"""`GET /v1/usage`: tests/server/test_seen.py shows what it gives."""

from running_server import Scene


def test_where_nothing_is_counted_it_says_how_to(scene: Scene) -> None:
    answer = scene.server.get("/usage")
    assert (answer.status, answer.error["code"]) == (404, "usage_not_counted")
    assert "--usage" in answer.error["message"]
