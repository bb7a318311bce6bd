"""A small issuer of tokens: serves its discovery and its keys over HTTP, changes them, and signs."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

AUDIENCE = "antiphon"


class Issuer:
    """`fetched` are the paths it was asked for; `keys` the ids of those it gives out."""

    def __init__(self) -> None:
        self.fetched: list[str] = []
        self.down = False
        self.url = ""
        self.claimed_issuer: str | None = None
        self.private: dict[str, Any] = {}
        self._public: list[dict[str, Any]] = []

    def rotate(self, key_id: str, *, keep: bool = False, curve: bool = False) -> None:
        """Begin to sign with another key; without `keep` the old ones aren't given out any more."""
        private: Any = ec.generate_private_key(ec.SECP256R1()) if curve else rsa.generate_private_key(65537, 2048)
        algorithm: Any = jwt.algorithms.ECAlgorithm if curve else jwt.algorithms.RSAAlgorithm
        shown = {**algorithm.to_jwk(private.public_key(), as_dict=True), "kid": key_id, "use": "sig"}
        self.private[key_id] = private
        self._public = [*(self._public if keep else []), shown]

    def token(self, key_id: str, algorithm: str = "RS256", key: Any = None, **claims: Any) -> str:
        """A token with usual claims, but for those that are said; one that is None is left out."""
        usual = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "ann",
            "exp": time.time() + 600,
            "project": "blue",
            "scope": "read",
        }
        said = {name: value for name, value in (usual | claims).items() if value is not None}
        return str(jwt.encode(said, key or self.private[key_id], algorithm, {"kid": key_id}))

    def document(self, path: str) -> dict[str, Any] | None:
        """What is found at a path."""
        self.fetched.append(path)
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.claimed_issuer or self.url, "jwks_uri": f"{self.url}/keys"}
        return {"keys": [*self._public, {"kty": "oct", "k": "AA", "kid": "shared"}]} if path == "/keys" else None


@contextmanager
def an_issuer() -> Iterator[Issuer]:
    """One that listens until the block ends, with the key `one`."""
    issuer = Issuer()
    issuer.rotate("one")

    class Desk(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            document = None if issuer.down else issuer.document(self.path)
            body = json.dumps(document).encode() if document else b"gone"
            self.send_response(200 if document else 503)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Quietly."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    issuer.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
