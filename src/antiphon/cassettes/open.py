"""Opens cassettes: a file, or a folder with files of the native format and recordings of other programs.

The only place here that looks for files. Not here: their contents (`format.py`, `importers/`).
Counterpart: the flags `--cassette` and `--mode`.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from antiphon.cassettes.cassette import Cassette
from antiphon.cassettes.faults import Faults, read_fault
from antiphon.cassettes.format import BODIES_SINCE, CassetteFile, read_file, read_header
from antiphon.cassettes.importers.foreign import is_foreign, read_foreign
from antiphon.cassettes.importers.llama_stack import read_recording
from antiphon.cassettes.index import INDEXED, IndexedFile, read_indexed
from antiphon.cassettes.interaction import Interaction
from antiphon.cassettes.matcher import Matcher, Matching
from antiphon.cassettes.packed import read_packed
from antiphon.cassettes.packing import first_line, is_packed
from antiphon.cassettes.personal import Finder, read_finder
from antiphon.cassettes.recorder import Recorder, create, trim
from antiphon.cassettes.rules import read_rule
from antiphon.cassettes.transport import CassetteTransport, Mode
from antiphon.errors import ConfigFault
from antiphon.transport import Transport

IMPORTED_START = 1_735_689_600
"""Where the clock of a tape stands that no native file gives a start: 2025-01-01T00:00:00Z."""

RECORDED = "recorded.jsonl"
"""The file of a folder that new interactions are written to. It is read after all others."""

SUFFIXES = (".json", ".jsonl", ".jsonl.zst", ".har", ".yaml", ".yml")
"""The files of a folder that may be recordings."""

NATIVE = (".jsonl", ".jsonl.zst")
"""Those of our own format."""


@dataclass(frozen=True, slots=True)
class Equality:
    """What an operator says of comparing: `match` goes before the cassette's own, `rules` come on top of its rules."""

    match: Matching | None = None
    rules: tuple[str, ...] = ()


