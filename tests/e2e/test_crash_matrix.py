"""Whenever a worker is killed: no mail twice, nobody dropped, and a ledger that is right.

SIGKILL before, inside and after each phase of a send. A worker that an answer would let go on
is frozen first, so that nothing but the answer happens. What was on the wire at the kill the
SMTP server still reads, as a real one does.
"""

import asyncio
from uuid import uuid4

import pytest
import pytest_asyncio

from tenuto.devstack.postgres import EmbeddedPostgres
from tenuto.devstack.temporal import TemporalDevServer
from tenuto.domain.enrollment import Status
from tests.crash import Cell, Delivery, Outcome, Smtp, Sql, play
from tests.smtp_sink import Phase

#: Doomed workers at once: more would only fight for the processor.
AT_ONCE = 3

FIRST_LOCK = b"SELECT contact_id FROM enrollments WHERE id"
CLAIM = b"SET state = 'sending', token"
SETTLE = b"sent_at = CASE WHEN"

#: The ledger at the kill and at the end, and the mails that the recipient has.
UNTOUCHED = ("pending", "sent", 1)
NOTHING_LEFT = ("sending", "unknown", 0)
NOBODY_KNEW = ("sending", "unknown", 1)
SETTLED = ("sent", "sent", 1)

CELLS = [
    Cell("before the claim", Sql(FIRST_LOCK, "statement"), *UNTOUCHED),
    Cell("inside the claim", Sql(CLAIM, "commit"), *UNTOUCHED),
    Cell("after the claim", Sql(CLAIM, "answer to the commit"), *NOTHING_LEFT),
    Cell("before MAIL", Smtp(Phase.EHLO, "nothing"), *NOTHING_LEFT),
    Cell("inside MAIL", Smtp(Phase.MAIL, "half"), *NOTHING_LEFT),
    Cell("after MAIL", Smtp(Phase.MAIL, "all"), *NOTHING_LEFT),
    Cell("before RCPT", Smtp(Phase.MAIL, "nothing"), *NOTHING_LEFT),
    Cell("inside RCPT", Smtp(Phase.RCPT, "half"), *NOTHING_LEFT),
    Cell("after RCPT", Smtp(Phase.RCPT, "all"), *NOTHING_LEFT),
    Cell("before DATA", Smtp(Phase.RCPT, "nothing"), *NOTHING_LEFT),
    Cell("inside DATA", Smtp(Phase.DATA, "half"), *NOTHING_LEFT),
    Cell("after DATA", Smtp(Phase.DATA, "all"), *NOTHING_LEFT),
    Cell("before the dot, lost on its way", Smtp(Phase.BODY, "lost"), *NOTHING_LEFT),
    Cell("before the dot, read later", Smtp(Phase.BODY, "nothing"), *NOBODY_KNEW),
    Cell("inside the dot", Smtp(Phase.DOT, "half"), *NOBODY_KNEW),
    Cell("after the dot", Smtp(Phase.DOT, "all"), *NOBODY_KNEW),
    Cell("before the settle", Sql(SETTLE, "statement"), *NOBODY_KNEW),
    Cell("inside the settle", Sql(SETTLE, "commit"), *NOBODY_KNEW),
    Cell("after the settle", Sql(SETTLE, "answer to the commit"), *SETTLED),
    Cell("before the result leaves", Delivery(SETTLE, 0), *SETTLED),
    Cell("inside the result", Delivery(SETTLE, 0.5), *SETTLED),
    Cell("after the result", Delivery(SETTLE, 1), *SETTLED),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def outcomes(
    request: pytest.FixtureRequest,
    postgres: EmbeddedPostgres,
    template_database: str,
    temporal_server: TemporalDevServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Outcome | BaseException]:
    """All the cells that were asked for, side by side: most of their time is one heartbeat."""
    logs = tmp_path_factory.mktemp("workers")
    turn = asyncio.Semaphore(AT_ONCE)

    async def outcome(number: int, cell: Cell) -> Outcome:
        name = f"crash_{uuid4().hex}"
        url = await asyncio.to_thread(postgres.create_database, name, template_database)
        return await play(cell, url, temporal_server.address, logs / f"{number}.log", turn)

    asked = [c for c in CELLS if any(f"[{c.name}]" in item.name for item in request.session.items)]
    found = await asyncio.gather(*map(outcome, range(len(asked)), asked), return_exceptions=True)
    return {cell.name: one for cell, one in zip(asked, found, strict=True)}


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_a_worker_is_killed(cell: Cell, outcomes: dict[str, Outcome | BaseException]) -> None:
    outcome = outcomes[cell.name]
    if isinstance(outcome, BaseException):
        raise outcome
    assert outcome.at_death == cell.at_death
    assert outcome.mails == [cell.mails, 1]
    assert [(step, state) for step, state, _ in outcome.ledger] == [(0, cell.at_end), (1, "sent")]
    assert outcome.status is Status.COMPLETED
    revisions, before, after = zip(*outcome.log, strict=True)
    assert list(revisions) == list(range(1, outcome.row_revision + 1))
    assert before == (None, *after[:-1])
    assert after[-1] == "completed"
