"""A small race: with the locks no rule breaks, and without them the bench sees that some do."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
VIOLATIONS = {"spacing_violations", "cap_violations", "mailbox_violations", "stop_violations"}


def race(*options: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.race", "--sequences=3", "--contacts=30", "--workers=8"]
    done = subprocess.run(
        [*command, *options], cwd=ROOT, check=False, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""  # no terminal, no progress
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


@pytest.mark.slow
def test_in_a_race_no_rule_breaks_and_nobody_starves() -> None:
    figures = race()
    wrong = VIOLATIONS | {"deadlocks", "starved", "double_claims", "collisions", "unfinished"}
    assert {name: figures[name] for name in wrong} == dict.fromkeys(wrong, 0)
    assert figures["claims"] > 100
    assert figures["deferred"] > 0


@pytest.mark.slow
def test_without_the_lock_the_race_finds_violations() -> None:
    figures = race("--without-lock")
    assert sum(figures[name] for name in VIOLATIONS) > 0
