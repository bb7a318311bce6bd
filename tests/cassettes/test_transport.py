import asyncio
import json
from pathlib import Path

import pytest
from cassettes.tapes import SSE, URL, ScriptedAnswer, ScriptedNetwork, body_of, chat, event, request
from msgspec.structs import replace

from antiphon.cassettes.format import encode_header
from antiphon.cassettes.interaction import Chunk, End
from antiphon.cassettes.open import open_cassette, read_cassette
from antiphon.cassettes.replayed import ReplayedAnswer
from antiphon.cassettes.transport import CassetteTransport, Mode, RecordingAnswer
from antiphon.errors import CassetteInvalid, CassetteMiss, StoreFault, UpstreamCut, UpstreamTimeout, UpstreamUnavailable
from antiphon.transport import HttpAnswer, Transport

DONE = b"data: [DONE]\n\n"


def spoil(path: Path) -> None:
    """From now on the cassette can't be written."""
    path.unlink()
    path.mkdir()


def present(path: Path) -> bool:
    return path.exists()


def text_of(path: Path) -> str:
    return path.read_text()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tape.jsonl"


def opened(path: Path, mode: Mode, network: Transport | None = None, *, repeats: bool = True) -> CassetteTransport:
    return open_cassette(path, mode, network, repeats=repeats, clock=lambda: 1_700_000_000.9)


async def ask(transport: Transport, text: str = "hi") -> tuple[int, dict[str, str], list[bytes]]:
    answer = await transport.send(request(chat(text)))
    return answer.status, dict(answer.headers), await body_of(answer)


async def test_what_is_recorded_is_replayed_chunk_for_chunk(path: Path) -> None:
    chunks = [event("a") + event("b"), event("c")[:7], event("c")[7:] + DONE]
    network = ScriptedNetwork(ScriptedAnswer(chunks, headers={**SSE, "set-cookie": "x"}))
    recorded = await ask(opened(path, Mode.RECORD, network))
    for _ in range(2):
        assert await ask(opened(path, Mode.REPLAY)) == (200, SSE, chunks)
    assert recorded[2] == chunks
    assert len(network.asked) == 1


async def test_the_stream_is_passed_on_as_it_arrives(path: Path) -> None:
    gate = asyncio.Event()
    transport = opened(path, Mode.RECORD, ScriptedNetwork(ScriptedAnswer([event("a"), gate, DONE])))
    answer = await transport.send(request(chat("hi")))
    assert await anext(answer.chunks()) == event("a")
    gate.set()
    assert await body_of(answer) == [DONE]
    assert len(read_cassette(path)) == 1


async def test_the_end_is_handed_on_when_the_interaction_is_saved(path: Path) -> None:
    transport = opened(path, Mode.RECORD, ScriptedNetwork(ScriptedAnswer([DONE])))
    answer = await transport.send(request(chat("hi")))
    chunks = answer.chunks()
    await anext(chunks)
    assert len(read_cassette(path)) == 0
    with pytest.raises(StopAsyncIteration):
        await anext(chunks)
    assert len(read_cassette(path)) == 1


async def test_what_cannot_be_saved_does_not_end_well(path: Path) -> None:
    transport = opened(path, Mode.RECORD, ScriptedNetwork(ScriptedAnswer([DONE])))
    spoil(path)
    with pytest.raises(StoreFault):
        await ask(transport)


@pytest.mark.parametrize(("fault", "end"), [(UpstreamCut("x"), End.CUT), (UpstreamTimeout("x"), End.TIMEOUT)])
async def test_a_broken_stream_breaks_off_at_the_same_place(path: Path, fault: Exception, end: End) -> None:
    record = opened(path, Mode.RECORD, ScriptedNetwork(ScriptedAnswer([event("a"), fault])))
    await broken(record, type(fault))
    await broken(opened(path, Mode.REPLAY), type(fault))
    assert read_cassette(path).interactions[0].end is end


async def broken(transport: Transport, fault: type[Exception]) -> None:
    chunks = (await transport.send(request(chat("hi")))).chunks()
    assert await anext(chunks) == event("a")
    with pytest.raises(fault):
        await anext(chunks)


