"""What the checker's process says, asked directly. How it is asked stands in `test_checker.py`."""

import json
import subprocess
import sys

import pytest

from antiphon.tools.check_process import judge

PATCH = """
start: begin_patch hunk+ end_patch
begin_patch: "*** Begin Patch" LF
end_patch: "*** End Patch" LF?
hunk: "*** Add File: " filename LF add_line+
filename: /(.+)/
add_line: "+" /(.*)/ LF -> line
%import common.LF
"""


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("*** Begin Patch\n*** Add File: a\n+x\n+\n*** End Patch", None),
        ("*** Begin Patch\n*** Add File: a\n+x\n", "It ends too early: the grammar wants more."),
        ("*** Begin Patch\n*** Add File: é\nx", "From character 32 on it doesn't match: 'x'."),
    ],
)
def test_a_grammar_with_terminals_that_may_be_empty(text: str, fault: str | None) -> None:
    """As clients of patches send it; a terminal such as `/(.*)/` is refused by other readers of Lark."""
    assert judge("lark", PATCH, text) == {"fault": fault}


def test_nothing_is_fetched_for_a_schema() -> None:
    for place in ("http://127.0.0.1:9/x", "file:///etc/hostname"):
        assert "disabled" in judge("json_schema", {"$ref": place}, None)["fault"]


@pytest.mark.parametrize("text", ["", "{", "NaN", '{"a": Infinity}', "[] []"])
def test_what_is_not_json_is_called_so(text: str) -> None:
    assert judge("json_schema", {}, text)["fault"].startswith("It isn't JSON")


def test_at_most_three_faults_are_told() -> None:
    schema = {"properties": {name: {"type": "string"} for name in "abcde"}}
    assert judge("json_schema", schema, '{"a":1,"b":1,"c":1,"d":1,"e":1}')["fault"].count(";") == 2


def test_a_line_for_a_line() -> None:
    asked = [{"kind": "regex", "definition": "a+", "text": text} for text in ("aa", "b", None)]
    lines = "".join(json.dumps(one) + "\n" for one in asked)
    program = [sys.executable, "-m", "antiphon.tools.check_process"]
    told = subprocess.run(program, input=lines, capture_output=True, text=True, check=True)
    assert [json.loads(line)["fault"] for line in told.stdout.splitlines()] == [
        None, "From character 0 on it doesn't match: 'b'.", None,
    ]  # fmt: skip
    assert not told.stderr
