"""A server that refuses our mail by policy: whose affair it is, and what waits for it."""

from uuid import UUID

from tenuto.domain.enrollment import Status
from tenuto.domain.notice import Bounced, Signal
from tests.factories import Stage, bundle


async def blocked(stage: Stage, domain: str, *, sender: bool = False) -> UUID:
    """Somebody there got a mail, and their server refused it by policy."""
    version = await stage.publish(bundle("blocked"))
    enrollment = await stage.enrolled(version, f"pat@{domain}")
    await stage.settle(await stage.claimed(enrollment))
    await stage.record(enrollment, Signal.BOUNCED, Bounced(kind="block", step=0, sender=sender))
    return enrollment


async def held(stage: Stage) -> list[tuple[str, str, str | None]]:
    rows = await stage.all("SELECT scope::text, reason, detail FROM holds ORDER BY 1, 2")
    return [(row[0], row[1], row[2]) for row in rows]


async def test_one_block_holds_their_domain_and_nobody_else(
    stage: Stage,
) -> None:
    first = await blocked(stage, "one.example")
    company = ("company", "refused by their server", None)
    assert await held(stage) == [company]
    row = await stage.row(first)
    assert row.status is Status.ACTIVE
    assert "refused by their server" in (row.reason or "")
    assert await stage.all("SELECT 1 FROM suppressions") == []


async def test_a_block_that_names_us_pauses_the_mailbox_at_once(stage: Stage) -> None:
    await blocked(stage, "one.example", sender=True)
    assert ("mailbox", "guardrail", "blocked as a sender") in await held(stage)


async def test_at_a_free_mail_domain_a_block_holds_the_person(stage: Stage) -> None:
    await blocked(stage, "gmail.com")
    assert [scope for scope, _, _ in await held(stage)] == ["contact"]
