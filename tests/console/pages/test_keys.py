"""Usage by day and model; keys, their log, and revoking one."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from console_scene import Pages, a_console
from made_keys import Operator, bearer

from antiphon.console.pages.keys import DAYS, state, told
from antiphon.store.keys import StoredKey
from antiphon.store.usage import Used

KEY = re.compile(r"sk-ap-[0-9a-f]{12}-[0-9a-f]{48}")
NOW = 1_700_000_000.0
"""2023-11-14."""


@pytest.fixture
def counting(tmp_path: Path) -> Iterator[Pages]:
    with (
        a_console("--usage", "--db", f"sqlite:///{tmp_path}/kept.db") as (scene, base),
        httpx2.Client(timeout=20) as http,
    ):
        yield Pages(scene, base, http)


def test_what_was_used_is_shown_and_keys_can_be_revoked(counting: Pages, tmp_path: Path) -> None:
    counting.http.follow_redirects = True
    counting.answer()
    page = counting.get("/console/usage").text
    assert "scripted/m" in page
    assert page.count('<svg class="plot"') == 2
    assert "The first key closes it" in counting.get("/console/keys").text
    db = f"sqlite:///{tmp_path}/kept.db"
    operator = Operator(db)
    counting.http.headers.update(bearer(operator.key("blue", "--scopes", "read,write,admin")))
    page = counting.get("/console/keys").text
    assert '<span class="state completed">good</span>' in page
    assert "api_key.created" in page
    key_id = page.split("/console/keys/")[1].split("/")[0]
    assert counting.post(f"/console/keys/{key_id}0/revoke").status_code == 404
    counting.post(f"/console/keys/{key_id}/revoke")
    assert "revoked" in operator.keys("list")
    assert "console, key" in operator.keys("log")


def test_a_key_is_made_rotated_and_revoked_in_the_console() -> None:
    with a_console() as (scene, base), httpx2.Client(timeout=20, follow_redirects=True) as http:
        pages = Pages(scene, base, http)
        told = pages.post("/console/keys", project="blue sky", scopes="read")
        assert (told.status_code, "A project is called by letters" in told.text) == (400, True)
        assert pages.post("/console/keys", project="blue").status_code == 400
        assert pages.post("/console/keys", csrf="wrong", project="blue", scopes="admin").status_code == 403
        form = {"project": "blue", "name": "<first>", "days": "30", "models": "scripted/m, other/*"}
        made = pages.post("/console/keys", scopes="admin", **form)
        (key,) = KEY.findall(made.text)
        assert "&lt;first&gt;" in made.text
        # Whoever made the first key goes on with it; others need one now. It isn't shown again.
        page = pages.get("/console/keys").text
        assert "scripted/m, other/*" in page
        assert KEY.findall(page) == []
        assert httpx2.get(f"{base}/v1/organization/audit_logs", headers=bearer(key)).status_code == 200
        key_id = page.split("/console/keys/")[1].split("/")[0]
        assert pages.post(f"/console/keys/{key_id}/rotate", hours="3").status_code == 400
        (second,) = KEY.findall(pages.post(f"/console/keys/{key_id}/rotate", hours="1").text)
        logs = httpx2.get(f"{base}/v1/organization/audit_logs", headers=bearer(key)).json()
        assert [act["type"] for act in logs["data"]] == ["api_key.rotated", "api_key.created", "api_key.created"]
        assert pages.post(f"/console/keys/{second.split('-')[2]}0/rotate", hours="1").status_code == 404
        pages.post(f"/console/keys/{second.split('-')[2]}/revoke")
        assert '<span class="state failed">revoked</span>' in pages.get("/console/keys").text


def test_without_counting_it_says_how(pages: Pages) -> None:
    assert "antiphon serve --usage" in pages.get("/console/usage").text


def test_days_and_models_add_up() -> None:
    one = Used(project="p", day="2023-11-14", model="a", requests=1, input_tokens=10, output_tokens=5, cost=2_000_000)
    two = Used(project="p", day="2023-11-01", model="a", requests=2, failed=1, input_tokens=1)
    shown = told([one, two, Used(project="q", day="2023-11-01", model="a", output_tokens=90)], NOW)
    assert (shown["sum_tokens"], shown["sum_cost"], shown["requests"], shown["failed"]) == (106, 2.0, 3, 1)
    assert [(row.project, row.requests, row.input_tokens) for row, _, _ in shown["rows"]] == [("q", 0, 0), ("p", 3, 11)]
    assert shown["tokens"].count("<rect") == DAYS
    assert "2023-11-14: 15" in shown["tokens"]


def test_how_a_key_stands() -> None:
    key = StoredKey(
        id="k", project="p", name="", digest=b"", scopes=frozenset(), models=None, created_at=1, expires_at=9
    )
    assert (state(key, 5), state(key, 9)) == ("good", "expired")
    gone = StoredKey(
        id="k", project="p", name="", digest=b"", scopes=frozenset(), models=None, created_at=1, revoked_at=2
    )
    assert state(gone, 5) == "revoked"
