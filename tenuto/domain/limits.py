"""Limits on how often people are written to: of a sequence, and of the whole installation."""

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict, Field

from tenuto.domain.delay import Gap

#: What lies further back isn't looked at: no gap and no cap may be longer.
LONGEST_DAYS, LONGEST_BUSINESS_DAYS = 30, 20


class Cap(BaseModel):
    """At most `count` sends in any `seconds`."""

    model_config = ConfigDict(frozen=True)

    count: int = Field(ge=1)
    seconds: int = Field(ge=1)


def too_long(gap: Gap | None, caps: Iterable[Cap]) -> str | None:
    """Why a limit can't be kept, and what to write instead; None: it can."""
    longest = LONGEST_DAYS * 86_400
    if gap is not None and gap.business_days > LONGEST_BUSINESS_DAYS:
        return f"a gap is too long; write at most {LONGEST_BUSINESS_DAYS} business days"
    if (gap is not None and gap.seconds > longest) or any(cap.seconds > longest for cap in caps):
        return f"a time is too long; write at most {LONGEST_DAYS}d"
    return None


class Limits(BaseModel):
    """What counts over all sequences. A sequence's own may only be stricter: all of both hold."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: Between two mails to one person.
    gap: Gap = Gap()
    #: To one person.
    caps: tuple[Cap, ...] = ()
    #: To one company: all whose addresses have its domain. Free mail has none.
    domain_caps: tuple[Cap, ...] = ()
    #: Between two mails to different people of one company.
    company_gap: Gap | None = None

    @property
    def guards_companies(self) -> bool:
        """Whether a company must be locked and counted."""
        return bool(self.domain_caps) or self.company_gap is not None
