"""The benchmark runs, and its counts hold. Speed is nobody's test: machines are noisy."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KEYS = {
    "steps_per_s",
    "floor_steps_per_s",
    "ratio",
    "cpu_ratio",
    "events",
    "history_bytes",
    "statements_per_send",
    "transactions_per_send",
}


@pytest.mark.slow
def test_the_bench_prints_its_figures_and_the_counts_hold() -> None:
    command = [sys.executable, "-m", "bench.engine", "--enrollments", "10", "--rounds", "1"]
    done = subprocess.run(
        command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""  # no terminal, no progress
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures.keys() == KEYS
    assert all(figures[key] > 0 for key in KEYS)
    assert figures["events"] == 56
    assert figures["history_bytes"] <= 8_500
    assert figures["statements_per_send"] <= 12
    assert figures["transactions_per_send"] <= 2
