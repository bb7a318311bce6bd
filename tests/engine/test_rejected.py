"""What a review found unfit, in a sentence for the client."""

from antiphon.engine.rejected import Rejected


def test_it_says_what_is_wrong_and_quotes_it_in_short() -> None:
    assert (
        Rejected("It isn't JSON.", "{").sentence
        == "The model's answer doesn't match text.format: It isn't JSON. It was: {"
    )
    long = Rejected("No.", "x" * 500, name="f", call_id="call_1").sentence
    assert long.startswith("The input of the call of f doesn't match its grammar: No. It was: xxx")
    assert long.endswith("x…")
