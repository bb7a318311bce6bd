"""Messages of Jupyter, as plain data."""

import json
from typing import Any

import pytest

from antiphon.tools.code.jupyter_messages import Message, Output, execute, read_message


def message(kind: str, parent: str = "1", **content: Any) -> Message:
    said = {"header": {"msg_type": kind, "msg_id": "m"}, "parent_header": {"msg_id": parent}, "content": content}
    found = read_message(json.dumps(said))
    assert found is not None
    return found


def test_a_request_is_one_of_the_protocol() -> None:
    said = json.loads(execute("1", "s", "x"))
    assert (said["channel"], said["header"]["msg_type"], said["header"]["msg_id"]) == ("shell", "execute_request", "1")
    assert said["content"] == {
        "code": "x", "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False,
    }  # fmt: skip


def test_what_answers_it_is_gathered_and_nothing_else() -> None:
    output = Output("1", 1000)
    for one in (
        message("stream", "2", text="of another"), message("stream", text="a\n"), message("stream", text="b\n"),
        message("display_data", data={"text/plain": ["shown", " too"]}), message("execute_result", data={"text/plain": "3"}),
        message("display_data", data={"image/png": "aGk\n=", "text/plain": "x"}), message("display_data", data=None),
        message("status", execution_state="busy"), message("comm_open"),
    ):  # fmt: skip
        output.take(one)
    before = output.done
    output.take(message("status", execution_state="idle"))
    assert (before, output.done) == (False, True)
    ran = output.ran()
    assert (ran.logs, ran.result, ran.images) == ("a\nb\nshown too\n", "3", ["data:image/png;base64,aGk="])


def test_an_error_without_colours() -> None:
    output = Output("1", 1000)
    output.take(message("error", ename="E", evalue="v", traceback=["\x1b[0;31mE\x1b[0m", "v"]))
    assert output.ran().error == "E\nv"
    output.take(message("error", ename="E", evalue="v"))
    assert output.ran().error == "v"


def test_both_ends_are_kept_and_a_flood_is_seen() -> None:
    output = Output("1", 100)
    for _ in range(64):
        assert not output.floods
        output.take(message("stream", text="x" * 100))
    output.take(message("stream", text="end"))
    assert output.floods
    assert output.text().startswith("x" * 50 + "\n[... 6303 bytes left out ...]\n")
    assert output.text().endswith("xend")
    output.take(message("execute_result", data={"text/plain": "y" * 200}))
    assert "[... 100 bytes left out ...]" in str(output.ran().result)


@pytest.mark.parametrize("state", ["restarting", "dead"])
def test_a_kernel_that_died_is_dead_for_all(state: str) -> None:
    output = Output("1", 100)
    output.take(message("status", "", execution_state=state))
    assert output.died


def test_large_pictures_are_left_out() -> None:
    output = Output("1", 100)
    output.take(message("display_data", data={"image/png": "x" * (5 << 20)}))
    assert output.ran().images == []


@pytest.mark.parametrize("data", ["", "[]", '{"header": {}}', b"\xff", "nonsense"])
def test_what_is_no_message_is_none(data: str | bytes) -> None:
    assert read_message(data) is None
