"""The containers of this server, for the routes: whom to ask, and whether a container that a request names is there.

Not here: containers (`tools/code/`), their routes (`routes/containers.py`).
"""

from antiphon.engine.kinds.code_interpreter import Place
from antiphon.engine.plan import Plan
from antiphon.errors import InvalidRequest
from antiphon.server.services import Services
from antiphon.tools.code.client import CodeClient
from antiphon.tools.code.interpreter import CodeInterpreter

TOOL = "code_interpreter"


def containers_of(services: Services, project: str) -> CodeClient:
    """Whom to ask for those of a project. Raises `InvalidRequest` where no sandbox is set up."""
    tool = services.tools.get(TOOL)
    if not isinstance(tool, CodeInterpreter):
        raise InvalidRequest(
            "This server has no containers: code_interpreter isn't set up. Its operator names a sandbox under "
            "[tools.code_interpreter] in antiphon.toml.",
            code="tool_not_configured",
        )
    return CodeClient(tool.transport, project, services.scope)


async def check_containers(services: Services, project: str, plan: Plan) -> None:
    """Raise `NotFound` where a request names a container that isn't there, before anything is asked of a model."""
    for binding in plan.bindings.values():
        place = binding.about.get("place")
        if binding.runs == TOOL and isinstance(place, Place) and place.named:
            await containers_of(services, project).get(place.container_id)
