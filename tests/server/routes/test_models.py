"""`/v1/models` and `/v1/health` against the running server."""

import pytest
from running_server import Scene, running_server

from antiphon.testing import ScriptedUpstream, status, text


def test_models_are_listed_under_their_upstreams(scene: Scene) -> None:
    ids = [model["id"] for model in scene.server.get("/models").json["data"]]
    names = ["m", "meta-llama/Llama-3.1-8B", "qwen3:latest"]
    assert ids == [f"{upstream}/{name}" for upstream in ("scripted", "full", "ollama") for name in names]


@pytest.mark.parametrize(
    "model", ["scripted/m", "scripted/meta-llama/Llama-3.1-8B", "full/not-listed", "ollama/qwen3:latest"]
)
def test_one_model(scene: Scene, model: str) -> None:
    assert scene.server.get(f"/models/{model}").json["id"] == model


def test_an_id_with_encoded_slashes(scene: Scene) -> None:
    assert scene.server.get("/models/scripted%2Fmeta-llama%2FLlama-3.1-8B").status == 200


def test_an_unknown_model_names_the_nearest(scene: Scene) -> None:
    answer = scene.server.get("/models/meta-llama/Llama-3.1-80B")
    assert (answer.status, answer.error["code"]) == (404, "model_not_found")
    assert "'meta-llama/Llama-3.1-8B'" in answer.error["message"]


def test_the_official_client_lists_and_gets_them(scene: Scene) -> None:
    client = scene.server.client
    listed = client.models.list().data
    assert client.models.retrieve("scripted/meta-llama/Llama-3.1-8B") in listed


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("m", "llm"),
        ("nomic-embed-text:latest", "embedding"),
        ("text-embedding-3-small", "embedding"),
        ("BAAI/bge-m3", "embedding"),
        ("intfloat/e5-large", "embedding"),
        ("all-minilm", "embedding"),
        ("gte-small", "embedding"),
        ("gpt-5-e5x", "llm"),
    ],
)
def test_what_a_model_is_for_and_whose_it_is(scene: Scene, name: str, kind: str) -> None:
    """As the clients of OGX and of Llama Stack look for it."""
    told = scene.server.get(f"/models/scripted/{name}").json
    whose = {"model_type": kind, "provider_id": "scripted", "provider_resource_id": name}
    assert told["custom_metadata"] == whose
    assert told.items() >= (whose | {"identifier": f"scripted/{name}", "type": "model"}).items()


def test_health(scene: Scene) -> None:
    assert scene.server.get("/health").json == {"status": "OK"}


def test_where_a_model_is_found() -> None:
    """By its full id, by its bare id where only one upstream has it, and behind a prefix that needn't list it."""
    with (
        ScriptedUpstream(default=text("one"), models=["a", "shared", "org/a"]) as one,
        ScriptedUpstream(default=text("two"), models=["b", "shared", "org/b"]) as two,
        running_server("--upstream", f"one={one.url}", "--upstream", f"two={two.url}") as server,
    ):
        found = {
            name: server.post({"model": name, "input": "?", "stream": True})
            for name in ["a", "b", "org/a", "org/b", "two/shared", "one/unlisted", "two/org/unlisted"]
        }
        assert {name: answer.text for name, answer in found.items()} == {
            "a": "one", "b": "two", "org/a": "one", "org/b": "two", "two/shared": "two", "one/unlisted": "one",
            "two/org/unlisted": "two",
        }  # fmt: skip
        assert {name: answer.response["model"] for name, answer in found.items()} == {name: name for name in found}
        assert [request.json["model"] for request in two.requests if request.method == "POST"] == [
            "b", "org/b", "shared", "org/unlisted"
        ]  # fmt: skip
        several = server.post({"model": "shared", "input": "?"})
        assert several.status == 400
        assert "'one/shared' or 'two/shared'" in several.error["message"]


def test_an_upstream_that_is_down_leaves_the_others_theirs() -> None:
    with ScriptedUpstream() as gone:
        pass
    with (
        ScriptedUpstream(default=text("Hello!"), models=["m"]) as there,
        running_server("--upstream", f"gone={gone.url}", "--upstream", f"there={there.url}") as server,
    ):
        assert [model["id"] for model in server.get("/models").json["data"]] == ["there/m"]
        assert server.post({"model": "m", "input": "?"}).text == "Hello!"
        unknown = server.post({"model": "other", "input": "?"})
        assert "gone" in unknown.error["message"]


def test_an_upstream_that_lists_nothing_is_asked_all_the_same() -> None:
    with (
        ScriptedUpstream(default=text("Hello!"), paths={"GET /v1/models": status(404, "Not here")}) as upstream,
        running_server("--upstream", f"only={upstream.url}") as server,
    ):
        assert server.post({"model": "anything", "input": "?"}).text == "Hello!"


def test_aliases_and_the_default_model() -> None:
    """The response names the model that was asked; the upstream gets the one that answers."""
    with (
        ScriptedUpstream(default=text("Hello!"), models=["small", "large"]) as upstream,
        running_server(
            "--upstream", f"one={upstream.url}", "--alias", "gpt-5*=one/large", "--alias", "gpt-*=small",
            "--default-model", "one/small",
        ) as server,
    ):  # fmt: skip
        for asked in ("gpt-5-mini", "gpt-4o", "claude", "large"):
            assert server.post({"model": asked, "input": "?", "stream": True}).response["model"] == asked
        sent = [request.json["model"] for request in upstream.requests if request.method == "POST"]
        assert sent == ["large", "small", "small", "large"]
