"""The shapes that `/v1/prompts` takes and gives; on each store in `tests/state/test_prompts.py`."""

from typing import Any

import pytest
from running_server import Scene


def test_a_prompt_says_what_it_needs_and_what_it_was_made_of(scene: Scene) -> None:
    body: dict[str, Any] = {"instructions": "Be {{tone}}.", "input": "{{question}}", "tools": [], "temperature": None}
    prompt = scene.server.post(body, "/prompts").json
    assert prompt["id"].startswith("pmpt_")
    assert {name: prompt[name] for name in ("object", "version", "name", "metadata", "variables")} == {
        "object": "prompt",
        "version": "1",
        "name": None,
        "metadata": {},
        "variables": ["tone", "question"],
    }
    assert {name: prompt.get(name) for name in body} == body
    assert scene.server.get(f"/prompts/{prompt['id']}").json == prompt


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b"{"])
def test_a_body_that_is_none_is_refused(scene: Scene, body: bytes) -> None:
    assert scene.server.post(body, "/prompts").status == 400
