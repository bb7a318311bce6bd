"""What the tests have shown of the wire, kept from a run for the check after it.

It stands in `.pytest_cache/shown.json`, under the fingerprint of the code that ran: what was shown of other code
doesn't count. Written by `tests/conftest.py`, read by `check_compatibility.py`.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

RESULT = Path(".pytest_cache") / "shown.json"
CODE = ("src", "tests")
KINDS = {".py", ".sql", ".mjs", ".json"}
FEW = 5
"""Tests that are kept for each key."""

Shown = dict[str, list[str]]
"""By key, the tests that show it."""


def fingerprint(root: Path) -> str:
    """The hash of everything that a test's outcome hangs on."""
    digest = hashlib.sha256()
    files = (file for folder in CODE for file in (root / folder).rglob("*"))
    for file in sorted(file for file in files if file.suffix in KINDS and file.is_file()):
        digest.update(f"{file.relative_to(root)}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()


def keep(root: Path, code: str, passed: Mapping[str, Iterable[str]], failed: Iterable[str]) -> None:
    """Add what tests of a run have shown: `passed` are keys by test. What an earlier run of other code left, goes."""
    path = root / RESULT
    known = read(root, code) or {}
    lost = {*failed, *passed}
    shown: Shown = {key: [test for test in tests if test not in lost] for key, tests in known.items()}
    for test, keys in passed.items():
        for key in keys:
            shown.setdefault(key, []).append(test)
    kept = {key: sorted(tests)[:FEW] for key, tests in sorted(shown.items()) if tests}
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"code": code, "shown": kept}, indent=0), encoding="utf-8")


def read(root: Path, code: str) -> Shown | None:
    """What was shown of this code; None where no run of it is known."""
    path = root / RESULT
    if not path.exists():
        return None
    found = json.loads(path.read_text(encoding="utf-8"))
    return dict(found["shown"]) if found["code"] == code else None
