"""Forms come from our own pages, or are refused."""

import httpx2
import pytest
from console_scene import Pages

from antiphon.console.sessions import COOKIE, Sessions


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
        page = other.get(f"{pages.base}/console/responses").text
        token = page.split('name="csrf" content="')[1][:64]
    pages.get("/")
    assert pages.post(f"/console/responses/{kept}/delete", token).status_code == 403


def test_a_form_of_another_site_does_not_come_through(pages: Pages) -> None:
    kept = pages.answer()
    refused = pages.http.post(
        f"{pages.base}/console/responses/{kept}/delete", headers={"origin": "https://evil.example"}
    )
    assert refused.status_code == 403


def test_tokens_follow_from_a_secret_of_the_process() -> None:
    assert Sessions().token is not Sessions().token
