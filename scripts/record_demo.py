"""Records `examples/demo.jsonl`, the cassette of the demo, from a model server that follows a script.

No model is behind it: `antiphon.testing.ScriptedUpstream` says what stands here. Run it after a change to the
conversation or to the cassette format: `.venv/bin/python scripts/record_demo.py [PATH]`. Fails where a replay
differs from what was recorded. Counterpart: `demo.py`, which asks the questions.
"""

import re
import sys
import tempfile
from pathlib import Path

from antiphon.testing.scripted_reply import Reply, reasoning, text, tool_call
from antiphon.testing.scripted_upstream import ScriptedUpstream
from demo import CASSETTE, HELLO, MODEL, Conversation, Fingerprint, client, converse, replay, server
from demo_screen import Screen


def words(said: str) -> list[str]:
    """A text in the pieces in which a model would send it."""
    return re.findall(r"\s*\S+", said)


def script() -> list[Reply]:
    """What the model says, answer by answer."""
    both = tool_call("weather", {"city": "Oslo"}, id="call_oslo", pieces=3)
    both += tool_call("weather", {"city": "Lisbon"}, id="call_lisbon", pieces=3, usage=(74, 41))
    return [
        reasoning(*words("Two cities, and I know the weather of neither. I should look up both.")) + both,
        reasoning(*words("Oslo is near freezing, Lisbon is mild."))
        + text(
            *words(
                "In Oslo: it is 2 °C there, with snow. In Lisbon, sunny at 19 °C, you can leave the coat in your bag."
            ),
            usage=(139, 38),
        ),
        text(*words("Hello! I am a recording: this answer was made once and is now read from a file."), usage=(10, 18)),
    ]


def record(path: Path) -> Conversation:
    """Ask everything once, into a fresh cassette at `path`."""
    with ScriptedUpstream(*script()) as upstream:
        upstream_flag = ("--upstream", f"demo={upstream.url}")
        with server(*upstream_flag, "--cassette", str(path), "--mode", "record") as base_url:
            conversation = converse(base_url, Screen.silent())
            with client(base_url, Fingerprint()) as official:
                official.responses.create(model=MODEL, input=HELLO)
    return conversation


def main(path: Path) -> int:
    """Record, replay, compare, and only then put the file in its place. Returns the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "demo.jsonl"
        if record(fresh) != replay(fresh, Screen.silent()):
            print("A replay differs from what was recorded; nothing was written.", file=sys.stderr)
            return 1
        path.write_bytes(fresh.read_bytes())
    print(f"Recorded {path}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else CASSETTE))
