"""Items as a person reads them: messages, calls beside their results, what is folded, images by number."""

import base64
import json
from typing import Any

import pytest

from antiphon.console.chat import Entry, entries, picture
from antiphon.wire.answers import StoredItem

PIXEL = base64.b64encode(b"\x89PNG pixel").decode()


def item(number: int = 1, **members: Any) -> StoredItem:
    return StoredItem(f"item_{number}", json.dumps(members).encode())


def message(role: str, *parts: dict[str, Any] | str, **more: Any) -> StoredItem:
    kind = "output_text" if role == "assistant" else "input_text"
    content = [{"type": kind, "text": part} if isinstance(part, str) else part for part in parts]
    return item(type="message", role=role, content=content, **more)


def one(*items: StoredItem) -> Entry:
    (entry,) = entries(items)
    return entry


def test_a_message_of_a_model_is_markdown_and_one_of_a_user_is_not() -> None:
    assert one(message("assistant", "**hi**")).body == "<p><strong>hi</strong></p>\n"
    assert one(message("user", "**hi**\n<b>")).body == '<div class="plain">**hi**\n&lt;b&gt;</div>'
    assert one(item(role="user", content="short")).body == '<div class="plain">short</div>'


def test_a_refusal_a_file_and_an_image_elsewhere() -> None:
    parts = (
        {"type": "refusal", "refusal": "No."},
        {"type": "input_file", "filename": "a.pdf"},
        {"type": "input_image", "image_url": "https://x.example/i.png"},
    )
    body = one(message("user", *parts)).body
    assert '<p class="refusal">No.</p>' in body
    assert "File a.pdf" in body
    assert "<img" not in body
    assert "https://x.example/i.png" in body


def test_what_a_text_cites() -> None:
    notes = [{"type": "url_citation", "url": "https://a"}, {"type": "file_citation", "filename": "b.txt"}]
    entry = one(message("assistant", {"type": "output_text", "text": "x", "annotations": notes}))
    assert entry.links == ["https://a", "b.txt"]


def test_a_call_stands_beside_its_result() -> None:
    call = item(1, type="function_call", call_id="c", name="add", arguments='{"a":1}', status="completed")
    output = item(2, type="function_call_output", call_id="c", output='{"sum":3}')
    entry = one(call, output)
    assert (entry.shape, entry.title, entry.left, entry.note) == ("call", "add", '{\n  "a": 1\n}', "")
    assert entry.right == "<pre>{\n  &#34;sum&#34;: 3\n}</pre>"


def test_a_call_without_result_and_a_result_without_call() -> None:
    call = one(item(type="function_call", call_id="c", name="add", arguments="{}", status="completed"))
    assert (call.right, call.note) == (None, "no result in this response")
    result = one(item(type="function_call_output", call_id="c", output=[{"type": "input_text", "text": "3"}]))
    assert (result.title, result.right, result.note) == ("result", "<pre>3</pre>", "of c")


def test_calls_of_this_server_have_their_results_in_them() -> None:
    mcp = one(item(type="mcp_call", name="add", server_label="shop", arguments="{}", output="5", status="completed"))
    assert (mcp.right, mcp.note, mcp.bad) == ("<pre>5</pre>", "shop", False)
    failed = one(item(type="mcp_call", name="add", server_label="shop", arguments="{}", error={"message": "no"}))
    assert failed.bad
    search = one(item(type="web_search_call", action={"query": "x"}, status="completed"))
    assert (search.title, search.note) == ("web search", "web search")


@pytest.mark.parametrize(
    ("members", "title"),
    [
        ({"type": "reasoning", "summary": [{"text": "so"}]}, "Reasoning"),
        ({"type": "mcp_list_tools", "server_label": "s", "tools": [{"name": "a"}]}, "Tools of s"),
        (
            {"type": "mcp_approval_request", "name": "a", "server_label": "s", "arguments": "{}"},
            "Approval asked: a of s",
        ),
        ({"type": "mcp_approval_response", "approve": False, "reason": "no"}, "Refused"),
        ({"type": "compaction"}, "Compaction"),
    ],
)
def test_what_is_folded(members: dict[str, Any], title: str) -> None:
    entry = one(item(**members))
    assert (entry.shape, entry.title) == ("fold", title)


def test_sealed_reasoning_says_so() -> None:
    assert one(item(type="reasoning", summary=[], encrypted_content="x")).note == "sealed"


def test_what_is_no_json_is_shown_as_it_is() -> None:
    assert one(StoredItem("x", b"{broken")).raw
    assert one(StoredItem("x", b"[1]")).title == "Unreadable"


def test_arguments_that_lie_too_deep_are_shown_as_they_are() -> None:
    deep = "[" * 100_000
    assert deep in str(one(item(type="function_call", name="f", call_id="c", arguments=deep)).left)


def test_images_are_numbered_in_each_item_and_found_again() -> None:
    image = {"type": "input_image", "image_url": f"data:image/png;base64,{PIXEL}"}
    items = [message("user", image, image), item(2, type="image_generation_call", result=PIXEL, output_format="webp")]
    assert [entry.images for entry in entries(items)] == [[0, 1], [0]]
    found = picture(items[1], 0)
    assert found is not None
    assert (found.media, found.data) == ("image/webp", b"\x89PNG pixel")
    assert picture(items[0], 2) is None


def test_no_image_that_could_be_a_program() -> None:
    svg = {"type": "input_image", "image_url": "data:image/svg+xml;base64,PHN2Zz4="}
    assert picture(message("user", svg), 0) is None
    assert picture(message("user", {"type": "input_image", "image_url": "data:image/png;base64,x"}), 0) is None
