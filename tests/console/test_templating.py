"""Templates: what they can say, that they escape, and how a fault in one is told."""

import traceback
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from markupsafe import Markup

from antiphon.console.rendering import HERE, WORDS
from antiphon.console.templating import Templates, made


def short(text: str, most: int = 3) -> str:
    return text[:most]


WORDS_HERE = {"short": short, "length": len}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def rendered(folder: Path, text: str, **shown: Any) -> str:
    (folder / "page.html").write_text(text, "utf-8")
    return Templates(folder, WORDS_HERE).render("page.html", shown)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a {{ word }} b", "a &lt;b&gt; b"),
        ('<p title="{{ quoted }}">', '<p title="&#34;&gt;&lt;script&gt;">'),
        ("{{ markup }}{{ number }}{{ nothing }}", "<i>x</i>3None"),
        ("{{ row.name }} {{ row.items }} {{ thing.name }} {{ thing.name.upper() }}", "n i t T"),
        ("{{ word | short }}{{ word | short(1) }}{{ 'a' + word | short(2) }}", "&lt;b&gt;&lt;a&lt;"),
        ("{% if row.items | length == 1 %}one{% elif number %}some{% else %}none{% endif %}", "one"),
        ("{% for name, value in pairs %}{{ name }}={{ value }} {% endfor %}", "a=1 b=2 "),
        ("{% for one in [] %}x{% endfor %}", ""),
        ("{% set twice = number * 2 %}{{ twice }}{# nobody reads this #}", "6"),
        ("<ul>\n  {% if number %}\n  <li>\n  {% endif %}\n</ul>\n", "<ul>\n  <li>\n</ul>"),
        ("{% macro one(a, b=2) %}<i>{{ a }}{{ b }}</i>{% endmacro %}{{ one(word) }}{{ one(1, b=3) }}", "<i>&lt;b&gt;2</i><i>13</i>"),
        ("{{ {'a': row.name}['a'] if row.name in ('n', 'm') and not nothing else '' }}", "n"),
    ],
)  # fmt: skip
def test_what_a_template_says(folder: Path, text: str, html: str) -> None:
    shown = {
        "word": "<b>", "quoted": '"><script>', "markup": Markup("<i>x</i>"), "number": 3, "nothing": None,
        "row": {"name": "n", "items": "i"}, "thing": SimpleNamespace(name="t"), "pairs": {"a": 1, "b": 2}.items(),
    }  # fmt: skip
    assert rendered(folder, text, **shown) == html


def test_a_page_of_parts(folder: Path) -> None:
    (folder / "base.html").write_text(
        "<t>{% block title %}Ours{% endblock %}</t>{% block main %}{% endblock %}|{{ who }}"
    )
    (folder / "part.html").write_text("({{ who }})")
    (folder / "words.html").write_text(
        "{% macro twice(a) %}{{ once(a) }}{{ once(a) }}{% endmacro %}{% macro once(a) %}[{{ a }}]{% endmacro %}"
    )
    page = '{% extends "base.html" %}{% import "words.html" as words %}{% block main %}{% include "part.html" %}{{ words.twice(who) }}{% endblock %}'
    assert rendered(folder, page, who="<me>") == "<t>Ours</t>(&lt;me&gt;)[&lt;me&gt;][&lt;me&gt;]|&lt;me&gt;"
    assert rendered(folder, '{% extends "base.html" %}{% block title %}Mine{% endblock %}', who=1) == "<t>Mine</t>|1"


def test_a_name_that_is_not_there_is_told_at_its_line(folder: Path) -> None:
    with pytest.raises(NameError, match="missing") as raised:
        rendered(folder, "one\n{% if True %}\n<p>{{ missing }}</p>\n{% endif %}")
    last = traceback.extract_tb(raised.value.__traceback__)[-1]
    assert (Path(last.filename).name, last.lineno) == ("page.html", 3)
    with pytest.raises(NameError):
        rendered(folder, "{{ open('/etc/passwd') }}")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a\n{% endif %}", 2, "'endif' has no place here"),
        ("{% if a %}\n{% endfor %}", 2, "'endfor' has no place here"),
        ("{% if a %}\n", 1, "'if' isn't ended"),
        ("{% for a in b %}{% else %}{% endfor %}", 1, "'else' has no place here"),
        ("\n\n{{ a b }}", 3, "invalid syntax"),
        ("{% call a %}", 1, "'call' has no place here"),
    ],
)
def test_what_is_wrong_in_a_template(text: str, line: int, said: str) -> None:
    with pytest.raises(SyntaxError) as raised:
        made(text, "page.html")
    assert (raised.value.lineno, raised.value.filename) == (line, "page.html")
    assert said in raised.value.msg


def test_every_template_of_the_console_can_be_made() -> None:
    templates = sorted((HERE / "templates").glob("*.html"))
    assert len([made(path.read_text("utf-8"), str(path)) for path in templates]) > 20
    assert Templates(HERE / "templates", WORDS).render("no_cassette.html", SHOWN).startswith("<!doctype html>")


SHOWN = {
    "base": "/console", "api": "", "menu": [("", "Overview")], "here": "", "csrf": "", "project": None, "signed_in": False,
}  # fmt: skip
