"""The demo, once, as a newcomer starts it."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

FIELDS = (
    "enrolled, sent, replied, opted_out, bounced, complained, out_of_office, completed, pending, "
    "deferred, unknown, duplicates, sends_after_stop, unbalanced, versions"
)
PROMISES = ("duplicates", "sends_after_stop", "unbalanced")
#: What must have happened at least once, or the demo shows too little.
SHOWN = FIELDS.partition(", unknown")[0].split(", ")


@pytest.mark.slow
async def test_the_demo_shows_everything_and_keeps_its_promises(tmp_path: Path) -> None:
    demo = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("tenuto"),
        "demo",
        "--json",
        cwd=tmp_path,
        # Settings of the user's own must not reach it.
        env=os.environ | {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(290):
            out, err = await demo.communicate()
    finally:
        if demo.returncode is None:
            demo.terminate()
            await demo.wait()
    shown = err.decode()
    assert demo.returncode == 0, shown
    result = json.loads(out.splitlines()[-1])
    assert ", ".join(result) == FIELDS
    assert [result[name] for name in PROMISES] == [0, 0, 0], shown
    assert result["enrolled"] == 1 + 64 + 20 + 12
    assert result["versions"] == 4
    assert all(result[name] > 0 for name in SHOWN), result
    assert shown.count(" yes ") == 12, "each zone is booked as previewed"
