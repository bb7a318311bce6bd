"""Files that tools name, and what they are called in one folder."""

from typing import Any

import pytest

from antiphon.engine.tool_files import Named, ToolFile, named_files, names_of


def test_masks_and_files_for_code() -> None:
    tools = [
        {"type": "function", "name": "f"},
        {"type": "image_generation", "input_image_mask": {"file_id": "a"}},
        {"type": "code_interpreter", "container": {"type": "auto", "file_ids": ["b", "c"]}},
    ]
    assert named_files(tools) == [
        Named("a", "tools[1].input_image_mask.file_id", picture=True),
        Named("b", "tools[2].container.file_ids[0]"),
        Named("c", "tools[2].container.file_ids[1]"),
    ]


@pytest.mark.parametrize(
    "tool",
    [
        None,
        "tool",
        {"type": "image_generation", "input_image_mask": {"file_id": ""}},
        {"type": "image_generation", "input_image_mask": {"file_id": "a", "image_url": "data:,"}},
        {"type": "image_generation", "input_image_mask": None},
        {"type": "code_interpreter", "container": "cntr_1"},
        {"type": "code_interpreter", "container": {"type": "auto", "file_ids": "a"}},
        {"type": "code_interpreter", "container": {"type": "auto", "file_ids": [1]}},
    ],
)
def test_tools_that_name_none(tool: Any) -> None:
    assert named_files([tool]) == []


def test_two_of_one_name_are_told_apart() -> None:
    files = {"a": ToolFile("x.txt"), "b": ToolFile("x.txt"), "c": ToolFile("y.txt")}
    assert names_of(["a", "b", "c", "a", "d"], files) == {"a": "x.txt", "b": "b-x.txt", "c": "y.txt"}
