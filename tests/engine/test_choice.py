"""`tool_choice`: what each form of it lets a model call, in the first turn and later."""

from typing import Any

import pytest

from antiphon.engine.choice import Choice, Wanted, check_named, family, read_choice
from antiphon.engine.kinds.face import Origin
from antiphon.errors import InvalidRequest

F, G = Origin("function", "f"), Origin("function", "g")
ADD, SAY = Origin("mcp", "add", "shop"), Origin("mcp", "say", "shop")
TWIN = Origin("mcp", "add", "twin")
IN_CRM = Origin("function", "f", "crm")
WEB = Origin("web_search_2025_08_26")
ALL = [F, G, ADD, SAY, TWIN, IN_CRM, WEB]


def admitted(choice: Any, *, first: bool = True) -> list[Origin]:
    return [origin for origin in ALL if read_choice(choice).admits(origin, first=first)]


def allowed(*tools: Any) -> dict[str, Any]:
    return {"type": "allowed_tools", "mode": "auto", "tools": list(tools)}


@pytest.mark.parametrize("choice", [None, "auto", "required", "none"])
def test_a_mode_lets_all_be_called(choice: str | None) -> None:
    assert admitted(choice) == ALL


@pytest.mark.parametrize(
    ("entry", "meant"),
    [
        ({"type": "function", "name": "f"}, [F, IN_CRM]),
        ({"type": "function", "name": "f", "namespace": "crm"}, [IN_CRM]),
        ({"type": "custom", "name": "f"}, []),
        ({"type": "namespace", "name": "crm"}, [IN_CRM]),
        ({"type": "mcp", "server_label": "shop"}, [ADD, SAY]),
        ({"type": "mcp", "server_label": "shop", "name": "add"}, [ADD]),
        ({"type": "web_search_preview"}, [WEB]),
        ({"type": "image_generation"}, []),
    ],
)
def test_an_entry_means_what_it_names(entry: dict[str, str], meant: list[Origin]) -> None:
    assert admitted(allowed(entry)) == meant
    assert admitted(allowed(entry), first=False) == meant
    assert admitted(entry) == meant
    # What must be called first may be followed by anything.
    assert admitted(entry, first=False) == ALL


def test_without_tool_choice_none_lets_nothing_be_called() -> None:
    assert not Choice("none", honoured=False).admits(F)
    assert Choice("auto", honoured=False).admits(F)


@pytest.mark.parametrize(
    ("choice", "names", "first", "said"),
    [
        ("required", ["a", "b"], True, "required"),
        ("required", ["a"], False, None),
        ("none", ["a"], False, "none"),
        (None, ["a"], True, None),
        ({"type": "function", "name": "f"}, ["f"], True, {"type": "function", "function": {"name": "f"}}),
        ({"type": "function", "name": "f"}, ["f"], False, None),
        ({"type": "mcp", "server_label": "shop"}, ["add", "say"], True, "required"),
        (allowed({"type": "function", "name": "f"}), ["f"], True, "auto"),
    ],
)
def test_what_the_model_is_told(choice: Any, names: list[str], said: Any, *, first: bool) -> None:
    assert read_choice(choice).chosen(names, first=first) == said


def test_an_upstream_without_tool_choice_is_told_nothing() -> None:
    assert Choice("required", honoured=False).chosen(["f"], first=True) is None


@pytest.mark.parametrize(
    ("kind", "of"),
    [
        ("web_search_preview_2025_03_11", "web_search"),
        ("web_search_2025_08_26", "web_search"),
        ("computer_use_preview", "computer"),
        ("computer_use", "computer"),
        ("shell", "shell"),
    ],
)
def test_types_of_one_family(kind: str, of: str) -> None:
    assert family(kind) == of


def test_what_is_named_must_be_there() -> None:
    check_named(read_choice({"type": "function", "name": "f"}), [F])
    check_named(read_choice({"type": "image_generation"}), [])
    with pytest.raises(InvalidRequest, match="Tool choice 'g' not found") as refused:
        check_named(read_choice({"type": "function", "name": "g"}), [F])
    assert refused.value.param == "tool_choice"
    with pytest.raises(InvalidRequest, match="Allowed tool 'crm' not found") as refused:
        check_named(read_choice(allowed({"type": "namespace", "name": "crm"})), [F])
    assert refused.value.param == "tool_choice.tools"


@pytest.mark.parametrize(
    ("choice", "param"),
    [
        ("always", "tool_choice"),
        ({}, "tool_choice"),
        ({"type": "function"}, "tool_choice.name"),
        ({"type": "function", "name": 5}, "tool_choice.name"),
        ({"type": "mcp", "server_label": 5}, "tool_choice.server_label"),
        (allowed({"type": "namespace"}), "tool_choice.tools.name"),
        (allowed(5), "tool_choice.tools.type"),
    ],
)
def test_a_form_that_is_none_is_refused(choice: Any, param: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_choice(choice)
    assert refused.value.param == param


def test_an_entry_is_compared_whole() -> None:
    assert not Wanted("mcp", "add", "twin").means(ADD)
    assert Wanted("mcp", None, "twin").means(TWIN)
