"""The worker, the Temporal server and Postgres each die in mid-sequence, and come back."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from db.migrate import upgrade
from tenuto.devstack.catcher import MailCatcher
from tenuto.devstack.postgres import EmbeddedPostgres
from tenuto.devstack.temporal import TemporalDevServer
from tenuto.domain.ids import TokenSigner
from tests import house as houses
from tests.conftest import SEARCH_ATTRIBUTES
from tests.factories import bundle, emails
from tests.house import House
from tests.worker_process import worker_process

PEOPLE = 10
STEPS = 3
PATIENCE_S = 240


@pytest.fixture(scope="module")
def mortal_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture(scope="module")
def mortal_temporal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TemporalDevServer]:
    folder = tmp_path_factory.mktemp("temporal")
    with TemporalDevServer(folder, search_attributes=SEARCH_ATTRIBUTES) as server:
        yield server


@dataclass
class Fleet:
    """Ten people in mid-sequence."""

    house: House
    catcher: MailCatcher
    enrollments: list[UUID]
    log: Path

    async def half_way(self) -> None:
        await self.catcher.wait_for(PEOPLE * STEPS // 2, PATIENCE_S)

    async def all_done(self) -> Counter[str]:
        """Everybody has completed, no mail came twice; how many mails are in which state."""
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(*[self.house.handle(e).result() for e in self.enrollments])
        # Connections of before a restart are of no use.
        await self.house.stage.engine.dispose()
        came = self._came()
        assert max(came.values()) == 1
        ledger = await self.house.stage.all("SELECT enrollment_id, step_index, state FROM sends")
        assert len(ledger) == PEOPLE * STEPS
        sent = {(line.enrollment_id, line.step_index) for line in ledger if line.state == "sent"}
        assert sent <= came.keys()
        ends = await self.house.stage.all("SELECT status FROM enrollments")
        assert [end.status for end in ends] == ["completed"] * PEOPLE
        return Counter(line.state for line in ledger)

    def in_doubt_at_most_in_flight(self, states: Counter[str]) -> None:
        """Only mails on their way at the kill are unknown."""
        assert states.keys() <= {"sent", "unknown"}
        assert states["unknown"] <= self.house.settings.sends_per_mailbox

    def _came(self) -> Counter[tuple[UUID, int]]:
        signer = TokenSigner(self.house.settings.keys)
        refs = [signer.parse_message_id(mail.message_id) for mail in self.catcher.mails]
        return Counter((ref.enrollment, ref.step) for ref in refs)


@pytest.fixture
async def fleet(
    mortal_postgres: EmbeddedPostgres,
    mortal_temporal: TemporalDevServer,
    catcher: MailCatcher,
    tmp_path: Path,
) -> AsyncIterator[Fleet]:
    url = mortal_postgres.create_database(f"fleet_{uuid4().hex}")
    await upgrade(url)
    settings = houses.settings(url, mortal_temporal.address, catcher.address[1])
    async with houses.house(settings, catcher) as house:
        version = await house.stage.publish(bundle(steps=emails([0] + [2] * (STEPS - 1))))
        people = [f"pat-{number}@firm.example" for number in range(PEOPLE)]
        enrollments = [await house.start(version, email) for email in people]
        yield Fleet(house, catcher, enrollments, tmp_path / "worker.log")


async def test_the_worker_is_killed(fleet: Fleet) -> None:
    async with worker_process(fleet.house.settings, fleet.log):
        await fleet.half_way()
    async with worker_process(fleet.house.settings, fleet.log):
        states = await fleet.all_done()
    fleet.in_doubt_at_most_in_flight(states)


async def test_the_temporal_server_is_killed(
    fleet: Fleet, mortal_temporal: TemporalDevServer
) -> None:
    async with worker_process(fleet.house.settings, fleet.log):
        await fleet.half_way()
        mortal_temporal.kill()
        mortal_temporal.start()
        states = await fleet.all_done()
    # Who was sending went on, and settled: nothing is in doubt.
    assert states == {"sent": PEOPLE * STEPS}


async def test_postgres_is_killed(fleet: Fleet, mortal_postgres: EmbeddedPostgres) -> None:
    async with worker_process(fleet.house.settings, fleet.log):
        await fleet.half_way()
        mortal_postgres.kill()
        mortal_postgres.start()
        states = await fleet.all_done()
    fleet.in_doubt_at_most_in_flight(states)
