import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST = 300
VAGUE = {"common", "helpers", "manager", "misc", "models", "util", "utils"}

# Pieced together, so that this file doesn't hold what it forbids.
REGISTRIES = [
    "pypi" + ".org",
    "python" + "hosted.org",
    "registry" + ".npmjs.org",
    "deb" + ".debian.org",
]
# A home or a work folder of the machine where something was written.
MACHINE_PATH = re.compile(r"(?<![\w.~}/-])/" + r"(?:root|work|Users|home/\w+|opt/wheels)" + r"/")


def project_files() -> list[Path]:
    """Every file that is committed, or would be by `git add`."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = filter(None, listing.stdout.split("\0"))
    return [path for name in sorted(set(names)) if (path := ROOT / name).is_file()]


@pytest.fixture(scope="module")
def files() -> list[Path]:
    return project_files()


@pytest.fixture(scope="module")
def modules(files: list[Path]) -> list[Path]:
    return [path for path in files if path.suffix == ".py"]


def relative(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


def test_every_init_is_empty(modules: list[Path]) -> None:
    full = [path for path in modules if path.name == "__init__.py" and path.stat().st_size]
    assert relative(full) == []


def test_there_are_no_packages_under_tests(modules: list[Path]) -> None:
    inits = [path for path in modules if path.name == "__init__.py"]
    assert relative([path for path in inits if path.is_relative_to(ROOT / "tests")]) == []


def test_no_module_is_too_long(modules: list[Path]) -> None:
    long = [path for path in modules if len(path.read_text().splitlines()) > LONGEST]
    assert relative(long) == []


def test_every_module_is_named_for_a_thing(modules: list[Path]) -> None:
    vague = [path for path in modules if {path.stem, path.parent.name} & VAGUE]
    assert relative(vague) == []


def text_of(path: Path) -> str:
    """Read a text file; a picture or a recorded history in binary has no text."""
    data = path.read_bytes()
    return "" if b"\0" in data else data.decode(errors="replace")


def test_no_file_names_a_package_registry(files: list[Path]) -> None:
    found = [path for path in files if any(host in text_of(path) for host in REGISTRIES)]
    assert relative(found) == []


def test_no_file_names_a_path_of_the_machine_it_was_written_on(files: list[Path]) -> None:
    assert relative([path for path in files if MACHINE_PATH.search(text_of(path))]) == []
