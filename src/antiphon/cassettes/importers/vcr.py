"""Reads the cassettes of vcrpy, and so of pytest-recording and pytest-vcr: YAML or JSON, whole bodies, no times.

Ruby's VCR names the list of calls differently, and is read too. YAML needs the package `pyyaml`. Source:
https://vcrpy.readthedocs.io. Counterpart: `open.py`, which finds the files.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from antiphon.cassettes.importers.calls import Call, Foreign, NoInteraction
from antiphon.errors import CassetteInvalid, ConfigFault

_MARK = re.compile(rb"(?m)^(?:http_)?interactions:|(?<!\\)\"(?:http_)?interactions\"\s*:\s*\[")
"""What tells such a file from other YAML without reading it."""


def is_vcr(raw: bytes) -> bool:
    """Whether the bytes of a file look like one of these cassettes."""
    return _MARK.search(raw) is not None


def read_vcr(path: Path, name: str) -> Foreign:
    """The calls in a cassette. Raises `CassetteInvalid` if it is none, `ConfigFault` where `pyyaml` is lacking."""
    found = Foreign()
    raw = path.read_bytes()
    value = _json(raw, name) if path.suffix == ".json" else _yaml(raw, name)
    calls = value.get("interactions", value.get("http_interactions")) if isinstance(value, dict) else None
    if not isinstance(calls, list):
        raise CassetteInvalid(f"{name} is no cassette of vcrpy: it has no list of `interactions`.")
    for number, call in enumerate(calls, 1):
        found.add(name, number, partial(_call, call))
    return found


def _json(raw: bytes, name: str) -> Any:  # noqa: ANN401 - JSON
    try:
        return json.loads(raw)
    except ValueError as error:
        raise CassetteInvalid(f"{name} can't be read: {error}.") from None


def _yaml(raw: bytes, name: str) -> Any:  # noqa: ANN401 - YAML
    try:
        yaml = import_module("yaml")
    except ModuleNotFoundError:
        raise ConfigFault(f"{name} is YAML, which needs the package pyyaml: pip install 'antiphon[yaml]'.") from None
    try:
        return yaml.load(raw, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, ValueError) as error:
        raise CassetteInvalid(f"{name} can't be read: {error}.") from None


def _call(call: Any) -> Call:  # noqa: ANN401 - YAML
    try:
        request, response = call["request"], call["response"]
        status = response.get("status_code", response.get("status"))
        return Call(
            method=str(request["method"]),
            url=str(request["uri"]),
            request_headers=_headers(request.get("headers")),
            request_body=_body(request.get("body")),
            status=int(status["code"] if isinstance(status, dict) else status),
            headers=_headers(response.get("headers")),
            body=_body(response.get("body", response.get("content"))),
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise NoInteraction(f"it lacks what a call has ({type(error).__name__}: {error})") from None


def _headers(headers: Mapping[str, Any] | None) -> dict[str, str]:
    """Headers have lists of values, of which there is nearly always one."""
    listed = {str(name): value if isinstance(value, list) else [value] for name, value in (headers or {}).items()}
    return {name: ", ".join(_text(each) for each in value) for name, value in listed.items()}


def _text(value: Any) -> str:  # noqa: ANN401 - YAML
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _body(body: Any) -> bytes:  # noqa: ANN401 - YAML
    if isinstance(body, dict):
        if isinstance(encoded := body.get("base64_string"), str):
            return _decoded(encoded)
        body = body.get("string")
    if body is None:
        return b""
    if isinstance(body, bytes):
        return body
    # A body that is kept as a value was JSON.
    return body.encode(errors="surrogatepass") if isinstance(body, str) else json.dumps(body).encode()


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=False)
    except binascii.Error as error:
        raise NoInteraction(f"its base64 can't be read ({error})") from None
