"""A few stops and a small race: no mail is claimed after a stop. Speed is nobody's test."""

import json
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest

from bench.commits import Commit, Raced, judged

ROOT = Path(__file__).parents[2]
TIMES = {"commit_p50_ms", "commit_p99_ms", "closed_p50_ms", "closed_p99_ms"}
FLOORS = {"floor_commit_p50_ms", "floor_closed_p50_ms"}
COUNTS = {"stops", "race_claims", "race_stops", "stopped_midway", "claims_after_stop"}
PAT, SAM = UUID(int=1), UUID(int=2)


@pytest.mark.slow
def test_stops_are_timed_and_no_mail_is_claimed_after_one() -> None:
    command = [sys.executable, "-m", "bench.stop", "--stops", "4", "--people", "12"]
    done = subprocess.run(
        command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""  # no terminal, no progress
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures.keys() == TIMES | FLOORS | COUNTS
    assert all(figures[name] > 0 for name in TIMES | FLOORS | COUNTS - {"claims_after_stop"})
    assert (figures["stops"], figures["race_stops"], figures["claims_after_stop"]) == (4, 12, 0)


def test_a_claim_counts_against_a_stop_that_was_committed_before_it() -> None:
    def commit(kind: str, contact: UUID) -> Commit:
        return Commit(kind, contact, UUID(int=9))

    heard = [
        commit("claim", PAT),
        commit("stop", PAT),
        commit("stop", PAT),  # of the other sequence
        commit("claim", SAM),
        commit("claim", PAT),
        commit("stop", SAM),
    ]
    assert judged(heard) == Raced(claims=3, stopped=2, midway=2, after_stop=1)
    assert judged(heard[3:]) == Raced(claims=2, stopped=1, midway=1, after_stop=0)
