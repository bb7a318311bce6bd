"""The values that a Struct allows at a path, for messages to whoever sent another one.

msgspec says which value was wrong, and not which would be right. Counterpart: `reading.py`.
"""

import re
from collections.abc import Iterator

from msgspec import inspect

_STEP = re.compile(r"\.(?P<name>[^.\[]+)|\[(?P<index>[^\]]*)\]")


def values_due(kind: type, path: str) -> list[str]:
    """The literal values, or the tags, that `kind` allows at a path such as `.text.format.type`; [] for any."""
    types = [inspect.type_info(kind)]
    steps = list(_STEP.finditer(path))
    for number, step in enumerate(steps, 1):
        options = [option for found in types for option in _options(found)]
        inner = [member for option in options for member in _members(option, step["name"])]
        if not inner and number == len(steps):
            return _tags(options, step["name"])
        types = inner
    literals = [option for found in types for option in _options(found) if isinstance(option, inspect.LiteralType)]
    return [str(value) for literal in literals for value in literal.values]


def _options(found: inspect.Type) -> Iterator[inspect.Type]:
    """The members of a union; anything else is its only option."""
    if isinstance(found, inspect.UnionType):
        yield from found.types
    else:
        yield found


def _members(option: inspect.Type, name: str | None) -> Iterator[inspect.Type]:
    """What stands one step inside."""
    match option:
        case inspect.ListType() if name is None:
            yield option.item_type
        case inspect.DictType():
            yield option.value_type
        case inspect.StructType():
            yield from (field.type for field in option.fields if field.encode_name == name)


def _tags(options: list[inspect.Type], name: str | None) -> list[str]:
    structs = [option for option in options if isinstance(option, inspect.StructType)]
    return [str(struct.tag) for struct in structs if struct.tag_field == name]