async def test_a_reader_who_leaves_leaves_no_complete_recording(path: Path) -> None:
    scripted = ScriptedAnswer([event("a"), event("b"), DONE])
    answer = await opened(path, Mode.RECORD, ScriptedNetwork(scripted)).send(request(chat("hi")))
    await anext(answer.chunks())
    await answer.close()
    await answer.close()
    assert scripted.closed
    [interaction] = read_cassette(path).interactions
    assert interaction.end is End.LEFT
    with pytest.raises(UpstreamCut, match="record it again"):
        await ask(opened(path, Mode.REPLAY))


async def test_a_reader_who_stops_after_done_has_had_all(path: Path) -> None:
    answer = await opened(path, Mode.RECORD, ScriptedNetwork(ScriptedAnswer([event("a"), DONE, b": late"]))).send(
        request(chat("hi"))
    )
    chunks = answer.chunks()
    await anext(chunks)
    await anext(chunks)
    await answer.close()
    assert (await ask(opened(path, Mode.REPLAY)))[2] == [event("a"), DONE]


async def test_a_leaving_reader_is_not_told_that_the_disk_is_full(path: Path) -> None:
    transport = opened(path, Mode.RECORD, ScriptedNetwork(ScriptedAnswer([event("a")])))
    answer = await transport.send(request(chat("hi")))
    spoil(path)
    await answer.close()
    assert "not on the tape" in transport.cassette.notes[0]


async def test_auto_replays_what_it_has_and_records_what_it_lacks(path: Path) -> None:
    first = ScriptedNetwork(ScriptedAnswer([b"one"]))
    assert (await ask(opened(path, Mode.AUTO, first), "1"))[2] == [b"one"]
    second = ScriptedNetwork(ScriptedAnswer([b"two"]))
    auto = opened(path, Mode.AUTO, second)
    assert [(await ask(auto, text))[2] for text in ("1", "2", "2")] == [[b"one"], [b"two"], [b"two"]]
    assert len(second.asked) == 1
    assert len(read_cassette(path)) == 2


async def test_auto_records_again_what_a_reader_left(path: Path) -> None:
    leaving = await opened(path, Mode.AUTO, ScriptedNetwork(ScriptedAnswer([b"o", b"ne"]))).send(request(chat("hi")))
    await anext(leaving.chunks())
    await leaving.close()
    assert (await ask(opened(path, Mode.AUTO, ScriptedNetwork(ScriptedAnswer([b"two"])))))[2] == [b"two"]
    assert (await ask(opened(path, Mode.REPLAY)))[2] == [b"two"]


async def test_the_answers_of_an_auto_run_are_those_of_its_replay(path: Path) -> None:
    for run, expected in (("a", [b"a0", b"a1"]), ("b", [b"a0", b"a1", b"b0", b"b1"])):
        network = ScriptedNetwork(*(ScriptedAnswer([f"{run}{n}".encode()]) for n in range(2)))
        for mode in (Mode.AUTO, Mode.REPLAY):
            transport = opened(path, mode, network, repeats=False)
            assert [(await ask(transport))[2] for _ in expected] == [[body] for body in expected]


async def test_recording_again_replaces_the_answers(path: Path) -> None:
    for run in ("old", "new"):
        assert (await ask(opened(path, Mode.RECORD, ScriptedNetwork(ScriptedAnswer([run.encode()])))))[2] == [
            run.encode()
        ]
        replay = opened(path, Mode.REPLAY)
        assert [(await ask(replay))[2] for _ in range(2)] == [[run.encode()]] * 2
    assert len(read_cassette(path)) == 2


async def test_record_always_asks_the_network(path: Path) -> None:
    network = ScriptedNetwork(ScriptedAnswer([b"1"]), ScriptedAnswer([b"2"]))
    record = opened(path, Mode.RECORD, network)
    assert [(await ask(record))[2] for _ in range(2)] == [[b"1"], [b"2"]]
    replay = opened(path, Mode.REPLAY)
    answers = [await ask(replay) for _ in range(3)]
    assert [body for _, _, body in answers] == [[b"1"], [b"2"], [b"2"]]
    assert [headers.get("antiphon-replay") for _, headers, _ in answers] == [None, None, "repeated"]


