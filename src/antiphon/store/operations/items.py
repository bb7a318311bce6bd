"""Steps that write and remove items, and the blobs they hold.

Not here: which items an answer or a conversation gets. Counterpart: `rows.py`, which reads them.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from msgspec import Struct

from antiphon.store.asks import Each, Fetch, Steps
from antiphon.store.blobs import Detached, detach
from antiphon.store.operations.rows import as_list, new_keys
from antiphon.wire.answers import StoredItem

INPUT, OUTPUT, MESSAGE, LOOSE = range(4)
ATTEMPTS = 3


class NewItem(Struct):
    """An item to be written: whose it is, and where it stands in a conversation (both None: not in one)."""

    project: str
    item: StoredItem
    owner: int | None
    side: int
    position: int
    conversation: int | None = None
    place: int | None = None

    def row(self, key: int, detached: Detached) -> dict[str, Any]:
        """The parameters of `insert_item`."""
        return {
            "key": key,
            "project": self.project,
            "id": self.item.id,
            "owner": self.owner,
            "side": self.side,
            "position": self.position,
            "conversation": self.conversation,
            "place": self.place,
            "blobs": len(detached.blobs),
            "raw": detached.raw,
        }


def insert_items(items: Sequence[NewItem], keys: Iterator[int]) -> Steps[None]:
    """Write the items, under keys taken from `keys` in this order, and the blobs they hold."""
    rows: list[dict[str, Any]] = []
    uses: list[tuple[int, str, str]] = []
    blobs: dict[tuple[str, str], bytes] = {}
    for new in items:
        detached = detach(new.item.raw)
        key = next(keys)
        rows.append(new.row(key, detached))
        for name, content in detached.blobs.items():
            uses.append((key, new.project, name))
            blobs[new.project, name] = content
    if rows:
        yield Each("insert_item", rows)
    if uses:
        kept = yield from _keep_blobs(blobs)
        yield Each("insert_blob_use", [{"item": key, "blob": kept[project, name]} for key, project, name in uses])


def _keep_blobs(blobs: dict[tuple[str, str], bytes]) -> Steps[dict[tuple[str, str], int]]:
    """Keep the bytes that aren't there yet; the key of each.

    Between finding a blob and holding it, another process may remove it as unused: then it is kept anew.
    In order, so that two writers don't wait for each other.
    """
    names = sorted(blobs)
    kept: dict[tuple[str, str], int] = {}
    for _ in range(ATTEMPTS):
        missing = [name for name in names if name not in kept]
        if not missing:
            break
        keys = yield from new_keys(len(missing))
        rows = [
            {"key": key, "project": name[0], "hash": name[1], "bytes": blobs[name]}
            for key, name in zip(keys, missing, strict=True)
        ]
        yield Each("insert_blob", rows)
        found = yield Fetch("blob_keys", {"wanted": as_list(missing)})
        kept |= {(row[0], row[1]): row[2] for row in found}
    return kept


def remove_owned(owner: int) -> Steps[None]:
    """Remove the items of a response or chat; those in a conversation stay there."""
    going = yield Fetch("owned_items_going", {"owner": owner})
    yield from remove_blobs(row[0] for row in going if row[1])
    yield Fetch("delete_owned_items", {"owner": owner})
    yield Fetch("leave_items", {"owner": owner})


def remove_blobs(items: Iterable[int]) -> Steps[None]:
    """Forget what these items (keys) held, and remove blobs that no other item holds."""
    for item in items:
        blobs = yield Fetch("blobs_of_item", {"item": item})
        yield Fetch("delete_blob_uses", {"item": item})
        for (blob,) in sorted(tuple(row) for row in blobs):
            yield Fetch("hold_blob", {"key": blob})
            yield Fetch("delete_unused_blob", {"key": blob})
