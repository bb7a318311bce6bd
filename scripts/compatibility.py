"""What becomes of everything that the Responses API has: the rows of the compatibility page.

Rows come from the SDK's types and from ours, so that a new event, item, tool or field has one; what becomes of each
is asked of the engine for every dialect, by a sample. A row names what must be shown by a test that passed
(`evidence`); `check_compatibility.py` looks. Not here: the pages (`make_docs.py`), the samples.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, get_args

from openai.types import responses as sdk

from antiphon.engine.dialects import DIALECTS
from antiphon.engine.dialects.base import Dialect
from antiphon.engine.kinds.hosted import HOSTED
from antiphon.errors import InvalidRequest
from antiphon.tools.table import TOOLS as RUNNERS
from antiphon.wire import events as ours
from antiphon.wire.items import OutputItem
from compatibility_samples import CHOICES, ITEMS, TOOLS
from docs_requests import BASE, SAMPLES, Json, Outcome, field_paths, outcome, sample_of, with_field
from docs_tables import table, words_for

RECORDED = frozenset({"cerebras", "databricks", "fireworks", "ollama", "openai", "together", "vllm"})
"""Dialects that were read off recorded calls; the others are as their documentation says."""

HONOURED, APPROXIMATED, IGNORED, REFUSED = "honoured", "approximated", "ignored", "refused"
USER: Json = {"type": "message", "role": "user", "content": "x"}

BY_THE_SERVER = {
    "compaction": "what it has sealed is told; one that can't be read is ignored",
    "compaction_trigger": "the conversation is made short, and that is the whole answer",
    "mcp_list_tools": "the server isn't asked again",
    "mcp_approval_request": "the call waits for its approval",
    "mcp_approval_response": "the call that was asked for is made, or refused",
    "item_reference": "the stored item stands in its place",
}
"""Input items that the engine doesn't tell a model of, and what they do."""


@dataclass(frozen=True, slots=True)
class Row:
    """A thing of the API, what becomes of it by dialect, and what a test must show of it."""

    kind: str
    name: str
    by: Mapping[str, str]
    remark: str = ""

    @property
    def evidence(self) -> list[str]:
        """The keys that passing tests must have shown."""
        if self.kind == "field":
            return [f"field:{self.name}@{dialect}" for dialect in self.by]
        return [f"no {self.key}" if self.never else self.key]

    @property
    def key(self) -> str:
        """What a test shows that meets with it."""
        return f"{self.kind}:{self.name}"

    @property
    def never(self) -> bool:
        """Whether this server never sends it."""
        return self.remark.startswith("never ")

    @property
    def words(self) -> str:
        """What becomes of it, by most dialects and by the others."""
        most = max(set(self.by.values()), key=lambda word: (list(self.by.values()).count(word), word))
        said = [most if len(set(self.by.values())) == 1 else f"{most} by most"]
        for word in (HONOURED, APPROXIMATED, IGNORED, REFUSED):
            names = [name for name, each in self.by.items() if each == word]
            if word != most and names:
                said.append(f"{word} by {', '.join(names)}")
        return "; ".join([*said, *filter(None, [self.remark])])


def everywhere(word: str) -> dict[str, str]:
    """The same by every dialect."""
    return dict.fromkeys(DIALECTS, word)


@cache
def rows() -> tuple[Row, ...]:
    """Every row, kind by kind."""
    return (*fields(), *includes(), *tools(), *choices(), *inputs(), *outputs(), *events())


def fields() -> Iterator[Row]:
    """Every field of a request, and the members of those that are objects."""
    known = {path.partition(".")[0] for path, _ in field_paths()}
    if missing := sdk_fields() - known:
        raise SystemExit(f"compatibility: wire/responses.py has no {', '.join(sorted(missing))}, and the SDK has.")
    for path, kind in field_paths():
        request = with_field(path, SAMPLES.get(path, sample_of(kind)))
        yield Row("field", path, by_dialect(request, partial(is_about, path=path)))


def includes() -> Iterator[Row]:
    """Every value of `include`."""
    for value in get_args(sdk.ResponseIncludable):
        request = {**BASE, "include": [value]}
        yield Row("include", value, by_dialect(request, f"include[{value}]".__eq__))


def tools() -> Iterator[Row]:
    """Every type of tool."""
    for kind in sorted(types(sdk.Tool) | set(HOSTED)):
        sample = words_for(kind, TOOLS, "TOOLS of scripts/compatibility_samples.py")
        request = {**BASE, "tools": [{"type": kind, **sample}]}
        remark = "where it is set up; a 400 says how elsewhere" if needs_settings(request) else ""
        yield Row("tool", kind, by_dialect(request, lambda note: is_about(note, "tools")), remark)


def choices() -> Iterator[Row]:
    """Every form of `tool_choice`."""
    known = {name for one in get_args(sdk.response.ToolChoice) for name in types(one)} | {"none", "auto", "required"}
    for form in sorted(known):
        choice, kind = words_for(form, CHOICES, "CHOICES of scripts/compatibility_samples.py")
        request = {**BASE, "tools": [{"type": kind, **TOOLS[kind]}], "tool_choice": choice}
        yield Row("choice", form, by_dialect(request, lambda note: note == "tool_choice" or is_about(note, "tools")))


def inputs() -> Iterator[Row]:
    """Every type of input item."""
    for kind in sorted(types(sdk.ResponseInputItem)):
        if kind in BY_THE_SERVER:
            yield Row("input", kind, everywhere(HONOURED), BY_THE_SERVER[kind])
            continue
        items = words_for(kind, ITEMS, "ITEMS of scripts/compatibility_samples.py")
        yield Row("input", kind, {name: told(kind, items, dialect) for name, dialect in DIALECTS.items()})


