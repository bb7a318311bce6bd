"""Requests made up from the document of the API: whatever is sent, no 5xx, no hang, and answers as the document says.

A few hundred in every run, ten thousand in `make soak`.
"""

import os
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from running_server import RunningServer, running_server
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from antiphon.testing import Request, ScriptedUpstream, embedding, text
from antiphon.testing.scripted_reply import Reply

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance,
]  # fmt: skip
SECONDS = 30.0
KNOWN = {"model": "scripted/m", "input": "Hello?"}


def answer(request: Request) -> Reply:
    """What a model's server says to whatever it is asked."""
    return embedding([0.1, 0.2]) if request.path.endswith("/embeddings") else text("One.")


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with (
        ScriptedUpstream(default=answer, models=["m"]) as upstream,
        running_server(
            "--upstream", f"scripted={upstream.url}", "--default-model", "scripted/m", "--usage", "--metrics"
        ) as made,
    ):
        yield made


def cases(server: RunningServer) -> st.SearchStrategy[Any]:
    """Any request of any operation."""
    base = server.url.removesuffix("/v1")
    schema = schemathesis.openapi.from_url(f"{base}/openapi.json")
    found = [each.ok() for each in schema.get_all_operations() if isinstance(each, Ok)]
    return st.one_of([each.as_strategy() for each in found])


def tried(server: RunningServer, number: int, start: int) -> Counter[tuple[str, int]]:
    """Try so many from this seed. Answers how often each operation gave which status."""
    base = server.url.removesuffix("/v1")
    told: Counter[tuple[str, int]] = Counter()

    @seed(start)
    @settings(
        max_examples=number,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases(server))
    def each(case: Any) -> None:
        said = case.call(base_url=base, timeout=SECONDS)
        told[case.operation.label, said.status_code] += 1
        case.validate_response(said, checks=CHECKS)

    each()
    return told


# What tries many inputs isn't traced: plain tests show which lines run.
@pytest.mark.no_cover
def test_whatever_is_sent_is_answered_in_order(server: RunningServer) -> None:
    tried(server, 100, 0)
    assert server.post(KNOWN).status == 200


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("round_", range(20))
def test_ten_thousand_requests(server: RunningServer, round_: int) -> None:
    """Twenty rounds of 500, each from a seed that it prints: `ANTIPHON_SEED=…` tries those of another day again."""
    start = int(os.environ.get("ANTIPHON_SEED", time.time_ns() // 1_000_000_000)) + round_
    print(f"seed {start}")  # noqa: T201 - for who runs the soak, with -s
    told = tried(server, 500, start)
    shown: Counter[int] = Counter()
    for (_, status), count in told.items():
        shown[status] += count
    print(f"{told.total()} cases over {len({name for name, _ in told})} operations: {dict(sorted(shown.items()))}")  # noqa: T201 - for who runs the soak, with -s
    assert server.post(KNOWN).status == 200
