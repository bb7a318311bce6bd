"""The tables agree with each other."""

from antiphon.testing.item_rules import FIELDS, GRAMMARS, OPENERS, PARTS, PREFIXES, STATUSES, TEXTS
from antiphon.testing.open_item import KNOWN


def test_every_item_type_of_the_tables_has_a_grammar() -> None:
    parts = {"output_text", "refusal", "reasoning_text", "summary_text"}
    assert (STATUSES.keys() | PREFIXES.keys() | FIELDS.keys()) - parts - {"response"} <= GRAMMARS.keys()


def test_every_streamed_text_has_a_delta_and_a_done_event() -> None:
    assert {f"{stem}.{verb}" for stem in TEXTS for verb in ("delta", "done")} <= KNOWN
    deltas = {word.removesuffix(".delta") for word in KNOWN if word.endswith(".delta")}
    assert deltas - TEXTS.keys() == {"shell_call_output_content"}


def test_every_opener_is_an_event_and_counts_parts() -> None:
    assert OPENERS.keys() <= KNOWN
    assert set(OPENERS.values()) == set(PARTS)
    assert {text.index for text in TEXTS.values()} <= {*PARTS, None}


def test_prefixes_tell_the_kinds_apart() -> None:
    assert len(set(PREFIXES.values())) == len(PREFIXES)
