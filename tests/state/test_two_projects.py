"""Two projects on one server, in any order of what they do, never see each other.

Hypothesis makes and deletes things of both, and has each try the other's ids on every route that takes one. What a
project lists is exactly what it made. Counterpart: `../server/test_rights_matrix.py`, each route by itself.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

import httpx2
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)
from made_keys import Operator
from owned import BODIES, FORMS, MODEL, OWNED, Ids, Party
from running_server import running_server

from antiphon.server.rights import RIGHTS
from antiphon.testing import ScriptedUpstream, text

NOUNS = ("responses", "conversations", "prompts", "files", "chat")
LISTS = {
    "responses": "/v1/responses", "prompts": "/v1/prompts", "files": "/v1/files", "chat": "/v1/chat/completions",
}  # fmt: skip
TRIED = {noun: [name for name in RIGHTS if name.split("/")[2:3] == [noun] and "{" in name] for noun in NOUNS}
EXAMPLES, STEPS = 12, 16
SIDES = st.sampled_from([0, 1])


@dataclass
class Known:
    """One project, and what it has, by its kind."""

    party: Party
    things: dict[str, list[Ids]] = field(default_factory=lambda: {noun: [] for noun in NOUNS})


@pytest.fixture(scope="module")
def parties(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Iterator[tuple[Party, Party]]]:
    """Pairs of new projects on one server."""
    folder = tmp_path_factory.mktemp("two")
    operator = Operator(f"sqlite:///{folder}/a.db")
    keys = [operator.key(f"p{number}") for number in range(4 * EXAMPLES)]
    with (
        ScriptedUpstream(default=text("Hello!"), models=["m"]) as upstream,
        running_server("--upstream", f"up={upstream.url}", "--db", operator.db, folder=folder) as server,
        httpx2.Client(base_url=server.url.removesuffix("/v1"), timeout=60) as http,
    ):
        numbers = count()

        def pairs() -> Iterator[tuple[Party, Party]]:
            while True:
                yield Party(http, keys[next(numbers) % len(keys)]), Party(http, keys[next(numbers) % len(keys)])

        yield pairs()


class TwoProjects(RuleBasedStateMachine):
    """The machine; `new` gives two projects that have nothing yet."""

    new: Iterator[tuple[Party, Party]]

    @initialize()
    def begin(self) -> None:
        self.sides = [Known(party) for party in next(self.new)]

    @rule(side=SIDES, noun=st.sampled_from(NOUNS))
    def make(self, side: int, noun: str) -> None:
        known = self.sides[side]
        known.things[noun].append(OWNED[noun](known.party))

    @rule(data=st.data())
    def go_on(self, data: st.DataObject) -> None:
        """A chain of one's own goes on; it doesn't for the other."""
        if (some := self._some(data, ["responses"])) is None:
            return
        _, side, ids = some
        body = {"model": MODEL, "input": "More", "previous_response_id": ids["id"]}
        assert self.sides[1 - side].party.send("POST", "/v1/responses", body).status_code == 404
        made = self.sides[side].party.made("/v1/responses", body)
        self.sides[side].things["responses"].append({"id": made["id"]})

    @rule(data=st.data())
    def talk(self, data: st.DataObject) -> None:
        """An answer in one's own conversation, not in the other's."""
        if (some := self._some(data, ["conversations"])) is None:
            return
        _, side, ids = some
        body = {"model": MODEL, "input": "More", "conversation": ids["id"]}
        assert self.sides[1 - side].party.send("POST", "/v1/responses", body).status_code == 404
        made = self.sides[side].party.made("/v1/responses", body)
        self.sides[side].things["responses"].append({"id": made["id"]})

    @rule(data=st.data())
    def reach_over(self, data: st.DataObject) -> None:
        """Whatever the other does with an id that isn't its own, there is nothing."""
        if (some := self._some(data, NOUNS)) is None:
            return
        noun, side, ids = some
        method, path = data.draw(st.sampled_from(TRIED[noun])).split(" ")
        body = BODIES.get(f"{method} {path}", {} if method == "POST" else None)
        for name, value in ids.items():
            path = path.replace(f"{{{name}}}", value)
        more = FORMS.get(f"{method} {path}", {})
        assert self.sides[1 - side].party.send(method, path, None if more else body, **more).status_code == 404

    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        if (some := self._some(data, NOUNS)) is None:
            return
        noun, side, ids = some
        path = LISTS.get(noun, f"/v1/{noun}")
        assert self.sides[side].party.send("DELETE", f"{path}/{ids['id']}").is_success
        self.sides[side].things[noun].remove(ids)

    @rule(side=SIDES)
    def look(self, side: int) -> None:
        """Each lists what it made."""
        known = self.sides[side]
        for noun, path in LISTS.items():
            answer = known.party.send("GET", path, params={"limit": 100})
            assert {one["id"] for one in answer.json()["data"]} == {ids["id"] for ids in known.things[noun]}

    def teardown(self) -> None:
        """Whoever comes next may have the same projects again, so that none of them is left with anything."""
        for side, known in enumerate(getattr(self, "sides", ())):
            self.look(side)
            for noun, things in known.things.items():
                for ids in things:
                    known.party.send("DELETE", f"{LISTS.get(noun, f'/v1/{noun}')}/{ids['id']}")

    def _some(self, data: st.DataObject, nouns: Sequence[str]) -> tuple[str, int, Ids] | None:
        """Something that there is, its kind and whose it is; None where there is nothing."""
        there = [
            (noun, side, number)
            for noun in nouns
            for side, known in enumerate(self.sides)
            for number, _ in enumerate(known.things[noun])
        ]
        if not there:
            return None
        noun, side, number = data.draw(st.sampled_from(there))
        return noun, side, self.sides[side].things[noun][number]


# What tries many inputs isn't traced: plain tests show which lines run.
@pytest.mark.no_cover
def test_two_projects_never_see_each_other(parties: Iterator[tuple[Party, Party]]) -> None:
    machine = type("Machine", (TwoProjects,), {"new": parties})
    tried = settings(settings.default, max_examples=EXAMPLES, stateful_step_count=STEPS)
    run_state_machine_as_test(machine, settings=tried)
