"""What every page says to the browser, whatever it is."""

import pytest
from console_scene import Pages

from antiphon.console.headers import POLICY, policy_for


@pytest.mark.parametrize("path", ["/", "/console/responses", "/console/nothing", "/console/static/console.css"])
def test_every_answer_says_it(pages: Pages, path: str) -> None:
    headers = pages.get(path).headers
    own = f"{pages.base.removeprefix('http://')}/console/static/"
    assert headers["content-security-policy"] == POLICY.format(own=own)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


def test_nothing_inline_and_no_other_host() -> None:
    assert "unsafe" not in POLICY
    assert "http" not in POLICY
    assert POLICY.startswith("default-src 'none'")


def test_pages_are_not_kept(pages: Pages) -> None:
    assert pages.get("/").headers["cache-control"] == "no-store"


def test_scripts_come_from_our_folder_alone() -> None:
    assert "script-src a.example:8321/console/static/;" in policy_for([(b"host", b"a.example:8321")])
    for host in (b"[::1]:8321", b"a b", b"x;script-src *", b""):
        assert "script-src 'self';" in policy_for([(b"host", host)])
    assert "script-src 'self';" in policy_for([])
