"""Rows of keys. What a store does with them is in `operations/test_keys.py`."""

from antiphon.store.keys import Act, StoredKey, encode_detail, key_taken, no_key


def key(expires_at: int | None = None, revoked_at: int | None = None) -> StoredKey:
    return StoredKey(
        id="a", project="p", name="", digest=b"", scopes=frozenset(), models=None, created_at=1,
        expires_at=expires_at, revoked_at=revoked_at,
    )  # fmt: skip


def test_a_key_is_good_until_it_is_revoked_or_expires() -> None:
    assert key().valid(1e12)
    assert key(expires_at=7).valid(6.9)
    assert not key(expires_at=7).valid(7)
    assert not key(revoked_at=1).valid(0)


def test_what_is_said_of_keys() -> None:
    assert "antiphon keys list" in no_key("a").message
    assert key_taken("a").param == "id"
    act = Act(at=1, kind="api_key.created", project="p", subject="a", actor="me", detail={"name": "é"})
    assert encode_detail(act) == '{"name":"é"}'.encode()
