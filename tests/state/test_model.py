"""Random conversations and chains, held against a model of a few lines; what the upstream is told is always legal."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from judged_http import Judged
from official import message
from running_server import PATIENCE, RunningServer, running_server

from antiphon.testing import Reply, Request, ScriptedUpstream, status, text, tool_call

Json = dict[str, Any]
FEW = settings(max_examples=8, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck))
MANY = settings(FEW, max_examples=250, stateful_step_count=30)


@dataclass(frozen=True)
class Said:
    """One item of the model: a message (`user`, `assistant`), a `call` or its `output`, and what it says."""

    kind: str
    word: str


@dataclass
class Made:
    """A stored response: what came before it, and its own items."""

    before: "Made | None"
    base: list[Said]
    own: list[Said]
    deleted: bool = False

    def context(self) -> list[Said] | None:
        """Everything up to its end; None when a response on the way is gone."""
        earlier = self.before.context() if self.before else self.base
        return None if earlier is None or self.deleted else [*earlier, *self.own]


@dataclass
class Model:
    """The upstream: it says what it is told to, and keeps what it was asked."""

    next: Reply = field(default_factory=text)
    asked: list[list[Json]] = field(default_factory=list)

    def __call__(self, request: Request) -> Reply:
        self.asked.append(request.json["messages"])
        return self.next


def mark(item: Json) -> Said:
    if item["type"] == "message":
        return Said(item["role"], item["content"][0]["text"])
    return Said({"function_call": "call", "function_call_output": "output"}[item["type"]], item["call_id"])


def is_whole(items: list[Said]) -> bool:
    """Every output comes after its call, and every call has one."""
    called: set[str] = set()
    for item in items:
        if item.kind == "call":
            called.add(item.word)
        elif item.kind == "output" and item.word not in called:
            return False
    return called == {item.word for item in items if item.kind == "output"}


def open_calls(items: list[Said]) -> list[str]:
    answered = {item.word for item in items if item.kind == "output"}
    return [item.word for item in items if item.kind == "call" and item.word not in answered]


def legal(messages: list[Json]) -> bool:
    """Calls are followed by their outputs at once, each by one, and no output stands elsewhere."""
    due: list[str] = []
    for entry in messages:
        if entry["role"] == "tool":
            if entry["tool_call_id"] not in due:
                return False
            due.remove(entry["tool_call_id"])
        elif due:
            return False
        due += [call["id"] for call in entry.get("tool_calls") or []]
    return not due


def told(messages: list[Json]) -> list[Said]:
    """What an upstream was told, in the words of the model and without regard to the order of outputs."""
    found = []
    for entry in messages:
        if entry["role"] == "tool":
            found.append(Said("output", entry["tool_call_id"]))
        elif entry["content"]:
            content = entry["content"]
            found.append(Said(entry["role"], content if isinstance(content, str) else content[0]["text"]))
        found += [Said("call", call["id"]) for call in entry.get("tool_calls") or []]
    return found


class Talks(RuleBasedStateMachine):
    """Random use of one server; the model is `talks` and `made`."""

    def __init__(self, server: RunningServer, upstream: Model) -> None:
        super().__init__()
        self.http = httpx2.Client(base_url=server.url, transport=Judged(), timeout=PATIENCE)
        self.upstream = upstream
        self.talks: dict[str, list[tuple[str, Said]]] = {}
        self.made: dict[str, Made] = {}
        self.words = (f"w{number}" for number in count(1))

    def teardown(self) -> None:
        self.http.close()

    @rule(size=st.integers(0, 3))
    def begin(self, size: int) -> None:
        items = [message(next(self.words)) for _ in range(size)]
        talk = self.http.post("/conversations", json={"items": items}).json()["id"]
        self.talks[talk] = [(item["id"], mark(item)) for item in self.items(talk, 100, "asc")]
        assert [said.word for _, said in self.talks[talk]] == [item["content"][0]["text"] for item in items]

    @precondition(lambda self: self.talks)
    @rule(data=st.data(), size=st.integers(1, 3))
    def append(self, data: st.DataObject, size: int) -> None:
        talk = data.draw(st.sampled_from(sorted(self.talks)))
        items = [message(next(self.words)) for _ in range(size)]
        page = self.http.post(f"/conversations/{talk}/items", json={"items": items}).json()
        self.talks[talk] += [(item["id"], mark(item)) for item in page["data"]]

    @precondition(lambda self: self.talks)
    @rule(data=st.data(), calls=st.integers(0, 2), way=st.sampled_from(["kept", "kept", "unstored", "failed"]))
    def respond_in_conversation(self, data: st.DataObject, calls: int, way: str) -> None:
        talk = data.draw(st.sampled_from(sorted(self.talks)))
        before = [said for _, said in self.talks[talk]]
        answer, own = self.ask(data, before, calls, way, {"conversation": talk})
        if answer is not None and way == "kept":
            known = len(before)
            self.talks[talk] += [(item["id"], mark(item)) for item in self.items(talk, 100, "asc")[known:]]
            assert [said for _, said in self.talks[talk]] == [*before, *own]
            self.made[answer["id"]] = Made(None, before, own)

    @rule(data=st.data(), calls=st.integers(0, 2), way=st.sampled_from(["kept", "kept", "unstored", "failed"]))
    def respond_in_chain(self, data: st.DataObject, calls: int, way: str) -> None:
        parent = data.draw(st.sampled_from([None, *sorted(self.made)]))
        before = self.made[parent].context() if parent else []
        more = {"previous_response_id": parent} if parent else {}
        if before is None:
            refused = self.http.post("/responses", json={"model": "m", "input": "x", **more})
            assert refused.status_code == 404
            assert "not found" in refused.json()["error"]["message"]
            return
        answer, own = self.ask(data, before, calls, way, more)
        if answer is not None and way == "kept":
            self.made[answer["id"]] = Made(self.made[parent] if parent else None, [], own)

    @precondition(lambda self: any(self.talks.values()))
    @rule(data=st.data())
    def delete_item(self, data: st.DataObject) -> None:
        talk = data.draw(st.sampled_from(sorted(talk for talk, items in self.talks.items() if items)))
        item = data.draw(st.sampled_from(self.talks[talk]))
        assert self.http.delete(f"/conversations/{talk}/items/{item[0]}").status_code == 200
        self.talks[talk].remove(item)
        # What a chain that began in the conversation is told of it isn't this test's business.
        self.made = {key: made for key, made in self.made.items() if not self.rests_on(made, item[1])}

    @precondition(lambda self: self.made)
    @rule(data=st.data())
    def delete_response(self, data: st.DataObject) -> None:
        response = data.draw(st.sampled_from(sorted(self.made)))
        found = self.http.delete(f"/responses/{response}").status_code
        assert found == (404 if self.made[response].deleted else 200)
        self.made[response].deleted = True

    @precondition(lambda self: self.talks)
    @rule(data=st.data(), limit=st.integers(1, 7), order=st.sampled_from(["asc", "desc"]))
    def page(self, data: st.DataObject, limit: int, order: str) -> None:
        talk = data.draw(st.sampled_from(sorted(self.talks)))
        found = [(item["id"], mark(item)) for item in self.items(talk, limit, order)]
        assert found == (self.talks[talk] if order == "asc" else self.talks[talk][::-1])

    def ask(
        self, data: st.DataObject, before: list[Said], calls: int, way: str, more: Json
    ) -> tuple[Json | None, list[Said]]:
        """One turn; its response, None where it was refused, and the items it should have."""
        due = open_calls(before) if data.draw(st.integers(0, 4)) else []
        given = [{"type": "function_call_output", "call_id": call, "output": "x"} for call in due]
        given = given or [message(next(self.words))]
        asked = [mark({"role": "user", **item}) for item in given]
        said, reply = self.reply(calls)
        self.upstream.next = status(500, {"error": {"message": "no"}}) if way == "failed" else reply
        count_before = len(self.upstream.asked)
        body = {"model": "m", "input": given, "store": way != "unstored", **more}
        answer = self.http.post("/responses", json=body)
        if not is_whole([*before, *asked]):
            assert answer.status_code == 400
            assert "call_" in answer.json()["error"]["message"]
            assert len(self.upstream.asked) == count_before
            return None, []
        assert legal(self.upstream.asked[-1])
        assert sorted(map(repr, told(self.upstream.asked[-1]))) == sorted(map(repr, [*before, *asked]))
        if way == "failed":
            assert answer.status_code == 500
            return None, []
        assert [mark(item) for item in answer.json()["output"]] == said
        return answer.json(), [*asked, *said]

    def reply(self, calls: int) -> tuple[list[Said], Reply]:
        """What the model answers."""
        if not calls:
            word = next(self.words)
            return [Said("assistant", word)], text(word)
        ids = [f"call_{next(self.words)}" for _ in range(calls)]
        replies = [tool_call("look", {}, id=call) for call in ids]
        return [Said("call", call) for call in ids], sum(replies[1:], replies[0])

    def rests_on(self, made: Made, said: Said) -> bool:
        return said in made.base or (made.before is not None and self.rests_on(made.before, said))

    def items(self, talk: str, limit: int, order: str) -> list[Json]:
        found: list[Json] = []
        query: dict[str, str | int] = {"limit": limit, "order": order}
        while True:
            page = self.http.get(f"/conversations/{talk}/items", params=query).json()
            found += page["data"]
            if not page["has_more"]:
                return found
            query["after"] = page["last_id"]


def play(url: str, chosen: settings) -> None:
    model = Model()
    with (
        ScriptedUpstream(default=model, models=["m"]) as upstream,
        running_server("--upstream", f"scripted={upstream.url}", "--db", url) as server,
    ):
        run_state_machine_as_test(lambda: Talks(server, model), settings=chosen)  # type: ignore[arg-type] # it takes whatever makes one


# What tries many inputs isn't traced: plain tests show which lines run.
@pytest.mark.no_cover
@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_any_use_fits_the_model(kind: str, new_database: Callable[[str], str]) -> None:
    play(new_database(kind), FEW)


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["memory", "sqlite", "postgres"])
def test_much_use_fits_the_model(kind: str, new_database: Callable[[str], str]) -> None:
    play(new_database(kind), MANY)
