"""Tools that this server runs itself: offered where it is set up for them, refused with advice where it isn't."""

from typing import Any

import pytest

from antiphon.engine.kinds.hosted import HOSTED, Hosting
from antiphon.errors import InvalidRequest

ALL = frozenset({"code_interpreter", "file_search", "image_generation", "web_search"})


@pytest.mark.parametrize("kind", sorted(HOSTED))
def test_what_is_not_set_up_is_refused_with_advice(kind: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        HOSTED[kind]({"type": kind}, "tools[3]", Hosting())
    assert (refused.value.param, refused.value.code) == ("tools[3]", "tool_not_configured")
    assert "antiphon.toml" in refused.value.message


@pytest.mark.parametrize("kind", sorted(HOSTED))
def test_what_is_set_up_is_one_function_that_this_server_runs(kind: str) -> None:
    tool: dict[str, Any] = {"type": kind, "container": {"type": "auto"}, "vector_store_ids": ["vs_1"]}
    ((function, binding),) = HOSTED[kind](tool, "tools[0]", Hosting(ALL))
    assert binding.server
    assert binding.runs in ALL
    assert function["parameters"]["required"]


@pytest.mark.parametrize("set_up", [ALL, frozenset[str]()])
def test_a_search_that_may_not_go_out_is_not_offered_and_needs_no_service(set_up: frozenset[str]) -> None:
    assert HOSTED["web_search"]({"type": "web_search", "external_web_access": False}, "tools[0]", Hosting(set_up)) == []


def test_pictures_are_not_searched_for_which_is_noted() -> None:
    hosting = Hosting(ALL)
    for types in (["text"], ["text", "image"]):
        HOSTED["web_search_preview"]({"search_content_types": types}, f"tools[{len(types)}]", hosting)
    assert hosting.notes.ignored == ["tools[2].search_content_types"]


def test_a_mask_that_cannot_be_had_is_left_out_and_noted() -> None:
    hosting = Hosting(ALL)
    ((_, binding),) = HOSTED["image_generation"]({"input_image_mask": {"file_id": "f"}}, "tools[0]", hosting)
    assert hosting.notes.ignored == ["tools[0].input_image_mask"]
    assert binding.about["tool"].input_image_mask is None