async def test_live_keeps_nothing(path: Path) -> None:
    network = ScriptedNetwork(ScriptedAnswer([b"1"]))
    live = opened(path, Mode.LIVE, network)
    assert (await ask(live))[2] == [b"1"]
    assert not present(path)
    await live.close()
    assert network.closed


async def test_a_miss_in_replay_explains_itself(path: Path) -> None:
    await ask(opened(path, Mode.RECORD, ScriptedNetwork(ScriptedAnswer([b"1"]))))
    with pytest.raises(CassetteMiss) as raised:
        await opened(path, Mode.REPLAY).send(request(chat("ho")))
    assert raised.value.code == "cassette_miss"
    assert raised.value.http_status == 404
    assert 'messages[0].content: recorded "hi", asked "ho"' in raised.value.message


async def test_without_repeats_a_used_up_answer_is_a_miss(path: Path) -> None:
    await ask(opened(path, Mode.RECORD, ScriptedNetwork(ScriptedAnswer([b"1"]))))
    once = opened(path, Mode.REPLAY, repeats=False)
    await ask(once)
    with pytest.raises(CassetteMiss, match="used up"):
        await ask(once)


async def test_a_connection_that_fails_is_no_interaction(path: Path) -> None:
    network = ScriptedNetwork(UpstreamUnavailable("down"), ScriptedAnswer([b"up"]))
    record = opened(path, Mode.RECORD, network)
    with pytest.raises(UpstreamUnavailable):
        await ask(record)
    await ask(record)
    assert [interaction.number for interaction in read_cassette(path).interactions] == [2]


async def test_refusals_are_interactions_like_others(path: Path) -> None:
    busy = {"retry-after": "30", "content-type": "application/json"}
    network = ScriptedNetwork(ScriptedAnswer([b"{}"], 429, busy), ScriptedAnswer([b"ok"]))
    record = opened(path, Mode.RECORD, network)
    recorded = [await ask(record), await ask(record)]
    replay = opened(path, Mode.REPLAY)
    assert [await ask(replay), await ask(replay)] == recorded
    assert recorded[0][:2] == (429, dict(sorted(busy.items())))


async def test_a_refusal_that_nobody_read_is_not_given_when_an_answer_follows(path: Path) -> None:
    network = ScriptedNetwork(ScriptedAnswer([b"{}"], 503), ScriptedAnswer([b"ok"]))
    record = opened(path, Mode.RECORD, network)
    retried = await record.send(request(chat("hi")))
    await retried.close()
    await ask(record)
    assert (await ask(opened(path, Mode.REPLAY)))[::2] == (200, [b"ok"])


async def test_calls_that_overlap_do_not_mix_and_keep_the_order_of_arrival(path: Path) -> None:
    gates = [asyncio.Event() for _ in range(3)]
    answers = [ScriptedAnswer([event(f"{n}-first"), gate, event(f"{n}-last")]) for n, gate in enumerate(gates)]
    record = opened(path, Mode.RECORD, ScriptedNetwork(*answers))
    streams: list[HttpAnswer] = [await record.send(request(chat("hi"))) for _ in answers]
    readers = [asyncio.create_task(body_of(answer)) for answer in streams]
    for gate, reader in reversed(list(zip(gates, readers, strict=True))):
        gate.set()
        await reader
    replay = opened(path, Mode.REPLAY)
    assert [(await ask(replay))[2] for _ in gates] == [[event(f"{n}-first"), event(f"{n}-last")] for n in range(3)]


async def test_a_body_is_read_once_even_by_two_readers(path: Path) -> None:
    await ask(opened(path, Mode.RECORD, ScriptedNetwork(ScriptedAnswer([b"1", b"2"]))))
    answer = await opened(path, Mode.REPLAY).send(request(chat("hi")))
    assert await anext(answer.chunks()) == b"1"
    assert [data async for data in answer.chunks()] == [b"2"]


async def test_a_long_replay_lets_others_work(path: Path) -> None:
    await ask(opened(path, Mode.RECORD, ScriptedNetwork(ScriptedAnswer([b"x"] * 1_000))))
    answer = await opened(path, Mode.REPLAY).send(request(chat("hi")))
    others = asyncio.create_task(body_of(answer))
    turns = 0
    while not others.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 10