@dataclass(slots=True)
class Folder:
    """What was found under a path, in the order of file names; `parts` are read when it is known how to compare."""

    parts: list[Callable[[Matcher], Sequence[Interaction]]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    match: Matching | None = None
    rules: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    redact: list[str] = field(default_factory=list)
    files: dict[Path, CassetteFile] = field(default_factory=dict)


def open_cassette(  # noqa: PLR0913 - the last three have one caller, and defaults for tests
    path: Path,
    mode: Mode,
    inner: Transport | None,
    *,
    repeats: bool = True,
    speed: float = 0,
    equality: Equality | None = None,
    faults: Sequence[str] = (),
    redact: Sequence[str] = (),
    clock: Callable[[], float],
) -> CassetteTransport:
    """The transport for a cassette at `path`, a file or a folder; `clock` gives a new one its start.

    `speed` is how many times as fast as recorded answers come, 0 at once; `equality` is what counts as equal,
    `faults` what shall go wrong, and `redact` what is taken out beside secrets, beside what the cassette itself says.

    A path that isn't there is made, as a folder if it doesn't end in `.jsonl` or `.jsonl.zst`. Raises `ConfigFault`
    for a path that can't be read or made, `CassetteInvalid` for damage.
    """
    if mode is Mode.LIVE:
        return CassetteTransport(Cassette(str(path), int(clock())), mode, inner=inner)
    if mode is Mode.REPLAY:
        cassette = read_cassette(path, equality)
        wrong, gone = _faults(cassette, faults), _finders(cassette, redact)
        return CassetteTransport(cassette, mode, repeats=repeats, speed=speed, faults=wrong, redact=gone)
    found = _read(path) if path.exists() else Folder()
    if path.is_file() and (path.suffix == ".json" or is_foreign(path)):
        raise ConfigFault(f"{path} is another program's recording, which is only read: replay it, or name its folder.")
    target = path if _is_file(path) else path / RECORDED
    cassette = _cassette(path, found, int(clock()), equality)
    gone = _finders(cassette, redact)
    recorder = _recorder(target, found, cassette, [finder.text for finder in gone])
    if mode is Mode.AUTO:
        recorder.take = 1
    wrong = _faults(cassette, faults)
    return CassetteTransport(
        cassette, mode, inner=inner, recorder=recorder, repeats=repeats, speed=speed, faults=wrong, redact=gone
    )


def read_cassette(path: Path, equality: Equality | None = None) -> Cassette:
    """The cassette at `path`. Raises `ConfigFault` if nothing is there, `CassetteInvalid` for damage."""
    if not path.exists():
        raise ConfigFault(
            f"There is no cassette at {path}: correct the path, or record one there with `--mode record`."
        )
    return _cassette(path, _read(path), IMPORTED_START, equality)


def _cassette(path: Path, found: Folder, fresh: int, equality: Equality | None) -> Cassette:
    """`fresh` is the start of a tape on which there is nothing yet."""
    said = equality or Equality()
    rules = tuple(read_rule(rule) for rule in [*found.rules, *said.rules])
    matcher = Matcher(said.match or found.match or Matching.CANONICAL, rules)
    start = min(found.starts) if found.starts else (IMPORTED_START if found.parts else fresh)
    cassette = Cassette(str(path), start, matcher=matcher)
    try:
        for part in found.parts:
            _add(cassette, part(matcher))
    except OSError as error:
        raise _unreadable(path, error) from error
    cassette.notes += found.notes
    cassette.faults, cassette.redact = found.faults, found.redact
    return cassette


def _add(cassette: Cassette, interactions: Sequence[Interaction]) -> None:
    if isinstance(interactions, IndexedFile):
        cassette.attach(interactions)
        return
    for each in interactions:
        cassette.add(each)


def _faults(cassette: Cassette, said: Sequence[str]) -> Faults:
    """What an operator says goes before what the cassette says."""
    return Faults(map(read_fault, [*said, *cassette.faults]))


def _finders(cassette: Cassette, said: Sequence[str]) -> list[Finder]:
    return [read_finder(text) for text in dict.fromkeys([*cassette.redact, *said])]


def _recorder(target: Path, found: Folder, cassette: Cassette, redact: Sequence[str]) -> Recorder:
    known = found.files.get(target)
    if known is None:
        # What is taken out while recording must be taken out of what is asked in every replay.
        create(target, cassette.start, redact)
    elif target.stat().st_size > known.whole:
        trim(target, known.whole)
    first = known.interactions[-1].number + 1 if known and known.interactions else 1
    beside = known is None or known.version >= BODIES_SINCE
    return Recorder(target, take=cassette.last_take + 1, first=first, beside=beside)


def _is_file(path: Path) -> bool:
    return path.is_file() or (not path.is_dir() and path.name.endswith(NATIVE))


def _read(path: Path) -> Folder:
    found = Folder()
    try:
        if path.is_dir():
            _read_folder(path, found)
        elif is_foreign(path):
            _read_others(path, path.name, found)
        elif path.suffix == ".json" and (recording := read_recording(path, path.name)):
            found.parts.append(_given([recording]))
        elif path.stat().st_size:
            _read_native(path, path.name, found)
    except OSError as error:
        raise _unreadable(path, error) from error
    return found


def _unreadable(path: Path, error: OSError) -> ConfigFault:
    return ConfigFault(f"The cassette {path} can't be read: {error.strerror}.")


def _read_folder(folder: Path, found: Folder) -> None:
    skipped = 0
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        if path.name.endswith(NATIVE):
            if _is_native(path):
                _read_native(path, name, found)
            else:
                skipped += 1
        elif is_foreign(path):
            _read_others(path, name, found)
        elif path.suffix != ".json":
            skipped += 1
        elif recording := read_recording(path, name):
            found.parts.append(_given([recording]))
        else:
            skipped += 1
    if skipped:
        found.notes.append(f"{folder}: {skipped} files there are no recordings; left out.")


def _files(folder: Path) -> Iterator[Path]:
    paths = [path for suffix in SUFFIXES for path in folder.rglob(f"*{suffix}") if path.is_file()]
    return iter(sorted(paths, key=lambda path: (path == folder / RECORDED, path.relative_to(folder).as_posix())))


def _read_native(path: Path, name: str, found: Folder) -> None:
    header = read_header(first_line(path, name), name)
    found.starts.append(header.start)
    found.match = found.match or header.match
    found.rules += [rule for rule in header.rules if rule not in found.rules]
    found.faults += [fault for fault in header.faults if fault not in found.faults]
    found.redact += [one for one in header.redact if one not in found.redact]

    def read(matcher: Matcher) -> Sequence[Interaction]:
        large = path.stat().st_size >= INDEXED
        if is_packed(path):
            file = read_packed(path, name)
        else:
            file = read_indexed(path, name, matcher) if large else read_file(path, name)
        found.files[path] = file
        found.notes += file.notes
        return file.interactions

    found.parts.append(read)


def _read_others(path: Path, name: str, found: Folder) -> None:
    foreign = read_foreign(path, name)
    found.parts.append(_given(foreign.interactions))
    found.notes += foreign.notes


def _given(interactions: Sequence[Interaction]) -> Callable[[Matcher], Sequence[Interaction]]:
    return lambda _: interactions


def _is_native(path: Path) -> bool:
    """Whether a file of a folder is a cassette, damaged or not, and not some other program's lines."""
    first = first_line(path, path.name).read()
    try:
        header = json.loads(first)
    except ValueError:
        return b'"antiphon"' in first
    return isinstance(header, dict) and "antiphon" in header
