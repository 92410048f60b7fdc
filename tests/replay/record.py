"""Records the histories anew: `make histories`. Only when a workflow change means to break them."""

import asyncio
import re
import sys
import tempfile
from pathlib import Path
from socket import gethostname

from db.migrate import upgrade
from tenuto.devstack.catcher import MailCatcher
from tenuto.devstack.postgres import EmbeddedPostgres
from tenuto.devstack.temporal import TemporalDevServer
from tests import house as houses
from tests.replay.lives import LIVES

FOLDER = Path(__file__).parent / "histories"


async def record(postgres: EmbeddedPostgres, temporal: TemporalDevServer, folder: Path) -> None:
    """Live each life once, and keep its history."""
    for name, life in LIVES.items():
        url = postgres.create_database(name)
        await upgrade(url)
        async with MailCatcher(folder / name) as catcher:
            settings = houses.settings(url, temporal.address, catcher.address[1])
            async with houses.house(settings, catcher) as house, house.working():
                enrollment = await life(house)
                await house.ended(enrollment)
                history = await house.history(enrollment)
        # Who recorded it, and on which machine, is nobody's business.
        text = re.sub(rf"\d+@{re.escape(gethostname())}", "recorder", history.to_json())
        (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")
        sys.stderr.write(f"{name}: {len(history.events)} events\n")


def main() -> None:
    """With servers of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        attributes = {
            "SequenceId": "Keyword",
            "SequenceVersion": "Int",
            "ContactId": "Keyword",
            "EnrollmentStatus": "Keyword",
        }
        with (
            EmbeddedPostgres(folder / "postgres", durable=False) as postgres,
            TemporalDevServer(folder / "temporal", search_attributes=attributes) as temporal,
        ):
            asyncio.run(record(postgres, temporal, folder))


if __name__ == "__main__":
    main()