async def test_a_secret_never_reaches_the_file_and_another_key_replays(path: Path) -> None:
    key = "0f5a77c1d2e34b5596a788c9d0e1f213"
    body = [f"the key {key[:7]}".encode(), f"{key[7:]} is wrong".encode()]
    network = ScriptedNetwork(ScriptedAnswer(body))
    answer = await opened(path, Mode.RECORD, network).send(
        request(chat(f"use {key}"), url=f"{URL}?key={key}", authorization=f"Bearer {key}")
    )
    assert await body_of(answer) == body
    assert network.asked[0].headers["authorization"] == f"Bearer {key}"
    assert key not in text_of(path)
    other = "9e8d7c6b5a4f39281706f5e4d3c2b1a0"
    replayed = await opened(path, Mode.REPLAY).send(
        request(chat(f"use {other}"), url=f"{URL}?key={other}", authorization=f"Bearer {other}")
    )
    assert await body_of(replayed) == [b"the key [redacted]", b" is wrong"]


async def test_what_replays_says_so(path: Path) -> None:
    record = opened(path, Mode.RECORD, ScriptedNetwork(ScriptedAnswer([b"1"])))
    assert isinstance(await record.send(request(chat("hi"))), RecordingAnswer)
    await record.close()
    await ask(opened(path, Mode.RECORD, ScriptedNetwork(ScriptedAnswer([b"1"]))))
    replay = opened(path, Mode.REPLAY)
    answer = await replay.send(request(chat("hi")))
    assert isinstance(answer, ReplayedAnswer)
    assert answer.replayed
    assert (record.replays, replay.replays) == (False, True)


async def test_a_request_is_recorded_in_its_scope_and_found_there_alone(path: Path) -> None:
    network = ScriptedNetwork(ScriptedAnswer([b"one"]), ScriptedAnswer([b"two"]))
    record = opened(path, Mode.AUTO, network)
    replay = [(scope, (scope or "one").encode()) for scope in ("one", "two", "one", "")]
    await in_scopes(record, replay)
    await in_scopes(opened(path, Mode.REPLAY), replay)
    with pytest.raises(CassetteMiss, match="'one'"):
        await opened(path, Mode.REPLAY).send(replace(request(chat("hi")), scope="three"))


async def in_scopes(transport: Transport, expected: list[tuple[str, bytes]]) -> None:
    for scope, body in expected:
        answer = await transport.send(replace(request(chat("hi")), scope=scope))
        assert await body_of(answer) == [body]


async def test_the_path_a_client_asked_for_is_the_one_that_is_compared(path: Path) -> None:
    record = opened(path, Mode.RECORD, ScriptedNetwork(ScriptedAnswer([b"1"])))
    await body_of(await record.send(replace(request(chat("hi")), path="/chat/completions?b=1&a=2")))
    replay = opened(path, Mode.REPLAY)
    elsewhere = request(chat("hi"), url="http://replay.invalid/chat/completions?a=2&b=1")
    assert await body_of(await replay.send(elsewhere)) == [b"1"]


@pytest.mark.parametrize(
    "last",
    [
        b'event: message_stop\ndata: {"type":"message_stop"}\n\n',
        b'event: response.completed\ndata: {"type":"response.completed"}\n\n',
        b"data: [DONE]\n\n",
    ],
)
async def test_a_reader_who_stops_after_the_last_event_has_had_all(path: Path, last: bytes) -> None:
    answer = await opened(path, Mode.RECORD, ScriptedNetwork(ScriptedAnswer([event("a"), last, b""]))).send(
        request(chat("hi"))
    )
    chunks = answer.chunks()
    await anext(chunks)
    await anext(chunks)
    await answer.close()
    assert read_cassette(path).interactions[0].end is End.COMPLETE


async def test_what_was_asked_once_is_not_read_again(path: Path) -> None:
    network = ScriptedNetwork(ScriptedAnswer([b"one"]), ScriptedAnswer([b"two"]))
    record = opened(path, Mode.RECORD, network)
    for text in ("1", "2"):
        await ask(record, text)
    replay = opened(path, Mode.REPLAY)
    assert (await ask(replay, "1"))[2] == [b"one"]
    spoil(path)
    assert (await ask(replay, "1"))[2] == [b"one"]
    with pytest.raises(CassetteInvalid, match="can't be read any more"):
        await ask(replay, "2")


