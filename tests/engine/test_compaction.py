"""What is sealed of a conversation."""

import msgspec

from antiphon.engine.compaction import LONGEST_SAID, compacted
from antiphon.engine.input import read_item
from antiphon.sources import live


def said(*contents: str) -> list[str]:
    items = [
        read_item(msgspec.json.encode({"role": "user", "content": content}), "input", live()) for content in contents
    ]
    return [str(one) for one in compacted(items, "s").said]


def test_the_newest_words_of_the_user_stay() -> None:
    long = "x" * (LONGEST_SAID // 2)
    assert said("old", long, "new") == ["old", long, "new"]
    assert said("old", long, long, "new") == [long, "new"]


def test_words_that_are_too_long_are_in_the_summary_alone() -> None:
    assert said("x" * (LONGEST_SAID + 1)) == []
