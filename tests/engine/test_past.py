"""What is left of a turn that is over."""

import msgspec

from antiphon.engine.past import Past, stored_items, written
from antiphon.wire.responses import Usage

CALL = msgspec.Raw(b'{"type":"mcp_call","id":"mcp_1","name":"f","arguments":"{}","output":"5"}')
SEARCH = msgspec.Raw(b'{"type":"web_search_call","id":"ws_1","action":{"type":"search","query":"a"}}')
SAID = msgspec.Raw(
    b'{"type":"message","id":"msg_1","role":"assistant","content":[{"type":"output_text","text":"12345678"}]}'
)


def test_items_are_those_that_a_store_keeps() -> None:
    assert [(item.id, item.raw) for item in stored_items([CALL])] == [("mcp_1", bytes(CALL))]
    assert Past([CALL, SAID]).items == stored_items([CALL, SAID])


def test_only_what_an_item_does_not_say_is_told_besides() -> None:
    past = Past([CALL, SEARCH, SAID], told={"mcp_1": "5", "ws_1": "[cite:1] A page."})
    assert past.untold == {"ws_1": "[cite:1] A page."}
    assert Past([CALL], told={"mcp_1": "6"}).untold == {"mcp_1": "6"}


def test_tokens_are_estimated_where_nobody_tells() -> None:
    assert written([SAID], Usage(output_tokens=7)) == 7
    assert 0 < written([SAID], None) < 8
    assert written([], None) == 0
