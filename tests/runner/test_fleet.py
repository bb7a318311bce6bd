"""Two servers and a worker over one PostgreSQL: any of them shows, cancels, ends and hands over what another began."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from fleet import MODEL, Fleet, Outside, fleet
from judged_http import Judged

from antiphon.testing import Gate, Reply, Request, ScriptedUpstream, check_stream, status, text, tool_call

SECRET = "whsec_" + base64.b64encode(b"a key of some length").decode()
TOOL = {"type": "web_search"}


class Held(Outside):
    """A model that does what the input says, and holds on to its words, or its tool to what it finds."""

    def __init__(self) -> None:
        super().__init__(0, 0)
        self.gates: dict[str, Gate] = {}

    def gate(self, name: str) -> Gate:
        """What holds whatever is said for this input."""
        return self.gates.setdefault(name, Gate())

    def _answer(self, request: Request) -> Reply:
        messages = request.json["messages"]
        name = str(next(message["content"] for message in messages if message["role"] == "user"))
        called = any(message["role"] == "tool" for message in messages)
        if name.startswith("tool") and not called:
            return tool_call("web_search", f'{{"query": "{name}"}}', id="call_1")
        reply = text("One", " two", " three")
        return reply if name.startswith(("quick", "tool")) else reply.held(self.gate(name), at=3)

    def _found(self, request: Request) -> Reply:
        found = status(200, {"results": [{"url": "https://example.org/1", "title": "t", "content": "c"}]})
        name = next((name for name in self.gates if name.replace(" ", "+") in request.path), None)
        return found.held(self.gate(name)) if name else found

    def waits(self, name: str) -> None:
        """Block until somebody waits for what is said for this input."""

        def asked() -> bool:
            words = name.replace(" ", "+")
            return any(words in request.path or name in str(request.json) for request in self.upstream.requests)

        self.upstream.wait(asked)

    def left(self, name: str) -> None:
        """Block until whoever waited for it has gone."""
        words = name.replace(" ", "+")

        def gone() -> bool:
            asked = [one for one in self.upstream.requests if words in one.path or name in str(one.json)]
            return asked[-1].aborted

        self.upstream.wait(gone)


@pytest.fixture(scope="module")
def receiver() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream(default=status(200)) as upstream:
        yield upstream


@pytest.fixture(scope="module")
def outside() -> Held:
    return Held()


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory, outside: Held, receiver: ScriptedUpstream) -> Iterator[Fleet]:
    more = f'[webhooks.shop]\nurl = "{receiver.url}/chat/completions"\nsecret-env = "SHOP"\n'
    folder = tmp_path_factory.mktemp("fleet")
    with fleet(folder, outside, 2, 0, more, SHOP=SECRET) as made:
        yield made


@pytest.fixture
def here(two: Fleet) -> Iterator[openai.OpenAI]:
    with client_of(two, 0) as client:
        yield client


@pytest.fixture
def there(two: Fleet) -> Iterator[openai.OpenAI]:
    with client_of(two, 1) as client:
        yield client


def client_of(two: Fleet, place: int) -> openai.OpenAI:
    http = httpx2.Client(transport=Judged(), timeout=60)
    return openai.OpenAI(base_url=two.servers[place].url, api_key="none", max_retries=0, http_client=http)


def begin(client: openai.OpenAI, name: str) -> str:
    asked: Any = {"model": MODEL, "input": name, "tools": [TOOL], "background": True}
    return str(client.responses.create(**asked).id)


def followed(client: openai.OpenAI, run_id: str, after: int | None = None) -> list[dict[str, Any]]:
    """Every event behind a number, to the end."""
    asked: Any = {"stream": True} | ({} if after is None else {"starting_after": after})
    return [event.to_dict(mode="json") for event in client.responses.retrieve(run_id, **asked)]


def test_a_run_is_followed_from_any_number_at_another_server(
    here: openai.OpenAI, there: openai.OpenAI, outside: Held
) -> None:
    run_id = begin(here, "follow me")
    outside.waits("follow me")
    asked: Any = {"stream": True}
    with there.responses.retrieve(run_id, **asked) as stream:
        seen = [next(iter(stream)) for _ in range(3)]
        outside.gate("follow me").open()
        seen += list(stream)
    events = [event.to_dict(mode="json") for event in seen]
    assert check_stream(events)["status"] == "completed"
    assert followed(here, run_id) == events
    for after in (0, len(events) // 2, len(events) - 2):
        assert followed(there, run_id, after) == events[after + 1 :]


@pytest.mark.parametrize("name", ["cancel while it speaks", "tool cancel while it searches"])
def test_a_run_is_cancelled_from_another_server(
    here: openai.OpenAI, there: openai.OpenAI, outside: Held, name: str
) -> None:
    outside.gate(name)
    run_id = begin(here, name)
    outside.waits(name)
    cancelled = there.responses.cancel(run_id)
    assert cancelled.status == "cancelled"
    outside.left(name)
    assert there.responses.cancel(run_id).status == "cancelled"
    final = check_stream(followed(here, run_id))
    assert final["status"] == "cancelled"
    outside.gate(name).open()


def test_a_run_is_cancelled_before_and_after_its_time(here: openai.OpenAI, there: openai.OpenAI) -> None:
    run_id = begin(here, "quick")
    events = followed(there, run_id)
    assert check_stream(events)["status"] == "completed"
    with pytest.raises(openai.ConflictError, match="Cannot cancel a completed response"):
        there.responses.cancel(run_id)
    second = begin(here, "cancelled at once")
    assert there.responses.cancel(second).status == "cancelled"
    assert check_stream(followed(there, second))["status"] == "cancelled"


def test_the_end_of_a_run_is_told(here: openai.OpenAI, receiver: ScriptedUpstream) -> None:
    run_id = begin(here, "quick and told")
    followed(here, run_id)

    def told() -> bool:
        return any(run_id in str(request.json) for request in receiver.requests)

    receiver.wait(told)
    with openai.OpenAI(api_key="none", webhook_secret=SECRET) as client:
        request = next(request for request in receiver.requests if run_id in str(request.json))
        event: Any = client.webhooks.unwrap(request.body, request.headers)
    assert (event.type, event.data.id) == ("response.completed", run_id)


def test_a_server_that_stops_hands_its_runs_over(two: Fleet, there: openai.OpenAI, outside: Held) -> None:
    name = "tool handed over"
    outside.gate(name)
    with client_of(two, 0) as client:
        run_id = begin(client, name)
    outside.waits(name)
    assert two.servers[0].stop() == 0
    outside.gate(name).open()
    final: Any = check_stream(followed(there, run_id))
    assert final["status"] == "completed"
    assert [item["type"] for item in final["output"]] == ["web_search_call", "message"]
    two.servers[0].start()
    # The model was asked once for each turn, the tool again: what it would have said went with the server.
    asked = [request for request in outside.upstream.requests if name in str(request.json)]
    assert len(asked) == 2


def test_a_worker_does_what_a_quota_leaves_to_it(tmp_path: Path) -> None:
    outside = Held()
    more = "[limits]\nproject-running-runs = 1\nproject-queued-runs = 2\n"
    with fleet(tmp_path, outside, 1, 1, more) as made, client_of(made, 0) as client:
        first = begin(client, "first of two")
        outside.waits("first of two")
        second = begin(client, "quick second")
        assert client.responses.retrieve(second).status == "queued"
        with pytest.raises(openai.RateLimitError, match="background"):
            begin(client, "quick third")
        outside.gate("first of two").open()
        assert check_stream(followed(client, first))["status"] == "completed"
        assert check_stream(followed(client, second))["status"] == "completed"
        third = begin(client, "quick third")
        assert check_stream(followed(client, third))["status"] == "completed"
