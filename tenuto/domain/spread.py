"""Deterministic jitter: the same send is moved by the same length, wherever it is asked."""

from datetime import datetime, timedelta
from hashlib import sha256


def fraction(key: str) -> float:
    """A number in [0, 1) that depends on the key alone."""
    return int.from_bytes(sha256(key.encode()).digest()[:6]) / 2**48


def behind(opens: datetime, closes: datetime, jitter: timedelta, key: str) -> datetime:
    """An instant at most `jitter` behind the opening, and before the end."""
    spread = min(jitter, closes - opens)
    # Whole seconds: a finer instant would only be harder to read.
    return opens + timedelta(seconds=int(spread.total_seconds() * fraction(key)))