def outputs() -> Iterator[Row]:
    """Every type of output item."""
    made = {str(kind.__struct_config__.tag) for kind in get_args(OutputItem)}
    given = {"function_call_output", "custom_tool_call_output", "additional_tools"}
    for kind in sorted(types(sdk.ResponseOutputItem) | made):
        if kind not in made and (kind in given or kind.endswith(("_call_output", "_approval_response"))):
            continue  # The client's part of a conversation.
        yield made_or_not("output", kind, "never made", made)


def events() -> Iterator[Row]:
    """Every event of a stream."""
    made = {name for name in tags(vars(ours).values()) if "." in name or name == "error"}
    for kind in sorted(types(sdk.ResponseStreamEvent) | made):
        yield made_or_not("event", kind, "never sent", made)


ELSEWHERE: dict[str, str] = {}
"""What isn't made by a response, and is by another endpoint."""


def made_or_not(kind: str, name: str, never: str, made: set[str]) -> Row:
    """A row of what this server sends, or never does."""
    elsewhere = ELSEWHERE.get(f"{kind}:{name}", "")
    if name in made or elsewhere:
        return Row(kind, name, everywhere(HONOURED), elsewhere)
    return Row(kind, name, everywhere(IGNORED), never)


def by_dialect(request: Json, is_meant: Callable[[str], bool]) -> dict[str, str]:
    """What becomes of something in a request, by what the notes say of it."""
    return {name: said(attempt(request, dialect), is_meant) for name, dialect in DIALECTS.items()}


def attempt(request: Json, dialect: Dialect) -> Outcome | None:
    """What a server that has every tool makes of a request; None where it refuses."""
    try:
        return outcome(request, dialect, RUNNERS)
    except InvalidRequest:
        return None


def said(made: Outcome | None, is_meant: Callable[[str], bool]) -> str:
    """The word for it."""
    if made is None:
        return REFUSED
    if any(map(is_meant, made.ignored)):
        return IGNORED
    return APPROXIMATED if any(map(is_meant, made.approximated)) else HONOURED


def told(kind: str, items: list[Json], dialect: Dialect) -> str:
    """Whether a model is told of the items of that type."""
    rest = [item for item in items if item["type"] != kind]
    # A call that has lost its output, or an output its call, is refused.
    before = attempt({**BASE, "input": [USER, *rest]}, dialect) or outcome({**BASE, "input": [USER]}, dialect)
    after = attempt({**BASE, "input": [USER, *items]}, dialect)
    word = said(after, lambda note: is_about(note, "input"))
    return IGNORED if word == HONOURED and after and after.call == before.call else word


def needs_settings(request: Json) -> bool:
    """Whether a server without settings refuses it."""
    try:
        outcome(request, DIALECTS["openai"])
    except InvalidRequest as refused:
        return refused.code == "tool_not_configured"
    return False


def is_about(note: str, path: str) -> bool:
    """Whether a note names a field, a part of it, or the object that it is a member of."""
    return note.startswith((f"{path}.", f"{path}[")) or note in {path, path.partition(".")[0]}


def sdk_fields() -> set[str]:
    """The fields of a request, as the SDK has them."""
    return set(sdk.response_create_params.ResponseCreateParamsBase.__annotations__)


def types(union: Any) -> set[str]:  # noqa: ANN401 - what typing makes of a union
    """The types of a union of the SDK's models."""
    if hasattr(union, "model_fields"):
        return set(literals(union.model_fields["type"].annotation)) if "type" in union.model_fields else set()
    return {name for member in get_args(union) for name in types(member)}


def literals(annotation: Any) -> Iterator[str]:  # noqa: ANN401 - as above
    """The strings in a Literal, one that may be None too."""
    for each in get_args(annotation):
        if isinstance(each, str):
            yield each
        else:
            yield from literals(each)


def tags(values: Any) -> set[str]:  # noqa: ANN401 - as above
    """The tags of those values that are Structs."""
    return {str(kind.__struct_config__.tag) for kind in values if hasattr(kind, "__struct_config__")}


def part(kind: str, title: str) -> Callable[[], str]:
    """What makes the table of a kind."""
    return lambda: table(
        [title, "what becomes of it"], [[f"`{row.name}`", row.words] for row in rows() if row.kind == kind]
    )


def dialects() -> str:
    """Every dialect, where it is read from, and what of a request it doesn't take."""
    told_of = [row for row in rows() if row.kind in {"field", "include", "choice"}]
    lines = []
    for name in DIALECTS:
        source = "recordings" if name in RECORDED else "from documentation, not from a recording"
        cells = [
            ", ".join(f"`{titled(row)}`" for row in told_of if row.by[name] == word and len(set(row.by.values())) > 1)
            for word in (APPROXIMATED, IGNORED)
        ]
        lines.append([f"`{name}`", source, *cells])
    return table(["dialect", "known", "approximated", "ignored"], lines)


def titled(row: Row) -> str:
    """Its name where rows of several kinds stand together."""
    return {"choice": f"tool_choice={row.name}", "include": f"include={row.name}"}.get(row.kind, row.name)


PARTS: dict[str, Callable[[], str]] = {
    "compatibility-fields": part("field", "field"),
    "compatibility-includes": part("include", "value"),
    "compatibility-tools": part("tool", "type"),
    "compatibility-choices": part("choice", "form"),
    "compatibility-inputs": part("input", "type"),
    "compatibility-outputs": part("output", "type"),
    "compatibility-events": part("event", "event"),
    "compatibility-dialects": dialects,
}
