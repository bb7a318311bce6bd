"""Two servers of one PostgreSQL hold a caller to its quota together: requests, tokens, and answers at the same time."""

import contextlib
import time
from collections.abc import Callable, Iterator

import pytest
from made_keys import Operator, bearer
from running_server import RunningServer, running_server

from antiphon.testing import Gate, Reply, Request, ScriptedUpstream, text

PATIENCE = 60.0
# Long enough that no test runs over the end of one.
WINDOW = 10**9
QUOTAS = f"""
[quotas]
window = {WINDOW}
[quotas.projects.red]
requests = 3
[quotas.projects.blue]
tokens = 4
[quotas.projects.green]
streams = 1
"""
HELLO = {"model": "up/m", "input": "Hi"}
Headers = dict[str, dict[str, str]]
Both = tuple[RunningServer, RunningServer]


@pytest.fixture(scope="module")
def gate() -> Gate:
    return Gate()


@pytest.fixture(scope="module")
def operator(new_database: Callable[[str], str]) -> Operator:
    return Operator(new_database("postgres"))


@pytest.fixture(scope="module")
def keys(operator: Operator) -> Headers:
    """A header for each project, whose keys are there before any server is."""
    return {project: bearer(operator.key(project)) for project in ("red", "blue", "green")}


@pytest.fixture(scope="module")
def both(operator: Operator, keys: Headers, gate: Gate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    def answer(request: Request) -> Reply:
        said = text("One.", usage=(1, 1))
        return said.held(gate, at=1) if "wait" in str(request.json) else said

    assert keys
    with ScriptedUpstream(default=answer, models=["m"]) as upstream, contextlib.ExitStack() as stack:
        servers = []
        for _ in range(2):
            folder = tmp_path_factory.mktemp("shared")
            (folder / "antiphon.toml").write_text(QUOTAS)
            flags = ("--upstream", f"up={upstream.url}", "--db", operator.db)
            servers.append(stack.enter_context(running_server(*flags, folder=folder)))
        yield servers[0], servers[1]


def until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < end, "it never was"
        time.sleep(0.05)


def test_what_one_has_let_in_the_other_counts(both: Both, keys: Headers) -> None:
    key = keys["red"]
    first, second = both
    for _ in range(3):
        assert first.post(HELLO, headers=key).status == 200
    assert first.post(HELLO, headers=key).status == 429
    # One that it lets in before it has heard of the others is above the limit, and counts.
    until(lambda: second.get("/models", headers=key).status == 429)


def test_tokens_that_one_spent_the_other_hasnt(both: Both, keys: Headers) -> None:
    key = keys["blue"]
    first, second = both
    assert first.post(HELLO, headers=key).status == 200
    until(lambda: second.get("/models", headers=key).headers["x-ratelimit-remaining-tokens"] == "2")
    assert second.post(HELLO, headers=key).status == 200
    until(lambda: first.get("/models", headers=key).status == 429)


def test_an_answer_under_way_at_one_is_under_way_for_the_other(both: Both, keys: Headers, gate: Gate) -> None:
    key = keys["green"]
    first, second = both
    asked = {"model": "up/m", "input": "wait", "stream": True}
    with first.http.stream("POST", "/responses", json=asked, headers=key) as under_way:
        assert under_way.status_code == 200
        until(lambda: second.post(HELLO, headers=key).status == 429)
        gate.open()
        under_way.read()
    until(lambda: second.post(HELLO, headers=key).status == 200)
