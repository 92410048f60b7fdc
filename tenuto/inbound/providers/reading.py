"""Reading what providers write: into models, and refusing by its shape what doesn't fit."""

import re
from datetime import datetime, timedelta
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from tenuto.inbound.providers.event import FORGED, UNREADABLE, RefusedError
from tenuto.mail.delivery_status import addresses

_SHOWN = 5
_ID = re.compile(r"[A-Za-z0-9._-]{1,200}")

M = TypeVar("M", bound="Shape")


class Shape(BaseModel):
    """Part of what a provider writes: null is as good as missing, what isn't named is left out."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, given: object) -> object:
        if isinstance(given, dict):
            return {name: value for name, value in given.items() if value is not None}
        return given


def read(model: type[M], text: str | bytes) -> M:
    """JSON as this model. Lone surrogates, and nesting beyond 200 levels, are no JSON here.

    :raises RefusedError: naming the fields that don't fit, and no value.
    """
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_context=False, include_input=False)
        shape = [f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['type']}" for e in wrong[:_SHOWN]]
        raise RefusedError(UNREADABLE, f"unreadable: {', '.join(shape)}") from None


def address(text: str) -> str:
    """The address in a field, lower-case; empty without one that could be anybody's."""
    found = [a for a in addresses(text) if a.isprintable()]
    return found[0] if found else ""


def message_ids(own_id: str, *hosts: str) -> tuple[str, ...]:
    """The Message-IDs that a provider may have made of its own id; none of what isn't one."""
    return tuple(f"<{own_id}@{host}>" for host in hosts) if _ID.fullmatch(own_id) else ()


def instant(text: str) -> datetime:
    """An instant of ISO 8601, whose fraction of a second may be of any length.

    :raises RefusedError: when it is none, or names no zone.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise RefusedError(UNREADABLE, "unreadable: an instant that is none")
    return found


def must_be_fresh(at: datetime, now: datetime, old: timedelta, early: timedelta) -> None:
    """Refuse what is too old to be a repetition, and what is of the future.

    :raises RefusedError: naming by how much, in seconds.
    """
    age = (now - at).total_seconds()
    if age > old.total_seconds():
        raise RefusedError(FORGED, f"stale: {age:.0f} s old")
    if -age > early.total_seconds():
        raise RefusedError(FORGED, f"stale: {-age:.0f} s in the future")
