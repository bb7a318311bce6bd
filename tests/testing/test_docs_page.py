"""The page about the test kit: its examples run, and its tables name what there is."""

import re
from pathlib import Path

import pytest

import antiphon.testing
from antiphon.testing import RULES, Reply

PAGE = (Path(__file__).parents[2] / "docs/reference/testing.md").read_text()
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_the_examples_run(example: str) -> None:
    exec(compile(example, "testing.md", "exec"), {})  # noqa: S102 - the page's own examples


def test_every_rule_and_every_public_name_is_on_the_page() -> None:
    assert len(EXAMPLES) >= 4
    assert [rule for rule in RULES if f"`{rule}`" not in PAGE] == []
    elsewhere = {"End", "Reply", "Request", "Playbook"}
    assert [name for name in antiphon.testing.__all__ if name not in PAGE and name not in elsewhere] == []
    methods = [name for name in vars(Reply) if callable(getattr(Reply, name)) and not name.startswith("_")]
    assert [name for name in methods if f".{name}(" not in PAGE and name not in {"render", "streams"}] == []
