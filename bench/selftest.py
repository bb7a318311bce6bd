"""Check the two C programs against each other, with no server in between: `make -C bench check`."""

import json
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
LEAST_BURST = 100
LEAST_PACED = 8
SHORTEST_MS, LONGEST_MS = 775, 900  # 39 pauses of 20 ms
LONGEST_RELAY_MS = 20


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def load(port: int, *flags: str) -> dict[str, Any]:
    """What the load generator tells of one run."""
    command = [str(HERE / "loadgen"), "--port", str(port), "--api", "chat", "--warmup", "0.2", *flags]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def require(what: str, told: object, *conditions: bool) -> None:
    """End with 1 and what was told, unless all conditions hold."""
    if not all(conditions):
        sys.exit(f"{what}: {told}")


def check(port: int, pid: int) -> None:
    """Burst, not streamed, paced."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/models", timeout=5) as answer:
        models = [model["id"] for model in json.load(answer)["data"]]
    require("models", models, models == ["mock", "mock-paced"])

    told = load(port, "-c", "16", "--duration", "0.5", "--expect", "40", "--pid", str(pid))
    require("burst", told, told["ok"] > LEAST_BURST, whole(told), told["cpu_s"] > 0)

    flags = ["--stream", "0", "--max-requests", "50", "--expect", "40", "--duration", "1", "--drain", "1"]
    told = load(port, "-c", "4", *flags)
    require("not streamed", told, whole(told))

    told = load(port, "-c", "8", "--model", "mock-paced", "--duration", "2", "--expect", "40", "--drain", "2")
    require("paced", told, told["ok"] >= LEAST_PACED, whole(told))
    require("pace", told, SHORTEST_MS <= told["total_p50_ms"] <= LONGEST_MS, told["relay_p50_ms"] < LONGEST_RELAY_MS)


def whole(told: dict[str, Any]) -> bool:
    """Whether no stream went wrong."""
    return not told["err"] and not told["incomplete"]


def main() -> None:
    """Start the mock, check, stop it."""
    port = free_port()
    mock = subprocess.Popen([str(HERE / "mock_upstream"), "--port", str(port), "--chunks", "40"])
    try:
        time.sleep(0.2)
        check(port, mock.pid)
    finally:
        mock.terminate()
        mock.wait()
    print("ok")


if __name__ == "__main__":
    main()
