"""What can be kept, and that every refusal names what was asked for."""

import pytest
from msgspec.structs import replace
from sample_rows import Make

from antiphon.errors import AntiphonError, InvalidRequest, NotAnId, NotFound
from antiphon.store import faults
from antiphon.store.base import StoredChat


@pytest.mark.parametrize(
    ("fault", "param"),
    [
        (faults.no_response("THIS"), "response_id"),
        (faults.no_response("THIS", "previous_response_id"), "previous_response_id"),
        (faults.broken_chain("resp_9", "THIS"), "previous_response_id"),
        (faults.not_continuable("THIS", "failed"), "previous_response_id"),
        (faults.not_continuable("THIS", "queued"), "previous_response_id"),
        (faults.endless_chain("THIS"), "previous_response_id"),
        (faults.no_conversation("THIS"), "conversation_id"),
        (faults.no_conversation("THIS", "conversation"), "conversation"),
        (faults.no_item("THIS"), "item_id"),
        (faults.no_cursor("after", "THIS"), "after"),
        (faults.no_chat("THIS"), "completion_id"),
        (faults.locked("THIS"), "conversation"),
        (faults.taken("conversation", "THIS"), "id"),
        (faults.doubled_item("THIS", "conv_1"), "items"),
    ],
)
def test_a_refusal_names_the_id_and_the_field(fault: AntiphonError | None, param: str) -> None:
    assert fault is not None
    assert "'THIS'" in fault.message
    assert fault.param == param


@pytest.mark.parametrize("status", ["completed", "incomplete", "cancelled"])
def test_what_ended_can_be_continued(status: str) -> None:
    assert faults.not_continuable("resp_1", status) is None


@pytest.mark.parametrize("text", ["", "né", "😀", "a" * 512, "\n\x7f"])
def test_texts_that_can_be_kept(text: str) -> None:
    faults.check_texts([text], "id")


@pytest.mark.parametrize("text", ["\x00", "a\ud83d", "\udc00", "a" * 513])
def test_texts_that_cannot(text: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        faults.check_texts(["fine", text], "the_field")
    assert caught.value.param == "the_field"
    caught.value.message.encode()


@pytest.mark.parametrize("field", ["id", "model", "status", "previous_response_id", "conversation_id"])
def test_every_text_of_an_answer_is_looked_at(make: Make, field: str) -> None:
    with pytest.raises(InvalidRequest):
        faults.check_answer(replace(make.answer("resp_1"), **{field: "\x00"}))


@pytest.mark.parametrize(
    "spoilt", [{"id": "\x00"}, {"model": "\x00"}, {"metadata": {"\x00": ""}}, {"metadata": {"": "\x00"}}]
)
def test_every_text_of_a_chat_is_looked_at(spoilt: dict[str, object]) -> None:
    fields = {"id": "chat_1", "created_at": 1, "model": "m", "metadata": {}, "body": b""} | spoilt
    with pytest.raises(InvalidRequest):
        faults.check_chat(StoredChat(**fields))  # type: ignore[arg-type] # by name


def test_an_id_of_another_kind_is_no_id() -> None:
    assert type(faults.no_conversation("conv_1")) is NotFound
    assert type(faults.no_response("resp_1", "previous_response_id")) is NotFound
    for fault in (faults.no_conversation("resp_1"), faults.no_response("conv_1", "previous_response_id")):
        assert (type(fault), fault.http_status, fault.code) == (NotAnId, 400, "invalid_value")
