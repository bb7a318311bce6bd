"""Reading JSON that a client sent: a mistake becomes an `InvalidRequest` that names the field.

Not here: what the fields mean. Counterpart: the Structs of `wire/`.
"""

import re
from typing import TypeVar

import msgspec

from antiphon.errors import InvalidRequest

T = TypeVar("T")

_AT = re.compile(r"^(?P<what>.*?)(?: - at `(?:key in )?\$(?P<path>.*)`)?$", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(?P<field>[^`]+)`")
_EXPECTED = re.compile(r"Expected `(?P<wanted>[^`]+)`, got `(?P<got>[^`]+)`")
_NAMES = {
    "str": "a string", "int": "an integer", "float": "a number", "bool": "true or false", "object": "an object",
    "array": "an array", "null": "null",
}  # fmt: skip


def read(data: bytes | msgspec.Raw, kind: type[T], at: str = "") -> T:
    """Decode `data` as `kind`. `at` is the path of the field that `data` stands in (`input[2]`).

    Raises `InvalidRequest` with `param` set for a missing or mistyped field, without it for broken JSON.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as error:
        raise _invalid(str(error), at) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"The body isn't valid JSON: {error}. Send one JSON object in UTF-8.") from None
    except RecursionError:
        raise InvalidRequest("The JSON is nested too deeply.", param=at or None) from None


def _invalid(said: str, at: str) -> InvalidRequest:
    found = _AT.match(said)
    what, path = (found["what"], found["path"] or "") if found else (said, "")
    param = f"{at}{path}".replace("[...]", "").lstrip(".")
    if missing := _MISSING.match(what):
        param = f"{param}.{missing['field']}".lstrip(".")
        return InvalidRequest(f"Missing required parameter: '{param}'.", code="missing_required_parameter", param=param)
    if expected := _EXPECTED.match(what):
        wanted = " or ".join(_NAMES.get(word.strip(), word.strip()) for word in expected["wanted"].split("|"))
        got = _NAMES.get(expected["got"], expected["got"])
        subject = f"'{param}'" if param else "The body"
        return InvalidRequest(
            f"Invalid type: {subject} must be {wanted}, not {got}.", code="invalid_type", param=param or None
        )
    return InvalidRequest(f"Invalid value for '{param}': {what}.", code="invalid_value", param=param or None)
