"""The queue of new starts, small: a row wakes once, and follow-ups don't wait for starts."""

import json
import subprocess
import sys
from typing import Any


def starts(*arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.starts", *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=240, check=True)
    found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return found


def test_a_queue_of_new_starts_wakes_each_row_once_and_lets_follow_ups_go_first() -> None:
    found = starts("--contacts", "80", "--weeks", "2")
    assert found["sends"] > 60
    assert found["follow_ups"] > 20
    assert found["dispatches_per_send"] <= 1.1
    assert found["late_because_of_starts"] == 0
    assert found["most_starts_a_day"] <= 10
