"""Reads a cassette under zstd: as `format.read_file`, frame by frame.

Not here: frames (`packing.py`), lines (`format.py`). Counterpart: `recorder.py`, which appends frames.
"""

from pathlib import Path

from antiphon.cassettes.bodies import Bodies
from antiphon.cassettes.format import CassetteFile, Found, Scan, Span, interaction_at, read_header
from antiphon.cassettes.interaction import Interaction
from antiphon.cassettes.packing import Frames, first_line
from antiphon.errors import CassetteInvalid


def read_packed(path: Path, name: str) -> CassetteFile:
    """All interactions of a file; `whole` of what is given back counts bytes of the file, as elsewhere.

    Raises `CassetteInvalid` for damage, and for a torn end that only writing the file anew could take off.
    """
    first = first_line(path, name)
    header, begin = read_header(first, name), first.tell()
    interactions = list[Interaction]()
    with path.open("rb") as file:
        frames = Frames(file, name)

        def keep(found: Found) -> None:
            request, answer = (_placed(frames, span) for span in (found.request, found.answer))
            interactions.append(interaction_at(path, found._replace(request=request, answer=answer)))

        scan = Scan(name, keep, begin, bodies=Bodies.of(path))
        rest, passed = b"", 0
        for frame in frames:
            # The header has been read.
            lines = (rest + frame.text[max(0, begin - passed) :]).splitlines(keepends=True)
            passed += len(frame.text)
            rest = lines.pop() if lines and not lines[-1].endswith(b"\n") else b""
            for line in lines:
                scan.feed(line)
        if rest:
            scan.feed(rest)
    scan.finish()
    whole = frames.end_of(scan.whole)
    if whole is None:
        raise CassetteInvalid(
            f"{name} ends inside of an interaction, which was packed with others: unpack it with zstd."
        )
    notes = scan.notes or ([f"{name}: the last frame was never finished; left out."] if frames.torn else [])
    interactions.sort(key=lambda interaction: interaction.number)
    return CassetteFile(
        header.start, header.match, header.rules, header.faults, interactions, notes, whole, header.version
    )


def _placed(frames: Frames, span: Span) -> Span:
    place = frames.place(span.offset, span.length)
    return Span(place.offset, span.length, (place.start, place.stop))
