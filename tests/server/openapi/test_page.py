"""The page for people: whole by itself, and nothing in it is run."""

from server.openapi.test_document import nothing
from starlette.routing import Route

from antiphon.server.openapi.document import document
from antiphon.server.openapi.page import POLICY, page


def test_it_loads_nothing_from_elsewhere_and_runs_nothing() -> None:
    shown = page(document([Route("/v1/a<b>/{id}", nothing, methods=["GET", "POST"])]))
    assert "<script" not in shown
    assert "style=" not in shown
    assert "http://" not in shown
    assert "https://" not in shown
    assert "/v1/a&lt;b&gt;/{id}" in shown
    assert shown.count("<details") == shown.count("</details>")
    assert POLICY.startswith("default-src 'none'")
