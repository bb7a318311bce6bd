"""Text as it stands: paragraphs, pieces of code, JSON."""

import json

from retrieval_outline import outline, read


def test_paragraphs_are_told_by_blank_lines() -> None:
    document = read("a.txt", "\n One\ntwo \n\n \n\nThree\r\n")
    assert document.text == "\n One\ntwo \n\n \n\nThree\n"
    assert outline(document) == [("paragraph", "", "One\ntwo"), ("paragraph", "", "Three")]


def test_code_is_cut_where_nothing_is_indented() -> None:
    source = "import a\n\ndef f():\n    x\n\n    y\n\n\nclass A:\n    z = (\n\n)\nq\n"
    assert [text for _, _, text in outline(read("a.py", source))] == [
        "import a",
        "def f():\n    x\n\n    y",
        "class A:\n    z = (\n\n)\nq",
    ]


def test_json_is_kept_as_it_stands_or_put_into_lines() -> None:
    assert read("a.json", '{"a": 1}').text == '{"a": 1}'
    value = {"é": ["x" * 500, 1.5, None]}
    document = read("a.json", json.dumps(value))
    assert json.loads(document.text) == value
    assert document.text.count("\n") > 4


def test_what_is_no_json_is_text_all_the_same() -> None:
    assert read("a.json", "[" * 100_000).kind == "json"
    assert outline(read("a.json", '{"a":' + "x" * 500)) == [("code", "", '{"a":' + "x" * 500)]


def test_a_line_is_a_record() -> None:
    assert outline(read("a.jsonl", '{"a":1}\n\n{"b":2}\n')) == [("row", "", '{"a":1}'), ("row", "", '{"b":2}')]
