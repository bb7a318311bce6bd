import pytest
from cassettes.tapes import asked, chat

from antiphon.cassettes.faults import STALL_SECONDS, Faults, Kind, read_fault
from antiphon.errors import ConfigFault


def happens(*rules: str, text: str = "hi", scope: str = "", model: str = "m", times: int = 5) -> list[str]:
    """What happens to an equal request each time; `-` for nothing."""
    faults = Faults(map(read_fault, rules))
    found = [faults.next(asked(chat(text, model=model)), scope) for _ in range(times)]
    return [fault.kind.value if fault else "-" for fault in found]


def test_a_fault_says_what_happens() -> None:
    status = read_fault("status 429 retry-after=2 nth=1")
    assert (status.kind, status.number, status.retry_after, status.spoils) == (Kind.STATUS, 429, "2", True)
    delay = read_fault("delay 250ms")
    assert (delay.seconds, delay.spoils) == (0.25, False)
    assert read_fault("delay 1.5s").seconds == 1.5
    assert (read_fault("cut").number, read_fault("cut 3").number) == (0, 3)
    assert read_fault("garbage 2").kind is Kind.GARBAGE
    assert (read_fault("stall 2 for=1s").seconds, read_fault("stall").seconds) == (1.0, STALL_SECONDS)


@pytest.mark.parametrize(
    "text",
    [
        *[
            "",
            "explode",
            "status",
            "status 200",
            "status x",
            "status 429 430",
            "delay",
            "delay soon",
            "cut -1",
            "cut x",
        ],
        *["cut p=2", "cut p=x", "cut nth=x", "cut when=now", "cut retry-after=2", "stall for=ever", "cut 'x"],
    ],
)
def test_what_is_no_fault_says_what_one_is(text: str) -> None:
    with pytest.raises(ConfigFault, match=r"can't be read .*say 'status CODE'"):
        read_fault(text)


def test_which_of_equal_requests() -> None:
    assert happens("cut nth=1") == ["cut", "-", "-", "-", "-"]
    assert happens("cut nth=4-") == ["-", "-", "-", "cut", "cut"]
    assert happens("cut nth=1,3-4") == ["cut", "-", "cut", "cut", "-"]
    assert happens("cut nth=2", "delay 1s nth=1-3") == ["delay", "cut", "delay", "-", "-"]
    faults = Faults([read_fault("cut nth=1")])
    seen = [faults.next(asked(chat(text)), scope) for text, scope in (("a", ""), ("b", ""), ("a", "s"), ("a", ""))]
    assert [fault is not None for fault in seen] == [True, True, True, False]
    assert faults.done == 3


def test_which_paths_models_and_scopes() -> None:
    assert happens("cut path=/v1/chat/*", times=1) == ["cut"]
    assert happens("cut path=/v1/messages", times=1) == ["-"]
    assert happens("cut model=gpt*", model="gpt-5", times=1) == ["cut"]
    assert happens("cut model=gpt*", model="llama", times=1) == ["-"]
    assert happens("cut scope=tests/*", scope="tests/a", times=1) == ["cut"]
    assert happens("cut scope=tests/*", times=1) == ["-"]
    for body in (b"", b"no JSON", b"[1]"):
        assert Faults([read_fault("cut model=m")]).next(asked(body), "") is None


def test_chance_follows_from_rule_request_and_seed_alone() -> None:
    drawn = happens("cut p=0.5", times=60)
    assert drawn == happens("cut p=0.5", scope="another", times=60)
    assert 10 < drawn.count("cut") < 50
    assert drawn != happens("cut p=0.5 seed=2", times=60)
    assert drawn != happens("cut p=0.5", text="ho", times=60)
    assert happens("cut p=0", times=60).count("cut") == 0
    assert happens("cut p=1", times=60).count("cut") == 60
    # The same in every version of Python.
    assert happens("cut p=0.5", times=8) == happens("cut p=0.5", times=8)


def test_without_rules_nothing_is_counted() -> None:
    faults = Faults()
    assert faults.next(asked(chat("hi")), "") is None
    assert faults.done == 0
