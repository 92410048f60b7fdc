"""Which mailbox writes to a person: the one who has, else their owner's, else the freest."""

from uuid import UUID

from sqlalchemy import text

from db import mailboxes
from db.connection import Connection
from db.facts import Mailbox
from tenuto.domain.errors import NotFoundError
from tenuto.domain.sequence import SequenceRules

#: A mailbox that is held takes nobody new, while another one of the pool can.
_CHOOSE = text("""
    SELECT m.id FROM mailboxes m
    LEFT JOIN LATERAL (
        SELECT max(e.enrolled_at) AS last FROM enrollments e
        WHERE e.contact_id = :contact AND e.mailbox_id = m.id
    ) wrote ON true
    LEFT JOIN contacts c ON c.id = :contact
    CROSS JOIN LATERAL (
        SELECT count(*) AS number FROM enrollments e
        WHERE e.mailbox_id = m.id AND e.status IN ('active', 'paused')
    ) live
    WHERE :pool = ANY(m.pools)
    ORDER BY wrote.last DESC NULLS LAST,
        EXISTS (SELECT FROM holds h WHERE h.scope = 'mailbox' AND h.target = m.id::text
            AND (h.held_until IS NULL OR h.held_until > tenuto_now())),
        coalesce(:by_owner AND lower(m.owner) = lower(c.owner), false) DESC,
        live.number, m.id
    LIMIT 1
""")


async def mailbox(connection: Connection, rules: SequenceRules) -> Mailbox:
    """The one that would write to somebody who isn't known yet, as letters need it.

    :raises NotFoundError: with what to type to add one.
    """
    return await mailboxes.one(connection, await choose(connection, rules, None))


async def choose(connection: Connection, rules: SequenceRules, contact_id: UUID | None) -> UUID:
    """The mailbox of a new enrollment; whoever wrote to the person goes on doing so.

    :raises NotFoundError: with what to type to add one.
    """
    if rules.pool is None:
        return await mailboxes.get(connection, rules.mailbox)
    values = {"pool": rules.pool, "contact": contact_id, "by_owner": rules.by_owner}
    found: UUID | None = await connection.scalar(_CHOOSE, values)
    if found is None:
        pool = rules.pool
        msg = f"no mailbox is in the pool {pool}; add one: tenuto mailbox add … --pool {pool}"
        raise NotFoundError(msg)
    return UUID(int=found.int)
