"""What the model reads of its code, and what the client is shown. Calls are tried in `server/test_code_interpreter.py`."""

import pytest

from antiphon.engine.kinds.code_interpreter import Place
from antiphon.tools.code.interpreter import outcome
from antiphon.tools.code.protocol import Ran, WorkFile
from antiphon.tools.code.service import RanCode

PLACE = Place("cntr_1")
PICTURE = "data:image/png;base64,aGk="


@pytest.mark.parametrize(
    ("ran", "told"),
    [
        (Ran(), "[The code ran and printed nothing.]"),
        (Ran(logs="a\n", result="2"), "a\n2"),
        (Ran(logs="a\n", error="E"), "a\nE"),
        (Ran(images=[PICTURE]), "[1 picture(s) are shown to the user.]"),
        (Ran(files=[WorkFile("a.csv", 3)]), "[Files: a.csv (3 bytes)]"),
        (
            Ran(logs="a", lost="it was slow"),
            "a\n[The code was ended: it was slow. The container's variables and files are gone.]",
        ),
    ],
)
def test_what_the_model_reads(ran: Ran, told: str) -> None:
    assert outcome(RanCode(ran=ran, fresh=True), PLACE).output == told


def test_files_are_named_up_to_a_number() -> None:
    files = [WorkFile(f"{number}", 1) for number in range(25)]
    told = outcome(RanCode(ran=Ran(files=files), fresh=True), PLACE).output
    assert str(told).endswith("19 (1 bytes) and 5 more]")


def test_a_model_that_expects_its_variables_is_told_that_they_are_gone() -> None:
    used = Place("cntr_1", used_before=True)
    assert "The container is new" in str(outcome(RanCode(ran=Ran(), fresh=True), used).output)
    assert "The container is new" not in str(outcome(RanCode(ran=Ran(), fresh=False), used).output)
    assert "The container is new" not in str(outcome(RanCode(ran=Ran(), fresh=True), PLACE).output)


def test_what_the_client_is_shown() -> None:
    shown = outcome(RanCode(ran=Ran(logs="a\n", result="2", images=[PICTURE]), fresh=True), PLACE).shown
    assert shown == {"outputs": [{"type": "logs", "logs": "a\n2"}, {"type": "image", "url": PICTURE}]}
    assert outcome(RanCode(ran=Ran(), fresh=True), PLACE).shown == {"outputs": []}
