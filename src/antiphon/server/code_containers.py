"""The containers of this server, for the routes: whom to ask, and what a request names is there: containers, files.

Not here: containers (`tools/code/`), their routes (`routes/containers.py`).
"""

from collections.abc import Sequence

from antiphon.engine.kinds.code_interpreter import Place
from antiphon.engine.plan import Plan
from antiphon.engine.tool_files import ToolFile, names_of
from antiphon.errors import InvalidRequest, NotFound
from antiphon.server.services import Services
from antiphon.store.files import StoredFile
from antiphon.tools.code.client import CodeClient
from antiphon.tools.code.interpreter import CodeInterpreter
from antiphon.tools.code.service import Make
from antiphon.wire.containers import ContainerFile

TOOL = "code_interpreter"
MOST_BYTES = 64 << 20
"""Of a file that is put into a container: it goes there whole."""


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
    """See that what a request names is there before anything is asked of a model: its container, or the files in it.

    Raises `NotFound`, `InvalidRequest`, `SandboxFailed`.
    """
    for binding in plan.bindings.values():
        place = binding.about.get("place")
        if binding.runs != TOOL or not isinstance(place, Place):
            continue
        if place.named:
            await containers_of(services, project).get(place.container_id)
        elif place.file_ids:
            found = await found_files(services, project, place.file_ids, "tools.container.file_ids")
            client = containers_of(services, project)
            await client.make(Make(id=place.container_id, memory=place.memory_limit))
            await bring(services, client, place.container_id, found)


async def found_files(services: Services, project: str, file_ids: Sequence[str], param: str) -> list[StoredFile]:
    """The files with these ids, each once. Raises `NotFound` and `InvalidRequest`, naming the place under `param`."""
    found: dict[str, StoredFile] = {}
    for place, file_id in enumerate(file_ids):
        at = f"{param}[{place}]" if param.endswith("file_ids") else param
        try:
            file = await services.files.rows.get(project, file_id)
        except NotFound as fault:
            raise NotFound(fault.message, param=at) from None
        if file.blob.bytes > MOST_BYTES:
            raise InvalidRequest(f"The file '{file_id}' is larger than {MOST_BYTES} bytes.", param=at)
        found[file_id] = file
    return list(found.values())


async def bring(services: Services, client: CodeClient, container_id: str, files: Sequence[StoredFile]) -> None:
    """Put files into a container that aren't there yet: what code made of one since is left as it is."""
    there = {file.path.rpartition("/")[2] for file in await client.files(container_id)}
    known = {file.id: ToolFile(file.filename) for file in files}
    names = names_of([file.id for file in files], known)
    for file in files:
        if names[file.id] not in there:
            await copied(services, client, container_id, file, names[file.id])


async def copied(
    services: Services, client: CodeClient, container_id: str, file: StoredFile, name: str | None = None
) -> ContainerFile:
    """Put one file into a container, under its own name if no other is said."""
    return await client.upload(container_id, name or file.filename, await services.files.whole(file))