async def test_a_request_with_another_key_is_looked_at_anew(path: Path) -> None:
    key = "very-own-key-0123456789"
    network = ScriptedNetwork(ScriptedAnswer([b"1"]), ScriptedAnswer([b"2"]))
    record = opened(path, Mode.RECORD, network)
    for headers in ({}, {"x-api-key": key}):
        await body_of(await record.send(request(chat(f"my key is {key}"), **headers)))
    first, second = (json.loads(each.asked.body)["messages"][0]["content"] for each in read_cassette(path).interactions)
    assert (first, second) == (f"my key is {key}", "my key is [redacted]")


def faulty(path: Path, *faults: str, mode: Mode = Mode.REPLAY, network: Transport | None = None) -> CassetteTransport:
    return open_cassette(path, mode, network, faults=faults, repeats=False, clock=lambda: 1_700_000_000.9)


async def test_what_a_fault_spoiled_is_still_there_for_the_next_try(path: Path) -> None:
    chunks = [event("a"), event("b"), DONE]
    await ask(opened(path, Mode.RECORD, ScriptedNetwork(ScriptedAnswer(chunks))))
    transport = faulty(path, "status 429 retry-after=0 nth=1", "cut 1 nth=2", "stall 2 for=1ms nth=3", "delay 1ms")
    status, headers, refused = await ask(transport)
    assert (status, headers["retry-after"], headers["antiphon-fault"]) == (429, "0", "status")
    assert b"injected_fault" in b"".join(refused)
    for fault, left in ((UpstreamCut, chunks[:1]), (UpstreamTimeout, chunks[:2])):
        answer = await transport.send(request(chat("hi")))
        read: list[bytes] = []
        with pytest.raises(fault):
            read.extend([data async for data in answer.chunks()])
        assert isinstance(answer, ReplayedAnswer)
        assert answer.wire is None
        assert answer.headers["antiphon-fault"] in {"cut", "stall"}
        assert [chunk.data for chunk in path_chunks(path)[: len(left)]] == left
    assert len(transport.cassette.unused) == 1
    assert await ask(transport) == (200, {**SSE, "antiphon-fault": "delay"}, chunks)
    assert transport.faults.done == 4
    with pytest.raises(CassetteMiss):
        await ask(transport)


def path_chunks(path: Path) -> list[Chunk]:
    return list(read_cassette(path).interactions[0].load().chunks)


async def test_a_refusal_needs_no_recording_and_recording_knows_no_faults(path: Path) -> None:
    network = ScriptedNetwork(ScriptedAnswer([DONE]), ScriptedAnswer([DONE]))
    assert (await ask(faulty(path, "status 500", mode=Mode.RECORD, network=network)))[0] == 200
    transport = faulty(path, "status 500 nth=1", mode=Mode.AUTO, network=network)
    assert [(await ask(transport, "ho"))[0] for _ in range(2)] == [500, 200]
    assert len(network.asked) == 2


def with_header(path: Path, header: bytes) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([header, *lines[1:]]))


async def test_faults_of_the_header_hold_after_those_of_the_flags(path: Path) -> None:
    await ask(opened(path, Mode.RECORD, ScriptedNetwork(ScriptedAnswer([DONE]))))
    with_header(path, encode_header(5, faults=["status 500", "status 501"]))
    transport = faulty(path, "status 418 nth=1")
    assert [(await ask(transport))[0] for _ in range(2)] == [418, 500]


async def test_auto_records_what_is_asked_of_another_id(path: Path) -> None:
    network = ScriptedNetwork(*(ScriptedAnswer([event(text), DONE]) for text in ("one", "two")))
    transport = opened(path, Mode.AUTO, network)
    ids = ["resp_" + digit * 32 for digit in "12"]
    answers = [await ask(transport, one) for one in (*ids, *ids)]
    assert [answer[2][0] for answer in answers] == [event("one"), event("two")] * 2
    assert len(network.asked) == 2
    replay = opened(path, Mode.REPLAY)
    assert [(await ask(replay, one))[2][0] for one in reversed(ids)] == [event("two"), event("one")]
