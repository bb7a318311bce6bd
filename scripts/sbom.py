"""The bill of materials: what this project is made of, as CycloneDX 1.6, read from a lock.

`python scripts/sbom.py requirements/run.txt` writes it to standard output. It needs nothing but the lock: names,
versions and hashes stand there, and are what is installed. Not here: known vulnerabilities (`make audit`).
"""

import json
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PINNED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(\[[^]]*\])?==(?P<version>[^\s;\\]+)(\s*;\s*(?P<marker>[^\\]+))?")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def components(lock: str) -> Iterator[dict[str, Any]]:
    """Each package of a lock, in its order."""
    for block in re.split(r"\n(?=\S)", lock):
        pinned = PINNED.match(block)
        if pinned is None:
            continue
        name, version = pinned["name"], pinned["version"]
        purl = f"pkg:pypi/{name.lower().replace('_', '-')}@{version}"
        marker = (pinned["marker"] or "").strip()
        yield {
            "type": "library",
            "bom-ref": purl,
            "name": name,
            "version": version,
            "purl": purl,
            **({"scope": "optional"} if marker else {}),
            "properties": [
                *({"name": "antiphon:sha256", "value": found} for found in HASH.findall(block)),
                *([{"name": "antiphon:marker", "value": marker}] if marker else []),
            ],
        }


def bill(lock: str, project: dict[str, Any]) -> dict[str, Any]:
    """The whole document; the same for the same lock."""
    found = list(components(lock))
    own = f"pkg:pypi/{project['name']}@{project['version']}"
    about = {"type": "application", "bom-ref": own, "name": project["name"], "version": project["version"], "purl": own}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": about},
        "components": found,
        "dependencies": [{"ref": own, "dependsOn": [each["bom-ref"] for each in found]}],
    }


def version_of(root: Path) -> str:
    """The version of this project, as its package says it."""
    found = re.search(r'__version__ = "([^"]+)"', (root / "src/antiphon/__init__.py").read_text())
    return found[1] if found else "0"


if __name__ == "__main__":
    named = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    whole = bill(Path(sys.argv[1]).read_text(), {"name": named["name"], "version": version_of(ROOT)})
    print(json.dumps(whole, indent=2))
