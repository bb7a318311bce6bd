import pytest

from antiphon.engine.reading import read
from antiphon.errors import InvalidRequest
from antiphon.wire.responses import CreateResponse


@pytest.mark.parametrize(
    ("body", "param", "message"),
    [
        (b'{"model": 3}', "model", "Invalid type: 'model' must be a string, not an integer."),
        (b'{"input": {}}', "input", "Invalid type: 'input' must be a string or an array, not an object."),
        (b'{"metadata": {"a": 1}}', "metadata",
         "Invalid type: Each member of 'metadata' must be a string, not an integer."),
        (b'{"temperature": 3}', "temperature", "Invalid value: 'temperature' must be a number <= 2."),
        (b'{"max_output_tokens": 0}', "max_output_tokens",
         "Invalid value: 'max_output_tokens' must be an integer >= 1."),
        (b'{"truncation": "no"}', "truncation",
         "Invalid value: 'truncation' must be one of 'auto', 'disabled', not 'no'."),
        (b'{"text": {"format": {"type": "yaml"}}}', "text.format.type",
         "Invalid value: 'text.format.type' must be one of 'text', 'json_object', 'json_schema', not 'yaml'."),
        (b'{"prompt": {}}', "prompt.id", "Missing required parameter: 'prompt.id'."),
        (b"[]", None, "Invalid type: The body must be an object, not an array."),
        (b"{", None, "The body isn't valid JSON: Input data was truncated. Send one JSON object in UTF-8."),
        (b'{"user": "\xff"}', None, None),
        (b'{"tools": [{"a": ' + b"[" * 100_000, None, None),
    ],
)  # fmt: skip
def test_a_mistake_is_named(body: bytes, param: str | None, message: str | None) -> None:
    with pytest.raises(InvalidRequest) as raised:
        read(body, CreateResponse)
    assert raised.value.param == param
    if message:
        assert raised.value.message == message


def test_the_path_of_the_field_that_was_read_stands_before() -> None:
    with pytest.raises(InvalidRequest) as raised:
        read(b'{"text": {"verbosity": 1}}', CreateResponse, "input[2]")
    assert raised.value.param == "input[2].text.verbosity"
