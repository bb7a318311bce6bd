"""Fails for a row of the compatibility page that no test has shown in the run before.

`--why KEY` lists tests that show a row. Not here: the rows (`compatibility.py`), what the tests left
(`shown_results.py`).
"""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from compatibility import Row, rows
from shown_results import RESULT, Shown, fingerprint, read

ROOT = Path(__file__).resolve().parents[1]


def missing(wanted: Iterable[Row], shown: Shown) -> list[str]:
    """A sentence for each thing that nothing shows, or that is shown although it shouldn't be."""
    wanted = list(wanted)
    against = [
        f"{row.kind} `{row.name}` is {row.remark}, it says, and {shown[row.key][0]} has met with it."
        for row in wanted
        if row.never and shown.get(row.key)
    ]
    return against + [
        f"{row.kind} `{row.name}` is said to be {row.words.partition(' by')[0]}, and no test that passed shows {key}."
        for row in wanted
        for key in row.evidence
        if not shown.get(key)
    ]


def main(root: Path, why: str | None = None) -> int:
    """Check every row, or tell of one. Returns the exit code."""
    shown = read(root, fingerprint(root))
    if shown is None:
        print(f"check_compatibility: no tests have run on this code ({RESULT}); run `make test` first")
        return 1
    if why:
        print("\n".join(shown.get(why, ["no test"])))
        return 0
    faults = missing(rows(), shown)
    print("\n".join([*faults, f"check_compatibility: {len(faults)} things not shown in {len(rows())} rows"]))
    return 1 if faults else 0


if __name__ == "__main__":
    options = argparse.ArgumentParser(description="Look for a test behind every row of the compatibility page.")
    options.add_argument("--why", metavar="KEY", help="list tests that show it, such as tool:mcp")
    sys.exit(main(ROOT, options.parse_args().why))
