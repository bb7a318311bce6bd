"""`GET /metrics` is there where it was asked for: tests/server/test_seen.py shows both."""

from antiphon.server.routes.metrics import PATH


def test_its_place_is_the_usual_one() -> None:
    assert PATH == "/metrics"
