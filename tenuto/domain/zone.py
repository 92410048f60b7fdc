"""Wall clocks by their IANA names, from the package that we depend on.

The machine's own files differ from one to the next: a preview on one and a worker on another
must agree on when nine o'clock is.
"""

from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_ZONES = files("tzdata").joinpath("zoneinfo")


class _Packaged(ZoneInfo):
    """One that can be copied: another process has the same package."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return zone, (self.key,)


@cache
def zone(name: str) -> ZoneInfo:
    """The clock of an IANA name.

    :raises ZoneInfoNotFoundError: when there is none.
    """
    if not all(part.replace("_", "").replace("-", "").replace("+", "").isalnum()
               for part in name.split("/")):  # fmt: skip
        raise ZoneInfoNotFoundError(name)
    try:
        with _ZONES.joinpath(*name.split("/")).open("rb") as file:
            return _Packaged.from_file(file, key=name)
    except (OSError, ValueError):
        raise ZoneInfoNotFoundError(name) from None
