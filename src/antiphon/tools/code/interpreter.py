"""`code_interpreter` for a run: takes the code that the model wrote, and tells model and client what it came to.

Not here: running it (`service.py` and what stands behind it), how a call looks (`engine/kinds/code_interpreter.py`).
"""

from antiphon.engine.citations import Citable
from antiphon.engine.kinds.code_interpreter import Place, code_in
from antiphon.engine.kinds.face import Outcome
from antiphon.errors import SandboxFailed
from antiphon.tools.code.client import CodeClient
from antiphon.tools.code.protocol import Ran
from antiphon.tools.code.service import RanCode, RunCode
from antiphon.tools.tool import ToolCall
from antiphon.transport import Transport
from antiphon.wire.containers import ContainerFile

NAMED = 20
"""Files that the model is told of."""
FRESH = "[The container is new: nothing of earlier calls is in it, neither variables nor files.]"
SILENT = "[The code ran and printed nothing.]"


class CodeInterpreter:
    """Implements `Tool`. Its containers outlive a run: they end by their own time."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    async def call(self, call: ToolCall) -> Outcome:
        place: Place = call.about["place"]
        code = code_in(call.arguments)
        if not code.strip():
            raise SandboxFailed('The call has no code. Give some, such as {"code": "print(1)"}.')
        said = RunCode(code=code, make=not place.named, memory=place.memory_limit)
        client = CodeClient(self.transport, call.project, call.scope)
        return outcome(await client.run(place.container_id, said), place)

    async def leave(self, run_id: str) -> None:
        del run_id

    async def close(self) -> None:
        return


def outcome(given: RanCode, place: Place) -> Outcome:
    """What the model reads, and what the item can show."""
    ran = given.ran
    told = [FRESH] if given.fresh and place.used_before else []
    logs = _logs(ran)
    told += logs
    told += [f"[{len(ran.images)} picture(s) are shown to the user.]"] if ran.images else []
    told += [_files(ran)] if ran.files else []
    outputs = [{"type": "logs", "logs": "\n".join(logs)}] if logs else []
    outputs += [{"type": "image", "url": url} for url in ran.images]
    sources = [_citable(file) for file in given.written[:NAMED]]
    return Outcome("\n".join(told) or SILENT, shown={"outputs": outputs}, sources=sources)


def _citable(file: ContainerFile) -> Citable:
    """A file that the code wrote, for the answer to point at."""
    name = file.path.rpartition("/")[2]
    said = {"container_id": file.container_id, "file_id": file.id, "filename": name}
    text = f"The file {name}, which the code wrote. The user gets it where you cite it."
    return Citable(text, {"type": "container_file_citation", **said}, f"[{name}](sandbox:{file.path})")


def _logs(ran: Ran) -> list[str]:
    """What was printed, then the last value, then what was raised or became of the container."""
    lost = f"[The code was ended: {ran.lost}. The container's variables and files are gone.]" if ran.lost else None
    return [text.rstrip("\n") for text in (ran.logs, ran.result, ran.error, lost) if text]


def _files(ran: Ran) -> str:
    names = ", ".join(f"{file.path} ({file.bytes} bytes)" for file in ran.files[:NAMED])
    more = f" and {len(ran.files) - NAMED} more" if len(ran.files) > NAMED else ""
    return f"[Files: {names}{more}]"
