"""What stands under deploy/ is what the program has: commands, settings, paths and variables."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped] # it brings no types

from antiphon.cli import parser
from antiphon.config import PREFIX, Config, load
from antiphon.server.routes import models

DEPLOY = Path(__file__).resolve().parents[1] / "deploy"
MANIFESTS = list(yaml.safe_load_all((DEPLOY / "kubernetes" / "antiphon.yaml").read_text()))
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
CONTAINERFILE = (DEPLOY / "Containerfile").read_text()


def of_kind(kind: str) -> list[dict[str, Any]]:
    return [manifest for manifest in MANIFESTS if manifest["kind"] == kind]


CONTAINERS = [made["spec"]["template"]["spec"]["containers"][0] for made in of_kind("Deployment")]


@pytest.mark.parametrize("container", CONTAINERS, ids=lambda one: str(one["args"][0]))
def test_a_container_is_started_with_words_that_there_are(container: dict[str, Any]) -> None:
    assert parser().parse_args(container["args"]).command == container["args"][0]
    named = {variable["name"] for variable in container["env"]}
    assert named <= {PREFIX + name.upper() for name in Config.__struct_fields__}
    assert {mount["name"] for mount in container["volumeMounts"]} == {"config", "data", "tmp"}


def test_the_settings_of_kubernetes_can_be_read(tmp_path: Path) -> None:
    [config] = of_kind("ConfigMap")
    (tmp_path / "antiphon.toml").write_text(config["data"]["antiphon.toml"])
    read = load({}, {}, tmp_path)
    server = of_kind("Deployment")[0]["spec"]["template"]["spec"]
    waits = int(server["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][1])
    # There is time for all of it before the process is killed.
    assert waits + 5 + read.stop_grace + 3 < server["terminationGracePeriodSeconds"]


def test_probes_ask_for_what_is_served() -> None:
    served = {route.path for route in models.routes(None)}  # type: ignore[arg-type] # nothing is asked here
    probes = [CONTAINERS[0][f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "liveness", "readiness")]
    assert probes == ["/v1/health", "/v1/health", "/v1/ready"]
    assert set(probes) <= served


def test_compose_starts_servers_and_a_worker_over_one_database() -> None:
    services = COMPOSE["services"]
    assert services["server"]["deploy"]["replicas"] == 2
    assert parser().parse_args(services["worker"]["command"]).command == "worker"
    assert services["server"]["environment"] == services["worker"]["environment"]
    named = {name.removeprefix(PREFIX).lower() for name in services["server"]["environment"]}
    assert named <= set(Config.__struct_fields__)


def test_the_image_has_what_the_project_has() -> None:
    root = DEPLOY.parent
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", CONTAINERFILE, re.MULTILINE)
    assert all((root / name).exists() for names in copied for name in names.split())
    named = set(re.findall(rf"{PREFIX}(\w+)=", CONTAINERFILE))
    assert {name.lower() for name in named} <= set(Config.__struct_fields__)
