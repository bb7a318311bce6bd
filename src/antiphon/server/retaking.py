"""A stored response as a cassette: its request is asked again, of this server, with the world it tells of behind it.

So the requests on the cassette are those that this server sends, byte for byte, and the answers are made of the stored
items. Whether what comes out is what was stored is looked at, not assumed. Counterparts: `cassettes/actor.py`, the
world; `terminal/cassette_taken.py`, the command.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from msgspec.structs import replace
from starlette.types import ASGIApp, Message

from antiphon.cassettes.actor import Actor
from antiphon.cassettes.cassette import Cassette
from antiphon.cassettes.changes import difference
from antiphon.cassettes.open import read_cassette
from antiphon.cassettes.rewriting import Head, head_of, write_cassette
from antiphon.config import Config, Environment
from antiphon.engine.input import Item, stored_item
from antiphon.engine.retelling import UNTOLD, request_of
from antiphon.errors import ConfigFault
from antiphon.server.app import build_app
from antiphon.server.services import open_services
from antiphon.store.base import SavedAnswer, Store
from antiphon.store.pages import PageQuery
from antiphon.upstream.sse import Decoder

Json = dict[str, Any]

PAGE = 100
HOST = "127.0.0.1"
PATH = "/v1/responses"
OPEN = frozenset({"queued", "in_progress"})
ENDS = frozenset({"response.completed", "response.incomplete", "response.failed"})
NOT_COMPARED = frozenset({"id", "call_id", "approval_request_id", "encrypted_content", "created_by", "logprobs"})
"""Members of an item that are new in every answer, or that only some requests ask for."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of it. `request` gives the answer again; `differs` says where it isn't what was stored."""

    request: Json
    interactions: int
    differs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """A stored response: its object, what came before it and what it was asked, and its output."""

    response: Json
    before: tuple[Item, ...]
    output: tuple[Item, ...]


async def find(store: Store, project: str, response_id: str) -> Kept:
    """The response and all it was told. Raises `NotFound`, `ConfigFault` where it is still being made."""
    saved = await store.get_answer(project, response_id)
    if saved.status in OPEN:
        raise ConfigFault(f"The response {response_id} is {saved.status}: take it when it has ended.")
    own = await _input(store, project, response_id)
    before = [*await _context(store, project, saved, own), *own]
    output = tuple(map(stored_item, saved.output))
    return Kept(msgspec.json.decode(saved.body), tuple(before), output)


async def retake(kept: Kept, config: Config, environment: Environment, out: Path) -> Taken:
    """Write the cassette that the response would have been recorded on to `out`.

    `config` names the upstreams; without any, one is made up under the name that stands before the slash of the model.
    Raises `ConfigFault`.
    """
    request = request_of(kept.response, kept.before)
    actor = Actor(kept.response, kept.output)
    with TemporaryDirectory() as folder:
        part = Path(folder) / "taken.jsonl"
        upstream = config.upstream or [_made_up(kept.response["model"])]
        settings = replace(config, cassette=str(part), mode="record", db="memory://", host=HOST, upstream=upstream)
        async with open_services(settings, environment, network=actor) as services:
            answer = await _post(build_app(services), {**request, "stream": True})
        tape = read_cassette(part)
        first = head_of(tape)
        head = Head(kept.response.get("created_at") or first.start, first.match, [*first.rules, *_rules(tape)])
        write_cassette(out, head, tape.interactions)
        return Taken(request, len(tape), tuple(_differences(kept, answer, actor)))


async def _input(store: Store, project: str, response_id: str) -> list[Item]:
    items: list[Item] = []
    after: str | None = None
    while True:
        page = await store.input_items(project, response_id, PageQuery(after=after, limit=PAGE, order="asc"))
        items += map(stored_item, page.items)
        if not page.has_more:
            return items
        after = page.items[-1].id


async def _context(store: Store, project: str, saved: SavedAnswer, own: Sequence[Item]) -> list[Item]:
    """What came before the response's own input."""
    if saved.previous_response_id:
        return [stored_item(item) for item in await store.context(project, saved.previous_response_id)]
    if not saved.conversation_id:
        return []
    held = [stored_item(item) for item in await store.conversation_context(project, saved.conversation_id)]
    # The conversation went on since; and an answer that failed never came into it.
    later = {item.id for item in [*own, *map(stored_item, saved.output)]}
    first = next((place for place, item in enumerate(held) if item.id in later), len(held))
    return held[:first]


def _made_up(model: str) -> str:
    name = model.partition("/")[0] if "/" in model else "upstream"
    return f"{name}=http://{name}.invalid/v1"


def _rules(tape: Cassette) -> list[str]:
    """What doesn't count, since the store doesn't tell it: whether a default was said."""
    for each in tape.interactions:
        if each.asked.path.endswith("/chat/completions"):
            sent = msgspec.json.decode(each.asked.body, type=dict[str, Any])
            return [f"ignore {name}" for name in UNTOLD if name not in sent]
    return []


async def _post(app: ASGIApp, request: Json) -> Json:
    """POST to the application without a socket; the last state of the response, or the error body."""
    body = msgspec.json.encode(request)
    told: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
    said: list[Message] = []

    stays = asyncio.Event()

    async def receive() -> Message:
        if not told:
            # A client that waits says nothing more.
            await stays.wait()
        return told.pop(0)

    async def send(message: Message) -> None:
        said.append(message)

    headers = [(b"host", HOST.encode()), (b"content-type", b"application/json")]
    await app(
        {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
            "path": PATH, "raw_path": PATH.encode(), "query_string": b"", "root_path": "", "headers": headers,
            "client": (HOST, 0), "server": (HOST, 80),
        },
        receive,
        send,
    )  # fmt: skip
    return _last(b"".join(message.get("body", b"") for message in said))


def _last(body: bytes) -> Json:
    if body.lstrip().startswith(b"{"):
        value: Json = msgspec.json.decode(body)
        return value
    decoder = Decoder()
    events = [msgspec.json.decode(data, type=dict[str, Any]) for data in decoder.feed(body) if data != b"[DONE]"]
    return next((event["response"] for event in reversed(events) if event.get("type") in ENDS), {})


def _differences(kept: Kept, answer: Json, actor: Actor) -> Iterable[str]:
    if "status" not in answer:
        yield f"it wasn't answered: {(answer.get('error') or {}).get('message', 'no end came')}"
        return
    if answer["status"] != kept.response["status"]:
        yield f"status: stored {kept.response['status']}, now {answer['status']}"
    stored = [_bare(msgspec.json.decode(item.raw)) for item in kept.output]
    for path, *want in difference([_bare(item) for item in answer["output"]], stored):
        place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
        yield f"output{place}: stored {_short(want[0]) if want else 'nothing'}"
    yield from (f"not told: {what}" for what in actor.unknown)
    if actor.left:
        yield f"{actor.left} turns of the model weren't asked for"


def _bare(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return {name: _bare(member) for name, member in value.items() if name not in NOT_COMPARED}
    return [_bare(each) for each in value] if isinstance(value, list) else value


def _short(value: object) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 80 else f"{text[:79]}…"  # noqa: PLR2004 - a line's worth
