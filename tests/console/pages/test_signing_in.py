"""Signing in on an open server, and the API as pages reach it. With keys: `test_entrance.py`."""

from console_scene import TOKEN, Pages

from antiphon.testing import text


def test_on_an_open_server_nobody_signs_in(pages: Pages) -> None:
    assert pages.get("/console/login").url.path == "/console/"
    assert "Sign out" not in pages.get("/").text


def test_nobody_is_led_elsewhere(pages: Pages) -> None:
    for then in ("https://evil.example", "//evil.example", "evil"):
        told = pages.post("/console/login", next=then, key="x")
        assert told.url.host == "127.0.0.1"


def test_a_page_asks_the_api_with_its_token_and_not_without(pages: Pages) -> None:
    found = TOKEN.search(pages.get("/console/playground").text)
    body = {"model": "scripted/m", "input": "Hello?"}
    headers = {"x-csrf-token": found[1] if found else "", "origin": pages.base}
    pages.scene.play(text("Yes."))
    told = pages.http.post(f"{pages.base}/console/v1/responses", json=body, headers=headers)
    assert told.json()["status"] == "completed"
    refused = pages.http.post(f"{pages.base}/console/v1/responses", json=body)
    assert refused.status_code == 403
    assert pages.get("/console/v1/models").json()["object"] == "list"
    assert pages.get("/console/v1/nothing").json()["error"]["code"] == "unknown_url"
