"""Files that the tools of a request name by their ids: which those are. Pure.

Not here: having them (`server/attaching.py`), putting them where code runs (`server/code_containers.py`). Counterpart:
`attached.py`, for files that items name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ToolFile:
    """What is known of a file: its name, and the picture that it is as a data URL, where that is needed."""

    name: str
    picture: str | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """A file that a tool names; `at` is the place in the request. `picture`: its content is needed, as one."""

    file_id: str
    at: str
    picture: bool = False


def named_files(tools: Sequence[Any]) -> list[Named]:
    """The files that tools name, in their order. What is broken in a tool is somebody else's to refuse."""
    found: list[Named] = []
    for index, tool in enumerate(tools):
        match tool:
            case {"type": "image_generation", "input_image_mask": {"file_id": str(file_id)} as mask} if file_id:
                if not mask.get("image_url"):
                    found.append(Named(file_id, f"tools[{index}].input_image_mask.file_id", picture=True))
            case {"type": "code_interpreter", "container": {"file_ids": list(file_ids)}}:
                at = f"tools[{index}].container.file_ids"
                found += [Named(one, f"{at}[{place}]") for place, one in enumerate(file_ids) if isinstance(one, str)]
            case _:
                continue
    return found


def names_of(file_ids: Sequence[str], files: Mapping[str, ToolFile]) -> dict[str, str]:
    """What each file is called in one folder: by its own name, and where two have the same, the later by its id too."""
    names: dict[str, str] = {}
    for file_id in dict.fromkeys(file_ids):
        if file_id in files:
            name = files[file_id].name
            names[file_id] = f"{file_id}-{name}" if name in names.values() else name
    return names
