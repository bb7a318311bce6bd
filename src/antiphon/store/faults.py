"""The sentences in which every store refuses, so that all of them say the same; and which texts can be kept.

No database's own error is read here: that is one function per database, `sqlite_faults.py` and
`postgres_faults.py`. Counterpart: the tree in `antiphon/errors.py`.
"""

from collections.abc import Iterable

from antiphon.errors import ConversationLocked, InvalidRequest, NotAnId, NotFound
from antiphon.store.base import OPEN_STATUSES, StoredChat, StoredPrompt
from antiphon.store.files import StoredFile, StoredUpload
from antiphon.wire.answers import Answer, StoredItem

MAX_CHAIN = 100_000
MAX_TEXT = 512
MAX_PARTS = 10_000


def no_response(response_id: str, param: str = "response_id") -> NotFound:
    """This project has no such response; of what can't be the id of one, a request that continues it is told that."""
    if param == "previous_response_id" and not response_id.startswith("resp"):
        return _of_another_kind(response_id, param, "resp")
    return NotFound(f"Response with id '{response_id}' not found: it is unknown or was deleted.", param=param)


def broken_chain(response_id: str, ancestor_id: str) -> NotFound:
    """A response before this one is gone."""
    return NotFound(
        f"Response with id '{ancestor_id}' not found: it comes before '{response_id}' in the chain and was deleted. "
        "Start a new chain, or send the history as input.",
        param="previous_response_id",
    )


def not_continuable(response_id: str, status: str) -> InvalidRequest | None:
    """Why a response with this status can't be continued; None when it can."""
    if status == "failed":
        return InvalidRequest(
            f"Response with id '{response_id}' failed and can't be continued; continue the one before it.",
            param="previous_response_id",
        )
    if status in OPEN_STATUSES:
        return InvalidRequest(
            f"Response with id '{response_id}' is still {status}; continue it when it has ended.",
            param="previous_response_id",
        )
    return None


def endless_chain(response_id: str) -> InvalidRequest:
    """The chain leads back into itself, or is longer than anything sensible."""
    return InvalidRequest(
        f"The chain before response '{response_id}' is longer than {MAX_CHAIN} responses or leads back into itself.",
        param="previous_response_id",
    )


def no_conversation(conversation_id: str, param: str = "conversation_id") -> NotFound:
    """This project has no such conversation; what can't be the id of one is said to be none."""
    if not conversation_id.startswith("conv"):
        return _of_another_kind(conversation_id, param, "conv")
    return NotFound(f"Conversation with id '{conversation_id}' not found: it is unknown or was deleted.", param=param)


def _of_another_kind(given: str, param: str, prefix: str) -> NotAnId:
    """In OpenAI's words: suites tell a wrong id from a missing thing."""
    return NotAnId(f"Invalid '{param}': '{given}'. Expected an ID that begins with '{prefix}'.", param=param)


def no_item(item_id: str, where: str = "any response or conversation", param: str = "item_id") -> NotFound:
    """No such item there."""
    return NotFound(f"Item with id '{item_id}' not found in {where}.", param=param)


def no_cursor(param: str, cursor: str) -> NotFound:
    """`after` or `before` names nothing in the list."""
    return NotFound(f"No item with id '{cursor}' in this list; '{param}' takes an id that the list holds.", param=param)


def no_chat(chat_id: str) -> NotFound:
    """This project has no such stored chat completion."""
    return NotFound(
        f"Chat completion with id '{chat_id}' not found: it is unknown, was deleted, or wasn't asked for with "
        "'store': true.",
        param="completion_id",
    )


def no_prompt(prompt_id: str) -> NotFound:
    """This project has no such prompt."""
    return NotFound(f"Prompt with id '{prompt_id}' not found: it is unknown or was deleted.", param="id")


def no_prompt_version(prompt_id: str, version: int) -> NotFound:
    """The prompt has no such version."""
    return NotFound(f"Prompt '{prompt_id}' has no version '{version}'.", param="version")


def locked(conversation_id: str) -> ConversationLocked:
    """Another response is at work on it."""
    return ConversationLocked(
        f"Another response is being made in conversation '{conversation_id}'; repeat the request when it has ended.",
        param="conversation",
    )


def taken(kind: str, taken_id: str) -> InvalidRequest:
    """A new row has the id of one that is there."""
    return InvalidRequest(
        f"There is already {'an' if kind[0] in 'aeiou' else 'a'} {kind} with id '{taken_id}'.", param="id"
    )


