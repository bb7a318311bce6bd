"""`antiphon cassette from-response`, over a database with one response."""

import asyncio
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from terminal.conftest import Terminal

from antiphon.cassettes.open import read_cassette
from antiphon.store.open import open_store
from antiphon.wire.answers import Answer, StoredItem

MESSAGE = {
    "id": "msg_1", "type": "message", "status": "completed", "role": "assistant",
    "content": [{"type": "output_text", "text": "Hi.", "annotations": [], "logprobs": []}],
}  # fmt: skip
SEARCH = {"id": "ws_1", "type": "web_search_call", "status": "completed", "action": {"type": "search", "query": "q"}}
QUESTION = {"id": "msg_0", "type": "message", "role": "user", "content": "Say hi."}


def kept(folder: Path, status: str, *output: dict[str, Any]) -> str:
    """A database with the response `resp_1`; its URL."""
    url = f"sqlite:///{folder}/kept.db"
    body = {
        "id": "resp_1", "object": "response", "created_at": 1_700_000_000, "status": status, "model": "up/m", "output": [],
        "text": {"format": {"type": "text"}}, "usage": None, "temperature": 1.0,
    }  # fmt: skip

    def items(*values: dict[str, Any]) -> tuple[StoredItem, ...]:
        return tuple(StoredItem(id=value["id"], raw=msgspec.json.encode(value)) for value in values)

    async def keep() -> None:
        store = await open_store(url)
        answer = Answer(
            id="resp_1", created_at=1_700_000_000, status=status, model="up/m", previous_response_id=None,
            conversation_id=None, body=msgspec.json.encode(body), input=items(QUESTION), output=items(*output),
        )  # fmt: skip
        await store.save_answer("default", answer)
        await store.close()

    asyncio.run(keep())
    return url


def test_a_response_becomes_a_cassette_and_a_request(terminal: Terminal, tmp_path: Path) -> None:
    out = tmp_path / "taken.jsonl"
    status, said = terminal.run(
        "from-response", "resp_1", "--db", kept(tmp_path, "completed", MESSAGE), "--out", str(out)
    )
    assert (status, said.splitlines()[0]) == (
        0,
        f"1 interactions in {out}, and the request in {tmp_path}/taken.request.json",
    )
    assert json.loads((tmp_path / "taken.request.json").read_bytes()) == {"model": "up/m", "input": [QUESTION]}
    tape = read_cassette(out)
    assert tape.start == 1_700_000_000
    assert tape.interactions[0].asked.url == "http://up.invalid/v1/chat/completions"
    assert "ignore temperature" in [rule.text for rule in tape.matcher.rules]


def test_what_cannot_be_given_again_is_told(terminal: Terminal, tmp_path: Path) -> None:
    url = kept(tmp_path, "completed", SEARCH, MESSAGE)
    status, said = terminal.run("from-response", "resp_1", "--db", url, "--out", str(tmp_path / "taken.jsonl"))
    assert status == 1
    assert "  differs: output" in said


@pytest.mark.parametrize(
    ("status", "told"),
    [("in_progress", "take it when it has ended"), ("completed", "project 'default' (--db, --project)")],
)
def test_what_is_not_there_or_not_done_is_told(terminal: Terminal, tmp_path: Path, status: str, told: str) -> None:
    wanted = "resp_1" if status == "in_progress" else "resp_2"
    ended, said = terminal.run(
        "from-response", wanted, "--db", kept(tmp_path, status), "--out", str(tmp_path / "t.jsonl")
    )
    assert ended != 0
    assert told in said
    assert not (tmp_path / "t.jsonl").exists()
