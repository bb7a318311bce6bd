import msgspec
from engine_answers import decode_chunk, planned, sources, told

from antiphon.engine.outlet import Outlet
from antiphon.engine.replies import UpstreamChunks, UpstreamDone, UpstreamOpened
from antiphon.engine.run import Run
from antiphon.wire import events as ev

CALL = msgspec.Raw(b'{"type":"code_interpreter_call","outputs":[1]}')


def test_events_are_numbered_on_through_all_that_is_emitted() -> None:
    outlet = Outlet("resp_1", (), None)
    for _ in range(2):
        outlet.emit(
            [
                ev.OutputItemAdded(output_index=0, item=CALL),
                ev.ReasoningTextDone(item_id="r", output_index=0, content_index=0, text=""),
            ]
        )
    (first, second) = outlet.emit([ev.OutputItemDone(output_index=0, item=CALL)] * 2).events
    assert outlet.sequence == 6
    assert first is second
    assert first.sequence_number == 5


def test_an_item_leaves_with_the_id_of_its_response_and_without_what_nobody_asked_for() -> None:
    outlet = Outlet("resp_1", (), None)
    (added, done) = outlet.emit(
        [ev.OutputItemAdded(output_index=0, item=CALL), ev.OutputItemDone(output_index=0, item=CALL)]
    ).events
    assert isinstance(added, ev.OutputItemAdded)
    assert isinstance(done, ev.OutputItemDone)
    assert (added.response_id, done.response_id) == ("resp_1", "resp_1")
    assert [msgspec.json.decode(item) for item in (added.item, *outlet.output)] == [
        {"type": "code_interpreter_call", "outputs": None}
    ] * 2
    assert done.item is outlet.output[0]


def test_what_was_asked_for_leaves_as_it_is() -> None:
    outlet = Outlet("resp_1", {"code_interpreter_call.outputs"}, None)
    outlet.emit([ev.OutputItemDone(output_index=0, item=CALL)])
    assert outlet.output == [CALL]


class Plain:
    """Seals that everyone can read."""

    def close(self, text: str) -> str:
        return f"sealed {text}"

    def open(self, sealed: str) -> str | None:
        return sealed


def test_a_run_keeps_what_it_shows_only_on_request_and_seals_nothing_that_it_keeps() -> None:
    run = Run(planned(store=False, include=["reasoning.encrypted_content"]).plan, sources(), Plain())
    chunk = decode_chunk(b'{"choices":[{"index":0,"delta":{"reasoning":"Hm."}}]}')
    answer = told(run, UpstreamOpened(), UpstreamChunks([chunk]), UpstreamDone(marked=True))
    assert answer.output[0]["encrypted_content"] == "sealed Hm."
    (kept,) = run.output
    assert msgspec.json.decode(kept.raw) == {
        name: value for name, value in answer.output[0].items() if name != "encrypted_content"
    }
