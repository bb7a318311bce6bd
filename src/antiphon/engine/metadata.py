"""The limits of metadata, the same wherever it stands. Source: API reference, `metadata`."""

from collections.abc import Mapping

from antiphon.errors import InvalidRequest

KEYS, KEY_LENGTH, VALUE_LENGTH = 16, 64, 512


def check_metadata(metadata: Mapping[str, str]) -> None:
    """Raise `InvalidRequest` for more than 16 keys, a key of more than 64 characters, a value of more than 512."""
    if len(metadata) > KEYS:
        raise InvalidRequest(f"'metadata' has {len(metadata)} keys; the most is {KEYS}.", param="metadata")
    for key, value in metadata.items():
        if len(key) > KEY_LENGTH:
            raise InvalidRequest(
                f"A key of 'metadata' has {len(key)} characters; the most is {KEY_LENGTH}.", param="metadata"
            )
        if len(value) > VALUE_LENGTH:
            raise InvalidRequest(
                f"'metadata.{key}' has {len(value)} characters; the most is {VALUE_LENGTH}.", param=f"metadata.{key}"
            )
