"""`/v1/containers`: pages and refusals. Its operations are tried in `server/test_code_interpreter.py`."""

from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from sandboxes import table, unguarded
from tool_server import tool_server

from antiphon.testing import ScriptedUpstream


@pytest.fixture
def client(tmp_path: Path) -> Iterator[openai.OpenAI]:
    with (
        ScriptedUpstream(models=["m"]) as upstream,
        tool_server(tmp_path, table(unguarded(tmp_path)), upstream) as server,
    ):
        yield server.client


def test_lists_come_in_pages_the_newest_first(client: openai.OpenAI) -> None:
    made = [client.containers.create(name=f"{number}").id for number in range(5)]
    assert [one.id for one in client.containers.list(limit=2)] == made[::-1]
    assert [one.id for one in client.containers.list(limit=2, order="asc")] == made
    page = client.containers.list(limit=2, after=made[3])
    assert ([one.id for one in page.data], page.has_more) == ([made[2], made[1]], True)
    assert client.containers.files.list(made[0]).data == []


@pytest.mark.parametrize("limit", [0, 101])
def test_a_page_has_a_size(client: openai.OpenAI, limit: int) -> None:
    with pytest.raises(openai.BadRequestError, match="limit"):
        client.containers.list(limit=limit)


def test_a_container_needs_a_name_and_a_known_size(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.post("/containers", body={}, cast_to=object)
    assert refused.value.param == "name"
    with pytest.raises(openai.BadRequestError) as refused:
        client.containers.create(name="mine", memory_limit="2g")  # type: ignore[arg-type] # it is wrong
    assert refused.value.param == "memory_limit"


def test_what_isnt_there_is_not_found(client: openai.OpenAI) -> None:
    made = client.containers.create(name="mine").id
    for ask in (
        lambda: client.containers.retrieve("cntr_none"),
        lambda: client.containers.delete("cntr_none"),
        lambda: client.containers.files.list("cntr_none"),
        lambda: client.containers.files.create("cntr_none", file=("a", b"x")),
        lambda: client.containers.files.retrieve("cfile_none", container_id=made),
        lambda: client.containers.files.delete("cfile_none", container_id=made),
        lambda: client.containers.files.content.retrieve("cfile_none", container_id=made),
    ):
        with pytest.raises(openai.NotFoundError):
            ask()


def test_a_form_must_be_one(client: openai.OpenAI) -> None:
    made = client.containers.create(name="mine").id
    headers = {"content-type": "text/plain"}
    with pytest.raises(openai.APIStatusError, match="multipart/form-data") as refused:
        client.post(f"/containers/{made}/files", content=b"x", cast_to=object, options={"headers": headers})
    assert refused.value.status_code == 415
