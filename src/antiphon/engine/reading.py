"""Reading JSON that a client sent: a mistake becomes an `InvalidRequest` that names the field.

Not here: what the fields mean. Counterpart: the Structs of `wire/`.
"""

import re
from typing import TypeVar

import msgspec

from antiphon.engine.due import values_due
from antiphon.errors import InvalidRequest

T = TypeVar("T")

_AT = re.compile(r"^(?P<what>.*?)(?: - at `(?:key in )?\$(?P<path>.*)`)?$", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(?P<field>[^`]+)`")
_EXPECTED = re.compile(r"Expected `(?P<wanted>[^`]+)`, got `(?P<got>[^`]+)`")
_RANGE = re.compile(r"Expected `(?P<kind>[^`]+)` (?P<bound>[<>]=? .*)")
_UNKNOWN = re.compile(r"Invalid (?:enum )?value (?P<value>.*)", re.DOTALL)
_HIGH, _LOW = rb"\\u[dD][89aAbB][0-9a-fA-F]{2}", rb"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_HALF = re.compile(rb"%b(?!%b)|(?<!%b)%b" % (_HIGH, _LOW, _HIGH, _LOW))
_NAMES = {
    "str": "a string", "int": "an integer", "float": "a number", "bool": "true or false", "object": "an object",
    "array": "an array", "null": "null",
}  # fmt: skip


def read(data: bytes | msgspec.Raw, kind: type[T], at: str = "") -> T:
    """Decode `data` as `kind`. `at` is the path of the field that `data` stands in (`input[2]`).

    Raises `InvalidRequest` with `param` set for a missing or mistyped field, without it for broken JSON.
    """
    try:
        if not isinstance(data, msgspec.Raw) and not data.isascii():
            # The decoder looks only into the strings that it makes; what is kept raw must be UTF-8 too.
            data.decode()
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as error:
        raise _invalid(str(error), at, kind) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidRequest(
            f"The body isn't valid JSON: {_why(data, error)}. Send one JSON object in UTF-8."
        ) from None
    except RecursionError:
        raise InvalidRequest("The JSON is nested too deeply.", param=at or None) from None


def _why(data: bytes | msgspec.Raw, error: Exception) -> str:
    """What is wrong with it: a half of a character the decoder calls the end of the text."""
    half = _HALF.search(bytes(data))
    return f"{half[0].decode()} is half of a character, as of a text that was cut" if half else str(error)


def _invalid(said: str, at: str, kind: type) -> InvalidRequest:
    found = _AT.match(said)
    what, path = (found["what"], found["path"] or "") if found else (said, "")
    param = f"{at}{path}".removesuffix("[...]").replace("[...]", "").lstrip(".")
    if missing := _MISSING.match(what):
        param = f"{param}.{missing['field']}".lstrip(".")
        return InvalidRequest(f"Missing required parameter: '{param}'.", code="missing_required_parameter", param=param)
    subject = f"'{param}'" if param else "The body"
    if path.endswith("[...]"):
        subject = f"Each member of {subject}"
    if expected := _EXPECTED.match(what):
        wanted = [_NAMES.get(word.strip(), word.strip()) for word in expected["wanted"].split("|")]
        must = " or ".join(word for word in wanted if word != "null")
        got = _NAMES.get(expected["got"], expected["got"])
        return InvalidRequest(
            f"Invalid type: {subject} must be {must}, not {got}.", code="invalid_type", param=param or None
        )
    return InvalidRequest(
        f"Invalid value: {_must(subject, what, path, kind)}", code="invalid_value", param=param or None
    )


def _must(subject: str, what: str, path: str, kind: type) -> str:
    """What a value of the right type must be besides."""
    if beyond := _RANGE.match(what):
        return f"{subject} must be {_NAMES.get(beyond['kind'], beyond['kind'])} {beyond['bound'].removesuffix('.0')}."
    unknown, due = _UNKNOWN.match(what), values_due(kind, path)
    if unknown and due:
        return f"{subject} must be one of {', '.join(map(repr, due))}, not {unknown['value']}."
    return f"{subject}: {what}."
