"""The console is there, costs nothing unused, and can be switched off."""

import subprocess
import sys

import httpx2
from console_scene import Pages, a_console, base_of
from running_server import running_server

from antiphon.console.door import BEHIND

LOADED = (
    "import sys, antiphon.cli, antiphon.terminal.serving; print(*[name for name in {names} if name in sys.modules])"
)
HEAVY = ("markupsafe", "markdown_it", "nh3", BEHIND)


def test_nothing_heavy_is_imported_before_a_page_is_asked_for() -> None:
    code = LOADED.format(names=HEAVY)
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == ""


def test_it_is_at_the_root_and_the_api_beside_it(pages: Pages) -> None:
    assert "<h1>Overview</h1>" in pages.get("/").text
    assert "<h1>Overview</h1>" in pages.get("/console/").text
    assert pages.scene.server.get("/models").status == 200
    assert pages.http.post(f"{pages.base}/responses").json()["error"]["code"] == "unknown_url"


def test_it_can_be_switched_off() -> None:
    with a_console("--no-console") as (_, base):
        assert httpx2.get(base + "/").status_code == 404
        assert httpx2.get(base + "/console/responses").status_code == 404


def test_under_a_cassette_it_is_there_too() -> None:
    with running_server(
        "--cassette", "tape.jsonl", "--mode", "record", "--upstream", "up=http://127.0.0.1:9/v1"
    ) as one:
        assert httpx2.get(base_of(one) + "/").status_code == 200
