import pytest

from antiphon.cassettes.ids import Renaming, canonical_ids, ids_in, may_have_ids, with_ids

A, B = "resp_" + "a1" * 16, "resp_" + "b2" * 24
FILE = "file-Ebzhf8H4DPGPr9pUhr7n7v"
STORE = "vs_0b04c5f8-dfc4-3af5-0069-2749bd609081"


@pytest.mark.parametrize("one", [A, B, FILE, STORE, "msg_" + "0" * 32, "conv_" + "9f" * 16, "mcpl_" + "04f6" * 8])
def test_ids_of_servers_are_found_wherever_they_stand(one: str) -> None:
    places = (one, f'{{"id":"{one}"}}', f"/v1/x/{one}/items", f"See {one}.", rf'"a\n{one}\n"', f"{one}, {one}")
    for text in places:
        assert may_have_ids(text)
        assert ids_in(text) == [one]


@pytest.mark.parametrize(
    "text",
    [
        "call_" + "a1" * 12,
        "chatcmpl-" + "a1" * 12,
        "mcp_search_documents_v2",
        "mcp_internationalization",
        "msg_1",
        "resp_",
        "a_resp_" + "a1" * 16,
        "vs_abcdef123456-7",
        "file-system-2024",
        "",
    ],
)
def test_other_words_are_no_ids(text: str) -> None:
    assert ids_in(text) == []
    assert canonical_ids(text) == with_ids(text, {text: "x"}) == text


def test_the_canonical_form_counts_first_occurrences() -> None:
    assert canonical_ids(f"{A} {FILE} {A} {B}") == "resp_#1 file-#2 resp_#1 resp_#3"
    assert canonical_ids(f"{A} {B}") == canonical_ids(f"{B} {A}") != canonical_ids(f"{A} {A}")


def test_ids_are_replaced_at_once() -> None:
    assert with_ids(f"{A} {B} {FILE}", {A: B, B: A}) == f"{B} {A} {FILE}"


def test_a_renaming_is_one_to_one() -> None:
    known = Renaming()
    assert known.fits([(A, "x"), (B, "y")])
    known.learn([(A, "x"), (FILE, FILE)])
    assert known.given == {A: "x"}
    assert known.fits([(A, "x"), (B, "y")])
    assert not known.fits([(A, "y")])
    assert not known.fits([(B, "x")])
    known.learn([(B, "x")])
    assert (known.given, known.asked) == ({B: "x"}, {"x": B})
    known.learn([(B, B)])
    assert (known.given, known.asked) == ({}, {})