def doubled_item(item_id: str, conversation_id: str) -> InvalidRequest:
    """An id would be twice in a conversation."""
    return InvalidRequest(
        f"Conversation '{conversation_id}' has an item with id '{item_id}' already; leave the id out to add it again.",
        param="items",
    )


def storable(text: str) -> bool:
    """Whether every database can keep this text: no NUL, no half of a surrogate pair."""
    if "\x00" in text:
        return False
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def check_texts(texts: Iterable[str], param: str) -> None:
    """Raise `InvalidRequest` for an id or name that not every database can keep and find by."""
    for text in texts:
        if len(text) > MAX_TEXT:
            raise InvalidRequest(
                f"'{text[:40]}…' has {len(text)} characters; ids and names have at most {MAX_TEXT}.", param=param
            )
        if not storable(text):
            raise InvalidRequest(
                f"{text!r} holds a NUL character or half a surrogate pair, which can't be stored.", param=param
            )


def check_items(items: Iterable[StoredItem], param: str = "input") -> None:
    """Raise `InvalidRequest` for an item id that can't be kept."""
    check_texts((item.id for item in items), param)


def check_answer(answer: Answer) -> None:
    """Raise `InvalidRequest` for an answer that no store can keep."""
    check_texts(
        (answer.id, answer.model, answer.status, answer.previous_response_id or "", answer.conversation_id or ""),
        "model",
    )
    check_items(answer.input)
    check_items(answer.output, "output")


def check_prompt(prompt: StoredPrompt) -> None:
    """Raise `InvalidRequest` for a prompt that no store can keep."""
    check_texts((prompt.id,), "id")


def check_chat(chat: StoredChat) -> None:
    """Raise `InvalidRequest` for a chat completion that no store can keep."""
    check_texts((chat.id, chat.model), "model")
    check_texts((*chat.metadata, *chat.metadata.values()), "metadata")
    check_items(chat.messages, "messages")


def no_file(file_id: str, param: str = "file_id") -> NotFound:
    """This project has no such file."""
    return NotFound(f"No such File object: '{file_id}'. It is unknown, was deleted, or has expired.", param=param)


def no_upload(upload_id: str) -> NotFound:
    """This project has no such upload."""
    return NotFound(f"Upload with id '{upload_id}' not found: it is unknown, or ended long ago.", param="upload_id")


def not_pending(upload_id: str, status: str) -> InvalidRequest:
    """The upload has ended."""
    return InvalidRequest(f"Upload '{upload_id}' is {status}; begin another one.", param="upload_id")


def no_part(part_id: str, upload_id: str, param: str) -> InvalidRequest:
    """The upload has no such part."""
    return InvalidRequest(f"Upload '{upload_id}' has no part '{part_id}'.", param=param)


def too_many_bytes(upload_id: str, size: int) -> InvalidRequest:
    """The parts of an upload are more than it was announced to be."""
    return InvalidRequest(
        f"With this part, upload '{upload_id}' would have more than the {size} bytes that were announced.", param="data"
    )


def too_many_parts(upload_id: str) -> InvalidRequest:
    """An upload comes in too small pieces."""
    return InvalidRequest(f"Upload '{upload_id}' has {MAX_PARTS} parts; more aren't taken.", param="data")


def wrong_size(upload_id: str, size: int, wanted: int) -> InvalidRequest:
    """An upload is completed with more or fewer bytes than were announced."""
    return InvalidRequest(
        f"The parts of upload '{upload_id}' have {size} bytes; {wanted} were announced as its 'bytes'.",
        param="part_ids",
    )


def wrong_md5(upload_id: str, found: str) -> InvalidRequest:
    """What came isn't what was sent."""
    return InvalidRequest(f"The parts of upload '{upload_id}' have the MD5 {found}, not the one given.", param="md5")


def check_file(file: StoredFile) -> None:
    """Raise `InvalidRequest` for a file that no store can keep."""
    check_texts((file.filename,), "file")
    check_texts((file.id, file.purpose, file.media_type, file.blob.place), "purpose")


def check_upload(upload: StoredUpload) -> None:
    """Raise `InvalidRequest` for an upload that no store can keep."""
    check_texts((upload.filename,), "filename")
    check_texts((upload.id, upload.purpose, upload.media_type), "purpose")
