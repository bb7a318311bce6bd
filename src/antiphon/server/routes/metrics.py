"""`GET /metrics`: what Prometheus reads, where the server was started with `--metrics`."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from antiphon.errors import NotFound
from antiphon.server.services import Services

PATH = "/metrics"


def routes(services: Services) -> list[BaseRoute]:
    """The routes of this noun."""

    async def get(_: Request) -> Response:
        metrics = services.seen.metrics
        if metrics is None:
            raise NotFound("There are no metrics here. Start the server with --metrics.", code="no_metrics")
        return Response(metrics.text(), media_type="text/plain; version=1.0.0; charset=utf-8")

    return [Route(PATH, get, methods=["GET"])]
