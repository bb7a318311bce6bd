import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from antiphon.config import Config, Environment
from antiphon.errors import ConfigFault
from antiphon.testing import Gate, ScriptedUpstream, text
from antiphon.testing.served import LoopThread, Served

CHAT = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
NOTHING = Environment(variables={})


@pytest.fixture
def thread() -> Iterator[LoopThread]:
    running = LoopThread()
    yield running
    running.close()


def config(path: Path, upstream: ScriptedUpstream | None = None) -> Config:
    named = [f"scripted={upstream.url}"] if upstream else []
    return Config(cassette=str(path), mode="record" if upstream else "replay", upstream=named, db="memory://")


def test_a_server_and_a_stand_in_share_one_cassette(thread: LoopThread, tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl"
    with ScriptedUpstream(text("One"), text("Two"), models=["m"]) as upstream:
        recording = Served(thread, config(path, upstream), NOTHING)
        asked = httpx2.post(f"{recording.url}/responses", json={"model": "m", "input": "Hi", "store": False})
        chat = httpx2.post(f"{recording.standin_url}/v1/chat/completions", json=CHAT)
        recording.close()
        assert recording.tape.recorded == 2
    replay = Served(thread, config(path), NOTHING)
    assert httpx2.post(f"{replay.standin_url}/v1/chat/completions", json=CHAT).content == chat.content
    again = httpx2.post(f"{replay.url}/responses", json={"model": "m", "input": "Hi", "store": False})
    assert again.content == asked.content
    assert replay.tape.cassette.unused == []
    replay.close()
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(replay.standin_url)


def test_closing_hangs_up_on_who_is_still_there(thread: LoopThread, tmp_path: Path) -> None:
    with ScriptedUpstream(text("One").held(Gate()), models=["m"]) as upstream:
        served = Served(thread, config(tmp_path / "tape.jsonl", upstream), NOTHING)
        url = f"{served.standin_url}/v1/chat/completions"
        answers: list[object] = []

        def ask() -> None:
            try:
                # Where the cancelled call had not answered yet, its connection may still say that it failed.
                httpx2.post(url, json=CHAT).raise_for_status()
            except httpx2.HTTPError as error:
                answers.append(type(error))

        client = threading.Thread(target=ask)
        client.start()
        upstream.wait(lambda: any(request.method == "POST" for request in upstream.requests))
        served.close()
        client.join()
        assert len(answers) == 1


def test_faults_reach_the_test(thread: LoopThread, tmp_path: Path) -> None:
    with pytest.raises(ConfigFault, match="There is no cassette"):
        Served(thread, config(tmp_path / "absent.jsonl"), NOTHING)


async def _name() -> str:
    await asyncio.sleep(0)
    return threading.current_thread().name


def test_work_is_done_in_the_thread(thread: LoopThread) -> None:
    assert thread.do(_name()) == "antiphon"
