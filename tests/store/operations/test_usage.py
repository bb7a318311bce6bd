"""Rows are written in the order of their keys, so that two who write never wait for each other."""

import pytest

from antiphon.store.asks import Each, Fetch
from antiphon.store.operations import usage
from antiphon.store.usage import Asked, Used


def test_rows_are_written_by_key_each_once() -> None:
    rows = [Used(project="p", day="1", model=model, requests=1) for model in ("b", "a", "b", "\x00")]
    ask = next(usage.add(rows))
    assert isinstance(ask, Each)
    assert [(row["model"], row["requests"]) for row in ask.params] == [("a", 1), ("b", 2)]


def test_a_model_that_cannot_be_stored_has_no_rows() -> None:
    steps = usage.read("p", Asked(model="\x00"))
    with pytest.raises(StopIteration) as end:
        next(steps)
    assert end.value.value == []
    assert isinstance(next(usage.read("p", Asked(model="m"))), Fetch)
