"""Short questions to a model's server: who is asked, and what a refusal becomes."""

import pytest

from antiphon.errors import UpstreamRefused
from antiphon.network import Network
from antiphon.testing import ScriptedUpstream, status
from antiphon.transport import Timeouts
from antiphon.upstream.addresses import Upstream
from antiphon.upstream.asking import asked
from antiphon.upstream.catalog import Catalog
from antiphon.upstream.client import UpstreamClient
from antiphon.upstream.retry import Retry

PATHS = {
    "POST /v1/embeddings": status(200, {"data": []}),
    "POST /v1/rerank": status(400, {"error": {"message": "No."}}),
}


async def test_the_model_says_whom_to_ask() -> None:
    network = Network(Timeouts(5, 5, 5))
    with ScriptedUpstream(models=["e"], paths=PATHS) as upstream:
        catalog = Catalog([Upstream.at("up", upstream.url)], network)
        client = UpstreamClient(network, catalog, Retry())
        try:
            assert await asked(client, catalog, "/embeddings", {"model": "up/e", "input": ["a"]}) == b'{"data": []}'
            assert upstream.requests[-1].json == {"model": "e", "input": ["a"]}
            with pytest.raises(UpstreamRefused, match="No"):
                await asked(client, catalog, "/rerank", {"model": "up/e"})
        finally:
            await catalog.close()
            await network.close()
