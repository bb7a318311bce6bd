"""The tools that this server runs itself where it is set up for them: what a model is offered for each.

A new one is a line in `HOSTED`, a face beside it and a runner in `tools/table.py`. Pure. Not here: MCP servers, which
each request brings along (`engine/mcp.py`); how a call is carried out (`tools/`). Counterpart: `table.py`, the kinds
that need nothing but the client.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from antiphon.engine.kinds.code_interpreter import NOWHERE, PYTHON, CodeInterpreterFace, Place, read_place
from antiphon.engine.kinds.face import Binding
from antiphon.engine.kinds.file_search import FILE_SEARCH, FileSearchFace, read_file_search
from antiphon.engine.kinds.image_generation import ImageGenerationFace, image_function, read_image_generation
from antiphon.engine.kinds.web_search import WEB_SEARCH, WebSearchFace, read_web_search
from antiphon.engine.notes import Notes
from antiphon.engine.tool_files import ToolFile, names_of
from antiphon.errors import InvalidRequest
from antiphon.wire.image_generation import ImageMask

Offered = list[tuple[dict[str, Any], Binding]]


@dataclass(frozen=True, slots=True)
class Hosting:
    """What this server has: `tools` are the keys of `tools/table.py` that are set up.

    `container` is where code of this conversation runs, unless the tool names another place; `notes` take what of a
    tool can't be honoured. `pictures` are the latest of the conversation, as data URLs; `files` those that tools name.
    """

    tools: frozenset[str] = frozenset()
    container: Place = NOWHERE
    notes: Notes = field(default_factory=Notes)
    pictures: tuple[str, ...] = ()
    files: Mapping[str, ToolFile] = field(default_factory=dict)

    def need(self, name: str, at: str, how: str) -> None:
        """Raise `InvalidRequest`, saying how to set it up, where the tool `name` isn't."""
        if name not in self.tools:
            raise InvalidRequest(
                f"'{at}' needs the tool {name}, which this server isn't set up for. {how}",
                code="tool_not_configured",
                param=at,
            )


def _web_search(tool: dict[str, Any], at: str, hosting: Hosting) -> Offered:
    search = read_web_search(tool, at)
    if search.external_web_access is False:
        # There is no store of pages here to search instead, and nothing may leave: with a search service or without.
        return []
    hosting.need("web_search", at, "Its operator names a search service under [tools.web_search] in antiphon.toml.")
    if "image" in (search.search_content_types or ()):
        hosting.notes.ignored.append(f"{at}.search_content_types")
    return [(WEB_SEARCH, Binding(WebSearchFace, "web_search", {"search": search}, repeatable=True))]


def _image_generation(tool: dict[str, Any], at: str, hosting: Hosting) -> Offered:
    how = "Its operator names an upstream that makes pictures under [tools.image_generation] in antiphon.toml."
    hosting.need("image_generation", at, how)
    said = read_image_generation(tool, at)
    said = msgspec.structs.replace(said, input_image_mask=_mask(said.input_image_mask, at, hosting))
    about = {"tool": said, "pictures": hosting.pictures}
    return [(image_function(said), Binding(ImageGenerationFace, "image_generation", about))]


def _mask(mask: ImageMask | None, at: str, hosting: Hosting) -> ImageMask | None:
    """The mask as data; one that can't be had so is noted."""
    if mask is None:
        return None
    file = hosting.files.get(mask.file_id or "")
    url = mask.image_url or (file.picture if file else None) or ""
    if not url.startswith("data:"):
        hosting.notes.ignored.append(f"{at}.input_image_mask")
        return None
    return ImageMask(image_url=url)


def _code_interpreter(tool: dict[str, Any], at: str, hosting: Hosting) -> Offered:
    hosting.need(
        "code_interpreter", at, "Its operator names a sandbox under [tools.code_interpreter] in antiphon.toml."
    )
    place = read_place(tool, at, hosting.container, hosting.notes)
    names = names_of(place.file_ids, hosting.files).values()
    function = (
        PYTHON | {"description": f"{PYTHON['description']} Files there: {', '.join(names)}."} if names else PYTHON
    )
    return [(function, Binding(CodeInterpreterFace, "code_interpreter", {"place": place}))]


def _file_search(tool: dict[str, Any], at: str, hosting: Hosting) -> Offered:
    hosting.need("file_search", at, "Its operator names a model for embeddings under [retrieval] in antiphon.toml.")
    return [
        (FILE_SEARCH, Binding(FileSearchFace, "file_search", {"search": read_file_search(tool, at)}, repeatable=True))
    ]


HOSTED: dict[str, Callable[[dict[str, Any], str, Hosting], Offered]] = {
    "code_interpreter": _code_interpreter,
    "file_search": _file_search,
    "image_generation": _image_generation,
    "web_search": _web_search,
    "web_search_2025_08_26": _web_search,
    "web_search_preview": _web_search,
    "web_search_preview_2025_03_11": _web_search,
}
"""By type of the tool: what it becomes, given its place in the request and what this server has."""
