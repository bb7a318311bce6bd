"""Which chat functions each type of tool becomes, and what its calls are then."""

from typing import Any

import pytest

from antiphon.engine.kinds.apply_patch import ApplyPatchFace
from antiphon.engine.kinds.computer import ComputerFace
from antiphon.engine.kinds.custom import CustomFace
from antiphon.engine.kinds.function import FunctionFace
from antiphon.engine.kinds.shells import LocalShellFace, ShellFace
from antiphon.engine.kinds.table import OFFERS
from antiphon.errors import InvalidRequest


@pytest.mark.parametrize(
    ("tool", "name", "face"),
    [
        ({"type": "function", "name": "f"}, "f", FunctionFace),
        ({"type": "custom", "name": "f"}, "f", CustomFace),
        ({"type": "local_shell"}, "local_shell", LocalShellFace),
        ({"type": "shell"}, "shell", ShellFace),
        ({"type": "shell", "environment": {"type": "local"}}, "shell", ShellFace),
        ({"type": "apply_patch"}, "apply_patch", ApplyPatchFace),
        ({"type": "computer"}, "computer", ComputerFace),
        ({"type": "computer_use_preview"}, "computer", ComputerFace),
    ],
)
def test_each_type_has_a_function_and_a_face(tool: dict[str, Any], name: str, face: type) -> None:
    ((function, binding),) = OFFERS[tool["type"]](tool, "tools[0]")
    assert function["name"] == name
    assert (binding.face, binding.server) == (face, False)


def test_a_shell_in_a_container_of_the_provider_cannot_be_had() -> None:
    assert OFFERS["shell"]({"type": "shell", "environment": {"type": "container_auto"}}, "tools[0]") == []


@pytest.mark.parametrize("kind", ["function", "custom"])
@pytest.mark.parametrize("name", [None, "", 1])
def test_a_tool_without_a_name_is_refused(kind: str, name: object) -> None:
    with pytest.raises(InvalidRequest) as refused:
        OFFERS[kind]({"type": kind, "name": name}, "tools[3]")
    assert refused.value.param == "tools[3].name"


def test_a_member_of_the_wrong_type_is_refused() -> None:
    with pytest.raises(InvalidRequest) as refused:
        OFFERS["function"]({"type": "function", "name": "f", "parameters": "{}"}, "tools[3]")
    assert refused.value.param == "tools[3].parameters"
