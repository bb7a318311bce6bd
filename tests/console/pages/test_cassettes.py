"""The cassette of a server: interactions, scopes, what was used; a miss and the button that writes its rule."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from console_scene import Pages, a_console, base_of
from running_server import Scene, running_server

from antiphon.testing import text


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three interactions, one of them in a scope."""
    path = tmp_path_factory.mktemp("tape") / "tape.jsonl"
    with a_console("--cassette", str(path), "--mode", "record") as (scene, _):
        scene.play(text("One", "."), text("Two."), text("Three."))
        scene.stream(input="first")
        scene.stream(input="second")
        scene.stream(input="third", headers={"x-antiphon-scope": "mine"})
    return path


@pytest.fixture
def replay(tape: Path, served: tuple[Scene, str]) -> Iterator[Pages]:
    with (
        running_server("--cassette", str(tape), "--mode", "replay", complaints=".*") as server,
        httpx2.Client(follow_redirects=True, timeout=20) as http,
    ):
        yield Pages(Scene(server, served[0].upstream, []), base_of(server), http)


def test_without_a_cassette_it_says_how_to_have_one(pages: Pages) -> None:
    page = pages.get("/console/cassettes")
    assert "antiphon serve --cassette" in page.text
    assert pages.get("/console/cassettes/1").status_code == 404


def test_interactions_scopes_and_what_was_used(replay: Pages) -> None:
    ask = {"model": "scripted/m", "input": "first", "stream": True}
    replay.scene.server.post(ask)
    replay.scene.server.post(ask)
    page = replay.get("/console/cassettes").text
    assert "2 times" in page
    assert "mine (1)" in page
    unused = replay.get("/console/cassettes?unused=1").text
    assert "&#34;second&#34;" in unused
    assert "&#34;first&#34;" not in unused
    assert "&#34;second&#34;" not in replay.get("/console/cassettes?scope=mine").text


def test_one_interaction_with_its_chunks_on_their_axis(replay: Pages) -> None:
    number = next(n for n in range(1, 9) if "&#34;first&#34;" in replay.get(f"/console/cassettes/{n}").text)
    page = replay.get(f"/console/cassettes/{number}").text
    assert "One." in page
    assert 'class="mark"' in page
    assert "chunks in" in page
    assert replay.get("/console/cassettes/999").status_code == 404


def test_a_miss_and_the_button_that_writes_its_rule(replay: Pages) -> None:
    asked = {"model": "scripted/m", "input": "second", "stream": True, "temperature": 0.25}
    assert replay.scene.server.post(asked).status != 200
    page = replay.get("/console/cassettes").text
    assert "ignore temperature" in page
    number = page.split('name="miss" value="')[1].split('"')[0]
    ruled = replay.post("/console/cassettes/rule", miss=number)
    assert "The rule is written" in ruled.text
    assert replay.scene.server.post(asked).text == "Two."
    assert replay.post("/console/cassettes/rule", miss="0").status_code == 404
