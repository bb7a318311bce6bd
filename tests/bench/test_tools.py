"""Runs of ten tool calls are what they should be. What they cost is no test."""

from pathlib import Path

import pytest
from bench.agent_mock import CALLS, answer
from bench.contestants import contestants
from bench.figures import Figures, Key
from bench.processes import ChildFailed, Cores
from bench.tools import Cost, check, per_turn
from bench.workloads import QUICK, Bench, call_tools


def test_a_round_of_it(tmp_path: Path) -> None:
    figures, told = Figures(), list[str]()
    call_tools(Bench(contestants(), QUICK._replace(runs=1), Cores.find(), tmp_path, figures, told.append))
    assert figures.errors == []
    names = ["MCP calls", "functions", "MCP SDK alone"]
    assert list(figures.values) == [Key("tools", name, metric) for name in names for metric in ("cpu_ms", "ms")]
    assert len(told) == 3


def test_what_the_turns_add() -> None:
    assert per_turn(Cost(50.0, 70.0), Cost(2.0, 3.0), 11) == Cost(2.8, 3.7)
    assert per_turn(Cost(22.0, 23.0), Cost(2.0, 3.0), 1) == Cost(2.0, 2.0)


def test_a_run_without_its_calls_is_no_run() -> None:
    with pytest.raises(ChildFailed, match=f"a run of {CALLS} calls"):
        check(["message"], ["mcp_call"])


def test_the_model_calls_until_it_has_all_results() -> None:
    body = b'{"tools":[],"messages":[' + b'{"role":"tool"},' * (CALLS - 1) + b"]}"
    assert b'"call_9"' in answer(b"POST", b"/v1/chat/completions", body.replace(b'{"role":"tool"},', b"", 0))
    assert b"It is" in answer(b"POST", b"/v1/chat/completions", body.replace(b"[{", b'[{"role":"tool"},{', 1))
    assert b"405" in answer(b"GET", b"/mcp", b"")
    assert b"202" in answer(b"POST", b"/mcp", b'{"method":"notifications/initialized"}')
