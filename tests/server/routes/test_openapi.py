"""The document and its page, as a server gives them. What is in it: tests/server/openapi/."""

import httpx2
from running_server import Scene


def test_the_document_and_its_page(scene: Scene) -> None:
    base = scene.server.url.removesuffix("/v1")
    told = httpx2.get(f"{base}/openapi.json")
    assert told.headers["content-type"] == "application/json"
    assert told.json()["openapi"] == "3.1.0"
    assert "/docs" in told.json()["paths"]
    shown = httpx2.get(f"{base}/docs")
    assert shown.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert 'href="docs/style.css"' in shown.text
    assert httpx2.get(f"{base}/docs/style.css").headers["content-type"].startswith("text/css")
