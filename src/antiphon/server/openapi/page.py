"""The document as a page for people: one file, without a script, a font or anything from elsewhere.

Not here: the document (`document.py`).
"""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

import msgspec

POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""What the page may load: its own style, and nothing else."""

STYLE = """
:root { color-scheme: light dark; --line: #8883; --soft: #8881; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1.5rem; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
details { border: 1px solid var(--line); border-radius: 6px; margin: .5rem 0; padding: .4rem .8rem; }
summary { cursor: pointer; }
code, pre { font: 13px/1.45 ui-monospace, monospace; }
pre { background: var(--soft); padding: .8rem; overflow: auto; border-radius: 6px; }
.method { display: inline-block; min-width: 4.5rem; font-weight: 600; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
"""


def page(document: Mapping[str, Any]) -> str:
    """The page of a document."""
    info = document["info"]
    return "\n".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<title>{escape(info["title"])}: API</title><link rel="stylesheet" href="docs/style.css"></head><body>',
            f"<h1>{escape(info['title'])} {escape(info['version'])}</h1>",
            f'<p>{escape(info["description"])} For programs: <a href="openapi.json">openapi.json</a>.</p>',
            *_operations(document["paths"]),
            "<h2>Schemas</h2>",
            *(_schema(name, schema) for name, schema in sorted(document["components"]["schemas"].items())),
            "</body></html>",
        ]
    )


def _operations(paths: Mapping[str, Any]) -> Iterator[str]:
    tag = ""
    for path, methods in paths.items():
        for method, operation in methods.items():
            if operation["tags"][0] != tag:
                tag = operation["tags"][0]
                yield f"<h2>{escape(tag)}</h2>"
            yield _operation(method, path, operation)


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> str:
    called = f'<span class="method">{method.upper()}</span> <code>{escape(path)}</code>'
    parts = [f"<details><summary>{called} {escape(operation['summary'])}</summary>"]
    if operation["parameters"]:
        rows = "".join(_parameter(each) for each in operation["parameters"])
        parts.append(f"<table><tr><th>parameter</th><th>in</th><th>what</th></tr>{rows}</table>")
    body = operation.get("requestBody", {}).get("content", {})
    parts += [f"<p>body, {escape(media)}:</p>{_shown(kind['schema'])}" for media, kind in body.items()]
    answers = operation["responses"]["200"]["content"]
    parts += [f"<p>answer, {escape(media)}:</p>{_shown(kind['schema'])}" for media, kind in answers.items()]
    return "".join([*parts, "</details>"])


def _parameter(each: Mapping[str, Any]) -> str:
    about = each.get("description") or _json(each["schema"])
    return f"<tr><td><code>{escape(each['name'])}</code></td><td>{each['in']}</td><td>{escape(about)}</td></tr>"


def _shown(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        name = escape(str(schema["$ref"]).rpartition("/")[2])
        return f'<p><a href="#{name}"><code>{name}</code></a></p>'
    return f"<pre>{escape(_json(schema))}</pre>"


def _schema(name: str, schema: Mapping[str, Any]) -> str:
    shown = escape(_json(schema))
    return f'<details id="{escape(name)}"><summary><code>{escape(name)}</code></summary><pre>{shown}</pre></details>'


def _json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
