"""`tenuto mailbox` and `tenuto limits`: what is set up, and what is refused with what to write."""

from pathlib import Path
from typing import Any

import pytest

from db import switches
from tenuto.domain.errors import InputError
from tenuto.domain.holds import HoldScope
from tests.command import asked, refused, run, without_temporal
from tests.factories import Stage

ANNA = "anna@sender.example"
WHO = ("mailbox", "add", ANNA, "--name", "Anna", "--postal-address", "Street")
SEQUENCE = """\
sequence: hello
from: {pool: sales}
calendar: {hours: always, days: all}
steps:
  - email: hello.md
"""


@pytest.fixture(autouse=True)
def folder(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    without_temporal(database_url, monkeypatch)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hello.yaml").write_text(SEQUENCE)
    (tmp_path / "hello.md").write_text("Subject: Hello\n\nHi.\n")
    return tmp_path


async def anna() -> dict[str, Any]:
    (found,) = [one for one in await asked("mailbox", "list") if one["address"] == ANNA]
    return dict(found)


@pytest.mark.usefixtures("stage")
async def test_adding_one_again_changes_what_is_said_and_no_more() -> None:
    await run(*WHO, "--pool", "sales", "--owner", "anna", "--gap", "0", "--no-verp", "--no-ramp")
    assert "at most 40 mails in 1d, in sales" in (await run(*WHO, "--cap", "40")).stdout
    kept = await anna()
    assert (kept["pools"], kept["owner"], kept["gap_seconds"]) == (["sales"], "anna", 0)
    assert (kept["verp"], kept["ramp"], kept["cap_count"]) == (False, False, 40)
    await run(*WHO, "--pool", "", "--owner", "", "--new-per-day", "0", "--cap-seconds", "3600")
    kept = await anna()
    assert (kept["cap_count"], kept["cap_seconds"], kept["ramp"]) == (40, 3600, False)
    assert (kept["pools"], kept["owner"], kept["new_per_day"]) == ([], None, None)


@pytest.mark.usefixtures("stage")
async def test_a_window_keeps_the_half_that_isnt_said_and_a_domain_its_other_spelling() -> None:
    who = ("mailbox", "add", "anna@bücher.example", *WHO[3:])
    await run(*who, "--days", "business", "--hours", "08:00-18:00", "--cap", "7")
    await run(*who, "--hours", "09:00-17:00")
    (kept,) = [one for one in await asked("mailbox", "list") if "xn--" in one["address"]]
    assert kept["sending_window"] == {"days": None, "hours": [{"start": 540, "end": 1020}]}
    assert kept["cap_count"] == 7
    await run(*who, "--days", "mon")
    (kept,) = [one for one in await asked("mailbox", "list") if "xn--" in one["address"]]
    assert kept["sending_window"] == {"days": [0], "hours": [{"start": 540, "end": 1020}]}


async def test_the_list_shows_which_are_paused(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    await run(*WHO)
    assert "held" not in (await run("mailbox", "list")).stdout
    [row] = await stage.all("SELECT id FROM mailboxes WHERE address = :address", address=ANNA)
    whole = (HoldScope.MAILBOX, str(row.id))
    await switches.switch_off(stage.engine, *whole, reason="dead", source="test")
    assert "held: dead" in (await run("mailbox", "list")).stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((*WHO[:4], "A\nB", *WHO[5:]), "write it in one line"),
        ((*WHO, "--gap", "40d"), '--gap: "40d" is too long; write at most 30d'),
        ((*WHO, "--cap-seconds", "3600", "--ramp"), "--ramp grows the cap of a day"),
        ((*WHO, "--hours", "25:00-26:00"), "--hours 09:00-11:30,13:30-16:30"),
        (("limits", "set", "--max", "5/7d", "--max", "3/7d"), "--max: two caps for 7d; write one"),
        (("limits", "set", "--gap", "31d"), "--gap: a time is too long; write at most 30d"),
        (
            ("preview", "hello.yaml", "--contact", "a@b.example", "--at", "0001-01-01T00:00+14:00"),
            "is out of reach; write a year from 2000 to 2200",
        ),
    ],
)
@pytest.mark.usefixtures("stage")
async def test_what_cant_be_kept_is_refused(words: tuple[str, ...], says: str) -> None:
    assert says in await refused(InputError, *words)


@pytest.mark.usefixtures("stage")
async def test_a_number_that_no_mailbox_reaches_is_refused_before_postgres() -> None:
    done = await run(*WHO, "--cap", "99999999999")
    assert done.exit_code == 2
    assert "--cap" in done.stderr


@pytest.mark.usefixtures("stage")
async def test_publish_hints_at_a_pool_that_is_empty() -> None:
    assert "no mailbox is in the pool sales" in (await run("publish", "hello.yaml")).stderr
