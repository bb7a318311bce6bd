"""The program inside, run without a sandbox in a process of its own."""

import base64
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from antiphon.tools.code.jails import WORKER

DRAWN = """
class Picture:
    def _repr_png_(self): return b"png"
Picture()
"""
PYPLOT = """
import sys, types
class Figure:
    def savefig(self, target, **said): target.write(b"figure")
plots = types.ModuleType("matplotlib.pyplot")
plots.numbers = [1, 2]
plots.get_fignums = lambda: plots.numbers
plots.figure = lambda number: Figure()
def close(which): plots.numbers = []
plots.close = close
sys.modules["matplotlib.pyplot"] = plots
"""


class Worker:
    """The program, asked by its lines."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process
        self.began = self.heard()

    def heard(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        return dict(json.loads(self.process.stdout.readline()))

    def do(self, **asked: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"id": "n", **asked}).encode() + b"\n")
        self.process.stdin.flush()
        said = self.heard()
        assert said.pop("id") == "n"
        return said

    def run(self, code: str, seconds: int = 5) -> dict[str, Any]:
        return self.do(do="run", code=code, seconds=seconds)


@contextmanager
def working(folder: Path, **settings: int) -> Iterator[Worker]:
    said = {"folder": str(folder / "work"), "memory": 1 << 32, "file_bytes": 1 << 20, "open_files": 64,
            "processes": 0, "output_bytes": 1000, "image_bytes": 100, **settings}  # fmt: skip
    command: Sequence[str] = [sys.executable, "-I", "-c", WORKER, json.dumps(said)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield Worker(process)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait() == 0


def test_it_says_that_it_is_ready_and_leaves_when_nobody_asks(tmp_path: Path) -> None:
    with working(tmp_path) as worker:
        assert worker.began == {"ready": sys.version.split()[0]}


def test_output_values_and_errors_in_the_order_of_a_notebook(tmp_path: Path) -> None:
    with working(tmp_path) as worker:
        ran = worker.run("import os, sys\nprint('a')\nsys.stderr.write('b\\n')\nos.system('echo c')\n[1, 2]")
        assert ran == {"logs": "a\nb\nc\n", "result": "[1, 2]", "error": None, "images": [], "files": []}
        assert worker.run("_[1]")["result"] == "2"
        assert worker.run("None")["result"] is None
        assert worker.run("")["result"] is None
        trace = worker.run("def f():\n  return 1 / 0\nf()")["error"].splitlines()
        # How much of a line is underlined depends on the version of Python.
        assert [line for line in trace if line.strip("~^ ")] == [
            "Traceback (most recent call last):", '  File "<code 5>", line 3, in <module>', "    f()",
            '  File "<code 5>", line 2, in f', "    return 1 / 0", "ZeroDivisionError: division by zero",
        ]  # fmt: skip
        assert "SyntaxError" in worker.run("1 +")["error"]


def test_long_texts_keep_both_ends(tmp_path: Path) -> None:
    with working(tmp_path) as worker:
        printed = worker.run("print('a' * 2000 + 'z' * 2000)")["logs"]
        assert printed.startswith("aaa")
        assert printed.endswith("zzz\n")
        assert "[... 3001 bytes left out ...]" in printed
        assert "[... 3002 bytes left out ...]" in worker.run("'x' * 4000")["result"]
        assert "bytes left out" in worker.run("raise ValueError('x' * 4000)")["error"]


def test_whoever_floods_is_cut_off_and_the_next_call_is_clean(tmp_path: Path) -> None:
    with working(tmp_path) as worker:
        assert "BrokenPipeError" in worker.run("while True: print('x' * 100)")["error"]
        assert worker.run("print('clean')")["logs"] == "clean\n"
        assert worker.run("import sys; sys.stdout.close()\nprint('x')")["error"].endswith("closed file.")
        assert worker.run("print('clean')")["logs"] == "clean\n"


def test_time_is_up(tmp_path: Path) -> None:
    with working(tmp_path) as worker:
        worker.run("kept = 1")
        assert worker.run("import time; time.sleep(9)", 1)["error"].endswith(
            "TimeoutError: The code was stopped: it ran for 1 seconds, which is the limit."
        )
        assert worker.run("kept")["result"] == "1"


def test_a_copy_of_it_doesnt_answer(tmp_path: Path) -> None:
    with working(tmp_path) as worker:
        assert worker.run("import os\nos.fork() and None\n3")["result"] == "3"
        assert worker.run("4")["result"] == "4"


def test_pictures(tmp_path: Path) -> None:
    with working(tmp_path) as worker:
        assert worker.run(DRAWN)["images"] == [f"data:image/png;base64,{base64.b64encode(b'png').decode()}"]
        figure = f"data:image/png;base64,{base64.b64encode(b'figure').decode()}"
        assert worker.run(PYPLOT)["images"] == [figure, figure]
        assert worker.run("1")["images"] == []
        large = worker.run("Picture._repr_png_ = lambda self: bytes(101)\nPicture()")
        assert (large["images"], large["logs"]) == ([], "[a picture was left out: 100 bytes are taken]\n")


@pytest.mark.parametrize("code", ["class E(Exception):\n  def __str__(self): raise E\nraise E", "raise SystemExit(3)"])
def test_no_error_ends_it(tmp_path: Path, code: str) -> None:
    with working(tmp_path) as worker:
        assert worker.run(code)["error"]
        assert worker.run("1")["result"] == "1"


def test_files(tmp_path: Path) -> None:
    with working(tmp_path) as worker:
        data = base64.b64encode(b"abc").decode()
        worker.do(do="write", path="sub/a.txt", offset=0, data=data)
        worker.do(do="write", path="sub/a.txt", offset=3, data=data)
        worker.run("import os; os.symlink('/etc/passwd', 'link'); open('.hidden', 'w')")
        (file,) = worker.do(do="files")["files"]
        assert (file["path"], file["bytes"]) == ("sub/a.txt", 6)
        assert worker.do(do="read", path="sub/a.txt", offset=2, bytes=2) == {"data": base64.b64encode(b"ca").decode()}
        assert worker.do(do="read", path="none", offset=0, bytes=2) == {"fault": "No such file or directory"}
        assert worker.do(do="remove", path="sub/a.txt") == {"files": []}
        assert "File too large" in worker.run("open('big', 'wb').write(bytes(1 << 21))")["error"]


def test_the_code_doesnt_see_the_wire(tmp_path: Path) -> None:
    with working(tmp_path) as worker:
        assert "EOFError" in worker.run("input()")["error"]
        assert worker.run("__name__, 'Wire' in globals()")["result"] == "('__main__', False)"
