"""Seals: text that a client carries and can neither read nor change, and digests that it can't make.

A seal is deterministic authenticated encryption (AES-SIV, RFC 5297) over a nonce; project, purpose and the key's id
are bound to it as associated data. The first key seals, all of them open, so that keys can be changed. Not here:
where keys come from (`key_file.py`, the configuration), what is sealed (`engine/`).
"""

import binascii
import hashlib
import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from antiphon.errors import ConfigFault, InvalidRequest
from antiphon.sources import chance

_WRITTEN = re.compile(r"[A-Za-z0-9_-]*")
VERSION = "a1"
NONCE, MARK = 16, 16
SHORTEST_KEY = 32
"""Characters of a configured key: what `openssl rand -base64 32` prints has 44."""


@dataclass(frozen=True, slots=True)
class _Key:
    """One key: its id, and a key of its own for each use, so that no use tells anything of another."""

    id: str
    cipher: AESSIV
    marking: bytes
    digesting: bytes

    @classmethod
    def of(cls, secret: bytes) -> "_Key":
        def part(use: str) -> bytes:
            return hmac.digest(secret, f"antiphon {VERSION} {use}".encode(), "sha512")

        return cls(part("id").hex()[:8], AESSIV(part("seal")), part("mark"), part("digest"))

    def mark(self, project: str) -> bytes:
        """Stands for a project in a seal; nobody without the key can tell which."""
        return hmac.digest(self.marking, project.encode(), "sha256")[:MARK]

    def bound(self, mark: bytes, purpose: str, nonce: bytes) -> list[bytes]:
        """What a seal is bound to."""
        return [VERSION.encode(), self.id.encode(), mark, purpose.encode(), nonce]


class Sealing:
    """Seals and digests of one server. `keys` are secrets, the newest first."""

    def __init__(self, keys: Sequence[bytes], nonce: Callable[[int], bytes] = chance) -> None:
        self._keys = [_Key.of(key) for key in keys]
        self._nonce = nonce

    def seal(self, project: str, purpose: str, data: bytes) -> str:
        """`a1.KEY.DATA`, which `open` gives back as `data` for the same project and purpose alone."""
        key = self._keys[0]
        mark, nonce = key.mark(project), self._nonce(NONCE)
        sealed = key.cipher.encrypt(data, key.bound(mark, purpose, nonce))
        return f"{VERSION}.{key.id}.{urlsafe_b64encode(mark + nonce + sealed).rstrip(b'=').decode()}"

    def open(self, project: str, purpose: str, seal: str) -> bytes | None:
        """What was sealed; None for a seal that was changed, is no seal, or whose key isn't here.

        Raises `InvalidRequest` for a whole seal of another project.
        """
        version, _, rest = seal.partition(".")
        key_id, _, encoded = rest.partition(".")
        key = next((key for key in self._keys if key.id == key_id), None)
        if version != VERSION or key is None:
            return None
        try:
            # The decoder takes the other alphabet's + and / as well, and skips what is in neither.
            if not _WRITTEN.fullmatch(encoded):
                return None
            whole = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
            mark, nonce, sealed = whole[:MARK], whole[MARK : MARK + NONCE], whole[MARK + NONCE :]
            data = key.cipher.decrypt(sealed, key.bound(mark, purpose, nonce))
        except (InvalidTag, ValueError, binascii.Error):
            return None
        if not hmac.compare_digest(mark, key.mark(project)):
            raise InvalidRequest("The encrypted content could not be verified.", code="invalid_encrypted_content")
        return data

    def digest(self, project: str, purpose: str, data: bytes) -> str:
        """A digest in 43 URL-safe characters that only this server can make."""
        return _digest(self._keys[0], project, purpose, data)

    def confirms(self, project: str, purpose: str, data: bytes, digest: str, *, length: int | None = None) -> bool:
        """Whether `digest` is that of `data`, or the first `length` characters of it, made with any of the keys."""
        digests = [_digest(key, project, purpose, data)[:length].encode() for key in self._keys]
        return any(hmac.compare_digest(made, digest.encode()) for made in digests)


def _digest(key: _Key, project: str, purpose: str, data: bytes) -> str:
    """The lengths stand before the words, so that no two triples make the same bytes."""
    said = [part.encode() for part in (project, purpose)]
    bound = b"".join(len(part).to_bytes(8) + part for part in said) + data
    return urlsafe_b64encode(hmac.digest(key.digesting, bound, "sha256")).rstrip(b"=").decode()


def configured_keys(lines: Sequence[str], place: str) -> list[bytes]:
    """Keys as an operator writes them, the newest first; empty lines and comments are none.

    Raises `ConfigFault`, which names the `place` and never the key.
    """
    keys = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    if any(len(key) < SHORTEST_KEY for key in keys):
        raise ConfigFault(
            f"A key of {place} is shorter than {SHORTEST_KEY} characters. Make one with: openssl rand -base64 32"
        )
    return [key.encode() for key in keys]


def open_to_all() -> Sealing:
    """The seals of a server under a cassette: the same bytes in the recording run and in every replay.

    They keep no secret, since key and nonce are known: what they hold stands in the cassette anyway. AES-SIV stays
    sound without a nonce: equal words give equal seals, and nothing else shows.
    """
    return Sealing([hashlib.sha256(b"antiphon: under a cassette").digest()], nonce=bytes)
