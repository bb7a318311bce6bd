"""Forms come from our own pages, or are refused."""

import httpx2
import pytest
from console_scene import TOKEN, Pages
from starlette.requests import Request

from antiphon.console.sessions import COOKIE, LASTS, Sessions
from antiphon.sealing import Sealing


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(pages: Pages) -> None:
    said = pages.get("/").headers["set-cookie"].lower()
    assert said.startswith(COOKIE)
    assert "httponly" in said
    assert "samesite=strict" in said
    assert "set-cookie" not in pages.get("/").headers


@pytest.mark.parametrize("csrf", ["", "0" * 64, "é"])
def test_a_form_without_its_token_is_refused(pages: Pages, csrf: str) -> None:
    kept = pages.answer()
    refused = pages.post(f"/console/responses/{kept}/delete", csrf)
    assert refused.status_code == 403
    assert "Load the page again" in refused.text
    assert pages.scene.server.get(f"/responses/{kept}").status == 200


def test_the_token_of_another_browser_is_none(pages: Pages) -> None:
    kept = pages.answer()
    with httpx2.Client() as other:
        found = TOKEN.search(other.get(f"{pages.base}/console/responses").text)
        token = found[1] if found else ""
    pages.get("/")
    assert pages.post(f"/console/responses/{kept}/delete", token).status_code == 403


def test_a_form_of_another_site_does_not_come_through(pages: Pages) -> None:
    kept = pages.answer()
    refused = pages.http.post(
        f"{pages.base}/console/responses/{kept}/delete", headers={"origin": "https://evil.example"}
    )
    assert refused.status_code == 403


def request(cookie: str | None = None) -> Request:
    headers = [(b"cookie", f"{COOKIE}={cookie}".encode())] if cookie else []
    return Request({"type": "http", "method": "GET", "headers": headers, "path": "/", "scheme": "http"})


def cookie_with(sessions: Sessions, key: str) -> str:
    asked = request()
    sessions.begin(asked, key)
    return sessions.cookie_of(asked)


def test_a_key_is_given_once_and_kept_sealed_for_a_while() -> None:
    now = [1000.0]
    sessions = Sessions(Sealing([b"k" * 32]), lambda: now[0])
    cookie = cookie_with(sessions, "sk-ap-1-secret")
    assert "secret" not in cookie
    assert sessions.key_of(request(cookie)) == "sk-ap-1-secret"
    # In another process of the same server too.
    assert Sessions(Sealing([b"k" * 32]), lambda: now[0]).key_of(request(cookie)) == "sk-ap-1-secret"
    assert Sessions(Sealing([b"x" * 32]), lambda: now[0]).key_of(request(cookie)) is None
    now[0] += LASTS
    assert sessions.key_of(request(cookie)) is None


@pytest.mark.parametrize("cookie", ["", "a" * 64, "a1.x.y", "a1." + "b" * 60])
def test_what_is_no_session(cookie: str) -> None:
    assert Sessions(Sealing([b"k" * 32]), lambda: 0.0).key_of(request(cookie)) is None


def test_each_cookie_has_a_token_of_its_own() -> None:
    sessions = Sessions(Sealing([b"k" * 32]), lambda: 0.0)
    assert len({sessions.token(request(cookie)) for cookie in ("a" * 64, "b" * 64)}) == 2
    assert sessions.cookie_of(request("<script>")) != "<script>"
    asked = request("a" * 64)
    sessions.end(asked)
    assert sessions.cookie_of(asked) != "a" * 64
