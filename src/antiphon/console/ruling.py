"""What a miss lacks, and the rule that mends it: written into the cassette's first line, and in force from then on.

Only for a cassette that is one file and answers alone: what is being recorded isn't rewritten under the recorder.
Counterparts: `cassettes/matching.py`, which proposes rules; `cassettes/rewriting.py`, which writes.
"""

from dataclasses import dataclass
from pathlib import Path

from antiphon.cassettes.format import read_header
from antiphon.cassettes.interaction import Interaction
from antiphon.cassettes.matcher import Matching
from antiphon.cassettes.matching import Difference, as_flags, differences, matching_rules, nearest
from antiphon.cassettes.open import Equality, read_cassette
from antiphon.cassettes.packing import first_line
from antiphon.cassettes.rewriting import Head, write_cassette
from antiphon.cassettes.transport import CassetteTransport, Missed
from antiphon.config import Config
from antiphon.errors import CassetteInvalid, InvalidRequest

LINES = 40
"""Differences that are shown."""


@dataclass(frozen=True, slots=True)
class Miss:
    """A miss with the interaction that comes nearest, where they differ, and the rules under which they don't."""

    missed: Missed
    near: Interaction | None
    differs: list[Difference]
    rules: list[str]

    @property
    def flags(self) -> str:
        """The rules as they are said on a command line."""
        return as_flags(self.rules)


def explained(tape: CassetteTransport, missed: Missed) -> Miss:
    """What is to be known of a miss, as the cassette stands now."""
    near = nearest(tape.cassette, missed.asked)
    if near is None:
        return Miss(missed, None, [], [])
    matcher = tape.cassette.matcher
    differs = differences(near.asked, missed.asked, matcher)[:LINES]
    return Miss(missed, near, differs, matching_rules(near.asked, missed.asked, matcher))


def writable(tape: CassetteTransport, config: Config) -> Path | None:
    """The file into which a rule can be written; None where there is none."""
    path = Path(config.cassette or "")
    if not tape.replays or not path.is_file():
        return None
    try:
        read_header(first_line(path, path.name), path.name)
    except CassetteInvalid:
        return None
    return path


def add_rules(tape: CassetteTransport, config: Config, rules: list[str]) -> None:
    """Write the rules and compare by them from now on; what was used counts as unused again.

    Raises `InvalidRequest` where they can't be written.
    """
    path = writable(tape, config)
    if path is None:
        raise InvalidRequest(
            "This cassette isn't one file that answers alone: say the rule with --rule, or in antiphon.toml."
        )
    header = read_header(first_line(path, path.name), path.name)
    more = [rule for rule in rules if rule not in header.rules]
    head = Head(header.start, header.match, [*header.rules, *more], header.faults, header.redact)
    write_cassette(path, head, tape.cassette.interactions)
    said = Equality(Matching(config.match) if config.match else None, tuple(config.rules))
    tape.cassette = read_cassette(path, said)
    tape.missed.clear()
