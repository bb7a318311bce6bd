"""`apply_patch`: the client changes files by diffs. Source: API reference and recorded streams."""

from antiphon.engine.kinds.face import Face, Outcome, arguments_in
from antiphon.wire import events as ev
from antiphon.wire.items import ApplyPatchCall, CreateFile, DeleteFile, UpdateFile

APPLY_PATCH = {
    "name": "apply_patch",
    "description": (
        "Create, update or delete one file. The diff of a new file is its lines, each behind a '+'; "
        "that of a change has '@@' before each hunk, ' ' before lines that stay, '-' and '+' before those that change."
    ),
    "parameters": {
        "type": "object",
        "properties": {
            "type": {"type": "string", "enum": ["create_file", "update_file", "delete_file"]},
            "path": {"type": "string"},
            "diff": {"type": "string"},
        },
        "required": ["type", "path"],
    },
}


class ApplyPatchFace(Face):
    """An `apply_patch_call`."""

    prefix = "apc"
    streams = False

    def item(self, status: str, arguments: str, outcome: Outcome | None = None) -> ApplyPatchCall:
        begun = status == "in_progress"
        operation = _operation(arguments, without_diff=begun)
        # This item knows no status `incomplete`; one that isn't whole is still in progress.
        known = "completed" if status == "completed" else "in_progress"
        return ApplyPatchCall(id=self.id, status=known, call_id=self.call_id, operation=operation)

    def last(self, arguments: str) -> list[ev.Event]:
        operation = _operation(arguments)
        if isinstance(operation, DeleteFile):
            return []
        events: list[ev.Event] = [ev.PatchDiffDelta(**self.place, delta=operation.diff)] if operation.diff else []
        return [*events, ev.PatchDiffDone(**self.place, diff=operation.diff)]


def _operation(arguments: str, *, without_diff: bool = False) -> CreateFile | UpdateFile | DeleteFile:
    said = arguments_in(arguments)
    inner = said.get("operation")
    said = inner if isinstance(inner, dict) else said
    path, diff = str(said.get("path") or ""), str(said.get("diff") or "")
    if without_diff:
        diff = ""
    match said.get("type"):
        case "delete_file":
            return DeleteFile(path=path)
        case "create_file":
            return CreateFile(path=path, diff=diff)
        case _:
            return UpdateFile(path=path, diff=diff)
