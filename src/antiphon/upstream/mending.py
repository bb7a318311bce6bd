"""Makes a chunk or a completion of JSON that nearly is one.

A member that doesn't fit is read as what it must mean, or left out: the rest of the answer isn't lost for it.
Used only where the strict decoder of `chat_stream.py` has refused. Pure. Not here: streams that are none
(`sse.py`), what an error says (`refusal.py`), and the quirks of a make that are known (`engine/turn.py`).
"""

import json
from types import NoneType, UnionType
from typing import Any, Final, TypeVar, cast, get_args, get_origin

import msgspec

Kind = TypeVar("Kind", bound=msgspec.Struct)

TEXT_FIELDS: Final = ("content", "reasoning_content", "reasoning", "thinking")
SAYS_ERROR: Final = frozenset({"code", "error_code", "status", "statusCode", "status_code"})
UNFIT: Final = object()
UTF16: Final = "utf-16-le"


class Mender:
    """One stream's mender. It remembers half a character, which the next message may complete."""

    __slots__ = ("_half",)

    def __init__(self) -> None:
        self._half = ""

    def mended(self, data: bytes, kind: type[Kind]) -> Kind | None:
        """The chunk or completion that is meant; None where nothing of it is to be found."""
        try:
            value = json.loads(data.decode(errors="replace"), parse_constant=lambda _: None)
        except (ValueError, RecursionError):
            return None
        if not isinstance(value, dict):
            return None
        self._join(value)
        try:
            fitted = _struct(_encodable(value), kind)
        except RecursionError:
            return None
        return cast("Kind", fitted) if fitted is not UNFIT and fitted != kind() else None

    def _join(self, value: dict[str, Any]) -> None:
        """Put the halves of a character together that a server has cut between two messages."""
        match value:
            case {"choices": [{"delta": dict() as delta}, *_]}:
                pass
            case _:
                return
        for name in TEXT_FIELDS:
            if isinstance(text := delta.get(name), str) and text:
                text, self._half = self._half + text, ""
                if "\ud800" <= text[-1] <= "\udbff":
                    text, self._half = text[:-1], text[-1]
                delta[name] = text


def bare_error(data: bytes) -> object:
    """The error that a message without choices is, where it is one without saying `error`; None where it isn't."""
    try:
        value = msgspec.json.decode(data)
    except (ValueError, RecursionError):
        return None
    match value:
        case {"object": "error"} | {"detail": str() | dict() | list()}:
            return value
        case {"message": str()} if SAYS_ERROR & value.keys() or "error" in str(value.get("type", "")).lower():
            # A message alone may be a sign of life: "Waiting for the model to load".
            return value
        case _:
            return None


def _encodable(value: object) -> object:
    """The same value without halves of characters, which no JSON can be made of."""
    text = json.dumps(value, ensure_ascii=False)
    return json.loads(text.encode(UTF16, "surrogatepass").decode(UTF16, "replace"))


def _fit(value: object, kind: object) -> object:
    """The value as this type, or `UNFIT`."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        pass
    kinds = get_args(kind) if get_origin(kind) is UnionType or isinstance(kind, UnionType) else (kind,)
    return next((made for one in kinds if (made := _made(value, one)) is not UNFIT), UNFIT)


def _made(value: object, kind: object) -> object:
    """The value as this one type, which it isn't to the letter."""
    if kind is NoneType:
        return UNFIT
    if get_origin(kind) is list:
        return _entries(value, *get_args(kind))
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return _struct(value, kind)
    if kind is str:
        return _text(value)
    return _number(value) if kind is int else UNFIT


def _struct(value: object, kind: type[msgspec.Struct]) -> object:
    if not isinstance(value, dict):
        return UNFIT
    fields = {
        field.name: _fit(value[field.name], field.type) for field in msgspec.structs.fields(kind) if field.name in value
    }
    try:
        return kind(**{name: made for name, made in fields.items() if made is not UNFIT})
    except TypeError:
        # A member that must be there is missing or was unfit.
        return UNFIT


def _entries(value: object, kind: object) -> object:
    entries = [value] if isinstance(value, dict) else value
    if not isinstance(entries, list):
        return UNFIT
    return [made for entry in entries if (made := _fit(entry, kind)) is not UNFIT and made is not None]


def _text(value: object) -> object:
    match value:
        case bool():
            return UNFIT
        case int() | float():
            return json.dumps(value)
        case {"text": str(text)} | {"content": str(text)}:
            return text
        case [*parts]:
            texts = [part if isinstance(part, str) else _text(part) for part in parts]
            return "".join(text for text in texts if isinstance(text, str)) or UNFIT
        case _:
            return UNFIT


def _number(value: object) -> object:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return int(value) if isinstance(value, str) and value.isdecimal() else UNFIT
