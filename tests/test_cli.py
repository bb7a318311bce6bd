"""The command line as a user types it: uses, settings and exit statuses. Its commands' work is in `terminal/`."""

import socket
from pathlib import Path

import pytest
from running_server import run, running_server

from antiphon import __version__
from antiphon.cli import main, parser
from antiphon.config import TABLES, UNFLAGGED, Config
from antiphon.testing import ScriptedUpstream, text


def test_it_says_its_version(tmp_path: Path) -> None:
    assert run("--version", folder=tmp_path).stdout == f"antiphon {__version__}\n"


@pytest.mark.parametrize("words", [[], ["sing"], ["serve", "--prot", "1"], ["serve", "--port", "x"], ["ask"],
                                   ["serve", "--mode", "foo"], ["serve", "--repeats", "maybe"]])  # fmt: skip
def test_wrong_use_ends_with_2(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words, {})
    assert ended.value.code == 2
    assert "usage: antiphon" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["serve", "ask", "doctor", "replay", "record", "migrate", "export", "import"])
def test_every_command_explains_itself(capsys: pytest.CaptureFixture[str], command: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"], {})
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: antiphon {command}")


def test_every_setting_has_a_flag() -> None:
    said = vars(parser().parse_args(["serve"]))
    assert said.keys() >= set(Config.__struct_fields__) - UNFLAGGED.keys() - TABLES.keys()
    assert {name for name, value in said.items() if value is not None} == {"command"}


def test_private_addresses_are_allowed_by_a_bare_flag() -> None:
    assert parser().parse_args(["serve", "--allow-private-urls"]).allow_private_urls is True


@pytest.mark.parametrize(
    ("words", "variables", "says"),
    [
        (["--mode", "replay"], {}, "--mode replay needs a --cassette PATH"),
        (["--mode", "replay", "--cassette", "none.jsonl"], {}, "There is no cassette at none.jsonl"),
        (["--upstream", "here"], {}, "--upstream 'here' isn't NAME=URL"),
        (["--upstream", "a/b=http://x"], {}, "'a/b' can't name an upstream"),
        (["--upstream", "a=ftp://x"], {}, "'ftp://x' isn't the address of an upstream"),
        (["--upstream", "a=http://x,colour=red"], {}, "unknown option 'colour'"),
        (["--upstream", "a=http://x,key-env=NONE"], {}, "takes its key from $NONE, which isn't set"),
        (["--upstream", "a=http://x", "--upstream", "a=http://y"], {}, "Two upstreams are named 'a'"),
        (["--upstream", "a=http://x", "--alias", "gpt"], {}, "--alias 'gpt' isn't PATTERN=MODEL"),
        (["--upstream", "a=http://x", "--db", "mysql://x"], {}, "'mysql://x' is none that Antiphon knows"),
        (["--upstream", "a=http://x", "--db", "sqlite:///no/such.db"], {}, "no/such.db can't be opened"),
        (["--config", "none.toml"], {}, "There is no file none.toml"),
        (["--port", "65536"], {}, "--port must be a port from 0 to 65535"),
        ([], {"ANTIPHON_PORT": "http"}, "ANTIPHON_PORT must be a port"),
    ],
)
def test_wrong_settings_end_with_2_and_a_sentence(
    capsys: pytest.CaptureFixture[str], words: list[str], variables: dict[str, str], says: str
) -> None:
    assert main(["serve", "--db", "memory://", *words], variables) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("antiphon: ")
    assert says in said.err
    assert said.err.count("\n") == 1


def test_a_port_that_is_taken_ends_with_2(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run("serve", "--port", port, "--db", "memory://", folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(f"antiphon: Port {port} of 127.0.0.1 is taken")
    assert done.stdout == ""


def test_an_error_that_is_no_setting_ends_with_1(tmp_path: Path) -> None:
    with ScriptedUpstream(models=["m"]) as upstream:
        done = run("ask", "?", "--upstream", f"a={upstream.url}", "--model", "a-model", folder=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("antiphon: No upstream has the model 'a-model'.")


def test_settings_come_from_flags_environment_and_file(tmp_path: Path) -> None:
    with ScriptedUpstream(default=text("Hello!"), models=["m"]) as upstream:
        (tmp_path / "antiphon.toml").write_text(
            f'upstream = ["file={upstream.url}"]\nalias = ["f*=m"]\ndb = "sqlite:///file.db"\nmax-body = 1000'
        )
        variables = {"ANTIPHON_ALIAS": "e*=m", "ANTIPHON_MAX_BODY": "2000"}
        with running_server("--max-body", "3000", "--db", "memory://", folder=tmp_path, variables=variables) as server:
            assert server.post({"model": "e", "input": "x" * 2_500}).text == "Hello!"
            assert server.post({"model": "f", "input": "x"}).status == 404
            assert server.post({"model": "e", "input": "x" * 3_500}).status == 413
    assert not (tmp_path / "file.db").exists()


def test_the_program_says_a_wrong_setting_like_main(tmp_path: Path) -> None:
    done = run("serve", "--mode", "replay", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "antiphon: --mode replay needs a --cassette PATH to work on.\n"
