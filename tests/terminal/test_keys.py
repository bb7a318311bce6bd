"""`antiphon keys`, as an operator types it."""

import re
from pathlib import Path

import pytest
from made_keys import Operator, id_in

KEY = re.compile(r"sk-ap-[0-9a-f]{12}-[0-9a-f]{48}\n")


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    return Operator(f"sqlite:///{tmp_path}/a.db")


def test_a_key_stands_alone_on_standard_output_and_is_kept_nowhere(operator: Operator, tmp_path: Path) -> None:
    said = operator.keys("create", "--project", "blue", "--name", "ci", "--expires", "30d", "--models", "up/*")
    assert KEY.fullmatch(said)
    assert "project 'blue'" in operator.errors
    assert "inference, read, write; models up/*" in operator.errors
    secret = said.strip().rpartition("-")[2]
    for file in tmp_path.iterdir():
        assert secret.encode() not in file.read_bytes()
    listed = operator.keys("list").splitlines()
    assert listed[0].split() == ["ID", "PROJECT", "STATE", "GOOD", "FOR", "NAME"]
    assert re.match(rf"{id_in(said)}  blue     until 20", listed[1])
    assert listed[1].endswith(" ci")
    assert secret not in operator.keys("log")


def test_a_key_is_revoked_and_forgotten(operator: Operator) -> None:
    key_id = id_in(operator.key("blue", "--scopes", "read"))
    assert "revoked" in operator.keys("revoke", key_id)
    assert f"{key_id}  blue     revoked 20" in operator.keys("list")
    assert "make a new one" in (operator.keys("rotate", key_id, status=2) or operator.errors)
    assert "is gone" in operator.keys("delete", key_id)
    assert operator.keys("list") == ""
    assert "There are no keys" in operator.errors
    kinds = [line.split()[2] for line in operator.keys("log").splitlines()]
    assert kinds == ["api_key.deleted", "api_key.revoked", "api_key.created"]
    assert operator.keys("log", "--limit", "1").count("\n") == 1


def test_a_rotated_key_has_a_successor_like_it(operator: Operator) -> None:
    old = operator.key("blue", "--scopes", "read,admin", "--name", "board", "--models", "a/*", "--models", "b/*")
    new = operator.keys("rotate", id_in(old), "--grace", "1h")
    assert KEY.fullmatch(new)
    assert f"The old key {id_in(old)} is good until 20" in operator.errors
    rows = {line.split()[0]: line for line in operator.keys("list").splitlines()[1:]}
    assert rows[id_in(old)].split()[2] == "until"
    assert rows[id_in(new)].split()[2:] == [
        "until",
        "it",
        "is",
        "revoked",
        "read,",
        "admin;",
        "models",
        "a/*",
        "b/*",
        "board",
    ]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--project", "a b"], "no name for one"),
        (["--project", "p", "--scopes", "read,rite"], "'rite' is none. There are inference, read, write, admin"),
        (["--project", "p", "--scopes", " ,"], "none is said"),
        (["--project", "p", "--expires", "soon"], "--expires 'soon' isn't a time"),
    ],
)
def test_what_cant_be_made(operator: Operator, words: list[str], told: str) -> None:
    assert operator.keys("create", *words, status=2) == ""
    assert told in operator.errors


def test_what_isnt_there(operator: Operator) -> None:
    for action in ("revoke", "rotate", "delete"):
        operator.keys(action, "0" * 12, status=1)
        assert "There is no key '000000000000'" in operator.errors
    Operator("memory://").keys("list", status=2)
