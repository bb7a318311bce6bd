"""The bill of materials names what the lock names, and nothing else."""

from pathlib import Path

from sbom import bill, components, version_of

ROOT = Path(__file__).resolve().parents[2]
LOCK = f"""# made by make lock
anyio==4.9.0 \\
    --hash=sha256:{"a" * 64} \\
    --hash=sha256:{"b" * 64}
    # via starlette
uvicorn[standard]==0.35.0 ; sys_platform != 'win32' \\
    --hash=sha256:{"c" * 64}
"""


def test_each_pin_is_a_component_with_its_hashes() -> None:
    one, other = components(LOCK)
    assert (one["name"], one["version"], one["purl"]) == ("anyio", "4.9.0", "pkg:pypi/anyio@4.9.0")
    assert [each["value"][0] for each in one["properties"]] == ["a", "b"]
    assert "scope" not in one
    assert (other["name"], other["scope"], other["properties"][-1]["value"]) == (
        "uvicorn",
        "optional",
        "sys_platform != 'win32'",
    )


def test_the_lock_of_the_program_is_told_whole() -> None:
    lock = (ROOT / "requirements/run.txt").read_text()
    told = bill(lock, {"name": "antiphon", "version": version_of(ROOT)})
    pins = [line for line in lock.splitlines() if "==" in line and not line.startswith((" ", "#"))]
    assert len(told["components"]) == len(pins) > 10
    assert all(any(each["name"] == "antiphon:sha256" for each in one["properties"]) for one in told["components"])
    assert told["dependencies"][0]["dependsOn"] == [one["bom-ref"] for one in told["components"]]
    assert told == bill(lock, {"name": "antiphon", "version": version_of(ROOT)})
