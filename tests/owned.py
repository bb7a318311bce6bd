"""One project's things, made through the API, for tests that try to reach them from another project.

`OWNED` has one row for each kind of thing that a path may name: a route with an id whose kind isn't here fails the
matrix in `server/test_rights_matrix.py`.
"""

from collections.abc import Callable, Mapping
from typing import Any

import httpx2

MODEL = "up/m"
Json = dict[str, Any]
Ids = dict[str, str]


class Party:
    """Somebody with a key. Faults of the request itself are the test's own and stop it."""

    def __init__(self, http: httpx2.Client, key: str) -> None:
        self.http = http
        self.headers = {"authorization": f"Bearer {key}"}

    def send(self, method: str, path: str, body: object = None, **more: Any) -> httpx2.Response:
        """Any request; a body goes as JSON."""
        given = more if body is None else {"json": body, **more}
        return self.http.request(method, path, headers=self.headers, **given)

    def made(self, path: str, body: object = None, **more: Any) -> Json:
        """What a POST has made."""
        answer = self.send("POST", path, body, **more)
        assert answer.is_success, answer.text
        made: Json = answer.json()
        return made


def message(text: str = "Hi") -> Json:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def _response(party: Party) -> Ids:
    return {"id": party.made("/v1/responses", {"model": MODEL, "input": "Hi"})["id"]}


def _conversation(party: Party) -> Ids:
    made = party.made("/v1/conversations", {"items": [message()]})
    items = party.send("GET", f"/v1/conversations/{made['id']}/items").json()["data"]
    return {"id": made["id"], "item_id": items[0]["id"]}


def _prompt(party: Party) -> Ids:
    return {"id": party.made("/v1/prompts", {"input": "Say hello."})["id"], "version": "1"}


def _file(party: Party) -> Ids:
    form = {"files": {"file": ("a.txt", b"words")}, "data": {"purpose": "user_data"}}
    return {"id": party.made("/v1/files", **form)["id"]}


def _upload(party: Party) -> Ids:
    said = {"filename": "a.txt", "bytes": 5, "mime_type": "text/plain", "purpose": "user_data"}
    return {"id": party.made("/v1/uploads", said)["id"]}


def _container(party: Party) -> Ids:
    made = party.made("/v1/containers", {"name": "c"})
    file = party.made(f"/v1/containers/{made['id']}/files", files={"file": ("a.txt", b"words")})
    return {"id": made["id"], "file": file["id"]}


def _chat(party: Party) -> Ids:
    said = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}], "store": True}
    return {"id": party.made("/v1/chat/completions", said)["id"]}


def _vector_store(party: Party) -> Ids:
    file = _file(party)["id"]
    made = party.made("/v1/vector_stores", {"name": "v"})
    path = f"/v1/vector_stores/{made['id']}"
    party.made(f"{path}/files", {"file_id": file})
    batch = party.made(f"{path}/file_batches", {"file_ids": [_file(party)["id"]]})
    return {"id": made["id"], "file": file, "batch": batch["id"]}


OWNED: Mapping[str, Callable[[Party], Ids]] = {
    "responses": _response,
    "conversations": _conversation,
    "prompts": _prompt,
    "files": _file,
    "uploads": _upload,
    "containers": _container,
    "chat": _chat,
    "vector_stores": _vector_store,
}
"""What makes a thing, by the word after `/v1/`; gives the values of the path's parameters."""

FREE = frozenset({"models"})
"""Words whose ids belong to no project."""

BODIES: Mapping[str, object] = {
    "POST /v1/vector_stores/{id}": {"name": "w"},
    "POST /v1/vector_stores/{id}/files": {"file_id": "<file>"},
    "POST /v1/vector_stores/{id}/file_batches": {"file_ids": ["<file>"]},
    "POST /v1/vector_stores/{id}/search": {"query": "words"},
    "POST /v1/vector_stores/{id}/files/{file}": {"attributes": {"a": "b"}},
    "POST /v1/conversations/{id}": {"metadata": {"a": "b"}},
    "POST /v1/conversations/{id}/items": {"items": [message("More")]},
    "POST /v1/prompts/{id}/versions": {"input": "Say more."},
    "POST /v1/chat/completions/{id}": {"metadata": {"a": "b"}},
    "POST /v1/uploads/{id}/complete": {"part_ids": []},
}
"""Bodies with which a request for an own thing isn't refused for its body; `<file>` is the file of its ids."""

FORMS: Mapping[str, Json] = {
    "POST /v1/containers/{id}/files": {"files": {"file": ("b.txt", b"more")}},
    "POST /v1/uploads/{id}/parts": {"files": {"data": ("b", b"words")}},
}
"""The same as forms."""
