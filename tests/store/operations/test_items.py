"""The steps that write items, told by hand: which statements they ask for, in which order."""

from sample_rows import Make

from antiphon.store.asks import Each, Fetch
from antiphon.store.operations.items import INPUT, NewItem, insert_items, remove_blobs, remove_owned
from antiphon.wire.answers import StoredItem

IMAGE = StoredItem("img", b'"' + b"A" * 5000 + b'"')


def test_items_without_blobs_are_one_statement(make: Make) -> None:
    items = [NewItem("p", make.item(), 7, INPUT, place) for place in range(3)]
    steps = insert_items(items, iter([11, 12, 13]))
    ask = next(steps)
    assert isinstance(ask, Each)
    assert ask.query == "insert_item"
    assert [(row["key"], row["owner"], row["position"], row["blobs"]) for row in ask.params] == [
        (11, 7, 0, 0),
        (12, 7, 1, 0),
        (13, 7, 2, 0),
    ]
    assert next(steps, None) is None


def test_no_items_are_no_statement() -> None:
    assert list(insert_items([], iter([]))) == []


def test_a_blob_that_another_removed_meanwhile_is_kept_anew() -> None:
    steps = insert_items([NewItem("p", IMAGE, 7, INPUT, 0)], iter([11]))
    assert next(steps).query == "insert_item"
    assert steps.send(()).query == "new_keys"
    kept = steps.send([(12,)])
    assert kept.query == "insert_blob"
    name = kept.params[0]["hash"]  # type: ignore[index] # an Each's
    assert steps.send(()).query == "blob_keys"
    assert steps.send([]).query == "new_keys"
    assert steps.send([(13,)]).query == "insert_blob"
    assert steps.send(()).query == "blob_keys"
    assert steps.send([("p", name, 13)]) == Each("insert_blob_use", [{"item": 11, "blob": 13}])


def test_the_same_image_in_two_items_is_kept_once() -> None:
    steps = insert_items([NewItem("p", IMAGE, 7, INPUT, place) for place in range(2)], iter([11, 12]))
    next(steps)
    assert steps.send(()) == Fetch("new_keys", {"count": 1})


def test_blobs_are_held_before_they_are_removed() -> None:
    steps = remove_blobs([5])
    assert next(steps) == Fetch("blobs_of_item", {"item": 5})
    assert steps.send([(9,), (8,)]) == Fetch("delete_blob_uses", {"item": 5})
    assert steps.send(()) == Fetch("hold_blob", {"key": 8})
    assert steps.send(()) == Fetch("delete_unused_blob", {"key": 8})
    assert steps.send(()) == Fetch("hold_blob", {"key": 9})


def test_what_stands_in_a_conversation_is_left_there() -> None:
    steps = remove_owned(7)
    assert next(steps).query == "owned_items_going"
    assert steps.send([(1, 0)]).query == "delete_owned_items"
    assert steps.send(()).query == "leave_items"
