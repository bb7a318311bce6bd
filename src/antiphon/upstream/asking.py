"""Asks a model's server one short thing beside chat, and gives back the bytes of its answer: embeddings, an order.

Not here: what is asked and what the answer means (`retrieval/remote.py`, `tools/reranking.py`). Counterpart:
`client.py`, which carries the call.
"""

from typing import Any

import msgspec

from antiphon.upstream.catalog import Catalog
from antiphon.upstream.client import SUCCESS, UpstreamClient
from antiphon.upstream.reading import read_at_most
from antiphon.upstream.refusal import Refusal

LARGEST = 256 * 1024 * 1024
SECONDS = 300.0
HEADERS = {"content-type": "application/json", "accept": "application/json"}


async def asked(client: UpstreamClient, catalog: Catalog, path: str, body: dict[str, Any]) -> bytes:
    """The answer to `body`, whose `model` says whom to ask, as clients name it. Raises what the client raises.

    An answer that isn't a success is raised as the upstream's refusal.
    """
    target = await catalog.resolve(str(body["model"]))
    answer = await client.forward(target, path, HEADERS, msgspec.json.encode(body))
    try:
        data = await read_at_most(answer, LARGEST, SECONDS)
        if answer.status not in SUCCESS:
            raise Refusal(target.upstream.name, answer.status, data, answer.headers.get("retry-after")).fault()
        return data
    finally:
        await answer.close()
