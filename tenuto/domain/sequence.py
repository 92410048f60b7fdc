"""A sequence version: what publishing stores, whole and for good.

It is a value: the same content has the same hash, and nothing in it depends on the files that
it was read from.
"""

import json
from datetime import date
from hashlib import sha256
from typing import Literal

from pydantic import BaseModel, ConfigDict

from tenuto.domain.calendar import Window
from tenuto.domain.condition import Condition
from tenuto.domain.delay import Gap, StoredGap
from tenuto.domain.enrollment import Trigger
from tenuto.domain.guard import Guard
from tenuto.domain.limits import Cap, Limits
from tenuto.domain.plan import Plan

SequenceClass = Literal["outreach", "nurture"]


class Stored(BaseModel):
    """Frozen, and strict about unknown keys: it is written by us alone."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Reentry(Stored):
    """Whether a contact may come in again, and how long after the last time ended."""

    mode: Literal["never", "after exit", "after"] = "never"
    #: With "after": seconds since the end of the last enrollment.
    seconds: int = 0


class SequenceRules(Stored):
    """Everything that holds for the whole sequence. Lengths of time are seconds."""

    class_: SequenceClass
    triggers: tuple[Trigger, ...]
    reenter: Reentry
    #: The address that it sends from, lower-case; empty where a pool does.
    mailbox: str
    #: A pool of mailboxes, and whether the contact's owner comes first in it.
    pool: str | None = None
    by_owner: bool = False
    #: "contact" for the contact's own, else an IANA name.
    zone: str
    #: Where nothing is known of the contact's zone.
    default_zone: str
    window: Window
    jitter: int
    #: Whose holidays: "contact" for those of the contact's country and region, a place such as
    #: "DE-BY", or "none".
    holidays: str = "none"
    #: The team's own days off.
    closed: tuple[date, ...] = ()
    #: Beside the installation's: the stricter one holds.
    gap: StoredGap
    caps: tuple[Cap, ...]
    domain_caps: tuple[Cap, ...] = ()
    company_gap: Gap | None = None
    #: From 0 to 100: who goes first where two of a person's mails compete.
    priority: int = 50
    #: First mails in a day and mailbox, where that is fewer than the mailbox's own.
    new_per_day: int | None = None
    #: A mail that is late by more than this is skipped.
    stale_after: int | None
    goal: Condition | None
    #: Whether a reply ends all outreach to the person, or this enrollment only.
    stop_on_reply: Literal["person", "enrollment"]
    #: Whether a reply holds the whole company, until somebody resumes it.
    reply_holds_company: bool = False
    #: An out-of-office notice that names a day farther away ends the enrollment.
    away_limit: int
    soft_bounce_hold: StoredGap
    #: The soft bounce that ends the enrollment.
    soft_bounce_times: int
    #: What pauses the whole sequence; None for what pauses others too.
    guard: Guard | None = None
    list_unsubscribe: bool
    #: The visible line on how to get no more mail; None where the header and a link say it.
    opt_out_line: str | None

    @property
    def limits(self) -> Limits:
        """The sequence's own."""
        return Limits(
            gap=self.gap,
            caps=self.caps,
            domain_caps=self.domain_caps,
            company_gap=self.company_gap,
        )


#: Fields that a bundle's hash has only where they say something.
_CAME_LATER = {"reply_holds_company"}


class Message(Stored):
    """What an email step sends."""

    #: Name of a template in the bundle.
    template: str
    format: Literal["text", "html"] = "text"
    #: The email step that began the conversation; None begins a new one.
    thread: str | None = None


class Bundle(Stored):
    """One sequence version with all that it needs."""

    slug: str
    plan: Plan
    rules: SequenceRules
    #: By the id of the email step.
    messages: dict[str, Message]
    #: Source text by file name, as the sequence names it.
    templates: dict[str, str]
    #: Contact attributes without which a message can't be made, sorted.
    requires: tuple[str, ...]

    def content_hash(self) -> str:
        """SHA-256, hex, over canonical JSON of everything."""
        content = self.model_dump(mode="json")
        # What came later is left out while it says nothing: an unchanged file has the hash it had.
        for name in _CAME_LATER & content["rules"].keys():
            if not content["rules"][name]:
                del content["rules"][name]
        # A set has no order of its own.
        if content["rules"]["window"]["days"] is not None:
            content["rules"]["window"]["days"].sort()
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
        return sha256(canonical.encode()).hexdigest()
