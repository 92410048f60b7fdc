"""Claims against claims, stops and holds on one Postgres: no rule may break, nobody may starve.

    python -m bench.race --sequences 8 --contacts 500 --workers 16 --seed 1

A lineup that the seed draws (`bench.lineup`): sequences, mailboxes and an installation whose
limits get in one another's way, and people in a few large companies and many small ones. The
database's clock jumps from one due instant to the next; at each, the workers race all that is
due, some of it twice, and whatever else the same people have. Meanwhile people answer, leave, are
held and resumed; now and then all workers were away for hours, or a whole company's mails are to
leave at once. No Temporal, no SMTP: claims are settled as sent.

The last line is one JSON object:

- claims: mails that were claimed; deferred: times that a claim found that it was too early;
- wakeups_per_constraint: deferrals at a due instant for each (enrollment, step, constraint) that
  was deferred at all, the constraint being the one that decided: 1 says that nobody came back in
  vain; by constraint in wakeups_by_reason, by any of them in wakeups_per_mail. Those of a mail that
  was late, since the workers were away, aren't counted: its slot was gone;
- spacing_violations, cap_violations, mailbox_violations, stop_violations: mails that should not
  have left when they did, counted from the mails alone (`bench.referee`); those of companies are
  among them; a stop is a hold as well;
- deadlocks: as Postgres counts them; starved: live ones without a mail (`bench.patience`);
- claims_per_s: claims by the seconds of the race;
- double_claims: mails claimed twice; collisions: writes that the row's revision refused;
- unfinished: live ones at the end; days: how far the clock came.

It ends with 1 when any of this went wrong; with --without-lock, when no mail broke a rule.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

from bench import jumping_clock, lineup, patience, scores, start
from bench.referee import Referee
from bench.rivals import Race
from bench.unlocked import unlocked
from db import migrate
from db.engine import connect, disposed
from tenuto.devstack.postgres import EmbeddedPostgres
from tenuto.domain.errors import TenutoError

#: A Monday, and the same in every run: the same seed meets the same weekends.
_START = datetime(2027, 1, 4, 7, tzinfo=UTC)
_SHOWN = 20
_VIOLATIONS = ("spacing_violations", "cap_violations", "mailbox_violations", "stop_violations")
_WRONG = (*_VIOLATIONS, "deadlocks", "starved", "double_claims", "collisions")


async def measure(folder: Path, given: argparse.Namespace) -> dict[str, object]:
    """The figures that the module's docstring names."""
    drawn = lineup.draw(given.seed, given.sequences, given.contacts)
    waits = patience.bound(drawn)
    with EmbeddedPostgres(folder / "postgres", durable=False) as postgres:
        url = postgres.create_database("race")
        async with disposed(connect(url, pool_size=given.workers + 2)) as engine:
            await migrate.upgrade_with(engine)
            await jumping_clock.install(engine, _START)
            course = await start.line_up(engine, drawn, given.workers)
            race = Race(engine, course, given.workers, given.seed)
            began = time.monotonic()
            with unlocked() if given.without_lock else nullcontext():
                # A little longer than the bound: whoever is starved has waited for so long.
                await race.run(_START + waits * 1.2, _say)
            seconds = time.monotonic() - began
            found = await Referee(engine, drawn, course.mailboxes).findings(race.stops)
            if not given.without_lock:
                for line in found.lines[:_SHOWN]:
                    print(line, file=sys.stderr)
            wakeups, rows = await scores.wakeups(engine), await scores.rows(engine)
            return {
                "claims": race.won.total(),
                "deferred": rows.deferred,
                "wakeups_per_constraint": wakeups.mean,
                "spacing_violations": len(found.spacing),
                "cap_violations": len(found.caps),
                "mailbox_violations": len(found.mailboxes),
                "deadlocks": rows.deadlocks,
                "starved": len(await patience.starved(engine, waits)),
                "claims_per_s": round(race.won.total() / seconds, 1),
                "stop_violations": len(found.stops),
                "double_claims": sum(times > 1 for times in race.won.values()),
                "collisions": race.collisions,
                "unfinished": rows.unfinished,
                "days": (await jumping_clock.now(engine) - _START).days,
                "wakeups_by_reason": wakeups.by_reason,
                "wakeups_per_mail": wakeups.per_mail,
                "seed": given.seed,
                "without_lock": given.without_lock,
            }


def _say(line: str) -> None:
    if sys.stderr.isatty():
        print(line, file=sys.stderr)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.race", description="Races claims against one another."
    )
    parser.add_argument("--sequences", type=int, default=8)
    parser.add_argument("--contacts", type=int, default=500)
    parser.add_argument("--workers", type=int, default=16, help="claims at a time")
    parser.add_argument("--seed", type=int, default=1, help="draws all but the order of the race")
    parser.add_argument(
        "--without-lock", action="store_true", help="claims lock nothing: rules must be broken"
    )
    return parser.parse_args()


def main() -> int:
    """Print the figures; returns the exit code."""
    given = _arguments()
    try:
        with tempfile.TemporaryDirectory(prefix="tenuto-race-") as folder:
            figures = asyncio.run(measure(Path(folder), given))
    except TenutoError as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(figures))
    if given.without_lock:
        return int(not any(figures[name] for name in _VIOLATIONS))
    return int(any(figures[name] for name in _WRONG))


if __name__ == "__main__":
    sys.exit(main())
