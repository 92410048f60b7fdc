import os
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOP_LEVEL = ["activities", "db", "starter", "tenuto", "worker", "workflows"]


def test_the_import_contracts_hold() -> None:
    lint_imports = Path(sysconfig.get_path("scripts")) / "lint-imports"
    done = subprocess.run(
        [lint_imports, "--no-cache"],
        cwd=ROOT,
        env=os.environ | {"NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_room_has_its_floor() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    layers = project["tool"]["importlinter"]["contracts"][0]["layers"]
    placed = {name.strip(" ()") for layer in layers for name in layer.split("|")}
    rooms = {f"tenuto.{init.parent.name}" for init in ROOT.glob("tenuto/*/__init__.py")}
    assert rooms <= placed


@pytest.mark.parametrize("name", TOP_LEVEL)
def test_it_is_loaded_from_the_repository(name: str, tmp_path: Path) -> None:
    """An editable install stands behind site-packages: another `workflows` there would win."""
    where = f"from importlib.util import find_spec; print(find_spec({name!r}).origin)"
    done = subprocess.run(
        [sys.executable, "-I", "-c", where],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(done.stdout.strip()).is_relative_to(ROOT), done.stdout


def test_holidays_are_loaded_when_they_are_first_asked_for() -> None:
    program = (
        "import sys, starter.enroll, starter.local_calendars; print('holidays' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
