"""Searches whose queries a chat model writes anew: asked once it is sure to be searched, shown, recorded and replayed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from embedding_server import MODEL, PATHS, TOML
from running_server import RunningServer, Scene, Stage, running_server

from antiphon.testing import ScriptedUpstream, status, text
from antiphon.tools.rewriting import TASK

REWRITING = f'{TOML}rewrite-model = "up/m"\n'
ASKED = "Tell me, why do they make that sound of comfort?"
BY_WORDS = {"hybrid_search": {"embedding_weight": 0, "text_weight": 1}}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningServer, ScriptedUpstream, Stage]]:
    folder, stage = tmp_path_factory.mktemp("rewriting"), Stage()
    (folder / "antiphon.toml").write_text(REWRITING)
    with (
        ScriptedUpstream(default=stage, models=["m", MODEL], paths=PATHS) as upstream,
        running_server("--upstream", f"up={upstream.url}", "--db", "memory://", folder=folder) as server,
    ):
        yield server, upstream, stage


@pytest.fixture
def scene(shared: tuple[RunningServer, ScriptedUpstream, Stage]) -> Scene:
    server, upstream, stage = shared
    return Scene(server, upstream, stage.script)


def chats(scene: Scene) -> list[Any]:
    """What the chat model was asked."""
    return [call.json for call in scene.calls if call.path.endswith("/chat/completions")]


def cats(server: RunningServer) -> str:
    """A store with one file."""
    store = server.client.vector_stores.create(name="pets")
    read = server.client.vector_stores.files.upload_and_poll(
        vector_store_id=store.id, file=("cats.md", b"Cats purr."), poll_interval_ms=50
    )
    assert (read.status, read.last_error) == ("completed", None)
    return store.id


def searched(server: RunningServer, store: str, query: Any = ASKED) -> tuple[Any, list[str], str]:
    """What was searched for, the files that were found, and what was noted."""
    raw = server.client.vector_stores.with_raw_response.search(
        store,
        query=query,
        rewrite_query=True,
        ranking_options=BY_WORDS,  # type: ignore[arg-type] # weights aren't typed
    )
    shown = raw.http_response.json()["search_query"]
    return shown, [one.filename for one in raw.parse().data], raw.headers.get("antiphon-ignored", "")


def test_what_the_model_writes_is_searched_for_and_shown(scene: Scene) -> None:
    store = cats(scene.server)
    scene.play(text("<think>Cats, then.</think>\n", '"purr"'))
    assert searched(scene.server, store) == (["purr"], ["cats.md"], "")
    told = [{"role": "system", "content": TASK}, {"role": "user", "content": ASKED}]
    assert chats(scene) == [{"model": "m", "messages": told}]
    plain = scene.server.post({"query": ASKED, "ranking_options": BY_WORDS}, f"/vector_stores/{store}/search")
    assert (plain.json["search_query"], plain.json["data"]) == ([ASKED], [])
    scene.play(text(""), text(""))
    assert searched(scene.server, store, ["purr", "bark"]) == (["purr", "bark"], ["cats.md"], "")


@pytest.mark.parametrize(
    ("path", "more", "code"), [("vs_9", {}, 404), ("{id}", {"filters": {"type": "is"}}, 400), ("{id}", {}, 502)]
)
def test_what_cannot_be_searched_asks_nobody_and_a_fault_of_the_model_is_told(
    scene: Scene, path: str, more: dict[str, Any], code: int
) -> None:
    store = cats(scene.server)
    scene.play(status(200, {"choices": []}))
    body = {"query": ASKED, "rewrite_query": True, **more}
    answer = scene.server.post(body, f"/vector_stores/{path.format(id=store)}/search")
    assert answer.status == code
    assert len(chats(scene)) == (code == 502)
    if code == 502:
        assert "'up/m' that rewrites queries" in answer.error["message"]


def test_a_rewritten_query_is_replayed_without_the_servers(tmp_path: Path) -> None:
    (tmp_path / "antiphon.toml").write_text(REWRITING)
    with (
        ScriptedUpstream(text("purr"), models=["m", MODEL], paths=PATHS) as upstream,
        running_server("--upstream", f"up={upstream.url}", "--cassette", "tape", folder=tmp_path) as server,
    ):
        recorded = searched(server, cats(server))
    with running_server("--cassette", "tape", "--mode", "replay", folder=tmp_path) as server:
        assert searched(server, cats(server)) == recorded == (["purr"], ["cats.md"], "")
