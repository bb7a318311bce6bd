import json

from antiphon.cassettes.occurrences import Occurrences


def ids(occurrences: Occurrences, body: object, path: str = "/v1/responses", scope: str = "") -> list[str]:
    sources = occurrences.sources("POST", path, json.dumps(body).encode(), scope)
    return [sources.ids("resp"), sources.ids("msg")]


def test_equal_requests_get_the_same_ids_in_every_process() -> None:
    asked = {"model": "m", "input": "hi", "user": None}
    runs = [[ids(occurrences, asked), ids(occurrences, asked)] for occurrences in (Occurrences(5), Occurrences(5))]
    assert runs[0] == runs[1]
    assert runs[0][0] != runs[0][1]


def test_the_ids_are_pinned() -> None:
    assert ids(Occurrences(5), {"model": "m", "input": "hi"}) == [
        "resp_dcc7ee93e73a824f762894941e99ebf9",
        "msg_8af17bb13a2bcbb2bcb06bee18b17907",
    ]


def test_key_order_and_nulls_make_no_difference_and_all_else_does() -> None:
    base = ids(Occurrences(5), {"model": "m", "input": "hi"})
    assert ids(Occurrences(5), {"input": "hi", "model": "m", "user": None}) == base
    assert ids(Occurrences(5), {"model": "m", "input": "ho"}) != base
    assert ids(Occurrences(5), {"model": "m", "input": "hi"}, path="/v1/conversations") != base


def test_each_scope_counts_for_itself_and_gets_the_same_ids() -> None:
    occurrences, asked = Occurrences(5), {"model": "m", "input": "hi"}
    runs = [[ids(occurrences, asked, scope=scope) for _ in range(2)] for scope in ("", "one", "two")]
    assert runs[0] == runs[1] == runs[2]
    assert runs[0][0] != runs[0][1]


def test_the_clock_stands_at_the_start() -> None:
    sources = Occurrences(1735689600).sources("POST", "/v1/responses", b"{}")
    assert (sources.now(), sources.now()) == (1735689600, 1735689600)
