import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.errors import ConfigFault, InvalidRequest
from antiphon.sealing import Sealing, configured_keys, open_to_all

OLD, NEW = b"o" * 32, b"n" * 32


@given(data=st.binary(max_size=200), project=st.text(max_size=9), purpose=st.text(max_size=9))
def test_what_is_sealed_is_opened(data: bytes, project: str, purpose: str) -> None:
    seal = Sealing([NEW]).seal(project, purpose, data)
    assert seal.isascii()
    assert Sealing([NEW]).open(project, purpose, seal) == data


def test_a_seal_shows_neither_its_words_nor_its_project() -> None:
    sealing = Sealing([NEW])
    first, second = (sealing.seal("acme", "reasoning", b"the plan") for _ in range(2))
    assert first != second
    assert first.startswith("a1.")
    assert "acme" not in first
    assert "plan" not in first


def test_the_newest_key_seals_and_all_of_them_open() -> None:
    old = Sealing([OLD]).seal("p", "x", b"words")
    both = Sealing([NEW, OLD])
    assert both.open("p", "x", old) == b"words"
    new = both.seal("p", "x", b"words")
    assert Sealing([OLD]).open("p", "x", new) is None
    assert Sealing([NEW]).open("p", "x", new) == b"words"


def test_a_seal_of_another_project_is_refused_without_a_word_of_whose_it_is() -> None:
    sealing = Sealing([NEW])
    with pytest.raises(InvalidRequest) as refused:
        sealing.open("ours", "x", sealing.seal("theirs", "x", b"words"))
    assert refused.value.code == "invalid_encrypted_content"
    assert refused.value.message == "The encrypted content could not be verified."


def test_a_seal_is_good_for_its_purpose_alone() -> None:
    sealing = Sealing([NEW])
    assert sealing.open("p", "compaction", sealing.seal("p", "reasoning", b"words")) is None


@given(data=st.data())
def test_a_seal_that_was_changed_is_none(data: st.DataObject) -> None:
    sealing = Sealing([NEW], nonce=bytes)
    seal = sealing.seal("p", "x", b"words that were sealed")
    at = data.draw(st.integers(0, len(seal) - 1))
    other = data.draw(st.characters(min_codepoint=33, max_codepoint=126).filter(lambda letter: letter != seal[at]))
    opened = sealing.open("p", "x", seal[:at] + other + seal[at + 1 :])
    # The last letter of base64 may hold bits that mean nothing.
    assert opened is None or (at == len(seal) - 1 and opened == b"words that were sealed")


@pytest.mark.parametrize(
    "text", ["", "a1", "a1.", "a1..", "gAAAAABpPDIU", "a1.00000000.AAAA", "a2.x.y", "ü.ü.ü", "a1.é"]
)
def test_what_is_no_seal_is_none(text: str) -> None:
    sealing = Sealing([NEW])
    assert sealing.open("p", "x", text) is None
    known = sealing.seal("p", "x", b"")
    assert sealing.open("p", "x", known[:12] + text) is None


def test_a_digest_is_confirmed_with_every_key_and_for_nothing_else() -> None:
    old = Sealing([OLD]).digest("p", "approval", b"arguments")
    assert len(old) == 43
    both = Sealing([NEW, OLD])
    assert both.confirms("p", "approval", b"arguments", old)
    assert both.digest("p", "approval", b"arguments") != old
    for project, purpose, data in [("q", "approval", b"arguments"), ("p", "x", b"arguments"), ("p", "approval", b"")]:
        assert not both.confirms(project, purpose, data, old)
    assert not both.confirms("p", "approval", b"arguments", "ü")
    assert not Sealing([NEW]).confirms("p", "approval", b"arguments", old)
    assert both.digest("pa", "b", b"") != both.digest("p", "ab", b"")


def test_under_a_cassette_the_same_words_are_the_same_seal_in_every_process() -> None:
    assert open_to_all().seal("default", "reasoning", b"words") == (
        "a1.cb449034.ssf4Eu8c99ja_CAK3Ou0WQAAAAAAAAAAAAAAAAAAAADiFjou4khWtW9ZYYoNcVf6FbL9SuM"
    )
    assert open_to_all().open("default", "reasoning", open_to_all().seal("default", "reasoning", b"words")) == b"words"


def test_keys_as_an_operator_writes_them() -> None:
    assert configured_keys(["# newest", "", f" {'a' * 32} ", "b" * 44], "x") == [b"a" * 32, b"b" * 44]
    with pytest.raises(ConfigFault, match="A key of sealing-keys is shorter than 32 characters") as fault:
        configured_keys(["a" * 32, "short-one"], "sealing-keys")
    assert "short-one" not in fault.value.message
