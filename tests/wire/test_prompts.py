import msgspec

from antiphon.wire.prompts import CreatePrompt, PromptDeleted


def test_a_prompt_may_have_no_name_and_whatever_else_it_has_is_read_elsewhere() -> None:
    made = msgspec.json.decode(b'{"instructions":"x","metadata":{"a":"b"}}', type=CreatePrompt)
    assert (made.name, made.metadata) == (None, {"a": "b"})


def test_what_is_deleted_says_so() -> None:
    assert msgspec.to_builtins(PromptDeleted(id="p")) == {"id": "p", "object": "prompt.deleted", "deleted": True}
